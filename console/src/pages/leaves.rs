//! What a condition may ask, and the fields in which it is filled.

use serde_json::{Map, Value, json};

use super::terminals::words_of;
use crate::formats::{hundredths, of_hundredths};
use crate::view::Kind;
use crate::visit::Visit;

/// How a field of a condition is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Words with commas between.
    Words,
    /// A word, or a time as it is written.
    Word,
    /// A whole number.
    Whole,
    /// Euro and cents.
    Money,
    /// Days of the week, as numbers with commas between.
    Days,
    /// Yes or no.
    Truth,
    /// One of a few words; none is the first, where that may be left out.
    OneOf(&'static [&'static str]),
    /// A value, or several with commas between where it is compared with several.
    Value,
}

use Filled::{Days, Money, OneOf, Truth, Whole, Word, Words};

const AS_OF: Filled =
    OneOf(&["", "now", "year_start", "month_start", "school_year_start", "year_end", "month_end", "school_year_end"]);
const OPERATORS: Filled = OneOf(&["eq", "ne", "lt", "le", "gt", "ge", "in"]);
const COUNTED: Filled = OneOf(&["", "all", "in_scope"]);
const FACT: &[(&str, Filled)] = &[("name", Word), ("op", OPERATORS), ("value", Filled::Value)];
const BOUNDS: &[(&str, Filled)] = &[("min", Whole), ("max", Whole)];

/// Each test with its fields.
const LEAVES: &[(&str, &[(&str, Filled)])] = &[
    ("member_of", &[("groups", Words)]),
    ("identifier", &[("schemes", Words)]),
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
    ("basket_total", &[("min", Money), ("max", Money), ("lines", COUNTED)]),
    ("basket_quantity", &[("min", Whole), ("max", Whole), ("lines", COUNTED)]),
    ("member", &[("program", Word)]),
    ("tier", &[("program", Word), ("at_least", Word)]),
    ("coupon", &[("campaign", Word)]),
    ("birthday", &[("in", OneOf(&["day", "month"]))]),
];

/// What may be asked.
pub(super) fn tests() -> impl Iterator<Item = &'static str> {
    LEAVES.iter().map(|(test, _)| *test)
}

/// The fields of a test; none of what is no test.
pub(super) fn fields(test: &str) -> Option<&'static [(&'static str, Filled)]> {
    LEAVES.iter().find(|(known, _)| *known == test).map(|(_, fields)| *fields)
}

/// The word of what may be left out.
fn said(word: &'static str) -> &'static str {
    if word.is_empty() { "unsaid" } else { word }
}

impl Filled {
    /// By which word a field of a name is labelled.
    pub(super) fn label(self, name: &'static str) -> &'static str {
        match self {
            Days => "days",
            OneOf(_) if name == "in" => "which",
            _ => name,
        }
    }

    /// As a form has it.
    pub(super) fn kind(self, visit: &Visit<'_>) -> Kind {
        match self {
            Self::OneOf(words) => Kind::Choice(
                words.iter().map(|word| ((*word).to_owned(), visit.word("condition-word", said(word)))).collect(),
            ),
            Self::Truth => {
                let words = ["true", "false"];
                Kind::Choice(words.map(|word| (word.to_owned(), visit.word("condition-word", word))).into())
            }
            _ => Kind::Line("text"),
        }
    }

    fn text(self, value: Option<&Value>) -> String {
        let listed = |list: &[Value]| list.iter().map(plain).collect::<Vec<_>>().join(", ");
        match (self, value) {
            (_, None) => String::new(),
            (Self::Money, Some(Value::Number(amount))) => amount.as_i64().map(hundredths).unwrap_or_default(),
            (_, Some(Value::Array(list))) => listed(list),
            (_, Some(value)) => plain(value),
        }
    }

    /// What is typed as a draft has it; none where nothing is.
    fn value(self, typed: &str, is_listed: bool) -> Result<Option<Value>, ()> {
        if typed.is_empty() {
            return Ok(None);
        }
        let whole = || typed.parse::<i64>().map(|number| json!(number)).map_err(drop);
        Ok(Some(match self {
            Words => json!(words_of(typed)),
            Word | OneOf(_) => json!(typed),
            Whole => whole()?,
            Money => json!(of_hundredths(typed).ok_or(())?),
            Days => {
                let days: Result<Vec<i64>, _> = words_of(typed).into_iter().map(str::parse).collect();
                json!(days.map_err(drop)?)
            }
            Truth => json!(typed == "true"),
            Self::Value if is_listed => typed.split(',').map(|one| fact(one.trim())).collect(),
            Self::Value => fact(typed),
        }))
    }
}

/// A value of a fact, as it is typed.
fn fact(typed: &str) -> Value {
    match typed {
        "true" => json!(true),
        "false" => json!(false),
        typed => typed.parse::<i64>().map_or_else(|_| json!(typed), |number| json!(number)),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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
        if let Some(value) = filled.value(typed, is_listed).map_err(|()| *name)? {
            asks.insert((*name).to_owned(), value);
        }
    }
    Ok(Value::Object(asks))
}

#[cfg(test)]
mod tests {
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
