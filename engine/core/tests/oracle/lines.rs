//! The lines of a request while discounts are taken from them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{eligibility, facts};

pub(crate) struct Line<'a> {
    pub(crate) line: &'a Value,
    pub(crate) quantity: i128,
    pub(crate) gross: i128,
    pub(crate) remaining: i128,
    /// What remained as the slot began that is taken now.
    pub(crate) at_slot_start: i128,
    pub(crate) discounts: Vec<Discount<'a>>,
    /// A limit trimmed a discount here or its units, or a benefit was refused here (4.8).
    pub(crate) curtailed: bool,
    pub(crate) reasons: BTreeSet<&'static str>,
}

pub(crate) struct Discount<'a> {
    pub(crate) benefit: &'a Value,
    pub(crate) units: i128,
    pub(crate) amount: i128,
    pub(crate) funding: Vec<Funding<'a>>,
}

pub(crate) struct Funding<'a> {
    pub(crate) payer: &'a str,
    pub(crate) amount: i128,
    pub(crate) unfunded: bool,
}

impl<'a> Line<'a> {
    pub(crate) fn new(line: &'a Value) -> Self {
        let quantity = facts::number(&line["quantity"]);
        let gross = gross(line);
        Line {
            line,
            quantity,
            gross,
            remaining: gross,
            at_slot_start: gross,
            discounts: vec![],
            curtailed: false,
            reasons: BTreeSet::new(),
        }
    }

    /// The discounts that a benefit has given here.
    fn given_by(&self, benefit: &Value) -> impl Iterator<Item = &Discount<'a>> {
        self.discounts.iter().filter(move |discount| discount.benefit["code"] == benefit["code"])
    }
}

// 5: "In place of `unit_price` … a line may have `price`, its whole gross"
pub(crate) fn gross(line: &Value) -> i128 {
    if is_one_piece(line) {
        facts::number(&line["price"])
    } else {
        facts::number(&line["unit_price"]) * facts::number(&line["quantity"])
    }
}

pub(crate) fn is_one_piece(line: &Value) -> bool {
    !line["price"].is_null()
}

pub(crate) fn listed(request: &Value) -> &[Value] {
    facts::list(&request["lines"])
}

/// Has the benefit given a discount in this request so far?
pub(crate) fn has_given(lines: &[Line], benefit: &Value) -> bool {
    lines.iter().any(|line| line.given_by(benefit).next().is_some())
}

/// The units on which it was applied in this request so far.
pub(crate) fn units_so_far(lines: &[Line], benefit: &Value) -> i128 {
    lines.iter().flat_map(|line| line.given_by(benefit)).map(|discount| discount.units).sum()
}

/// What it has taken off in this request so far.
pub(crate) fn discount_so_far(lines: &[Line], benefit: &Value) -> i128 {
    lines.iter().flat_map(|line| line.given_by(benefit)).map(|discount| discount.amount).sum()
}

// 4.5: "`companions left` is `companions` less the units of companion lines on which it was applied before"
pub(crate) fn companions_left(lines: &[Line], benefit: &Value) -> i128 {
    let companion_lines = lines.iter().filter(|line| eligibility::is_companion(line.line));
    let applied: i128 = companion_lines.flat_map(|line| line.given_by(benefit)).map(|discount| discount.units).sum();
    eligibility::companions(benefit) - applied
}
