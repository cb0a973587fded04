//! What a benefit takes off one line as its turn comes (4.5).

use serde_json::Value;

use super::lines::{self, Line};
use super::money::{self, Exact};
use super::usage::Record;
use super::{Case, candidates, eligibility, facts, limits, pick};

/// What a benefit comes to on a line.
struct Found {
    offer: Offer,
    /// The rule's own bounds left nothing of a discount.
    is_bounded_away: bool,
}

/// A discount that is not yet taken.
pub(crate) struct Offer {
    pub(crate) units: i128,
    pub(crate) amount: i128,
    /// A limit trimmed the discount or its units.
    pub(crate) trimmed: bool,
}

/// Looks at an eligible benefit on a line, and notes on the line why it gives nothing there.
pub(crate) fn look(case: &Case, usage: &[Record], benefit: &Value, lines: &mut [Line], place: usize) -> Option<Offer> {
    look_at_most(case, usage, benefit, lines, place, i128::MAX)
}

/// As [`look`], where the benefit chooses so many units.
pub(crate) fn look_at_most(
    case: &Case,
    usage: &[Record],
    benefit: &Value,
    lines: &mut [Line],
    place: usize,
    most: i128,
) -> Option<Offer> {
    if !may_give(case, usage, benefit, lines, place) {
        return None;
    }
    let found = offer(case, usage, benefit, lines, place, most);
    // 5, Reasons: "`nothing_left` where `min_price`, `max_discount` or the slot's left nothing of a discount"
    if found.is_bounded_away {
        lines[place].reasons.insert("nothing_left");
    }
    // 4.5: "Zero is not applied, but on a line whose gross is 0: there an eligible percent, fixed_price or price_cap that is not
    // refused and has units left is applied with amount 0"
    let counts_free_rides = ["percent", "fixed_price", "price_cap"].contains(&facts::kind(&benefit["effect"]));
    let is_free_ride = lines[place].gross == 0 && counts_free_rides;
    (found.offer.amount > 0 || is_free_ride).then_some(found.offer)
}

/// May the benefit give something on the line, as far as what is left goes?
pub(crate) fn may_give(case: &Case, usage: &[Record], benefit: &Value, lines: &mut [Line], place: usize) -> bool {
    // 4: "A benefit is not looked at on a line of gross above 0 with nothing left to pay, with `only_untouched` on a touched
    // one, … and in all its slot if `at_least` is not reached"
    if lines[place].gross > 0 && lines[place].remaining == 0 {
        lines[place].reasons.insert("nothing_left");
        return false;
    }
    if is_touched(benefit, lines[place].gross, lines[place].remaining) || !is_at_least_reached(benefit, lines) {
        lines[place].reasons.insert("not_this_way");
        return false;
    }
    // "with `pick` on one where it covers no unit"
    if pick::units(case, benefit, lines, place).is_some_and(|units| units.is_empty()) {
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

// 3: "it does not look at lines of which less than the gross remains as its turn comes"
pub(crate) fn is_touched(benefit: &Value, gross: i128, remaining: i128) -> bool {
    benefit["only_untouched"] == true && remaining < gross
}

// 3: "it takes part in its slot only if, as the slot begins, that much remains to be paid on those lines"
pub(crate) fn is_at_least_reached(benefit: &Value, lines: &[Line]) -> bool {
    let least = &benefit["at_least"];
    if least.is_null() {
        return true;
    }
    let all = least["lines"] == "all";
    let counted = lines.iter().filter(|line| all || candidates::covers_product(benefit, line.line));
    counted.map(|line| line.at_slot_start).sum::<i128>() >= facts::number(&least["amount"])
}

// 4.5
fn offer(case: &Case, usage: &[Record], benefit: &Value, lines: &[Line], place: usize, most: i128) -> Found {
    let line = &lines[place];
    // "covered = min(Q, companions left if it is a companion line, units left in each units limit)"
    let picked = pick::units(case, benefit, lines, place);
    // 5: a line with `price` is "covered whole or not at all, then cut by companions and limits"
    let covers_whole = lines::is_one_piece(line.line) && picked.as_ref().is_none_or(|picked| !picked.is_empty());
    let in_pick = picked.as_ref().filter(|_| !covers_whole).map_or(line.quantity, |picked| picked.len() as i128);
    let wanted = in_pick.min(wanted_units(benefit, lines, place)).min(most);
    let covered = limits::least_left(case, usage, benefit, "units", lines).map_or(wanted, |left| left.min(wanted));
    // "The base is R (or G with `base: gross`); X is the base if `covered = Q`, else `floor(base * covered / Q)`."
    let of_remaining = match &picked {
        None => line.remaining * covered / line.quantity,
        Some(_) if covers_whole => line.remaining * covered / line.quantity,
        Some(picked) => pick::worth(picked, covered, line),
    };
    let x = if benefit["base"] == "gross" { line.gross * covered / line.quantity } else { of_remaining };
    let discount = rounded(benefit, line, x, covered);
    // "Then clamp to `[0, R]`, then to `max(0, Y − min_price × covered)` (Y being X as taken of R, with `base: gross`, too), to
    // `max_discount`, to what the slot's `max_discount` leaves on the line, then to what every `discount` limit (with
    // `decline`) has left."
    let clamped = discount.clamp(0, line.remaining);
    let y = of_remaining;
    let above_min_price =
        benefit["min_price"].as_i64().map_or(i128::MAX, |price| (y - i128::from(price) * covered).max(0));
    let slot_bound = left_of_slot(case, benefit, line);
    let bounded = clamped.min(above_min_price).min(max_discount(benefit, lines)).min(slot_bound);
    let amount = limits::least_left(case, usage, benefit, "discount", lines).map_or(bounded, |left| left.min(bounded));
    let trimmed = covered < wanted || amount < bounded;
    Found { offer: Offer { units: covered, amount, trimmed }, is_bounded_away: clamped > 0 && bounded == 0 }
}

// 2: "all discounts of a slot's benefits on one line together are at most `floor(gross * rate / 10000)` of that line"
pub(crate) fn left_of_slot(case: &Case, benefit: &Value, line: &Line) -> i128 {
    let mut slots = facts::list(&case.catalogue["slots"]).iter();
    let slot = slots.find(|slot| benefit["slot"] == slot["name"]);
    let rate = slot.and_then(|slot| slot["max_discount"]["rate"].as_i64());
    let taken = line.at_slot_start - line.remaining;
    rate.map_or(i128::MAX, |rate| (line.gross * i128::from(rate) / 10_000 - taken).max(0))
}

fn rounded(benefit: &Value, line: &Line, x: i128, covered: i128) -> i128 {
    let rounding = &benefit["rounding"];
    // 5, of a line with `price`: "Such a line is always rounded as one"
    if rounding["per"] != "unit" || lines::is_one_piece(line.line) {
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
