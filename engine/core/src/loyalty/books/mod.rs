//! Accounts, coupons and authorizations kept in memory, for deciding files and for tests: the same meaning that a ledger gives
//! them, on a clock that is the latest time so far.

mod operate;
mod sold;
mod statement;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::authorization::Authorization;
use crate::decision::{Decision, Outcome};
use crate::loyalty::account::{Account, AccountKey};
use crate::loyalty::{Coupon, Entry, Happening, Inquiry, Known, Settlement};
use crate::request::{Mode, Request};
use crate::rules::RuleSet;
use crate::usage::{Book, Need, Totals};

pub use operate::{Operated, OperationRefused};
use sold::Sold;

/// For how long a hold waits.
const HOLD_MINUTES: i64 = 30;

/// What was decided before, as far as later decisions depend on it.
#[derive(Debug, Default)]
pub struct Books {
    usage: Book,
    accounts: HashMap<AccountKey, Account>,
    /// How many uses of each coupon stand, by its code.
    coupons: HashMap<Box<str>, i64>,
    sold: Vec<Sold>,
    by_request: HashMap<Uuid, usize>,
    /// Requests that were undone before they came.
    undone_before: HashSet<Uuid>,
    /// Holds that wait, by their end.
    held: BTreeSet<(Timestamp, usize)>,
    clock: Option<Timestamp>,
    /// Whether authorizations are kept; without loyalty only their usage is.
    keeps: bool,
    entries: Option<Vec<Entry>>,
}

impl Books {
    /// Empty books for some rules.
    pub fn new(rules: &RuleSet) -> Self {
        Self { keeps: rules.has_loyalty(), ..Self::default() }
    }

    /// The same, keeping every entry.
    #[must_use]
    pub fn with_entries(self) -> Self {
        Self { entries: Some(Vec::new()), ..self }
    }

    /// Every entry so far, if they are kept.
    pub fn entries(&self) -> &[Entry] {
        self.entries.as_deref().unwrap_or_default()
    }

    /// Every account.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountKey, &Account)> {
        self.accounts.iter()
    }

    /// Books what has expired by now, in every account: for reports, it changes no answer.
    pub fn book_expiry(&mut self) {
        let at = self.clock.unwrap_or(Timestamp::MIN);
        let entries: Vec<Entry> =
            self.accounts.iter_mut().flat_map(|(key, account)| account.book_expiry(key, at)).collect();
        self.keep(entries);
    }

    /// The latest time so far.
    pub fn clock(&self) -> Option<Timestamp> {
        self.clock
    }

    /// What was used.
    pub fn sum(&self, need: &Need) -> Totals {
        self.usage.sum(need)
    }

    /// Time passes: the clock never goes back, and holds end as of their own ends.
    pub fn pass(&mut self, at: Timestamp) {
        let now = self.clock.map_or(at, |clock| clock.max(at));
        self.clock = Some(now);
        while let Some((end, place)) = self.held.first().copied().filter(|(end, _)| *end <= now) {
            self.held.remove(&(end, place));
            self.expire(place, end);
        }
    }

    /// What is known of a request's accounts and coupons; call [`Books::pass`] with its time before.
    pub fn known(&self, inquiry: &Inquiry) -> Known {
        let now = self.clock.unwrap_or(Timestamp::MIN);
        let used = |coupon: &Coupon| self.coupons.get(&coupon.code).copied().unwrap_or_default();
        inquiry.known(now, |key| self.accounts.get(key), used)
    }

    /// Records what was decided; nothing of what was declined, or undone before it came. Says whether it was recorded.
    pub fn record(&mut self, request: &Request, decision: &Decision, settlement: Option<&Settlement>) -> bool {
        if decision.outcome == Outcome::Declined || self.undone_before.contains(&request.request_id) {
            return false;
        }
        self.usage.charge(&decision.charges);
        if !self.keeps {
            return true;
        }
        let mut authorization = Authorization::new(request, decision.clone(), Vec::new());
        if let Some(settlement) = settlement {
            authorization.settle(settlement);
        }
        self.open(request, authorization);
        true
    }

    fn open(&mut self, request: &Request, authorization: Authorization) {
        let place = self.sold.len();
        self.by_request.insert(request.request_id, place);
        let ends = request.occurred_at.checked_add(HOLD_MINUTES.minutes()).unwrap_or(Timestamp::MAX);
        if request.mode == Mode::Hold {
            self.held.insert((ends, place));
        }
        let coupons = vec![false; authorization.loyalty.coupons().len()];
        self.sold.push(Sold { request_id: request.request_id, ends, authorization, coupons });
        let now = self.clock.unwrap_or(request.occurred_at);
        self.post(place, &Happening::opened(request, now));
    }

    /// Whether a request was undone before it came.
    pub fn was_undone_before(&self, request_id: Uuid) -> bool {
        self.undone_before.contains(&request_id)
    }

    fn keep(&mut self, entries: Vec<Entry>) {
        if let Some(kept) = &mut self.entries {
            kept.extend(entries);
        }
    }
}
