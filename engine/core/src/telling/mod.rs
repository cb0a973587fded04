//! Says decisions in words, as people speak of money and days, in Latvian and in English.

mod condition;
mod days;
mod limit;
mod money;
mod reason;
mod sentence;
mod why;

use std::str::FromStr;

pub use condition::{asked, change, condition};
pub use days::{day, month};
pub use limit::limit;
pub use money::{amount, money, number, percent, plain_amount};
pub use sentence::sentence;
pub use why::{WhyCondition, WhyLine, WhyResult, Words, why};

/// A language in which decisions are said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Latvian.
    Lv,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Lv, Self::En];

    /// Its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Lv => "lv",
        }
    }

    /// The one of two texts that is in it.
    pub fn choose<T>(self, english: T, latvian: T) -> T {
        match self {
            Self::En => english,
            Self::Lv => latvian,
        }
    }
}

impl FromStr for Language {
    type Err = &'static str;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|language| language.tag() == tag).ok_or("expected `lv` or `en`")
    }
}
