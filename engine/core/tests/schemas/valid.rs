//! As much of JSON Schema as the schemas use.

use serde_json::{Map, Value};

/// Where a document is not as its schema says, by pointers.
pub(crate) fn faults(root: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(root, root, document, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, said) in schema.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "$ref" => {
                check(root, root.pointer(said.as_str().unwrap().trim_start_matches('#')).unwrap(), value, at, found);
                true
            }
            "type" => match said {
                Value::Array(types) => types.iter().any(|name| is(name.as_str().unwrap(), value)),
                name => is(name.as_str().unwrap(), value),
            },
            "enum" => said.as_array().unwrap().contains(value),
            "oneOf" => {
                let holds = |one: &&Value| {
                    let mut inner = Vec::new();
                    check(root, one, value, at, &mut inner);
                    inner.is_empty()
                };
                said.as_array().unwrap().iter().filter(holds).count() == 1
            }
            "required" => value.as_object().is_none_or(|fields| {
                said.as_array().unwrap().iter().all(|name| fields.contains_key(name.as_str().unwrap()))
            }),
            "properties" | "additionalProperties" => true,
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, said, item, &format!("{at}/{place}"), found);
                }
                true
            }
            "minimum" => value.as_i64().is_none_or(|number| number >= said.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= said.as_i64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= said.as_u64().unwrap()),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= said.as_u64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= said.as_u64().unwrap()),
            "$schema" | "$defs" | "title" | "description" => true,
            other => panic!("{other} is not known here"),
        };
        if !holds {
            found.push(format!("{at}: {keyword} {said}"));
        }
    }
    if let Some(fields) = value.as_object() {
        each_field(root, schema, fields, at, found);
    }
}

fn each_field(root: &Value, schema: &Value, fields: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    for (name, value) in fields {
        let at = format!("{at}/{name}");
        match (schema.get("properties").and_then(|known| known.get(name)), schema.get("additionalProperties")) {
            (Some(known), _) => check(root, known, value, &at, found),
            (None, Some(Value::Bool(false))) => found.push(format!("{at}: unknown")),
            (None, Some(other)) if other.is_object() => check(root, other, value, &at, found),
            (None, _) => {}
        }
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{other} is no type"),
    }
}
