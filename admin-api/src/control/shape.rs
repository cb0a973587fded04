//! What bodies, parameters and answers look like: one description from which they are checked and published.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::identifier_like::{has_groups_of_one, looks_like_an_identifier};
use super::problem::{Code, FieldFault, Problem};

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A code that people give: `[a-z0-9][a-z0-9.-]{0,63}`.
    Code,
    /// An id that AVIS gave: a UUID.
    Id,
    /// Free text of so many characters. One that looks like an identifier is refused.
    Text(usize, usize),
    /// What names a document elsewhere, of so many characters. A number of it may have as many digits as there are; what is written
    /// as people write identifiers is refused.
    Reference(usize, usize),
    /// Text that is no free text: a secret, an address, a hash. Of so many characters.
    Token(usize, usize),
    /// An instant, RFC 3339.
    Instant,
    /// A date, such as 2026-11-18.
    Date,
    /// True or false.
    Truth,
    /// A whole number within bounds.
    Whole(i64, i64),
    /// One word of a closed list.
    Word(&'static [&'static str]),
    /// A list of at most so many.
    List(&'static Self, usize),
    /// An object of known fields.
    Object(&'static [Field]),
    /// A JSON object whose fields another reader knows.
    Json,
    /// The same of a rule or a case: its names are free texts.
    Rule,
    /// Whatever JSON there is.
    Any,
}

/// A field of an object, or a parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) is_required: bool,
}

/// A field that must be there.
pub(crate) const fn needed(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: true }
}

/// A field that may be absent or null.
pub(crate) const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: false }
}

/// Whether an object may lack all of them.
pub(crate) fn is_optional(fields: &[Field]) -> bool {
    fields.iter().all(|field| !field.is_required)
}

/// Characters in a text of one line.
const LINE_MAX: usize = 200;

/// Why it is done, for the audit.
pub(crate) const REASON: Field = needed("reason", Kind::Text(1, 200));

/// A name in both languages.
pub(crate) const NAME: &[Field] = &[needed("lv", Kind::Text(1, 200)), needed("en", Kind::Text(1, 200))];

/// Checks an object against its fields.
///
/// # Errors
/// Every fault with its pointer; a text that looks like an identifier.
pub(crate) fn check(value: &Value, fields: &'static [Field]) -> Result<(), Problem> {
    let mut checker = Checker::default();
    checker.object(value, fields, "");
    if checker.saw_identifier {
        return Err(Problem { errors: checker.faults, ..Code::LooksLikeAnIdentifier.into() });
    }
    if checker.faults.is_empty() { Ok(()) } else { Err(Problem::of_faults(checker.faults)) }
}

/// Whether text is a code.
pub(crate) fn is_code(text: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_later = |byte: u8| is_first(byte) || byte == b'.' || byte == b'-';
    text.len() <= 64 && text.bytes().next().is_some_and(is_first) && text.bytes().all(is_later)
}

#[derive(Default)]
struct Checker {
    faults: Vec<FieldFault>,
    saw_identifier: bool,
}

impl Checker {
    fn fault(&mut self, pointer: &str, detail: impl Into<String>) {
        self.faults.push(FieldFault { pointer: pointer.to_owned(), detail: detail.into() });
    }

    fn object(&mut self, value: &Value, fields: &'static [Field], pointer: &str) {
        let Value::Object(given) = value else { return self.fault(pointer, "expected an object") };
        for field in fields {
            let place = format!("{pointer}/{}", field.name);
            match given.get(field.name).filter(|value| !value.is_null()) {
                Some(value) => self.value(value, field.kind, &place),
                None if field.is_required => self.fault(&place, "this field is required"),
                None => {}
            }
        }
        if given.keys().any(|name| !fields.iter().any(|field| field.name == name)) {
            let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
            // Its name may be a value that must not come back.
            self.fault(pointer, format!("unknown field, expected {}", names.join(", ")));
        }
    }

