//! What has been used: asked for by plans, charged by decisions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use crate::document::Measure;
use crate::window::DateRange;

/// Whose use is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One person.
    Holder(Arc<str>),
    /// The people of one household.
    Household(Arc<str>),
    /// One provider.
    Provider(Arc<str>),
    /// Everyone together.
    Benefit,
}

/// Use on one date, or summed over a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// Authorizations in which the benefit gave a discount.
    pub uses: i64,
    /// Units that it covered.
    pub units: i64,
    /// Minor units of discount.
    pub discount: i64,
    /// Minor units that a holder paid under a spend cap.
    pub spent: i64,
}

impl Totals {
    /// The greater of each.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        Self {
            uses: self.uses.max(other.uses),
            units: self.units.max(other.units),
            discount: self.discount.max(other.discount),
            spent: self.spent.max(other.spent),
        }
    }

    /// What is left of these without others.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            uses: self.uses.saturating_sub(other.uses),
            units: self.units.saturating_sub(other.units),
            discount: self.discount.saturating_sub(other.discount),
            spent: self.spent.saturating_sub(other.spent),
        }
    }

    /// The sum of both; stays at the edge of 64 bits instead of passing it.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            uses: self.uses.saturating_add(other.uses),
            units: self.units.saturating_add(other.units),
            discount: self.discount.saturating_add(other.discount),
            spent: self.spent.saturating_add(other.spent),
        }
    }
}

/// Use that a decision must know: of a benefit's code, by a subject, over service dates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Need {
    /// The benefit's code.
    pub code: Arc<str>,
    /// Whose.
    pub subject: Subject,
    /// Over which service dates.
    pub range: DateRange,
}

/// A limit that declines, as a decision found it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quota {
    /// Of whose use, over which dates.
    pub need: Need,
    /// In what it counts.
    pub measure: Measure,
    /// The most.
    pub most: i64,
}

impl Quota {
    /// How far a use is beyond it; zero if it is not.
    pub fn excess(&self, used: &Totals) -> i64 {
        let used = match self.measure {
            Measure::Uses => used.uses,
            Measure::Units => used.units,
            Measure::Discount => used.discount,
        };
        used.saturating_sub(self.most).max(0)
    }
}

/// Use that a decision adds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Charge {
    /// The benefit's code.
    pub code: Arc<str>,
    /// Whose.
    pub subject: Subject,
    /// The service date.
    pub date: Date,
    /// How much.
    pub totals: Totals,
}

/// Usage kept in memory, for deciding files and for tests.
#[derive(Clone, Debug, Default)]
pub struct Book(HashMap<(Arc<str>, Subject), BTreeMap<Date, Totals>>);

impl Book {
    /// What was used.
    pub fn sum(&self, need: &Need) -> Totals {
        let days = self.0.get(&(need.code.clone(), need.subject.clone()));
        let within = days.into_iter().flat_map(|days| days.range(need.range.from..=need.range.until));
        within.fold(Totals::default(), |sum, (_, totals)| sum.plus(*totals))
    }

    /// Adds what a decision charges.
    pub fn charge(&mut self, charges: &[Charge]) {
        for charge in charges {
            let days = self.0.entry((charge.code.clone(), charge.subject.clone())).or_default();
            let totals = days.entry(charge.date).or_default();
            *totals = totals.plus(charge.totals);
        }
    }
}
