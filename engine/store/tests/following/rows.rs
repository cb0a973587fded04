//! Rows in one line.

use avis_core::WrittenHolder;
use avis_store::{Kind, Row};
use serde_json::{Value, json};

use crate::office::secret;

pub(crate) fn row(kind: Kind, key: &str, content: &str) -> Row {
    Row { kind, key: key.into(), content: Some(content.into()) }
}

pub(crate) fn gone(kind: Kind, key: &str) -> Row {
    Row { kind, key: key.into(), content: None }
}

/// A group with something in it that can be another.
pub(crate) fn group(code: &str, edition: u64) -> Row {
    row(Kind::Group, code, &json!({"code": code, "edition": edition}).to_string())
}

/// A holder with cards, by their values.
pub(crate) fn holder(code: &str, cards: &[&str]) -> Row {
    let cards: Vec<_> = cards.iter().map(|card| json!({"scheme": "etalons", "value": card})).collect();
    holder_with(code, &cards)
}

/// A holder with identifiers as a file has them.
pub(crate) fn holder_with(code: &str, identifiers: &[Value]) -> Row {
    let written = json!({"holder": code, "identifiers": identifiers});
    let registered = WrittenHolder::from_value(&written).unwrap().register(&secret()).unwrap();
    row(Kind::Holder, code, &registered.to_json())
}
