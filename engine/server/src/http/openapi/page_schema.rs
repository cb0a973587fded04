//! Schemas in words: what a field may be, and the fields of an object.

use std::fmt::Display;

use serde_json::Value;
use utoipa::Number;
use utoipa::openapi::schema::{
    AdditionalProperties, Array, ArrayItems, KnownFormat, Object, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};

use super::page_text::{code, escaped, marked, paragraph_of, target};

/// What may stand there.
pub(super) fn kind(schema: &RefOr<Schema>) -> String {
    match schema {
        RefOr::Ref(reference) => format!("<a href=\"#{0}\">{0}</a>", escaped(target(reference))),
        RefOr::T(Schema::Object(object)) => of_object(object),
        RefOr::T(Schema::Array(array)) => of_array(array),
        RefOr::T(Schema::OneOf(one_of)) => {
            // Null last, as in the other kinds.
            let (mut kinds, nulls): (Vec<String>, Vec<String>) =
                one_of.items.iter().map(kind).partition(|kind| kind != "null");
            kinds.extend(nulls);
            kinds.join(" or ") + &if_absent(one_of.default.as_ref())
        }
        RefOr::T(Schema::AllOf(all_of)) => all_of.items.iter().map(kind).collect::<Vec<_>>().join(" with "),
        RefOr::T(_) => "anything".into(),
    }
}

/// What it is, its words if there are few, and its fields.
pub(super) fn fields(schema: &RefOr<Schema>) -> String {
    let mut html = paragraph_of(&about(schema));
    match schema {
        RefOr::T(Schema::Object(object)) if !object.properties.is_empty() => {
            html += "<dl>\n";
            for (name, field) in &object.properties {
                let required = if object.required.contains(name) { "" } else { " <small>optional</small>" };
                let (kind, about) = (kind(field), marked(&about(field)));
                let about = if about.is_empty() { about } else { format!("<p>{about}</p>") };
                html += &format!(
                    "<dt><code>{}</code>{required}</dt>\n<dd><p class=\"kind\">{kind}</p>{about}</dd>\n",
                    escaped(name)
                );
            }
            html += "</dl>\n";
            if let Some(AdditionalProperties::FreeForm(false)) = object.additional_properties.as_deref() {
                html += "<p>No other field is taken.</p>\n";
            }
        }
        other => html += &format!("<p class=\"kind\">{}</p>\n", kind(other)),
    }
    html
}

fn about(schema: &RefOr<Schema>) -> String {
    match schema {
        RefOr::Ref(reference) => reference.description.clone(),
        RefOr::T(Schema::Object(object)) => object.description.clone().unwrap_or_default(),
        RefOr::T(Schema::Array(array)) => array.description.clone().unwrap_or_default(),
        // Of a field that may be null, what is said stands beside the other kind.
        RefOr::T(Schema::OneOf(one_of)) => {
            let parts = one_of.items.iter().map(about);
            one_of.description.clone().unwrap_or_else(|| parts.collect::<Vec<_>>().concat())
        }
        RefOr::T(Schema::AllOf(all_of)) => all_of.description.clone().unwrap_or_default(),
        RefOr::T(_) => String::new(),
    }
}

fn of_object(object: &Object) -> String {
    let mut told = match types(&object.schema_type).first() {
        _ if object.enum_values.is_some() => {
            let words = object.enum_values.iter().flatten().filter(|word| !word.is_null());
            words.map(|word| code(word.as_str().unwrap_or(&word.to_string()))).collect::<Vec<_>>().join(" or ")
        }
        Some(Type::String) => of_text(object),
        Some(Type::Integer) => format!("whole number{}", between(&object.minimum, &object.maximum, "")),
        Some(Type::Boolean) => "true or false".into(),
        Some(Type::Null) => return "null".into(),
        Some(Type::Object) => match object.additional_properties.as_deref() {
            Some(AdditionalProperties::RefOr(value)) => {
                format!("object{} of {}", between(&None::<usize>, &object.max_properties, " fields"), kind(value))
            }
            _ if !object.required.is_empty() => object.required.iter().map(|name| code(name)).collect(),
            _ => "object".into(),
        },
        _ => return "anything".into(),
    };
    told += &if_absent(object.default.as_ref());
    or_null(told, &object.schema_type)
}

fn if_absent(default: Option<&Value>) -> String {
    let word = |default: &Value| code(default.as_str().unwrap_or(&default.to_string()));
    default.map(|default| format!(", {} if absent", word(default))).unwrap_or_default()
}

fn of_text(object: &Object) -> String {
    let format = match &object.format {
        Some(SchemaFormat::Custom(format)) if format == "uuid" => "UUID",
        Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)) => "UUID",
        Some(SchemaFormat::Custom(format)) if format == "date" => "date",
        Some(SchemaFormat::KnownFormat(KnownFormat::Date)) => "date",
        Some(_) => "date and time with offset",
        None => "text",
    };
    let pattern = object.pattern.iter().map(|pattern| format!(" like {}", code(pattern))).collect::<String>();
    format!("{format}{}{pattern}", between(&object.min_length, &object.max_length, " characters"))
}

fn of_array(array: &Array) -> String {
    let of = match &array.items {
        ArrayItems::RefOrSchema(items) => kind(items),
        ArrayItems::False => "nothing".into(),
    };
    let told = format!("list of {of}{}", between(&array.min_items, &array.max_items, " entries"));
    or_null(told, &array.schema_type)
}

fn or_null(told: String, of: &SchemaType) -> String {
    let is_nullable = types(of).len() > 1 && types(of).iter().any(|one| matches!(one, Type::Null));
    if is_nullable { told + " or null" } else { told }
}

fn types(of: &SchemaType) -> &[Type] {
    match of {
        SchemaType::Type(one) => std::slice::from_ref(one),
        SchemaType::Array(several) => several,
        SchemaType::AnyValue => &[],
    }
}

/// A bound in words.
trait Bound {
    fn told(&self) -> String;
}

impl Bound for usize {
    fn told(&self) -> String {
        grouped(self)
    }
}

impl Bound for Number {
    fn told(&self) -> String {
        match self {
            Self::Int(number) => grouped(number),
            Self::UInt(number) => grouped(number),
            Self::Float(number) if number.abs() < 9e15 => format!("{number}"),
            Self::Float(number) => format!("{number:e}"),
        }
    }
}

fn between<T: Bound>(least: &Option<T>, most: &Option<T>, of: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!(", {} to {}{of}", least.told(), most.told()),
        (Some(least), None) => format!(", at least {}{of}", least.told()),
        (None, Some(most)) => format!(", at most {}{of}", most.told()),
        (None, None) => String::new(),
    }
}

/// Digits in threes.
fn grouped(number: &impl Display) -> String {
    let text = number.to_string();
    let places = text.chars().count();
    let spaced = text.chars().enumerate().map(|(place, digit)| {
        let is_apart = place > 0 && (places - place).is_multiple_of(3) && !text.starts_with('-');
        if is_apart { format!("\u{202f}{digit}") } else { digit.to_string() }
    });
    spaced.collect()
}
