//! Is a candidate eligible for a line, and if not, what is to blame? (4, step 3)

use serde_json::Value;

use super::conditions::{self, Place};
use super::{Case, candidates, facts, limits, reasons};

pub(crate) fn is_eligible(case: &Case, benefit: &Value, line: &Value) -> bool {
    candidates::covers_product(benefit, line) && blame(case, benefit, line).is_none()
}

/// Why a candidate, whose products cover the line, is not eligible for it; `None` when it is.
/// Reading: of several, the first in the order of step 3, and the companion's holder line before the unknown subject.
pub(crate) fn blame(case: &Case, benefit: &Value, line: &Value) -> Option<&'static str> {
    let place = Place { case, benefit, line };
    let when = &benefit["when"];
    if !covers_fits(benefit, line) {
        Some("not_this_way")
    } else if !when.is_null() && conditions::truth(&place, when) != Some(true) {
        Some(reasons::first_leaf_that_keeps_from(&place, when, true))
    } else if is_companion(line) && !has_holder_line(case, benefit) {
        Some("not_this_way")
    } else if !subjects_are_known(case, benefit) {
        Some("no_right")
    } else {
        None
    }
}

// 5: "`for` defaults to holder"
pub(crate) fn is_companion(line: &Value) -> bool {
    line["for"] == "companion"
}

// 3: "covers { holder: true, companions: 0 }"
pub(crate) fn companions(benefit: &Value) -> i128 {
    i128::from(benefit["covers"]["companions"].as_i64().unwrap_or(0))
}

// "`covers` fits the line's `for`"
fn covers_fits(benefit: &Value, line: &Value) -> bool {
    if is_companion(line) { companions(benefit) > 0 } else { benefit["covers"]["holder"].as_bool().unwrap_or(true) }
}

// "A companion line also needs a holder line that is in the benefit's scope."
fn has_holder_line(case: &Case, benefit: &Value) -> bool {
    let lines = facts::list(&case.request["lines"]);
    lines.iter().any(|line| !is_companion(line) && candidates::covers_product(benefit, line))
}

// "A limit or spend_cap whose subject is unknown makes the benefit ineligible."
fn subjects_are_known(case: &Case, benefit: &Value) -> bool {
    let spender_is_known = !facts::is_spend_cap(benefit) || case.holder.is_some();
    spender_is_known && facts::list(&benefit["limits"]).iter().all(|limit| limits::subject(case, limit).is_some())
}
