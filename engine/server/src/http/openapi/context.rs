//! The schema of facts that terminals send.

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Facts by name.
pub(super) struct Context;

impl PartialSchema for Context {
    fn schema() -> RefOr<Schema> {
        let of = |kind| ObjectBuilder::new().schema_type(kind);
        let name = of(Type::String).min_length(Some(1)).max_length(Some(200));
        // Whole numbers of 64 bits.
        let number = of(Type::Integer).minimum(Some(isize::MIN)).maximum(Some(isize::MAX));
        let fact = OneOfBuilder::new()
            .item(of(Type::Boolean))
            .item(number)
            .item(of(Type::String).max_length(Some(200)))
            .item(of(Type::Null))
            .build();
        of(Type::Object)
            .description(Some(
                "Facts by name, at most 32: whole numbers, text, or true and false. Text may be empty; a fact that is null is \
                 absent.",
            ))
            .max_properties(Some(32))
            .property_names(Some(name.build()))
            .additional_properties(Some(AdditionalProperties::RefOr(Schema::OneOf(fact).into())))
            .into()
    }
}

impl ToSchema for Context {}
