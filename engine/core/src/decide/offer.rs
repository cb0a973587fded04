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
    pub(super) fn offer(&self, entrant: Entrant<'a>, place: usize) -> Result<Offer, Turn> {
        let version = entrant.version;
        let (account, line) = (self.account(entrant), self.line(place));
        let refined = version.refined.as_deref();
        if line.has_nothing_left() {
            return Err(Turn::NothingLeft);
        }
        let picked = match refined {
            Some(refined) => self.looks_at(entrant, refined, place)?,
            None => None,
        };
        if account.is_exhausted() {
            return Err(Turn::LimitReached);
        }
        let mut wanted = wanted_units(version, line, account.companions).min(account.budget_left());
        if let Some(picked) = picked {
            wanted = wanted.min(picked.units());
        }
        let units = wanted.min(account.units_left());
        if units == 0 {
            return Err(Turn::NoCompanionsLeft);
        }
        let left =
            picked.map_or_else(|| part(line.remaining, line, units), |picked| picked.worth(units, line.remaining));
        let by_rule = discount(version, line, units, left);
        let mut given = by_rule.min(own_bound(version, account));
        if let Some(refined) = refined {
            if let Some(price) = refined.own.min_price {
                given = given.min((left - price.saturating_mul(units)).max(0));
            }
            given = given.min(self.left_of_slot(refined, place));
        }
        if given == 0 && by_rule > 0 {
            return Err(Turn::Bounded);
        }
        let amount = given.min(account.discount_left());
        let free = line.gross == 0 && counts_free_rides(&version.effect);
        Ok(Offer { units, amount, trimmed: units < wanted || amount < given, free })
    }
}

/// All units of the line, of a companion's line as many as companions are left.
pub(super) fn wanted_units(version: &Version, line: &LineAccount<'_>, companions: i64) -> i64 {
    match line.asked.passenger {
        LineFor::Holder => line.asked.quantity,
        LineFor::Companion => line.asked.quantity.min(version.covers.companions - companions),
    }
}

/// What some units of a line are of an amount of all its units.
pub(super) fn part(whole: i64, line: &LineAccount<'_>, units: i64) -> i64 {
    if units == line.asked.quantity { whole } else { proportion(whole, units, line.asked.quantity) }
}

/// What the effect comes to on these units: rounded, and within what is left. `left` is what remains of the units themselves.
fn discount(version: &Version, line: &LineAccount<'_>, units: i64, left: i64) -> i64 {
    let base = match version.base {
        Base::Remaining => left,
        Base::Gross => part(line.gross, line, units),
    };
    if version.rounding.per == RoundingPer::Unit && !line.asked.is_one_piece() {
        let of_part = |part| version.rounding.discount(part, exact(&version.effect, part, 1), part);
        sum_of_parts(base, units, of_part).min(line.remaining)
    } else {
        version.rounding.discount(base, exact(&version.effect, base, units), line.remaining)
    }
}

/// What the benefit's own `max_discount` leaves.
fn own_bound(version: &Version, account: &Account) -> i64 {
    let bounds = version.max_discount;
    let in_request = bounds.per_authorization.map_or(i64::MAX, |most| (most - account.discount).max(0));
    in_request.min(bounds.per_line.unwrap_or(i64::MAX))
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

/// Whether an effect speaks of the price of a ride, so that a ride without a price is one of its own.
fn counts_free_rides(effect: &Effect) -> bool {
    matches!(effect, Effect::Percent { .. } | Effect::FixedPrice { .. } | Effect::PriceCap { .. })
}
