//! Without the ledger, what is limited is given only as the grantor allows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;

use avis_core::offline::OverGranted;
use avis_core::{Decision, Outcome, Reason, Reasons, Totals, Usage};
use common::Till;
use serde_json::{Value, json};
use uuid::Uuid;

/// A benefit of a product, and whatever is particular about it.
fn benefit(product: &str, particulars: &Value) -> Value {
    let mut benefit = json!({
        "code": product, "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": 1,
        "scope": {"providers": {"all": true}, "products": [product]}, "effect": {"percent": {"rate": 10_000}},
    });
    let particulars = particulars.as_object().unwrap().clone();
    benefit.as_object_mut().unwrap().extend(particulars);
    benefit
}

fn till() -> Till {
    let monthly = json!([{"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 3}]);
    let shared = json!([{"scope": "benefit", "measure": "uses", "window": {"year": {}}, "max": 3}]);
    let allow = json!({"allow": {"max_discount": 250, "max_uses": 2}});
    let catalogue = json!({
        "currency": "EUR", "providers": [{"code": "bus", "tags": []}],
        "benefits": [
            benefit("open", &json!({"offline": "deny"})),
            benefit("denied", &json!({"limits": monthly})),
            benefit("allowed", &json!({"limits": monthly, "offline": allow})),
            benefit("shared", &json!({"limits": shared, "offline": allow})),
            benefit("cap", &json!({"effect": {"spend_cap": {"amount": 150, "window": {"day": {}}}}})),
            benefit("basket", &json!({
                "offline": allow, "effect": {"amount_off": {"amount": 300, "per": "basket"}},
                "scope": {"providers": {"all": true}, "products": ["basket"]}, "limits": shared,
            })),
        ],
    });
    let holder = json!({"holder": "h-1", "identifiers": [{"scheme": "etalons", "value": "1"}]});
    Till::new(&catalogue, &[holder], "bus")
}

/// Some units of a product for 100 each, after what was granted before.
fn decided_for(identifiers: &Value, product: &str, units: i64, before: (i64, i64)) -> Decision {
    let request = json!({
        "request_id": Uuid::nil(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR", "identifiers": identifiers,
        "lines": [{"line_id": "1", "product": product, "quantity": units, "unit_price": 100}],
    });
    let plan = till().plan(&request);
    let before = OverGranted { uses: before.0, discount: before.1 };
    plan.decide_offline(&Usage::default(), &vec![before; plan.offline_keys().len()])
}

/// The same where so much is known to be used already.
fn decided_after(product: &str, units: i64, least: Totals) -> Decision {
    let request = json!({
        "request_id": Uuid::nil(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "1"}],
        "lines": [{"line_id": "1", "product": product, "quantity": units, "unit_price": 100}],
    });
    let plan = till().plan(&request);
    plan.decide_offline(&plan.usage(|_| least), &vec![OverGranted::default(); plan.offline_keys().len()])
}

fn decided(product: &str, units: i64, before: (i64, i64)) -> Decision {
    decided_for(&json!([{"scheme": "etalons", "value": "1"}]), product, units, before)
}

#[test]
fn what_has_no_limits_is_given_as_ever() {
    let decision = decided("open", 9, (0, 0));
    assert_eq!((decision.outcome, decision.payable), (Outcome::Approved, 0));
    assert_eq!(decided_for(&json!([]), "open", 9, (0, 0)).payable, 0, "also to nobody in particular");
}

#[test]
fn what_is_limited_and_not_allowed_stays_to_be_paid() {
    let decision = decided("denied", 1, (0, 0));
    assert_eq!((decision.outcome, decision.payable), (Outcome::Declined, 100));
    assert_eq!(decision.reasons, Reasons::default().with(Reason::LimitReached));
    assert!(decision.charges.is_empty());
}

#[test]
fn what_is_allowed_is_given_within_what_the_caps_have_left() {
    let left = |before, units| {
        let decision = decided("allowed", units, before);
        (decision.outcome, decision.discount)
    };
    assert_eq!(left((0, 0), 2), (Outcome::Approved, 200));
    assert_eq!(left((0, 0), 3), (Outcome::PartiallyApproved, 250), "250 at most");
    assert_eq!(left((1, 200), 2), (Outcome::PartiallyApproved, 50));
    assert_eq!(left((1, 250), 1), (Outcome::Declined, 0));
    assert_eq!(left((2, 20), 1), (Outcome::Declined, 0), "two uses at most");
    assert_eq!(left((i64::MAX, i64::MAX), 1), (Outcome::Declined, 0));
}

#[test]
fn the_benefits_own_limits_hold_beside_the_caps() {
    let units = decided("allowed", 9, (0, 0)).lines[0].discounts[0].units;
    assert_eq!(units, 3);
}

#[test]
fn what_is_known_to_be_used_counts_and_the_caps_bound_the_rest() {
    let known = |units| Totals { units, ..Totals::default() };
    assert_eq!(decided_after("allowed", 9, known(1)).lines[0].discounts[0].units, 2, "three a month");
    let used_up = decided_after("allowed", 1, known(3));
    assert_eq!((used_up.outcome, used_up.payable), (Outcome::Declined, 100));
    assert_eq!(used_up.reasons, Reasons::default().with(Reason::LimitReached));
    assert_eq!(decided_after("denied", 1, known(0)).payable, 100, "knowing the least is not knowing");
    let spent = Totals { spent: 100, ..Totals::default() };
    assert_eq!(decided_after("cap", 2, spent).payable, 50);
}

#[test]
fn caps_are_each_holders_so_nobody_has_none() {
    assert_eq!(decided("shared", 1, (0, 0)).payable, 0);
    assert_eq!(decided_for(&json!([]), "shared", 1, (0, 0)).payable, 100);
}

#[test]
fn a_spend_cap_counts_only_what_is_paid_here() {
    let decision = decided("cap", 2, (0, 0));
    assert_eq!((decision.outcome, decision.payable), (Outcome::Approved, 150));
}

#[test]
fn a_basket_effect_is_held_to_the_caps() {
    assert_eq!(decided("basket", 9, (0, 0)).discount, 250);
    assert_eq!(decided("basket", 9, (2, 0)).discount, 0);
}
