//! The neutral reasons of a line (section 5, "Reasons").

use serde_json::Value;

use super::conditions::{self, Place};
use super::lines::Line;
use super::{Case, candidates, eligibility, facts};

/// Adds the reasons that do not come from what was left, and keeps none on what is fully discounted.
pub(crate) fn add_reasons(case: &Case, candidates: &[&Value], lines: &mut [Line]) {
    for line in lines {
        let in_scope: Vec<&&Value> =
            candidates.iter().filter(|benefit| candidates::covers_product(benefit, line.line)).collect();
        line.reasons.extend(in_scope.iter().filter_map(|benefit| eligibility::blame(case, benefit, line.line)));
        // "`no_benefit` when there is no candidate"
        if in_scope.is_empty() {
            line.reasons.insert("no_benefit");
        }
        // "only on what is not fully discounted"
        if is_fully_discounted(line) {
            line.reasons.clear();
        }
    }
}

/// Reading: a line without a price is not discounted, so it may say `nothing_left`.
pub(crate) fn is_fully_discounted(line: &Line) -> bool {
    line.remaining == 0 && !line.discounts.is_empty()
}

/// The reason of the first leaf that keeps a condition from being what is wished.
pub(crate) fn first_leaf_that_keeps_from(place: &Place, condition: &Value, wished: bool) -> &'static str {
    let rule = &condition[facts::kind(condition)];
    match (facts::kind(condition), wished) {
        // All of the parts would have to be as wished: the first that is not.
        ("all", true) | ("any", false) => {
            let mut parts = facts::list(rule).iter();
            let part = parts.find(|part| conditions::truth(place, part) != Some(wished)).unwrap();
            first_leaf_that_keeps_from(place, part, wished)
        }
        // One part as wished would do, and none is: the first.
        ("any", true) | ("all", false) => first_leaf_that_keeps_from(place, &facts::list(rule)[0], wished),
        ("not", _) => first_leaf_that_keeps_from(place, rule, !wished),
        (leaf, _) => leaf_reason(leaf),
    }
}

// 5: "for a candidate not eligible by its first false or unknown leaf: …"
fn leaf_reason(leaf: &str) -> &'static str {
    match leaf {
        "birthday" | "dates" | "weekday" | "time_of_day" | "calendar" => "not_now",
        "channel" | "context" | "line" | "basket_total" | "basket_quantity" | "quantity" | "coupon" => "not_this_way",
        "identifier" | "no_mismatch" => "not_with_this_means",
        "member_of" | "age" | "resident_in" | "attribute" | "tier" | "member" => "no_right",
        other => panic!("leaf {other}"),
    }
}
