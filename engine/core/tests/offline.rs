//! Without the ledger, what is limited is given only as the grantor allows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;

use avis_core::authorization::Authorization;
use avis_core::movement::{Cause, Movement, MovementKind};
use avis_core::offline::{Granted, OverGrant, OverGranted};
use avis_core::{Decision, FundingReason, Outcome, Reason, Reasons, Totals, Usage};
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

/// A payer, why it bears what it bears, and how much.
type Borne<R> = Vec<(String, R, i64)>;

/// Two units for 100 each on each line, of a benefit that gives half; what the terminal granted by a version on each.
fn kept(particulars: &Value, granted: &[(i64, i64)]) -> (Vec<Borne<Option<FundingReason>>>, Authorization) {
    let mut particulars = particulars.clone();
    particulars["effect"] = json!({"percent": {"rate": 5_000}});
    let catalogue = json!({
        "currency": "EUR", "providers": [{"code": "bus", "tags": []}], "benefits": [benefit("half", &particulars)],
    });
    let holder = json!({"holder": "h-1", "identifiers": [{"scheme": "etalons", "value": "1"}]});
    let lines: Vec<Value> = (0..granted.len())
        .map(|line| json!({"line_id": line.to_string(), "product": "half", "quantity": 2, "unit_price": 100}))
        .collect();
    let request = json!({
        "request_id": Uuid::nil(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "1"}], "lines": lines,
    });
    let plan = Till::new(&catalogue, &[holder], "bus").plan(&request);
    let granted: Vec<Granted> = granted
        .iter()
        .enumerate()
        .map(|(line, (version, amount))| Granted {
            line_id: line.to_string().into(),
            benefit: "half".into(),
            version: *version,
            amount: *amount,
        })
        .collect();
    let before = vec![OverGranted::default(); plan.over_grant_keys(&granted).len()];
    let settled = plan.settle(&plan.usage(|_| Totals::default()), &granted, &before).unwrap();
    let funding = |line: &avis_core::DecidedLine| {
        let funding = line.discounts[0].funding.iter();
        funding.map(|entry| (entry.payer.to_string(), entry.reason, entry.amount)).collect()
    };
    let funding = settled.decision.lines.iter().map(funding).collect();
    (funding, Authorization::new(plan.request(), settled.decision, settled.over_granted))
}

fn borne<R: Clone>(entries: &[(&str, R, i64)]) -> Borne<R> {
    entries.iter().map(|(payer, why, amount)| ((*payer).to_owned(), why.clone(), *amount)).collect()
}

fn of_provider(line: &str, version: i64, provider: i64) -> OverGrant {
    OverGrant { line_id: line.into(), benefit: "half".into(), version, grantor: 0, provider }
}

#[test]
fn what_the_provider_bears_as_a_payer_or_beyond_a_budget_was_not_granted_beyond_what_was_due() {
    use FundingReason::{OverGranted as Beyond, Unfunded};
    let budget = json!([{"scope": "benefit", "measure": "discount", "window": {"year": {}}, "max": 60, "on_exhausted": "unfunded"}]);
    let own = (json!({"funding": [{"payer": "bus", "rate": 10_000}]}), borne(&[("bus", None, 100)]), Cause::Funding);
    let lent = (json!({"limits": budget}), borne(&[("state", None, 60), ("bus", Some(Unfunded), 40)]), Cause::Unfunded);
    for (particulars, due, cause) in [own, lent] {
        let (funding, sale) = kept(&particulars, &[(1, 110)]);
        let all = [due.clone(), borne(&[("bus", Some(Beyond), 10)])].concat();
        assert_eq!(funding, [all]);
        assert_eq!(sale.standing_over_grants(), [of_provider("0", 1, 10)]);
        let movement = Movement::opening(&sale, &"bus".into(), MovementKind::Advice).unwrap();
        let entries = movement.lines[0].discounts[0].entries.iter();
        let moved: Vec<_> =
            entries.filter(|entry| &*entry.payer == "bus").map(|entry| (entry.cause, entry.amount)).collect();
        assert_eq!(moved, [(cause, due.last().unwrap().2), (Cause::OverGranted, 10)]);
    }
}

#[test]
fn what_a_version_that_nobody_knows_gave_is_the_providers_alone() {
    let allow = json!({"offline": {"allow": {"max_discount": 1_000, "max_uses": 9}}});
    let (funding, sale) = kept(&allow, &[(1, 130), (99, 100)]);
    let beyond = Some(FundingReason::OverGranted);
    assert_eq!(funding, [borne(&[("state", None, 130)]), borne(&[("bus", beyond, 100)])]);
    let of_grantor = OverGrant { grantor: 30, ..of_provider("0", 1, 0) };
    assert_eq!(sale.standing_over_grants(), [of_grantor, of_provider("1", 99, 100)]);
}
