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
    /// Of a window that began with its first use, when that was, in milliseconds since 1970; none if there is no such window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
}

impl Totals {
    /// No use at all.
    pub(crate) const NOTHING: Self = Self { uses: 0, units: 0, discount: 0, spent: 0, since: None };

    /// The greater of each.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        Self {
            uses: self.uses.max(other.uses),
            units: self.units.max(other.units),
            discount: self.discount.max(other.discount),
            spent: self.spent.max(other.spent),
            since: self.since.or(other.since),
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
            since: self.since.or(other.since),
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
            since: self.since.or(other.since),
        }
    }
}

/// Over what use is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum UsageRange {
    /// Over service dates.
    Dates(DateRange),
    /// Over the latest window that began with its first use and holds an instant, if there is one.
    FromFirst {
        /// How long such a window lasts.
        minutes: i64,
        /// In milliseconds since 1970.
        at: i64,
    },
}

/// A window that began with its first use. It stays where it is, whatever becomes of that use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct UseWindow {
    /// How long it lasts.
    pub minutes: i64,
    /// In milliseconds since 1970.
    pub start: i64,
}

impl Need {
    /// The same need whatever the instant at which it is asked, for what keeps answers.
    #[must_use]
    pub fn at_any_time(&self) -> Self {
        let range = match self.range {
            UsageRange::FromFirst { minutes, .. } => UsageRange::FromFirst { minutes, at: 0 },
            dates @ UsageRange::Dates(_) => dates,
        };
        Self { range, ..self.clone() }
    }

    /// Of what was told at another instant, what counts for this one: nothing of a window that is over.
    #[must_use]
    pub fn still(&self, told: Totals) -> Totals {
        let is_over = match self.range {
            UsageRange::Dates(_) => false,
            UsageRange::FromFirst { minutes, at } => {
                let (first, last) = UseWindow::starts(minutes, at);
                told.since.is_none_or(|start| !(first..=last).contains(&start))
            }
        };
        if is_over { Totals::default() } else { told }
    }
}

impl UseWindow {
    /// The first and the last instant at which a window of so many minutes can begin that holds this one.
    pub fn starts(minutes: i64, at: i64) -> (i64, i64) {
        (at.saturating_sub(minutes.saturating_mul(MINUTE_MS)).saturating_add(1), at)
    }

    /// The latest of some windows of so many minutes that holds an instant, or of those that begin no earlier than `since`.
    pub fn latest<T>(
        windows: &BTreeMap<Self, T>,
        (minutes, at): (i64, i64),
        since: Option<i64>,
    ) -> Option<(&Self, &T)> {
        let (first, last) = Self::starts(minutes, at);
        let window = |start| Self { minutes, start };
        let (first, last) = (window(since.unwrap_or(first)), window(last));
        // A range that ends before it begins, of a record that was altered, holds nothing.
        if first > last { None } else { windows.range(first..=last).next_back() }
    }
}

/// Milliseconds.
const MINUTE_MS: i64 = 60_000;

/// Use that a decision must know: of a benefit's code, by a subject, over service dates or since a first use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Need {
    /// The benefit's code.
    pub code: Arc<str>,
    /// Whose.
    pub subject: Subject,
    /// Over what.
    pub range: UsageRange,
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
    /// The windows in which it counts besides, each of which it opens if it is not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<UseWindow>,
}

impl Charge {
    /// Whether there is nothing to keep of it: a window is kept also where nothing is used in it.
    pub fn is_nothing(&self) -> bool {
        self.totals == Totals::default() && self.windows.is_empty()
    }

    /// Whether it counts in what was summed for a need.
    pub fn counts_in(&self, need: &Need, read: &Totals) -> bool {
        let within = match need.range {
            UsageRange::Dates(range) => range.contains(self.date),
            UsageRange::FromFirst { minutes, .. } => {
                read.since.is_some_and(|start| self.windows.contains(&UseWindow { minutes, start }))
            }
        };
        within && self.code == need.code && self.subject == need.subject
    }
}

/// Usage kept in memory, for deciding files and for tests.
#[derive(Clone, Debug, Default)]
pub struct Book(HashMap<(Arc<str>, Subject), Kept>);

/// The use of one benefit by one subject.
#[derive(Clone, Debug, Default)]
struct Kept {
    days: BTreeMap<Date, Totals>,
    windows: BTreeMap<UseWindow, Totals>,
}

impl Book {
    /// What was used.
    pub fn sum(&self, need: &Need) -> Totals {
        let Some(kept) = self.0.get(&(need.code.clone(), need.subject.clone())) else { return Totals::default() };
        match need.range {
            UsageRange::Dates(range) => {
                let within = kept.days.range(range.from..=range.until);
                within.fold(Totals::default(), |sum, (_, totals)| sum.plus(*totals))
            }
            UsageRange::FromFirst { minutes, at } => {
                let latest = UseWindow::latest(&kept.windows, (minutes, at), None);
                latest.map(|(window, totals)| Totals { since: Some(window.start), ..*totals }).unwrap_or_default()
            }
        }
    }

    /// Adds what a decision charges.
    pub fn charge(&mut self, charges: &[Charge]) {
        for charge in charges {
            let kept = self.0.entry((charge.code.clone(), charge.subject.clone())).or_default();
            let add = |totals: &mut Totals| *totals = totals.plus(charge.totals);
            add(kept.days.entry(charge.date).or_default());
            charge.windows.iter().for_each(|window| add(kept.windows.entry(*window).or_default()));
        }
    }
}
