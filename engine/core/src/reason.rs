//! Why something is not fully discounted, in the neutral words of the till.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A reason at the till; never a group, which can reveal health. Listed by the order of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// An identifier is blocked.
    IdentifierBlocked,
    /// An identifier is past its validity.
    IdentifierExpired,
    /// Identifiers of different holders were presented together.
    IdentifierMismatch,
    /// An identifier is known to nobody.
    IdentifierUnknown,
    /// Nothing is left of a limit.
    LimitReached,
    /// No benefit is for this.
    NoBenefit,
    /// Not this person.
    NoRight,
    /// Not at this time.
    NotNow,
    /// Not through this channel, basket or line.
    NotThisWay,
    /// Not with this identification means.
    NotWithThisMeans,
    /// Nothing was left to pay.
    NothingLeft,
    /// Nobody pays for it any more.
    Unfunded,
}

impl Reason {
    /// All of them, by the order of the words.
    pub const ALL: [Self; 12] = [
        Self::IdentifierBlocked,
        Self::IdentifierExpired,
        Self::IdentifierMismatch,
        Self::IdentifierUnknown,
        Self::LimitReached,
        Self::NoBenefit,
        Self::NoRight,
        Self::NotNow,
        Self::NotThisWay,
        Self::NotWithThisMeans,
        Self::NothingLeft,
        Self::Unfunded,
    ];

    /// The most useful one to say to a person first.
    const BY_USE: [Self; 12] = [
        Self::IdentifierBlocked,
        Self::IdentifierExpired,
        Self::IdentifierUnknown,
        Self::IdentifierMismatch,
        Self::LimitReached,
        Self::Unfunded,
        Self::NotNow,
        Self::NotWithThisMeans,
        Self::NotThisWay,
        Self::NoRight,
        Self::NothingLeft,
        Self::NoBenefit,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::IdentifierBlocked => "identifier_blocked",
            Self::IdentifierExpired => "identifier_expired",
            Self::IdentifierMismatch => "identifier_mismatch",
            Self::IdentifierUnknown => "identifier_unknown",
            Self::LimitReached => "limit_reached",
            Self::NoBenefit => "no_benefit",
            Self::NoRight => "no_right",
            Self::NotNow => "not_now",
            Self::NotThisWay => "not_this_way",
            Self::NotWithThisMeans => "not_with_this_means",
            Self::NothingLeft => "nothing_left",
            Self::Unfunded => "unfunded",
        }
    }
}

impl PartialSchema for Reason {
    fn schema() -> RefOr<Schema> {
        let told = Self::ALL.map(|reason| format!("`{}`: {}.", reason.word(), reason.statement()));
        let about = format!("Why something is left to pay, in neutral words for the till. {}", told.join(" "));
        let words = Self::ALL.map(Self::word);
        ObjectBuilder::new().schema_type(Type::String).description(Some(about)).enum_values(Some(words)).into()
    }
}

impl ToSchema for Reason {}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// A set of reasons; written as a sorted list of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// Adds one.
    pub fn add(&mut self, reason: Reason) {
        *self = self.with(reason);
    }

    /// This set and one more.
    #[must_use]
    pub fn with(self, reason: Reason) -> Self {
        Self(self.0 | (1 << (reason as u16)))
    }

    /// What is in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of the others are here too.
    pub fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The one that there is; none of several, or of none.
    pub(crate) fn only(self) -> Option<Reason> {
        if self.0.is_power_of_two() { Reason::ALL.get(self.0.trailing_zeros() as usize).copied() } else { None }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The one to say where only one can be said, while something is left to pay.
    pub fn main(self, payable: i64) -> Option<Reason> {
        let mut by_use = Reason::BY_USE.into_iter();
        if payable > 0 { by_use.find(|reason| self.includes(Self::default().with(*reason))) } else { None }
    }

    /// The reasons in the order of their words.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.includes(Self::default().with(*reason)))
    }
}

impl Serialize for Reasons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for reason in self.iter() {
            list.serialize_element(reason.word())?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Reasons {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        let find = |word: &String| Reason::ALL.into_iter().find(|reason| reason.word() == word);
        let known = words.iter().map(|word| find(word).ok_or_else(|| D::Error::custom("expected a reason")));
        known.into_iter().try_fold(Self::default(), |reasons, reason| Ok(reasons.with(reason?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_listed_by_their_words() {
        let words: Vec<_> = Reason::ALL
            .iter()
            .fold(Reasons::default(), |set, reason| set.with(*reason))
            .iter()
            .map(Reason::word)
            .collect();
        let mut sorted = words.clone();
        sorted.sort_unstable();
        assert_eq!(words, sorted);
        assert_eq!(words.len(), Reason::ALL.len());
    }

    #[test]
    fn each_reason_has_its_place_among_the_main_ones() {
        let mut left = Reason::ALL.iter().fold(Reasons::default(), |set, reason| set.with(*reason));
        for reason in Reason::BY_USE {
            assert_eq!(left.main(1), Some(reason));
            left = Reasons(left.0 & !Reasons::default().with(reason).0);
        }
        assert_eq!(left.main(1), None);
    }

    #[test]
    fn only_one_that_stands_alone_is_the_only_one() {
        assert_eq!(Reasons::default().only(), None);
        for reason in Reason::ALL {
            let alone = Reasons::default().with(reason);
            assert_eq!(alone.only(), Some(reason));
            assert_eq!(alone.with(Reason::NoRight).only().is_some(), reason == Reason::NoRight);
        }
    }

    #[test]
    fn there_is_no_main_reason_where_nothing_is_left_to_pay() {
        assert_eq!(Reasons::default().with(Reason::NoRight).main(0), None);
    }
}
