//! Fields that are written into the object around them.

use utoipa::openapi::schema::{AllOf, Object, OneOf, Type};
use utoipa::openapi::{RefOr, Schema};

/// A schema whose flattened parts are fields beside the others, as they are read. Those of a part that may be absent are optional.
pub(super) fn flat(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::AllOf(all_of)) => RefOr::T(Schema::Object(merged(all_of))),
        other => other,
    }
}

fn merged(AllOf { items, description, .. }: AllOf) -> Object {
    let mut all = Object::new();
    for part in items.into_iter().map(fields) {
        all.properties.extend(part.properties);
        all.required.extend(part.required);
    }
    all.description = description;
    all
}

fn fields(part: RefOr<Schema>) -> Object {
    match flat(part) {
        RefOr::T(Schema::Object(object)) => object,
        RefOr::T(Schema::OneOf(OneOf { items, .. })) => {
            let mut parts = items.into_iter().map(fields);
            let mut there = parts.find(|part| part.schema_type != Type::Null.into()).unwrap_or_default();
            there.required.clear();
            there
        }
        _ => Object::new(),
    }
}
