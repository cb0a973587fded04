//! How a field of the editor is filled: what stands in it, and what a draft has of it.

use serde_json::{Value, json};

use super::terminals::words_of;
use crate::formats::{hundredths, of_hundredths};
use crate::view::Kind;
use crate::visit::Visit;

/// How a field is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Words with commas between.
    Words,
    /// A text, or a time as it is written.
    Word,
    /// A whole number.
    Whole,
    /// Hundredths: euro and cents, or percent.
    Hundredths,
    /// A number of what the word of another field says: hundredths where that is money or percent, else whole.
    Measured(&'static str),
    /// Days of the week, as numbers with commas between.
    Days,
    /// Yes or no.
    Truth,
    /// Yes, no, or nothing.
    Maybe,
    /// Yes, or nothing.
    Yes,
    /// One of a few words, under the name of their family; none is the first, where that may be left out.
    OneOf(&'static str, &'static [&'static str]),
    /// A value, or several with commas between where it is compared with several.
    Value,
}

impl Filled {
    /// How it is filled beside the word of another field.
    pub(super) fn measured(self, word: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Measured(by) if ["discount", "bonus", "spend"].contains(&&*word(by)) => Self::Hundredths,
            Self::Measured(_) => Self::Whole,
            other => other,
        }
    }

    /// Whether something is typed into it; else it is chosen, and is never empty where nothing was meant.
    pub(super) fn is_typed(self) -> bool {
        !matches!(self, Self::OneOf(..) | Self::Truth | Self::Maybe | Self::Yes)
    }

    /// By which word a field of a name is labelled.
    pub(super) fn label(self, name: &'static str) -> &'static str {
        match self {
            Self::Days => "days",
            Self::OneOf(..) if name == "in" => "which",
            _ => name,
        }
    }

    /// As a form has it, with what stands there.
    pub(super) fn kind(self, visit: &Visit<'_>, text: &str) -> Kind {
        match self {
            Self::OneOf(family, words) => {
                // A word that is not offered stays where it stands.
                let other = Some(text).filter(|text| !text.is_empty() && !words.contains(text));
                let words = words.iter().copied().chain(other);
                // What may be left out.
                let told = |word: &str| match word {
                    "" => visit.word("condition-word", "unsaid"),
                    word => visit.word(family, word),
                };
                Kind::Choice(words.map(|word| (word.to_owned(), told(word))).collect())
            }
            Self::Truth => Self::OneOf("condition-word", &["true", "false"]).kind(visit, text),
            Self::Maybe => Self::OneOf("condition-word", &["", "true", "false"]).kind(visit, text),
            Self::Yes => Kind::Tick,
            _ => Kind::Line("text"),
        }
    }

    /// What stands in the field; empty where nothing does.
    pub(super) fn text(self, value: Option<&Value>) -> String {
        let listed = |list: &[Value]| list.iter().map(plain).collect::<Vec<_>>().join(", ");
        match (self, value) {
            (_, None | Some(Value::Null)) => String::new(),
            (Self::Hundredths, Some(Value::Number(amount))) => amount.as_i64().map(hundredths).unwrap_or_default(),
            (Self::Yes, Some(value)) => if *value == true { "yes" } else { "" }.to_owned(),
            (_, Some(Value::Array(list))) => listed(list),
            (_, Some(value)) => plain(value),
        }
    }

    /// What is typed as a draft has it; none where nothing is.
    ///
    /// # Errors
    /// What is no number where one is expected.
    pub(super) fn value(self, typed: &str, is_listed: bool) -> Result<Option<Value>, NoNumber> {
        if typed.is_empty() {
            return Ok(None);
        }
        let whole = |typed: &str| typed.parse::<i64>().map_err(|_| NoNumber);
        Ok(Some(match self {
            Self::Words => json!(words_of(typed)),
            Self::Word | Self::OneOf(..) => json!(typed),
            Self::Whole | Self::Measured(_) => json!(whole(typed)?),
            Self::Hundredths => json!(of_hundredths(typed).ok_or(NoNumber)?),
            Self::Days => json!(words_of(typed).into_iter().map(whole).collect::<Result<Vec<_>, _>>()?),
            Self::Truth | Self::Maybe => json!(typed == "true"),
            Self::Yes => json!(true),
            Self::Value if is_listed => typed.split(',').map(|one| fact(one.trim())).collect(),
            Self::Value => fact(typed),
        }))
    }
}

/// What is typed where a number is expected is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoNumber;

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
