//! An account of points: lots, what it owes, and what stands of each authorization. Nothing of it reads a clock: lots are judged
//! at the instant that is given.

mod adjust;
mod entry;
mod lots;
mod post;
mod stored;
mod use_of;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::window::DateRange;

pub use adjust::TooMuch;
pub use entry::{Entry, LedgerAccount};
pub use lots::Lot;
pub(crate) use lots::{LotState, Lots};
pub(crate) use post::Cause;
pub use stored::{UnreadableAccount, lots_of_use};
pub(crate) use use_of::{Stands, Use};

/// Whose points they are: the account that a membership names, else the holder's own. The two kinds of names never meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountName {
    /// As a membership names it; those who name it share it.
    Named(Arc<str>),
    /// The holder's own.
    Own(Arc<str>),
}

/// An account of a programme: what a ledger locks, in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct AccountKey {
    /// The programme's code.
    pub program: Arc<str>,
    /// Whose points.
    pub account: AccountName,
}

/// What an authorization could not take back of points that it had earned.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Short {
    /// The authorization whose operation left it.
    pub(crate) authorization: Uuid,
    /// The number of that operation.
    pub(crate) operation: u64,
    /// What is still lacking.
    pub(crate) open: i64,
    /// Whether points that come back are taken for it.
    pub(crate) recoverable: bool,
}

/// An account of points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    pub(crate) lots: Lots,
    pub(crate) owed: i64,
    pub(crate) shorts: Vec<Short>,
    /// In the order of recording.
    pub(crate) uses: Vec<Use>,
    /// Operations so far.
    pub(crate) operations: u64,
}

impl Account {
    /// The places of lots in one state, in the order in which their points go.
    pub(crate) fn in_order(&self, state: LotState, at: Timestamp) -> Vec<usize> {
        let lots = self.lots.iter().filter(|(_, lot)| lot.left > 0 && lot.state(at) == state);
        let mut ordered: Vec<_> =
            lots.map(|(place, lot)| (lot.expires_at.is_none(), lot.expires_at, lot.earned_at, place)).collect();
        ordered.sort_unstable();
        ordered.into_iter().map(|(_, _, _, place)| place).collect()
    }

    fn left_in(&self, state: LotState, at: Timestamp) -> i64 {
        self.lots.iter().filter(|(_, lot)| lot.state(at) == state).map(|(_, lot)| lot.left).sum()
    }

    /// What is left of the active lots, less what the account owes.
    pub fn balance(&self, at: Timestamp) -> i64 {
        self.left_in(LotState::Active, at) - self.owed
    }

    /// What is not active yet.
    pub fn pending(&self, at: Timestamp) -> i64 {
        self.left_in(LotState::Pending, at)
    }

    /// What the account owes.
    pub fn owed(&self) -> i64 {
        self.owed
    }

    /// A lot by its number.
    pub fn lot(&self, number: usize) -> Option<&Lot> {
        self.lots.get(number)
    }

    /// Every lot that is known, under its number, in the order of recording.
    pub fn every_lot(&self) -> impl Iterator<Item = (usize, &Lot)> {
        self.lots.iter()
    }

    /// Lots that have points and have not expired, in order; pending ones among them.
    pub fn lots(&self, at: Timestamp) -> Vec<&Lot> {
        let lots = self.lots.iter().filter(|(_, lot)| lot.left > 0 && lot.state(at) != LotState::Expired);
        let mut lots: Vec<(usize, &Lot)> = lots.collect();
        lots.sort_by_key(|(place, lot)| (lot.expires_at.is_none(), lot.expires_at, lot.earned_at, *place));
        lots.into_iter().map(|(_, lot)| lot).collect()
    }

    /// The sum over what stands of authorizations whose service date is in a range.
    pub(crate) fn sum(&self, range: DateRange, holder: Option<&str>, of: impl Fn(&Use) -> i64) -> i64 {
        let of_holder = |one: &&Use| holder.is_none_or(|holder| *one.holder == *holder);
        let within = self.uses.iter().filter(|one| range.contains(one.service_date)).filter(of_holder);
        within.map(of).fold(0, i64::saturating_add)
    }

    /// What stands of authorizations that were captured and took place before an instant, by service date.
    pub(crate) fn measured_before(&self, at: Timestamp, of: impl Fn(&Use) -> i64) -> Vec<(Date, i64)> {
        let captured = self.uses.iter().filter(|one| one.stands.captured && one.occurred_at < at);
        let mut days: Vec<(Date, i64)> = captured.map(|one| (one.service_date, of(one))).collect();
        days.sort_unstable_by_key(|(date, _)| *date);
        days
    }
}
