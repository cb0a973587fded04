//! Reports over movements by business date (settlement 5): figures, small groups, budgets and the programme's indicators.
//!
//! Each is a fold over what moved, authorization by authorization, or over what that comes to by days and months. Holders are counted by
//! their opaque codes and never come out.

mod budget;
mod changed;
mod figures;
mod figures_csv;
mod groups;
mod open_data;
mod programme;
mod tally;
mod unused;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use super::Stake;
use crate::movement::Direction;

pub use budget::{Budget, BurnDown};
pub use changed::{Alike, Changed};
pub use figures::{Counted, Figures, TooManyGroups};
pub use figures_csv::{groups_csv, payers_csv};
pub use groups::{HOLDERS_MIN, Leaf, OTHER, leaves};
pub use open_data::{DICTIONARY, open_data};
pub use programme::{Indicator, NewlyStanding, Programme};
pub use tally::{Bearer, Granted, Person, Seer, Sight, Sold, Span, Spans, Step, Tally, Tallying, Used};
pub use unused::{Unused, groups_of, is_entitled};

/// What a territory or a grantor is called that is not known.
pub const UNKNOWN: &str = "unknown";

/// What one movement changed of one stake in one product.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'m> {
    /// Of which authorization; all of one come together, in the order of their numbers.
    pub authorization: Uuid,
    /// Who sold.
    pub provider: &'m Arc<str>,
    /// The business date.
    pub date: Date,
    /// Whether it was sold or given back.
    pub direction: Direction,
    /// The holder's code; none where nobody was recognised.
    pub holder: Option<&'m Arc<str>>,
    /// The residence that the decision read; none where none is known.
    pub territory: Option<&'m Arc<str>>,
    /// What was sold.
    pub product: &'m Arc<str>,
    /// Who bears it, and of what.
    pub stake: &'m Stake,
    /// Minor units.
    pub amount: i64,
}

/// Adds an amount to what stands; 1 if something stands from now on, −1 if nothing does any more.
fn add_standing(sum: &mut i128, amount: impl Into<i128>) -> i64 {
    let before = *sum > 0;
    *sum += amount.into();
    i64::from(*sum > 0) - i64::from(before)
}

/// By what figures are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The month of the business date.
    Month,
    /// Whose benefit it is.
    Grantor,
    /// The benefit's code.
    Benefit,
    /// The benefit's version.
    Version,
    /// Who sold.
    Provider,
    /// What was sold.
    Product,
    /// Where the holder resided.
    Territory,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Month, Self::Grantor, Self::Benefit, Self::Version, Self::Provider, Self::Product, Self::Territory];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Grantor => "grantor",
            Self::Benefit => "benefit",
            Self::Version => "version",
            Self::Provider => "provider",
            Self::Product => "product",
            Self::Territory => "territory",
        }
    }

    /// The one of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.word() == word)
    }
}

/// What a group comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Authorizations × benefits that stand above zero at the end, less those that did at the beginning.
    pub uses: i64,
    /// Who got something sold, each under a number that means nothing outside of these figures.
    pub holders: HashSet<u32>,
    /// Minor units.
    pub discount: i128,
    /// Minor units by payer and cause.
    pub entries: BTreeMap<(Arc<str>, &'static str), i128>,
}

impl Cell {
    /// Takes another group in.
    fn join(&mut self, other: Self) {
        self.uses += other.uses;
        self.discount += other.discount;
        if self.holders.len() < other.holders.len() {
            let fewer = std::mem::replace(&mut self.holders, other.holders);
            self.holders.extend(fewer);
        } else {
            self.holders.extend(other.holders);
        }
        for (key, amount) in other.entries {
            *self.entries.entry(key).or_default() += amount;
        }
    }
}