    fn value(&mut self, value: &Value, kind: Kind, pointer: &str) {
        let text = value.as_str();
        match kind {
            Kind::Code if text.is_some_and(is_code) => {}
            Kind::Id if text.is_some_and(is_id) => {}
            Kind::Token(least, most) if text.is_some_and(|text| is_within(text, least, most)) => {}
            Kind::Text(least, most) | Kind::Reference(least, most)
                if text.is_some_and(|text| is_within(text, least, most)) =>
            {
                let is_like = if matches!(kind, Kind::Text(..)) { looks_like_an_identifier } else { has_groups_of_one };
                if text.is_some_and(|text| text.contains(|letter| is_control(letter, most))) {
                    self.fault(pointer, "expected text without control characters");
                }
                if text.is_some_and(is_like) {
                    self.saw_identifier = true;
                    self.fault(pointer, Code::LooksLikeAnIdentifier.title());
                }
            }
            Kind::Instant if text.is_some_and(|text| text.parse::<Timestamp>().is_ok()) => {}
            Kind::Date if text.is_some_and(|text| text.parse::<Date>().is_ok_and(|date| date.to_string() == text)) => {}
            Kind::Truth if value.is_boolean() => {}
            Kind::Whole(least, most) if value.as_i64().is_some_and(|number| (least..=most).contains(&number)) => {}
            Kind::Word(words) if text.is_some_and(|text| words.contains(&text)) => {}
            Kind::Any => {}
            Kind::Json if value.is_object() => {}
            Kind::Rule if value.is_object() => self.names(value, pointer),
            Kind::Object(fields) => self.object(value, fields, pointer),
            Kind::List(item, most) => self.list(value, *item, most, pointer),
            other => self.fault(pointer, other.expected()),
        }
    }

    /// Names at any depth, of which each is a text or one in each language.
    fn names(&mut self, value: &Value, pointer: &str) {
        let Value::Object(fields) = value else {
            let items = value.as_array().into_iter().flatten().enumerate();
            return items.for_each(|(place, item)| self.names(item, &format!("{pointer}/{place}")));
        };
        for (name, value) in fields {
            let place = format!("{pointer}/{name}");
            if !matches!(name.as_str(), "name" | "public_name") {
                self.names(value, &place);
                continue;
            }
            let texts = value.as_object().into_iter().flat_map(Map::values).chain([value]);
            if texts.filter_map(Value::as_str).any(looks_like_an_identifier) {
                self.saw_identifier = true;
                self.fault(&place, Code::LooksLikeAnIdentifier.title());
            }
        }
    }

    fn list(&mut self, value: &Value, item: Kind, most: usize, pointer: &str) {
        match value.as_array() {
            Some(items) if items.len() <= most => {
                for (place, value) in items.iter().enumerate() {
                    self.value(value, item, &format!("{pointer}/{place}"));
                }
            }
            _ => self.fault(pointer, format!("expected a list of at most {most} entries")),
        }
    }
}

/// Whether text is an id that AVIS gave.
pub(crate) fn is_id(text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|id| id.to_string() == text)
}

/// What no text has; one as long as a note may be has lines.
fn is_control(letter: char, most: usize) -> bool {
    letter.is_control() && (most <= LINE_MAX || !matches!(letter, '\n' | '\r' | '\t'))
}

fn is_within(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count())
}

impl Kind {
    /// What was expected, in words.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Code => {
                "expected a code of 1 to 64 of `a`–`z`, `0`–`9`, `.` and `-`, beginning with a letter or digit".into()
            }
            Self::Id => "expected an id (a UUID in lower case)".into(),
            Self::Text(least, most) | Self::Reference(least, most) | Self::Token(least, most) => {
                format!("expected text of {least} to {most} characters")
            }
            Self::Instant => "expected an instant such as `2026-11-18T06:12:00Z`".into(),
            Self::Date => "expected a date such as `2026-11-18`".into(),
            Self::Truth => "expected true or false".into(),
            Self::Whole(least, most) => format!("expected a whole number from {least} to {most}"),
            Self::Word(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("expected {}", words.join(" or "))
            }
            Self::List(_, most) => format!("expected a list of at most {most} entries"),
            Self::Object(_) | Self::Json | Self::Rule => "expected an object".into(),
            Self::Any => "expected JSON".into(),
        }
    }

    /// As JSON Schema.
    pub(crate) fn schema(self) -> Value {
        match self {
            Self::Code => json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{0,63}$"}),
            Self::Id => json!({"type": "string", "format": "uuid"}),
            Self::Text(least, most) | Self::Reference(least, most) | Self::Token(least, most) => {
                json!({"type": "string", "minLength": least, "maxLength": most})
            }
            Self::Instant => json!({"type": "string", "format": "date-time"}),
            Self::Date => json!({"type": "string", "format": "date"}),
            Self::Truth => json!({"type": "boolean"}),
            Self::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::List(item, most) => json!({"type": "array", "maxItems": most, "items": item.schema()}),
            Self::Object(fields) => object_schema(fields),
            Self::Json | Self::Rule => json!({"type": "object"}),
            Self::Any => json!({}),
        }
    }

    /// A parameter's text as the value that it means; text where it means nothing.
    pub(crate) fn of_text(self, text: &str) -> Value {
        match self {
            Self::Whole(..) => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
            Self::Truth => text.parse::<bool>().map_or_else(|_| json!(text), Value::from),
            _ => json!(text),
        }
    }
}

