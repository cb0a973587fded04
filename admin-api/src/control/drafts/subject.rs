//! What a draft becomes: the next version of a benefit or of a merchant's programme, or a campaign. All three live the same life.

use avis_core::document::Benefit;
use avis_core::loyalty::{Campaign, Programme};
use avis_store::{Kind, version_key};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::rules::Rules;

/// The words of all kinds.
pub(super) const WORDS: &[&str] = &["benefit", "program", "campaign"];

/// Fields of a version that a draft of its kind (`benefit`, `program`, `campaign`) does not have: AVIS gives them.
#[must_use]
pub fn not_drafted(kind: &str) -> &'static [&'static str] {
    Subject::of_word(kind).not_in_content()
}

/// What a draft is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Subject {
    /// A grantor's rule.
    #[default]
    Benefit,
    /// A merchant's rules for points.
    Program,
    /// What coupons have in common. It has one version, which does not change.
    Campaign,
}

impl Subject {
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "program" => Self::Program,
            "campaign" => Self::Campaign,
            _ => Self::Benefit,
        }
    }

    pub(super) fn word(self) -> &'static str {
        self.row().word()
    }

    fn row(self) -> Kind {
        match self {
            Self::Benefit => Kind::Benefit,
            Self::Program => Kind::Program,
            Self::Campaign => Kind::Campaign,
        }
    }

    /// The list of a catalogue in which it stands.
    pub(super) fn list(self) -> &'static str {
        match self {
            Self::Benefit => "benefits",
            Self::Program => "programs",
            Self::Campaign => "campaigns",
        }
    }

    /// The field that says whose it is.
    pub(super) fn owner_field(self) -> &'static str {
        if self == Self::Benefit { "grantor" } else { "owner" }
    }

    /// Fields that a draft does not have: AVIS gives them.
    pub(super) fn not_in_content(self) -> &'static [&'static str] {
        match self {
            Self::Benefit => &["code", "version", "grantor", "suspensions"],
            Self::Program => &["code", "version", "owner", "suspensions"],
            Self::Campaign => &["code", "owner"],
        }
    }

    /// With what the names of its cases begin.
    pub(super) fn case_prefix(self, code: &str) -> String {
        match self {
            Self::Benefit => format!("{code}: "),
            Self::Program | Self::Campaign => format!("{} {code}: ", self.word()),
        }
    }

    /// Under which key a version is kept.
    pub(super) fn key(self, code: &str, version: i64) -> String {
        match self {
            Self::Benefit | Self::Program => version_key(code, version).into(),
            Self::Campaign => code.to_owned(),
        }
    }

    /// A version as it stands.
    pub(super) fn version<'r>(self, rules: &'r Rules, code: &str, version: i64) -> Option<&'r Value> {
        match self {
            Self::Benefit => rules.version(code, version),
            Self::Program => rules.entry(Kind::Program, &self.key(code, version)),
            Self::Campaign => rules.entry(Kind::Campaign, code).filter(|_| version == 1),
        }
    }

    /// The number of its newest version.
    pub(super) fn newest(self, rules: &Rules, code: &str) -> Option<i64> {
        match self {
            Self::Benefit => rules.newest_version(code),
            Self::Program => rules.newest_programme(code),
            Self::Campaign => rules.entry(Kind::Campaign, code).map(|_| 1),
        }
    }

    /// Whose it is.
    pub(super) fn owner<'r>(self, rules: &'r Rules, code: &str) -> Option<&'r str> {
        let newest = self.newest(rules, code)?;
        self.version(rules, code, newest)?.get(self.owner_field())?.as_str()
    }

    /// Whether a draft can be based on a version: a campaign does not change.
    pub(super) fn can_be_based_on(self, rules: &Rules, code: &str, base: i64) -> bool {
        self != Self::Campaign && self.version(rules, code, base).is_some()
    }

    /// Whether a document is the version that is there: suspending and ending it since changes nothing of that.
    pub(super) fn publishes_the_same(self, document: &Value, there: &Value) -> bool {
        let same = match self {
            Self::Benefit => both(document, there, Benefit::from_value, Benefit::publishes_the_same),
            Self::Program => both(document, there, Programme::from_value, Programme::publishes_the_same),
            Self::Campaign => both(document, there, Campaign::from_value, Campaign::eq),
        };
        same == Some(true)
    }
}

fn both<T, E>(
    one: &Value,
    other: &Value,
    read: impl Fn(&Value) -> Result<T, E>,
    compare: impl Fn(&T, &T) -> bool,
) -> Option<bool> {
    Some(compare(&read(one).ok()?, &read(other).ok()?))
}
