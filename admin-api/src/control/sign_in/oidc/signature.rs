//! Signed tokens (JWS, compact), by the few algorithms that are listed, and the keys that a provider publishes.

use avis_core::strict_json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

use super::refusal::Refusal;

/// Keys of one provider that are looked at.
const KEYS_MAX: usize = 100;

/// How a token may be signed: by a key that only the provider has, and in no other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Algorithm {
    RS256,
    ES256,
}

/// The keys of a provider.
#[derive(Clone, Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A point of P-256, not compressed.
    Point(Vec<u8>),
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

impl KeySet {
    /// Those of a published set that are for signing and of a kind that is taken; the others are passed over.
    pub(super) fn read(published: &Value) -> Self {
        let keys = published.get("keys").and_then(Value::as_array);
        Self(keys.into_iter().flatten().take(KEYS_MAX).filter_map(Key::read).collect())
    }

    /// The key of an id; where a token names none, the only one of its algorithm.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut of_algorithm = self.0.iter().filter(|key| key.algorithm == algorithm);
        match id {
            Some(id) => of_algorithm.find(|key| key.id.as_deref() == Some(id)),
            None => of_algorithm.next().filter(|_| of_algorithm.next().is_none()),
        }
    }
}

impl Key {
    fn read(published: &Value) -> Option<Self> {
        let field = |name| text(published, name);
        let bytes = |name| field(name).and_then(decoded);
        if field("use").is_some_and(|of| of != "sig") {
            return None;
        }
        let (algorithm, material) = match (field("kty")?, field("crv")) {
            ("RSA", _) => (Algorithm::RS256, Material::Rsa { modulus: bytes("n")?, exponent: bytes("e")? }),
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                let is_point = x.len() == 32 && y.len() == 32;
                (Algorithm::ES256, Material::Point(is_point.then(|| [&[4], &*x, &*y].concat())?))
            }
            _ => return None,
        };
        let is_for_another = field("alg").is_some_and(|named| named != algorithm.word());
        (!is_for_another).then(|| Self { id: field("kid").map(str::to_owned), algorithm, material })
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Material::Point(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}

impl Algorithm {
    /// All that there are.
    pub(super) const ALL: [Self; 2] = [Self::RS256, Self::ES256];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
        }
    }
}

/// What a token says, if one of the keys signed it by one of the algorithms.
///
/// # Errors
/// The first thing that is wrong with it. [`Refusal::Key`] may be a key that is newer than the set.
pub(super) fn signed(token: &str, algorithms: &[Algorithm], keys: &KeySet) -> Result<Value, Refusal> {
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Refusal::Malformed)?;
    let part = |text: &str| decoded(text).ok_or(Refusal::Malformed);
    let header = strict_json(&part(header)?).map_err(|_| Refusal::Malformed)?;
    let named = text(&header, "alg").unwrap_or_default();
    let algorithm = algorithms.iter().find(|algorithm| algorithm.word() == named).ok_or(Refusal::Algorithm)?;
    // An extension that must be understood is not.
    if header.get("crit").is_some() {
        return Err(Refusal::Malformed);
    }
    let key = keys.find(text(&header, "kid"), *algorithm).ok_or(Refusal::Key)?;
    if !key.has_signed(message.as_bytes(), &part(signature)?) {
        return Err(Refusal::Signature);
    }
    strict_json(&part(payload)?).map_err(|_| Refusal::Malformed)
}
