//! What terminals send: as the published description says it, and as it is read.

use std::collections::BTreeSet;

use avis_core::authorization::{OperationBody, ReversalBody};
use avis_core::loyalty::{EnrolmentBody, LoyaltyRequest};
use avis_core::offline::Advice;
use avis_core::settlement::DayClose;
use serde_json::{Map, Value, json};

use crate::probe::{Probe, Reader};
use crate::read;

/// Bodies by their names in the description, each with its reader.
const BODIES: [(&str, Reader); 9] = [
    ("Request", |json| LoyaltyRequest::parse(json).err()),
    ("Capture", |json| OperationBody::parse(json, true, false).err()),
    ("Void", |json| OperationBody::parse(json, false, true).err()),
    ("Refund", |json| OperationBody::parse(json, true, true).err()),
    ("Reversal", |json| ReversalBody::parse(json).err()),
    ("Advice", |json| {
        Advice::parse_all(&one_record(json)).map_or_else(Some, |all| all.into_iter().find_map(Result::err))
    }),
    ("CloseDay", |json| DayClose::parse(json).err()),
    ("Join", |json| EnrolmentBody::parse(json, true).err()),
    ("Leave", |json| EnrolmentBody::parse(json, false).err()),
];

fn one_record(json: &[u8]) -> Vec<u8> {
    [b"{\"records\":[".as_slice(), json, b"]}"].concat()
}

#[test]
fn the_description_of_bodies_says_what_their_readers_take() {
    let described = read("schema/openapi.json");
    for (name, reader) in BODIES {
        let (taken, _) = Probe::describe(reader);
        let said = Plain(&described).of(&json!({"$ref": format!("#/components/schemas/{name}")}));
        assert_eq!(said, Plain(&taken).of(&taken), "{name}: on the left as described, on the right as read");
    }
}

/// Schemas of a document, without words for people and what no reader tells.
struct Plain<'a>(&'a Value);

impl Plain<'_> {
    /// A schema with what it refers to, as far as a reader tells it: fields, which must be there, kinds, bounds and words.
    fn of(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.of(self.0.pointer(reference.trim_start_matches('#')).unwrap());
        }
        if let Some(one_of) = schema["oneOf"].as_array() {
            // Null is as good as nothing in whatever is sent.
            let mut kinds: Vec<Value> =
                one_of.iter().filter(|one| one["type"] != "null").map(|one| self.of(one)).collect();
            let names: BTreeSet<String> =
                kinds.iter().filter_map(|kind| Some(kind["type"].as_str()?.to_owned())).collect();
            return match kinds.len() {
                1 => kinds.remove(0),
                _ if names.contains("object") => json!({ "oneOf": kinds }),
                _ => json!({ "type": names }),
            };
        }
        let mut plain = kept(schema);
        if let Some(fields) = schema["properties"].as_object() {
            plain.insert(
                "properties".to_owned(),
                fields.iter().map(|(name, field)| (name.clone(), self.of(field))).collect(),
            );
        }
        for inner in ["items", "additionalProperties"] {
            if schema[inner].is_object() {
                plain.insert(inner.to_owned(), self.of(&schema[inner]));
            }
        }
        Value::Object(plain)
    }
}

/// What both sides say alike.
fn kept(schema: &Value) -> Map<String, Value> {
    let mut kept = Map::new();
    let is_number = schema["type"] == "integer" || schema["type"] == json!(["integer", "null"]);
    for name in ["minimum", "maximum"] {
        // All of 64 bits is no bound.
        let bound = schema[name].as_i64().filter(|bound| is_number && ![i64::MIN, i64::MAX].contains(bound));
        kept.extend(bound.map(|bound| (name.to_owned(), json!(bound))));
    }
    let of_words = schema["enum"].as_array().filter(|words| words.iter().all(Value::is_string));
    match (of_words, &schema["type"]) {
        (Some(words), _) => drop(kept.insert("enum".to_owned(), json!(words))),
        (None, Value::Array(kinds)) => {
            let kinds: BTreeSet<&str> = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
            let one = kinds.first().filter(|_| kinds.len() == 1);
            kept.insert("type".to_owned(), one.map_or_else(|| json!(kinds), |one| json!(one)));
        }
        (None, kind) => drop(kept.insert("type".to_owned(), kind.clone())),
    }
    for name in ["minLength", "maxLength", "minItems"] {
        kept.extend(schema.get(name).map(|bound| (name.to_owned(), bound.clone())));
    }
    if let Some(required) = schema["required"].as_array() {
        let required: BTreeSet<&str> = required.iter().filter_map(Value::as_str).collect();
        kept.insert("required".to_owned(), json!(required));
    }
    if schema["additionalProperties"] == false {
        kept.insert("additionalProperties".to_owned(), json!(false));
    }
    kept
}
