//! What a condition may ask, and the fields in which it is filled.

use serde_json::{Map, Value};

use super::filled::Filled::{self, Days, Hundredths, OneOf, Truth, Whole, Word, Words};

/// Words of conditions.
const fn words(words: &'static [&'static str]) -> Filled {
    OneOf("condition-word", words)
}

const AS_OF: Filled =
    words(&["", "now", "year_start", "month_start", "school_year_start", "year_end", "month_end", "school_year_end"]);
const OPERATORS: Filled = words(&["eq", "ne", "lt", "le", "gt", "ge", "in"]);
const COUNTED: Filled = words(&["", "all", "in_scope"]);
const FACT: &[(&str, Filled)] = &[("name", Word), ("op", OPERATORS), ("value", Filled::Value)];
const BOUNDS: &[(&str, Filled)] = &[("min", Whole), ("max", Whole)];

/// Each test with its fields.
const LEAVES: &[(&str, &[(&str, Filled)])] = &[
    ("member_of", &[("groups", Words)]),
    ("identifier", &[("schemes", Words)]),
    ("no_mismatch", &[]),
    ("age", &[("min", Whole), ("max", Whole), ("as_of", AS_OF), ("plus_days", Whole)]),
    ("resident_in", &[("territories", Words), ("as_of", AS_OF), ("plus_days", Whole)]),
    ("channel", &[("in", Words)]),
    ("calendar", &[("name", Word), ("is", Truth)]),
    ("weekday", &[("in", Days)]),
    ("time_of_day", &[("from", Word), ("until", Word)]),
    ("dates", &[("from", Word), ("until", Word)]),
    ("attribute", FACT),
    ("line", FACT),
    ("context", FACT),
    ("quantity", BOUNDS),
    ("basket_total", &[("min", Hundredths), ("max", Hundredths), ("lines", COUNTED)]),
    ("basket_quantity", &[("min", Whole), ("max", Whole), ("lines", COUNTED)]),
    ("member", &[("program", Word)]),
    ("tier", &[("program", Word), ("at_least", Word)]),
    ("coupon", &[("campaign", Word)]),
    ("birthday", &[("in", words(&["day", "month"]))]),
];

/// What may be asked.
pub(super) fn tests() -> impl Iterator<Item = &'static str> {
    LEAVES.iter().map(|(test, _)| *test)
}

/// The fields of a test; none of what is no test.
pub(super) fn fields(test: &str) -> Option<&'static [(&'static str, Filled)]> {
    LEAVES.iter().find(|(known, _)| *known == test).map(|(_, fields)| *fields)
}

/// The texts of a test's fields; none of what could not be written back as it is.
pub(super) fn texts(test: &str, asks: &Value) -> Option<Vec<(&'static str, String)>> {
    let texts: Vec<_> = fields(test)?.iter().map(|(name, filled)| (*name, filled.text(asks.get(*name)))).collect();
    (value(test, &texts).as_ref() == Ok(asks)).then_some(texts)
}

/// What is asked, from the texts of its fields.
///
/// # Errors
/// The name of a field that is no number.
pub(super) fn value(test: &str, texts: &[(&'static str, String)]) -> Result<Value, &'static str> {
    let mut asks = Map::new();
    let is_listed = texts.iter().any(|(name, text)| *name == "op" && text == "in");
    for ((name, filled), (_, typed)) in fields(test).into_iter().flatten().zip(texts) {
        if let Some(value) = filled.value(typed, is_listed).map_err(|_| *name)? {
            asks.insert((*name).to_owned(), value);
        }
    }
    Ok(Value::Object(asks))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reading::{items_of, text};

    #[test]
    fn every_condition_of_the_demo_is_written_back_as_it_was() {
        fn look(condition: &Value, seen: &mut usize) {
            let (test, asks) = condition.as_object().unwrap().iter().next().unwrap();
            match test.as_str() {
                "all" | "any" => asks.as_array().unwrap().iter().for_each(|part| look(part, seen)),
                "not" => look(asks, seen),
                test => {
                    assert!(texts(test, asks).is_some(), "{condition}");
                    *seen += 1;
                }
            }
        }
        let demo: Value = serde_json::from_str(include_str!("../../../demo/catalogue.json")).unwrap();
        let mut seen = 0;
        items_of(&demo, "benefits").iter().filter_map(|one| one.get("when")).for_each(|when| look(when, &mut seen));
        assert!(seen > 90, "{seen}");
    }

    #[test]
    fn what_no_field_has_room_for_is_told() {
        for (test, asks) in [
            ("age", json!({"max": 6, "of": "moon"})),
            ("attribute", json!({"name": "grade", "op": "eq", "value": "5"})),
            ("member_of", json!({"groups": ["with blank"]})),
            ("member_of", json!({"groups": []})),
            ("height", json!({"min": 1})),
        ] {
            assert_eq!(texts(test, &asks), None, "{test} {asks}");
        }
        let typed = [("min", "six".to_owned()), ("max", String::new())];
        assert_eq!(value("quantity", &typed), Err("min"));
        assert_eq!(text(&value("coupon", &[("campaign", "c".to_owned())]).unwrap(), "campaign"), "c");
    }
}
