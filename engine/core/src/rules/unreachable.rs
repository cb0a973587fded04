//! The proof that a benefit gives nothing because of one that comes before it. What is not proved may be reached.
//!
//! The earlier one is a candidate for each line for which the later one is: it counts as long, covers the same products and asks no
//! more. Then it has taken all that there was to pay, or both share a slot that gives the line to the earlier one.

use crate::condition::{Condition, Leaf, LinesCounted};
use crate::document::{Benefit, Effect, Limit, MaxDiscount, Measure, PerWhat, Refinements, Scope, SlotPolicy};
use crate::limits::RATE_WHOLE;
use crate::money::{Rounding, RoundingMode, RoundingOn, RoundingPer};
use crate::path::{self, DottedPath};
use crate::rules::meeting::{Rival, Unreachable};
use crate::span::Interval;

/// The earlier one that leaves a version the least, of those that are proved to leave it nothing; of those that give by their effect
/// alone.
pub(super) fn proved<'c>(earlier: &[&Rival<'c>], later: &Rival<'c>) -> Option<Unreachable<'c>> {
    // Companions are counted by units over a whole basket: the later one may have some left when the earlier one has none.
    if later.ranked.benefit.covers.companions > 0 {
        return None;
    }
    let mut best: Option<Unreachable<'c>> = None;
    for rival in earlier {
        let Some(from) = least_that_is_left_nothing(rival, later) else { continue };
        if best.is_none_or(|best| from < best.from) && stands_wherever(rival, later) {
            best = Some(Unreachable { by: rival.ranked.benefit, from });
        }
        if best.is_some_and(|best| best.from == 1) {
            break;
        }
    }
    best
}

/// Whether a benefit gives by its effect alone: no limit, no cap, nothing that holds it back, and no points to pay.
pub(super) fn is_whole(benefit: &Benefit) -> bool {
    benefit.covers.holder
        && benefit.limits.is_empty()
        && benefit.max_discount == MaxDiscount::default()
        && benefit.refinements == Refinements::default()
        && benefit.costs.is_none()
        && benefit.choose.is_none()
}

/// Whether the earlier one is a candidate for each line for which the later one is.
fn stands_wherever(earlier: &Rival<'_>, later: &Rival<'_>) -> bool {
    let (one, other) = (earlier.ranked.benefit, later.ranked.benefit);
    covers_time(&earlier.counts, &later.counts)
        && !earlier.suspended.iter().any(|during| during.meets(&later.counts))
        && covers_products(&one.scope, &other.scope)
        && asks_no_more(earlier, later)
}

fn covers_time(outer: &Interval, inner: &Interval) -> bool {
    let begins = outer.from.is_none_or(|from| inner.from.is_some_and(|inner| from <= inner));
    begins && outer.until.is_none_or(|until| inner.until.is_some_and(|inner| inner <= until))
}

/// Whether each product in the one scope is in the other, too.
fn covers_products(outer: &Scope, inner: &Scope) -> bool {
    let within = |path: &str, paths: &[DottedPath]| paths.iter().any(|above| path::covers(above.as_str(), path));
    let named = match (&outer.products, &inner.products) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner.iter().all(|path| within(path.as_str(), outer)),
    };
    // What the outer one takes out again must not be in the inner one.
    let lost = |out: &DottedPath| match &inner.products {
        None => !within(out.as_str(), &inner.except_products),
        Some(paths) => paths.iter().any(|path| {
            let both = deeper(out.as_str(), path.as_str());
            both.is_some_and(|both| !within(both, &inner.except_products))
        }),
    };
    named && !outer.except_products.iter().any(lost)
}

/// The path below both, if there is one.
fn deeper<'p>(one: &'p str, other: &'p str) -> Option<&'p str> {
    if path::covers(one, other) { Some(other) } else { path::covers(other, one).then_some(one) }
}

