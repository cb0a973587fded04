//! What one benefit has given in this request, and what its limits have left.

use crate::decide::{Entrant, Offer};
use crate::document::{Limit, Measure, OnExhausted};
use crate::plan::{Plan, Usage};
use crate::request::LineFor;
use crate::usage::Totals;

/// The running account of one candidate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    /// Before this request; no bound without such a limit.
    uses_left: i64,
    units_left: i64,
    discount_left: i64,
    /// Of the limits beyond which nobody owes the discount; none without one.
    funded_left: Option<i64>,
    /// Paid before this request in the window of a spend cap.
    spent_before: i64,
    /// The units that a choice of units leaves; no bound for most.
    pub(super) budget: i64,
    /// In this request.
    pub(super) used: bool,
    pub(super) units: i64,
    pub(super) companions: i64,
    pub(super) discount: i64,
    pub(super) spent: i64,
}

impl Account {
    /// No limit, and nothing given.
    const NEW: Self = Self {
        uses_left: i64::MAX,
        units_left: i64::MAX,
        discount_left: i64::MAX,
        funded_left: None,
        spent_before: 0,
        budget: i64::MAX,
        used: false,
        units: 0,
        companions: 0,
        discount: 0,
        spent: 0,
    };

    pub(super) fn open(plan: &Plan, Entrant { candidate, version, .. }: Entrant<'_>, usage: &Usage) -> Self {
        let mut account = Self::NEW;
        if version.effect.is_spend_cap() {
            account.spent_before = usage.get(candidate.first_need).spent;
        }
        for (place, limit) in version.limits.iter().enumerate() {
            let used = usage.get(candidate.first_need + place);
            account.hold(limit, plan.facts.allowed(version, limit), used);
        }
        account
    }

    /// Leaves no more than a limit does that allows so much, of which so much was used.
    fn hold(&mut self, limit: &Limit, most: i64, used: &Totals) {
        let (used, left) = match (limit.measure, limit.on_exhausted) {
            (Measure::Uses, _) => (used.uses, &mut self.uses_left),
            (Measure::Units, _) => (used.units, &mut self.units_left),
            (Measure::Discount, OnExhausted::Decline) => (used.discount, &mut self.discount_left),
            (Measure::Discount, OnExhausted::Unfunded) => (used.discount, self.funded_left.get_or_insert(i64::MAX)),
        };
        *left = most.saturating_sub(used).min(*left);
    }

    /// Gives no more uses and no more discount than this, whatever the limits have left.
    pub(super) fn hold_to(&mut self, uses: i64, discount: i64) {
        self.uses_left = self.uses_left.min(uses);
        self.discount_left = self.discount_left.min(discount);
    }

    /// Whether a limit that declines has nothing left. A use is one for the whole authorization: once used, another line
    /// costs none.
    pub(super) fn is_exhausted(&self) -> bool {
        let no_use = !self.used && self.uses_left <= 0;
        no_use || self.units_left <= self.units || self.discount_left <= self.discount
    }

    /// The units that the limits still allow.
    pub(super) fn units_left(&self) -> i64 {
        self.units_left - self.units
    }

    /// The units that a choice of units still allows.
    pub(super) fn budget_left(&self) -> i64 {
        self.budget.saturating_sub(self.units)
    }

    /// The discount that the limits still allow.
    pub(super) fn discount_left(&self) -> i64 {
        self.discount_left - self.discount
    }

    /// The discount that somebody still owes, if a limit bounds it.
    pub(super) fn funded_left(&self) -> Option<i64> {
        self.funded_left.map(|left| left.saturating_sub(self.discount).max(0))
    }

    /// What was paid so far in the window of a spend cap.
    pub(super) fn spent_so_far(&self) -> i64 {
        self.spent_before.saturating_add(self.spent)
    }

    pub(super) fn take(&mut self, offer: Offer, passenger: LineFor) {
        self.used = true;
        self.units += offer.units;
        self.discount += offer.amount;
        if passenger == LineFor::Companion {
            self.companions += offer.units;
        }
    }

    /// What a limit counted before this request, and in it until now.
    pub(super) fn used(&self, measure: Measure, before: &Totals) -> i64 {
        let (before, here) = match measure {
            Measure::Uses => (before.uses, i64::from(self.used)),
            Measure::Units => (before.units, self.units),
            Measure::Discount => (before.discount, self.discount),
        };
        before.saturating_add(here)
    }
}
