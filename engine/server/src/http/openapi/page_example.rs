//! Examples as people write them: short things on one line, fields in the order of their schema.

use serde_json::{Map, Value};
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{OpenApi, RefOr, Schema};

use super::page_text::target;

/// Characters of a line.
const WIDTH: usize = 80;

/// The example as text.
pub(super) fn example(document: &OpenApi, value: &Value, schema: Option<&RefOr<Schema>>) -> String {
    written(document, value, schema, 0)
}

fn written(document: &OpenApi, value: &Value, schema: Option<&RefOr<Schema>>, indent: usize) -> String {
    let parts: Vec<(String, String)> = match value {
        Value::Object(fields) => ordered(document, fields, schema)
            .map(|(name, field, schema)| {
                (format!("{}: ", Value::from(name)), written(document, field, schema, indent + 2))
            })
            .collect(),
        Value::Array(items) => {
            let schema = item(document, schema);
            items.iter().map(|item| (String::new(), written(document, item, schema, indent + 2))).collect()
        }
        other => return other.to_string(),
    };
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    let parts: Vec<String> = parts.into_iter().map(|(name, text)| name + &text).collect();
    let line = format!("{open}{}{close}", parts.join(", "));
    if indent + line.chars().count() <= WIDTH && !line.contains('\n') {
        return line;
    }
    let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 2));
    format!("{open}\n{inner}{}\n{outer}{close}", parts.join(&format!(",\n{inner}")))
}

/// The fields in the order of the schema; those that it does not name come last.
fn ordered<'a>(
    document: &'a OpenApi,
    fields: &'a Map<String, Value>,
    schema: Option<&'a RefOr<Schema>>,
) -> impl Iterator<Item = (&'a str, &'a Value, Option<&'a RefOr<Schema>>)> {
    let known = schema.and_then(|schema| resolved(document, schema)).and_then(|schema| match schema {
        Schema::Object(object) => Some(&object.properties),
        _ => None,
    });
    let named = known.into_iter().flatten().filter_map(|(name, schema)| {
        let (name, value) = fields.get_key_value(name)?;
        Some((name.as_str(), value, Some(schema)))
    });
    let others = fields.iter().filter(move |(name, _)| !known.is_some_and(|known| known.contains_key(*name)));
    named.chain(others.map(|(name, value)| (name.as_str(), value, None)))
}

fn item<'a>(document: &'a OpenApi, schema: Option<&'a RefOr<Schema>>) -> Option<&'a RefOr<Schema>> {
    match resolved(document, schema?)? {
        Schema::Array(array) => match &array.items {
            ArrayItems::RefOrSchema(items) => Some(items),
            ArrayItems::False => None,
        },
        _ => None,
    }
}

/// What a schema is in the end: of several, the first that has fields.
fn resolved<'a>(document: &'a OpenApi, schema: &'a RefOr<Schema>) -> Option<&'a Schema> {
    let parts = match schema {
        RefOr::Ref(reference) => {
            let schemas = &document.components.as_ref()?.schemas;
            return resolved(document, schemas.get(target(reference))?);
        }
        RefOr::T(Schema::OneOf(one_of)) => &one_of.items,
        RefOr::T(Schema::AllOf(all_of)) => &all_of.items,
        RefOr::T(schema) => return Some(schema),
    };
    let has_fields = |schema: &&Schema| match schema {
        Schema::Object(object) => !object.properties.is_empty(),
        _ => true,
    };
    parts.iter().filter_map(|part| resolved(document, part)).find(has_fields)
}