/// Whether the earlier one's condition is true wherever the later one's is.
fn asks_no_more(earlier: &Rival<'_>, later: &Rival<'_>) -> bool {
    if earlier.conjuncts.is_empty() {
        return true;
    }
    let (one, other) = (earlier.ranked.benefit, later.ranked.benefit);
    // One condition has two answers where local time, or what is in scope, is another. Zones are compared last: that takes a thousand
    // instructions, and most benefits ask for another group.
    let reads_alike = || one.service_day_start == other.service_day_start && one.time_zone == other.time_zone;
    let same_products =
        || one.scope.products == other.scope.products && one.scope.except_products == other.scope.except_products;
    earlier.conjuncts.iter().all(|part| later.conjuncts.contains(part))
        && (same_products() || !earlier.conjuncts.iter().flat_map(|part| part.leaves()).any(counts_in_scope))
        && reads_alike()
}

/// The parts of a condition that must be true at once.
pub(super) fn conjuncts(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        one => vec![one],
    }
}

fn counts_in_scope(leaf: &Leaf) -> bool {
    matches!(
        leaf,
        Leaf::BasketTotal { lines: LinesCounted::InScope, .. }
            | Leaf::BasketQuantity { lines: LinesCounted::InScope, .. }
    )
}

/// From which amount to pay on a line the earlier one leaves nothing to the later one; none where that is not proved.
fn least_that_is_left_nothing(earlier: &Rival<'_>, later: &Rival<'_>) -> Option<i64> {
    let (one, other) = (earlier.ranked.benefit, later.ranked.benefit);
    let share_a_slot = earlier.ranked.slot == later.ranked.slot;
    // In a slot of policy `first` another one may come before both, and then what it left goes on to later slots.
    let is_looked_at = share_a_slot || earlier.ranked.policy != SlotPolicy::First;
    if is_looked_at && earlier.ranked.max_rate.is_none() && takes_all(one) {
        return Some(1);
    }
    match earlier.ranked.policy {
        _ if !share_a_slot => None,
        SlotPolicy::First if gives_no_less(one, other) => Some(1),
        SlotPolicy::First => least_that_gives(one),
        SlotPolicy::Best => gives_no_less(one, other).then_some(1),
        SlotPolicy::All => None,
    }
}

/// Whether nothing remains to be paid.
fn takes_all(benefit: &Benefit) -> bool {
    let Rounding { on, increment, mode, .. } = benefit.rounding;
    let rounds_to_all = on == RoundingOn::Price || increment == 1 || mode == RoundingMode::Up;
    match benefit.effect {
        Effect::Percent { rate } => rate == RATE_WHOLE && rounds_to_all,
        Effect::FixedPrice { amount } => amount == 0 && rounds_to_all,
        Effect::PriceCap { .. } => true,
        Effect::AmountOff { .. } | Effect::SpendCap { .. } => false,
    }
}

/// Whether both take a share of the same amount, rounded alike, and the earlier one's share is no smaller.
fn gives_no_less(earlier: &Benefit, later: &Benefit) -> bool {
    let (Effect::Percent { rate }, Effect::Percent { rate: other }) = (earlier.effect, later.effect) else {
        return false;
    };
    let of_some_units = later.refinements.pick.is_some()
        || later.choose.is_some()
        || later.limits.iter().any(|limit: &Limit| limit.measure == Measure::Units);
    rate >= other && earlier.base == later.base && earlier.rounding == later.rounding && !of_some_units
}

/// The least to pay on a line of which a benefit takes something for sure.
fn least_that_gives(benefit: &Benefit) -> Option<i64> {
    let Rounding { on, per, increment, mode } = benefit.rounding;
    let least = match benefit.effect {
        Effect::Percent { rate } if rate > 0 => {
            let increments = increment.checked_mul(RATE_WHOLE)?;
            let exact = match (on, mode) {
                (RoundingOn::Discount, RoundingMode::Up) | (RoundingOn::Price, RoundingMode::Down) => 1,
                (RoundingOn::Discount, RoundingMode::HalfUp) => increments / 2,
                (RoundingOn::Discount, RoundingMode::HalfEven) => increments / 2 + 1,
                // A share of a whole increment is never lost.
                (RoundingOn::Discount, RoundingMode::Down) | (RoundingOn::Price, _) => increments,
            };
            exact.div_euclid(rate) + i64::from(exact.rem_euclid(rate) > 0)
        }
        Effect::AmountOff { amount, per: PerWhat::Unit | PerWhat::Line } if amount >= increment => increment,
        _ => return None,
    };
    // By units, each is a part of what is to be paid: only a bound that holds for every part holds for the line.
    (least == 1 || per == RoundingPer::Line).then_some(least)
}
