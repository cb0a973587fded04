//! What is kept of means beside the holder's row: how they came to a person, whoever brought them, and codes for means that are still
//! to be tapped at a till.

use avis_core::{IdentifierKey, IdentifierSecret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How means came to a person, and where they went; a record under [`means_id`], of the person by what the audit names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptMeans {
    /// The scheme's code.
    pub scheme: String,
    /// The word of the person for them.
    pub label: Option<String>,
    /// By what they were proved to be the person's.
    pub proof: String,
    /// From when they stand as they do.
    pub since: Timestamp,
}

impl KeptMeans {
    /// The word of the record's kind.
    pub const KIND: &'static str = "means";
    /// The state of what is an identifier of the holder's row.
    pub const KEPT: &'static str = "kept";
    /// The proof of means that were tapped at a till.
    pub const TAPPED: &'static str = "tap";
}

/// That means which somebody taps are to become a person's; a record under [`tap_code_key`], of the person by what the audit names
/// them. Its state is empty, or the request by which it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapCode {
    /// The holder's code.
    pub holder: String,
    /// The word of the person for the means.
    pub label: Option<String>,
}

impl TapCode {
    /// The word of the record's kind.
    pub const KIND: &'static str = "tap_code";
}

/// The id of means: the same for as long as they are, and nothing by which their key could be found.
pub fn means_id(key: IdentifierKey, secret: &IdentifierSecret) -> String {
    secret.id_for("avis id of means", &[&key.0]).to_string()
}

/// Under which a code in its normal form is kept: a keyed hash, since a code is short.
pub fn tap_code_key(code: &str, secret: &IdentifierSecret) -> String {
    IdentifierKey(secret.derived("avis tap code").hash(&[code.as_bytes()])).to_hex()
}
