//! What a benefit takes off one line as its turn comes (4.5).

use serde_json::Value;

use super::lines::{self, Line};
use super::money::{self, Exact};
use super::usage::Record;
use super::{Case, eligibility, facts, limits};

/// A discount that is not zero, not yet taken.
pub(crate) struct Offer {
    pub(crate) units: i128,
    pub(crate) amount: i128,
    /// A limit trimmed the discount or its units.
    pub(crate) trimmed: bool,
}

/// Looks at an eligible benefit on a line, and notes on the line why it gives nothing there.
pub(crate) fn look(case: &Case, usage: &[Record], benefit: &Value, lines: &mut [Line], place: usize) -> Option<Offer> {
    if may_give(case, usage, benefit, lines, place) { offer(case, usage, benefit, lines, place) } else { None }
}

/// May the benefit give something on the line, as far as what is left goes?
pub(crate) fn may_give(case: &Case, usage: &[Record], benefit: &Value, lines: &mut [Line], place: usize) -> bool {
    // 4: "on a line with nothing left to pay it is not looked at (`nothing_left`)"
    if lines[place].remaining == 0 {
        lines[place].reasons.insert("nothing_left");
        return false;
    }
    // 4: refused. Reading: also where the companions are used up as well.
    if limits::is_exhausted(case, usage, benefit, lines) {
        lines[place].reasons.insert("limit_reached");
        lines[place].curtailed = true;
        return false;
    }
    if eligibility::is_companion(lines[place].line) && lines::companions_left(lines, benefit) <= 0 {
        lines[place].reasons.insert("not_this_way");
        return false;
    }
    true
}

// 4.5
fn offer(case: &Case, usage: &[Record], benefit: &Value, lines: &[Line], place: usize) -> Option<Offer> {
    let line = &lines[place];
    // "covered = min(Q, companions left if it is a companion line, units left in each units limit)"
    let wanted = wanted_units(benefit, lines, place);
    let covered = limits::least_left(case, usage, benefit, "units", lines).map_or(wanted, |left| left.min(wanted));
    // "The base is R (or G with `base: gross`); X is the base if `covered = Q`, else `floor(base * covered / Q)`."
    let base = if benefit["base"] == "gross" { line.gross } else { line.remaining };
    let x = base * covered / line.quantity;
    let discount = rounded(benefit, x, covered);
    // "Then clamp to `[0, R]`, then to `max_discount`, then to what every `discount` limit (with `decline`) has left."
    let bounded = discount.clamp(0, line.remaining).min(max_discount(benefit, lines));
    let amount = limits::least_left(case, usage, benefit, "discount", lines).map_or(bounded, |left| left.min(bounded));
    // "Zero is not applied."
    let trimmed = covered < wanted || amount < bounded;
    (amount > 0).then_some(Offer { units: covered, amount, trimmed })
}

fn rounded(benefit: &Value, x: i128, covered: i128) -> i128 {
    let rounding = &benefit["rounding"];
    if rounding["per"] != "unit" {
        return money::round_discount(rounding, exact(benefit, x, covered), x);
    }
    // "X is first cut into `covered` parts that differ by at most 1 …, effect, rounding and a clamp to `[0, part]` are taken
    // on each, and the discount is their sum"
    let parts = (0..covered).map(|part| x / covered + i128::from(part < x % covered));
    parts.map(|part| money::round_discount(rounding, exact(benefit, part, 1), part).clamp(0, part)).sum()
}

/// The units of the line, as far as the rule itself goes.
pub(crate) fn wanted_units(benefit: &Value, lines: &[Line], place: usize) -> i128 {
    let line = &lines[place];
    if eligibility::is_companion(line.line) {
        line.quantity.min(lines::companions_left(lines, benefit))
    } else {
        line.quantity
    }
}

// "On X, exactly and before rounding"
fn exact(benefit: &Value, x: i128, covered: i128) -> Exact {
    let effect = &benefit["effect"][facts::kind(&benefit["effect"])];
    match facts::kind(&benefit["effect"]) {
        "percent" => Exact { numerator: x * facts::number(&effect["rate"]), denominator: 10_000 },
        "amount_off" if effect["per"] == "unit" => Exact::whole(x.min(facts::number(&effect["amount"]) * covered)),
        "amount_off" if effect["per"] == "line" => Exact::whole(x.min(facts::number(&effect["amount"]))),
        "fixed_price" => Exact::whole((x - facts::number(&effect["amount"]) * covered).max(0)),
        "price_cap" => Exact::whole(x),
        other => panic!("effect {other} on a line"),
    }
}

fn max_discount(benefit: &Value, lines: &[Line]) -> i128 {
    let per_line = benefit["max_discount"]["per_line"].as_i64().map_or(i128::MAX, i128::from);
    per_line.min(left_per_authorization(benefit, lines))
}

/// What `max_discount.per_authorization` leaves after what the benefit gave in this request before.
pub(crate) fn left_per_authorization(benefit: &Value, lines: &[Line]) -> i128 {
    let bound = benefit["max_discount"]["per_authorization"].as_i64();
    bound.map_or(i128::MAX, |bound| (i128::from(bound) - lines::discount_so_far(lines, benefit)).max(0))
}
