//! How settlement writes amounts and hashes, and which texts it takes.

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::read::{Place, Read};

/// Minor units, written with two decimals: `-12.05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub i128);

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, whole) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(out, "{sign}{}.{:02}", whole / 100, whole % 100)
    }
}

/// SHA-256 in hexadecimal digits, as `sha256sum` prints it.
pub(super) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name or a reason: a text without control characters.
pub(super) struct Plain(pub(super) Box<str>);

impl Plain {
    pub(super) fn of(text: &str, place: &Place<'_>) -> Option<Self> {
        let is_plain = !text.chars().any(char::is_control);
        if is_plain { Some(Self(text.into())) } else { place.fault("expected text without control characters") }
    }
}

impl Read for Plain {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let text = Box::<str>::read(value, place)?;
        Self::of(&text, place)
    }
}
