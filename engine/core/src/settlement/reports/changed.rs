//! What became of stakes in months, in authorizations that are alike: what statements are made of (settlement 3.1).

use std::sync::Arc;

use jiff::civil::Date;

use super::Step;
use crate::settlement::month::Month;
use crate::settlement::{Began, Change, Stake};

/// Authorizations of a provider in which a stake changed alike in a month.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alike {
    /// The month of business dates.
    pub month: Month,
    /// Who sold.
    pub provider: Arc<str>,
    /// Who bears the stake, or whose benefit it is: each sees it as its own.
    pub party: Arc<str>,
    /// Who bears a part of what.
    pub stake: Stake,
    /// When they began; of the first business date its month alone, as the first day of that.
    pub began: Began,
    /// What stood in each of them before the month, in minor units.
    pub before: i128,
    /// What stands after it. It is not the same.
    pub after: i128,
}

/// How many authorizations changed alike; of a part of them, how many more or fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// How many they are.
    pub authorizations: i64,
    /// Units that moved in them within the month.
    pub units: i128,
}

impl Changed {
    /// Counts an authorization, or no longer.
    pub(super) fn count(&mut self, units: i128, is_added: bool) {
        self.authorizations += if is_added { 1 } else { -1 };
        self.units += if is_added { units } else { -units };
    }
}

/// What became of a stake in one authorization in the month of its last movement so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changing {
    month: Month,
    change: Change,
}

impl Default for Changing {
    /// Nothing stood yet.
    fn default() -> Self {
        Self { month: Month::of(Date::MIN), change: Change::default() }
    }
}

impl Changing {
    /// In the month of the next movement: what stood at the end of an earlier one stands at its beginning.
    pub(super) fn in_month(self, month: Month) -> Self {
        if month == self.month {
            return self;
        }
        let before = self.change.after;
        Self { month, change: Change { before, after: before, units: 0 } }
    }

    pub(super) fn moved(self, amount: i64, units: i64) -> Self {
        let Change { before, after, units: moved } = self.change;
        let change = Change { before, after: after + i128::from(amount), units: moved + i128::from(units) };
        Self { month: self.month, change }
    }

    pub(super) fn units(&self) -> i128 {
        self.change.units
    }

    /// Among which authorizations this one is, in the eyes of each party; none where it stands as before the month.
    pub(super) fn alikes(&self, step: &Step<'_>, stake: &Stake) -> Vec<Alike> {
        let (movement, Change { before, after, .. }) = (step.movement, self.change);
        if before == after {
            return Vec::new();
        }
        let grantor = stake.benefit_grantor.as_ref();
        let payer = Some(&stake.payer).filter(|payer| Some(*payer) != grantor);
        let alike = |party: &Arc<str>| Alike {
            month: self.month,
            provider: movement.provider.clone(),
            party: party.clone(),
            stake: stake.clone(),
            began: Began { first: Month::of(step.first).first(), authorized_on: movement.authorized_on },
            before,
            after,
        };
        grantor.into_iter().chain(payer).map(alike).collect()
    }
}
