//! Ids, and secrets that are shown once and kept as what they hash to.

use avis_server::KeyHash;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::problem::{Code, Problem};

/// Random bytes.
pub(crate) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], Problem> {
    let mut random = [0; LENGTH];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(target: "avis::control", %error, "the system has no randomness");
        Problem::from(Code::Failed)
    })?;
    Ok(random)
}

/// A new id: a UUIDv7, so that ids are in the order of their making.
pub(crate) fn id(now: Timestamp) -> Result<String, Problem> {
    let now_ms = u64::try_from(now.as_millisecond()).unwrap_or_default();
    Ok(Builder::from_unix_timestamp_millis(now_ms, &random::<10>()?).into_uuid().to_string())
}

/// Digits and letters that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// So many letters of 5 bits each.
pub(crate) fn letters<const LENGTH: usize>() -> Result<String, Problem> {
    let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from);
    Ok(random::<LENGTH>()?.into_iter().filter_map(letter).collect())
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// Hexadecimal digits as bytes.
pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

/// The id that follows from the hexadecimal digits of a hash; none of what is none.
pub(crate) fn id_of_hash(digits: &str) -> Option<Uuid> {
    let bytes = unhex(digits)?.first_chunk().copied()?;
    Some(Builder::from_custom_bytes(bytes).into_uuid())
}

/// What is shown, as a strong etag.
pub(crate) fn etag_of(shown: &Value) -> String {
    format!("\"{}\"", hex(&Sha256::digest(shown.to_string())))
}

/// Under which a secret is kept. A secret is long and random, so a fast hash hides it.
pub(crate) fn hashed(secret: &str) -> String {
    hex(&KeyHash::of(secret).0)
}
