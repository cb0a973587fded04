//! Facts that rules compare: of holders, of requests, of lines.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::limits::{CONTEXT_FACTS_MAX, TEXT_CHARACTERS_MAX};
use crate::read::{Place, Read, word};
use crate::scanner::Scanner;

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum FactValue {
    /// True or false; unordered.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text, ordered by code point.
    Text(Box<str>),
}

/// How a rule compares a fact with its own value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal; true of values of different types.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Equal to one of several.
    In,
}

impl Comparison {
    const ALL: [Self; 7] = [Self::Eq, Self::Ne, Self::Lt, Self::Le, Self::Gt, Self::Ge, Self::In];

    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::In => "in",
        }
    }
}

impl Read for Comparison {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &Self::ALL.map(|comparison| (comparison.word(), comparison)))
    }
}

impl FactValue {
    /// As it stands, if it is plain.
    pub(crate) fn scanned(scanner: &mut Scanner<'_>) -> Option<Self> {
        Some(match scanner.begins()? {
            b'"' => Self::Text(scanner.text().filter(|text| text.len() <= TEXT_CHARACTERS_MAX)?.into()),
            b't' | b'f' => Self::Bool(scanner.truth()?),
            _ => Self::Integer(scanner.whole()?),
        })
    }

    /// Values of different types and truths have no order.
    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// Whether the fact compares so with the rule's values; all but `in` have exactly one.
    pub(crate) fn compares(&self, comparison: Comparison, values: &[Self]) -> bool {
        let ordered = |accepted: &[Ordering]| {
            values.iter().any(|value| self.order(value).is_some_and(|order| accepted.contains(&order)))
        };
        match comparison {
            Comparison::Eq | Comparison::In => values.contains(self),
            Comparison::Ne => !values.contains(self),
            Comparison::Lt => ordered(&[Ordering::Less]),
            Comparison::Le => ordered(&[Ordering::Less, Ordering::Equal]),
            Comparison::Gt => ordered(&[Ordering::Greater]),
            Comparison::Ge => ordered(&[Ordering::Greater, Ordering::Equal]),
        }
    }
}

impl Read for FactValue {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(Self::Bool(*truth)),
            // Nothing typed in is a fact, too.
            Value::String(text) if text.is_empty() => Some(Self::Text(Box::default())),
            Value::String(_) => Box::read(value, place).map(Self::Text),
            _ => match value.as_i64() {
                Some(number) => Some(Self::Integer(number)),
                None => place.fault("expected a whole number, text, or true or false"),
            },
        }
    }
}

/// Named facts that a terminal sends, of a request or of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Context(Vec<(Box<str>, FactValue)>);

impl Context {
    /// Facts of different names.
    pub(crate) fn of(mut facts: Vec<(Box<str>, FactValue)>) -> Self {
        facts.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        Self(facts)
    }

    /// Every fact, in order of name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &FactValue)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The fact of that name, if the terminal sent it.
    pub fn get(&self, name: &str) -> Option<&FactValue> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }
}

impl Read for Context {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let Value::Object(fields) = value else { return place.fault("expected an object of facts") };
        if fields.len() > CONTEXT_FACTS_MAX {
            return place.fault(format!("expected at most {CONTEXT_FACTS_MAX} facts"));
        }
        facts(fields, place).map(Self::of)
    }
}

fn facts(fields: &Map<String, Value>, place: &Place<'_>) -> Option<Vec<(Box<str>, FactValue)>> {
    let given = fields.iter().filter(|(_, value)| !value.is_null());
    let read = given.map(|(name, value)| {
        let place = place.field(name);
        if name.is_empty() || name.chars().count() > TEXT_CHARACTERS_MAX {
            return place.fault(format!("expected a name of 1 to {TEXT_CHARACTERS_MAX} characters"));
        }
        Some((name.as_str().into(), FactValue::read(value, &place)?))
    });
    read.collect::<Vec<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_types_are_unequal_and_unordered() {
        let (one, text, truth) = (FactValue::Integer(1), FactValue::Text("1".into()), FactValue::Bool(true));
        assert!(!one.compares(Comparison::Eq, std::slice::from_ref(&text)));
        assert!(one.compares(Comparison::Ne, std::slice::from_ref(&text)));
        for comparison in [Comparison::Lt, Comparison::Le, Comparison::Gt, Comparison::Ge] {
            assert!(!one.compares(comparison, std::slice::from_ref(&text)));
            assert!(!truth.compares(comparison, std::slice::from_ref(&truth)), "truths are unordered");
        }
    }
}
