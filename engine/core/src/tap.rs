//! Means that a person taps at a till, and the code by which they become that person's.

use serde_json::Value;
use uuid::Uuid;

use crate::fault::Faults;
use crate::read::{self, Object, Place, Read};
use crate::request::Presented;

/// Characters of a code: 40 bits, which lives for minutes and is guessed at as identifiers are.
pub const TAP_CODE_CHARACTERS: usize = 8;

/// Means that were tapped, as a terminal tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapBody {
    /// The terminal's own id of this request.
    pub request_id: Uuid,
    /// What the person was given, in its normal form.
    pub code: Box<str>,
    /// The means, one of them.
    pub identifiers: Vec<Presented>,
}

/// The normal form of a code as people write it: in small letters, without blanks and dashes; none if it is none.
pub fn tap_code(written: &str) -> Option<Box<str>> {
    let code: String = written.chars().filter(|one| !one.is_whitespace() && *one != '-').collect();
    let code = code.to_ascii_lowercase();
    let is_code = code.len() == TAP_CODE_CHARACTERS && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.into())
}

impl TapBody {
    /// Reads the body of who tapped.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        read::document(json)
    }
}

impl Read for TapBody {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (request_id, written) = (object.required("request_id"), object.required::<Box<str>>("code"));
        let identifiers: Option<Vec<Presented>> = object.list("identifiers", 1);
        object.close();
        let code = match tap_code(&written?) {
            Some(code) => code,
            None => {
                return place.field("code").fault("expected the eight letters and digits that the person was given");
            }
        };
        let identifiers = identifiers?;
        if identifiers.is_empty() {
            return place.field("identifiers").fault("expected the means that were tapped");
        }
        Some(Self { request_id: request_id?, code, identifiers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        assert_eq!(tap_code("ABCD-2345").as_deref(), Some("abcd2345"));
        assert_eq!(tap_code(" abcd 2345 ").as_deref(), Some("abcd2345"));
        for wrong in ["", "abcd234", "abcd23456", "ābcd2345", "abcd_345"] {
            assert_eq!(tap_code(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_body_is_read_strictly() {
        let pointer = |code: &str, identifiers: &str, more: &str| {
            let body = format!(
                r#"{{"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "code": "{code}", "identifiers": [{identifiers}]{more}}}"#
            );
            TapBody::parse(body.as_bytes()).map_err(|faults| faults.list[0].pointer.clone())
        };
        let card = r#"{"scheme": "card", "value": "1"}"#;
        assert_eq!(&*pointer("ABCD-2345", card, "").unwrap().code, "abcd2345");
        assert_eq!(pointer("1", card, "").unwrap_err(), "/code");
        assert_eq!(pointer("ABCD-2345", "", "").unwrap_err(), "/identifiers");
        assert_eq!(pointer("ABCD-2345", &format!("{card}, {card}"), "").unwrap_err(), "/identifiers");
        assert_eq!(pointer("ABCD-2345", card, r#", "holder": "h""#).unwrap_err(), "/holder");
    }
}
