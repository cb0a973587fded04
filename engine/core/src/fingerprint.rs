//! Whether two requests under one id mean the same.

use uuid::Uuid;

use crate::authorization::{OperationBody, OperationKind, ReversalBody};
use crate::identifier::IdentifierSecret;
use crate::request::Request;

/// A keyed hash of what a request means, so that it tells nothing of the identifiers in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Of a sale or hold: the parsed request without `min_revision`, so that neither the order of fields nor an offset counts.
    pub fn of_request(request: &Request, secret: &IdentifierSecret) -> Self {
        let meant = Request { min_revision: None, ..request.clone() };
        let values = request.identifiers.iter().map(|identifier| &*identifier.value);
        Self::of("authorize", &meant, values, secret)
    }

    /// Of a capture, a void or a refund of one authorization.
    pub fn of_operation(
        kind: OperationKind,
        authorization: Uuid,
        body: &OperationBody,
        secret: &IdentifierSecret,
    ) -> Self {
        Self::of("operate", &(kind, authorization, body), std::iter::empty(), secret)
    }

    /// Of a reversal.
    pub fn of_reversal(body: &ReversalBody, secret: &IdentifierSecret) -> Self {
        Self::of("reverse", body, std::iter::empty(), secret)
    }

    fn of<'a>(
        what: &str,
        meant: &impl serde::Serialize,
        values: impl Iterator<Item = &'a str>,
        secret: &IdentifierSecret,
    ) -> Self {
        let mut hasher = secret.hasher("avis fingerprint");
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(what.as_bytes());
        // These types have no keys that JSON can't write.
        part(&serde_json::to_vec(meant).unwrap_or_default());
        values.for_each(|value| part(value.as_bytes()));
        let mut first = [0; 16];
        hasher.finalize_xof().fill(&mut first);
        Self(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn fingerprint(change: impl FnOnce(&mut Value)) -> Fingerprint {
        let mut request = json!({
            "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": "2026-11-18T08:12:00+02:00",
            "currency": "EUR", "identifiers": [{"scheme": "eid", "value": "1"}], "context": {"a": 1, "b": 2},
            "lines": [{"line_id": "1", "product": "bus", "quantity": 1, "unit_price": 715}],
        });
        change(&mut request);
        Fingerprint::of_request(&Request::from_value(&request).unwrap(), &IdentifierSecret::new([1; 32]))
    }

    #[test]
    fn only_the_meaning_counts() {
        let same = fingerprint(|_| {});
        assert_eq!(same, fingerprint(|request| request["occurred_at"] = json!("2026-11-18T06:12:00Z")));
        assert_eq!(same, fingerprint(|request| request["min_revision"] = json!(7)));
        assert_eq!(same, fingerprint(|request| request["mode"] = json!("sale")));
        assert_ne!(same, fingerprint(|request| request["mode"] = json!("hold")));
        assert_ne!(same, fingerprint(|request| request["lines"][0]["unit_price"] = json!(716)));
        assert_ne!(same, fingerprint(|request| request["identifiers"][0]["value"] = json!("2")));
        assert_ne!(same, fingerprint(|request| request["context"]["b"] = json!("2")));
    }
}
