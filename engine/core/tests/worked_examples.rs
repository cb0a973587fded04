//! Worked examples of what a benefit may say beside its effect, to the cent.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;

use common::Till;
use serde_json::{Value, json};

/// A benefit for everyone, with further fields.
fn benefit(code: &str, effect: &Value, others: &Value) -> Value {
    let mut benefit = json!({
        "code": code, "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": 1,
        "scope": {"providers": {"all": true}}, "effect": effect,
    });
    benefit.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    benefit
}

fn half(others: &Value) -> Value {
    benefit("half", &json!({"percent": {"rate": 5000}}), others)
}

/// A till at which these benefits are all there is.
fn till(slots: &Value, benefits: &[Value]) -> Till {
    let catalogue = json!({"currency": "EUR", "slots": slots, "benefits": benefits});
    Till::new(&catalogue, &[json!({"holder": "h", "identifiers": [{"scheme": "eid", "value": "1"}]})], "shop")
}

/// A basket of lines `(quantity, unit_price)` of the holder.
fn basket(lines: &[(i64, i64)]) -> Value {
    let lines = lines.iter().enumerate().map(|(place, (quantity, unit_price))| {
        json!({"line_id": place.to_string(), "product": "bus", "quantity": quantity, "unit_price": unit_price})
    });
    json!({
        "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": "2026-11-18T08:12:00+02:00",
        "currency": "EUR", "identifiers": [{"scheme": "eid", "value": "1"}], "lines": lines.collect::<Vec<_>>(),
    })
}

/// What is payable on each line.
fn payable(till: &Till, request: &Value) -> Vec<i64> {
    till.quote(request).lines.iter().map(|line| line.payable).collect()
}

#[test]
fn three_tickets_on_one_line_cost_what_they_cost_on_three_lines() {
    let by_unit = till(&json!([]), &[half(&json!({"rounding": {"per": "unit"}}))]);
    assert_eq!(payable(&by_unit, &basket(&[(3, 715)])), [1071]);
    assert_eq!(payable(&by_unit, &basket(&[(1, 715), (1, 715), (1, 715)])), [357, 357, 357]);
    let by_line = till(&json!([]), &[half(&json!({}))]);
    assert_eq!(payable(&by_line, &basket(&[(3, 715)])), [1072]);
}

#[test]
fn units_rounded_by_themselves_may_be_a_million() {
    let rounding = json!({"rounding": {"per": "unit", "on": "price", "increment": 10, "mode": "down"}});
    let till = till(&json!([]), &[half(&rounding)]);
    assert_eq!(payable(&till, &basket(&[(1_000_000, 715)])), [350_000_000]);
}
