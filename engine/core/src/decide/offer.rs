//! The discount that one benefit would give on one line.

use crate::decide::account::Account;
use crate::decide::{Entrant, LineAccount, Offer, Till};
use crate::document::{Base, Effect, PerWhat};
use crate::money::{Exact, RoundingPer, proportion, sum_of_parts};
use crate::request::LineFor;
use crate::rules::Version;
use crate::trace::{Recorder, Turn};

impl<'a, R: Recorder> Till<'a, R> {
    /// What a benefit offers on a line as its turn comes, or why it is passed over.
    pub(super) fn offer(&mut self, entrant: Entrant<'a>, line: usize) -> Result<Offer, Turn> {
        let account = *self.account(entrant);
        let line = self.line(line);
        if line.remaining == 0 {
            return Err(Turn::NothingLeft);
        }
        if account.is_exhausted() {
            return Err(Turn::LimitReached);
        }
        let wanted = wanted_units(entrant.version, line, account.companions);
        let units = wanted.min(account.units_left());
        if units == 0 {
            return Err(Turn::NoCompanionsLeft);
        }
        let given = discount(entrant.version, line, units, &account);
        let amount = given.min(account.discount_left());
        Ok(Offer { units, amount, trimmed: units < wanted || amount < given })
    }
}

/// All units of the line, of a companion's line as many as companions are left.
pub(super) fn wanted_units(version: &Version, line: &LineAccount<'_>, companions: i64) -> i64 {
    match line.asked.passenger {
        LineFor::Holder => line.asked.quantity,
        LineFor::Companion => line.asked.quantity.min(version.covers.companions - companions),
    }
}

/// What the rule gives on these units before any limit: rounded, and within what is left and the rule's own bounds.
fn discount(version: &Version, line: &LineAccount<'_>, units: i64, account: &Account) -> i64 {
    let whole = match version.base {
        Base::Remaining => line.remaining,
        Base::Gross => line.gross,
    };
    let base = if units == line.asked.quantity { whole } else { proportion(whole, units, line.asked.quantity) };
    let rounded = match version.rounding.per {
        RoundingPer::Line => version.rounding.discount(base, exact(&version.effect, base, units), line.remaining),
        RoundingPer::Unit => {
            let of_part = |part| version.rounding.discount(part, exact(&version.effect, part, 1), part);
            sum_of_parts(base, units, of_part).min(line.remaining)
        }
    };
    let bounds = version.max_discount;
    let in_request = bounds.per_authorization.map_or(i64::MAX, |most| (most - account.discount).max(0));
    rounded.min(bounds.per_line.unwrap_or(i64::MAX)).min(in_request)
}

/// The exact discount on a base, before rounding.
fn exact(effect: &Effect, base: i64, units: i64) -> Exact {
    match *effect {
        Effect::Percent { rate } => Exact::share(base, rate),
        Effect::AmountOff { amount, per: PerWhat::Unit } => Exact::units(base.min(amount.saturating_mul(units))),
        Effect::AmountOff { amount, per: PerWhat::Line | PerWhat::Basket } => Exact::units(base.min(amount)),
        Effect::FixedPrice { amount } => Exact::units((base - amount.saturating_mul(units)).max(0)),
        Effect::PriceCap { .. } | Effect::SpendCap { .. } => Exact::units(base),
    }
}
