//! Basket effects: one amount off all eligible lines together (4.5).

use serde_json::Value;

use super::discount::{self, Offer};
use super::lines::{self, Line};
use super::usage::Record;
use super::{Case, eligibility, facts, funding, limits, money};

/// What a line weighs, and with how many units.
struct Weight {
    place: usize,
    covered: i128,
    weight: i128,
    /// Its weight, were there no bound of the slot.
    unbounded: i128,
}

// 4.5: "A **basket effect** …"
pub(crate) fn take_basket_effect<'a>(case: &Case<'a>, usage: &[Record], benefit: &'a Value, lines: &mut [Line<'a>]) {
    let weights = weigh(case, usage, benefit, lines);
    if weights.is_empty() {
        return;
    }
    let sum = weights.iter().map(|weight| weight.weight).sum();
    // "its total is the least of its amount, the sum of the weights, what `per_authorization` and its `discount` limits
    // (with `decline`) leave"
    let amount = facts::number(&benefit["effect"]["amount_off"]["amount"]);
    let bounded = amount.min(sum).min(discount::left_per_authorization(benefit, lines));
    let left = limits::least_left(case, usage, benefit, "discount", lines);
    let total = left.map_or(bounded, |left| left.min(bounded)).max(0);
    for weight in &weights {
        // "`nothing_left` where … `max_discount` or the slot's left nothing of a discount"
        let by_slot = weight.unbounded > 0 && weight.weight == 0;
        let by_own_bound = weight.weight > 0 && amount > 0 && bounded == 0;
        if by_slot || by_own_bound {
            lines[weight.place].reasons.insert("nothing_left");
        }
    }
    // "the total is split over the lines by weight, largest remainder first, ties in line order"
    let shares = money::split(total, &weights.iter().map(|weight| weight.weight).collect::<Vec<_>>());
    for (weight, amount) in weights.iter().zip(shares) {
        // "Zero is not applied." Reading: what lies above an `unfunded` limit is found line by line, in line order.
        if amount > 0 {
            let offer = Offer { units: weight.covered, amount, trimmed: total < bounded };
            funding::take(case, usage, benefit, lines, weight.place, &offer);
        }
    }
}

// "weighs each eligible line with `floor(R * covered / Q)`, companions counted down in line order". Reading: a line on
// which it is not looked at (nothing left to pay) counts no companions down; a line that weighs zero by rounding does.
fn weigh(case: &Case, usage: &[Record], benefit: &Value, lines: &mut [Line]) -> Vec<Weight> {
    let mut companions_left = lines::companions_left(lines, benefit);
    let mut weights = vec![];
    for place in 0..lines.len() {
        let eligible = eligibility::is_eligible(case, benefit, lines[place].line);
        // Reading: a line that costs nothing has nothing to weigh.
        if !eligible || lines[place].gross == 0 || !discount::may_give(case, usage, benefit, lines, place) {
            continue;
        }
        let line = &mut lines[place];
        let mut covered = line.quantity;
        if eligibility::is_companion(line.line) {
            covered = covered.min(companions_left);
            companions_left -= covered;
            if covered == 0 {
                line.reasons.insert("not_this_way");
            }
        }
        // "`floor(R * covered / Q)`, or with what the slot's `max_discount` leaves on it if that is less"
        let unbounded = line.remaining * covered / line.quantity;
        let weight = unbounded.min(discount::left_of_slot(case, benefit, line));
        weights.push(Weight { place, covered, weight, unbounded });
    }
    weights
}