/// The schema of an object: what is unknown is refused, and what is optional may be null.
pub(crate) fn object_schema(fields: &[Field]) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let property = |field: &Field| {
        let schema = field.kind.schema();
        let schema = if field.is_required { schema } else { json!({"anyOf": [schema, {"type": "null"}]}) };
        (field.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = fields.iter().map(property).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        needed("code", Kind::Code),
        optional("note", Kind::Text(1, 20)),
        optional("list", Kind::List(&Kind::Word(&["a", "b"]), 2)),
        optional("inner", Kind::Object(&[needed("at", Kind::Instant), optional("n", Kind::Whole(1, 9))])),
    ];

    #[test]
    fn what_is_as_expected_is_taken() {
        let value =
            json!({"code": "a.b-1", "note": "ā", "list": ["a", "b"], "inner": {"at": "2026-01-01T00:00:00Z", "n": 9}});
        assert_eq!(check(&value, FIELDS), Ok(()));
        assert_eq!(check(&json!({"code": "a", "note": null}), FIELDS), Ok(()));
        const LINES: &[Field] = &[needed("text", Kind::Text(1, 500))];
        const LINE: &[Field] = &[needed("text", Kind::Text(1, 200))];
        assert_eq!(check(&json!({"text": "one\n\ttwo"}), LINES), Ok(()));
        for (text, fields) in [("one\u{1}two", LINES), ("one\ntwo", LINE)] {
            let refused = check(&json!({ "text": text }), fields).unwrap_err();
            assert_eq!(refused.errors[0].detail, "expected text without control characters");
        }
    }

    #[test]
    fn each_fault_is_told_by_its_place_and_never_with_a_value() {
        let value = json!({"code": "Secret", "list": ["a", "secret"], "inner": {"n": 10}, "secret": 1});
        let problem = check(&value, FIELDS).unwrap_err();
        let places: Vec<&str> = problem.errors.iter().map(|fault| &*fault.pointer).collect();
        assert_eq!(places, ["/code", "/list/1", "/inner/at", "/inner/n", ""]);
        assert!(!format!("{problem:?}").to_lowercase().contains("secret"), "{problem:?}");
    }

    #[test]
    fn free_text_with_an_identifier_is_refused_as_such() {
        let problem = check(&json!({"code": "a", "note": "of 010190-12345"}), FIELDS).unwrap_err();
        assert_eq!(problem.code, Code::LooksLikeAnIdentifier);
    }

    #[test]
    fn names_within_a_rule_are_free_texts() {
        const RULE: &[Field] = &[needed("rule", Kind::Rule)];
        let checked = |rule: Value| check(&json!({ "rule": rule }), RULE).map_err(|problem| problem.code);
        let refused = Err(Code::LooksLikeAnIdentifier);
        assert_eq!(checked(json!({"name": "of 010190-12345"})), refused);
        assert_eq!(checked(json!({"public_name": {"lv": "a", "en": "4111 1111 1111 1111"}})), refused);
        assert_eq!(checked(json!({"tiers": [{"name": {"en": "010190-12345"}}]})), refused);
        assert_eq!(checked(json!({"name": {"en": "Day"}, "scope": {"products": ["shop.4111111111111111"]}})), Ok(()));
    }

    #[test]
    fn codes_are_as_stated() {
        for (text, is) in [("a", true), ("0.a-b", true), ("", false), ("-a", false), ("A", false), ("a_b", false)] {
            assert_eq!(is_code(text), is, "{text}");
        }
        assert!(is_code(&"a".repeat(64)) && !is_code(&"a".repeat(65)));
    }
}
