//! The outcome and the answer (4.8, section 5).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::lines::{Discount, Funding, Line};
use super::reasons::is_fully_discounted;
use super::{Case, eligibility, facts};

// 4.8
pub(crate) fn outcome(case: &Case, candidates: &[&Value], lines: &[Line]) -> &'static str {
    let given = lines.iter().any(|line| !line.discounts.is_empty());
    let spend_cap_was_eligible = candidates.iter().any(|benefit| {
        facts::is_spend_cap(benefit) && lines.iter().any(|line| eligibility::is_eligible(case, benefit, line.line))
    });
    if !given && !spend_cap_was_eligible {
        "declined"
    } else if given && lines.iter().any(|line| line.remaining > 0 && line.curtailed) {
        "partially_approved"
    } else {
        "approved"
    }
}

pub(crate) fn answer(case: &Case, outcome: &str, lines: &[Line]) -> Value {
    let gross = lines.iter().map(|line| line.gross).sum();
    let payable = lines.iter().map(|line| line.remaining).sum();
    // "per line and in all". Reading: identifiers are the request's, so what is wrong with them is said in all.
    let mut reasons: BTreeSet<&str> = lines.iter().flat_map(|line| line.reasons.iter().copied()).collect();
    if !lines.iter().all(is_fully_discounted) {
        reasons.extend(&case.identifier_reasons);
    }
    let main_reason = if payable > 0 { BY_USE.into_iter().find(|reason| reasons.contains(reason)) } else { None };
    let mut answer = json!({
        "outcome": outcome,
        "gross": cents(gross),
        "discount": cents(gross - payable),
        "payable": cents(payable),
        "lines": lines.iter().map(line_answer).collect::<Vec<_>>(),
        "reasons": reasons,
        "main_reason": main_reason,
    });
    if case.identifier_reasons.contains(&"identifier_mismatch") {
        answer["named_by"] = json!(case.named_by);
    }
    answer
}

/// Section 5: "`main_reason` is the first of an answer's reasons in this order".
const BY_USE: [&str; 12] = [
    "identifier_blocked",
    "identifier_expired",
    "identifier_unknown",
    "identifier_mismatch",
    "limit_reached",
    "unfunded",
    "not_now",
    "not_with_this_means",
    "not_this_way",
    "no_right",
    "nothing_left",
    "no_benefit",
];

fn line_answer(line: &Line) -> Value {
    json!({
        "line_id": line.line["line_id"],
        "gross": cents(line.gross),
        "payable": cents(line.remaining),
        "discounts": line.discounts.iter().map(discount_answer).collect::<Vec<_>>(),
        "reasons": line.reasons,
    })
}

fn discount_answer(discount: &Discount) -> Value {
    json!({
        "benefit": discount.benefit["code"],
        "version": discount.benefit["version"],
        "units": cents(discount.units),
        "amount": cents(discount.amount),
        "funding": discount.funding.iter().map(funding_answer).collect::<Vec<_>>(),
    })
}

fn funding_answer(funding: &Funding) -> Value {
    let mut answer = json!({"payer": funding.payer, "amount": cents(funding.amount)});
    if funding.unfunded {
        answer["reason"] = json!("unfunded");
    }
    answer
}

fn cents(amount: i128) -> i64 {
    amount.try_into().unwrap()
}
