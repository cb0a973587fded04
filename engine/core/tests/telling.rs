//! Decisions in words.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at what it does not expect")]

use std::sync::Arc;

use avis_core::telling::{Language, limit, sentence};
use avis_core::{Catalogue, Decision, LoyaltyStep, Person, Request, RuleSet, Totals, Trace, explain};
use serde_json::{Value, json};

/// What one ticket of 7.15 comes to, whoever buys it, where so much was used before.
fn ticket(benefits: &Value, used: Totals) -> (Decision, Trace) {
    let catalogue = json!({
        "currency": "EUR", "slots": [{"name": "all", "policy": "all", "priority": 1}], "benefits": benefits,
    });
    let request = json!({
        "request_id": "0190f6a2-0000-7000-8000-000000000001", "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "lines": [{"line_id": "1", "product": "bus", "quantity": 1, "unit_price": 715}],
    });
    let rules = Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap()));
    explain(rules, "bus", Person::default(), Request::from_value(&request).unwrap(), |_| used).unwrap()
}

fn benefit(code: &str, names: (&str, &str), more: &Value) -> Value {
    let mut benefit = json!({
        "code": code, "version": 1, "grantor": "state", "priority": 1, "slot": "all", "scope": {"providers": {"all": true}},
        "name": {"en": names.0, "lv": names.1},
    });
    benefit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    benefit
}

fn said((decision, trace): &(Decision, Trace)) -> [String; 2] {
    Language::ALL.map(|language| sentence(decision, trace, language).replace('\u{a0}', " "))
}

#[test]
fn it_names_what_is_paid_by_which_benefits_and_who_bears_them() {
    let split = json!([{"payer": "state", "rate": 7_500}, {"payer": "city", "rate": 2_500}]);
    let half =
        benefit("half", ("Half price", "Puscena"), &json!({"effect": {"percent": {"rate": 5_000}}, "funding": split}));
    assert_eq!(
        said(&ticket(&json!([half]), Totals::default())),
        [
            "Pircējs maksā 3,57 € no 7,15 €: Puscena, sedz state (2,69 €) un city (0,89 €).",
            "The customer pays €3.57 of €7.15: Half price, paid by state (€2.69) and city (€0.89).",
        ]
    );
    let more = json!({"effect": {"amount_off": {"amount": 1_000, "per": "line"}}, "priority": 2});
    let rest = benefit("rest", ("The rest", "Pārējais"), &more);
    let half = benefit("half", ("Half price", "Puscena"), &json!({"effect": {"percent": {"rate": 5_000}}}));
    assert_eq!(
        said(&ticket(&json!([half, rest]), Totals::default())),
        [
            "Pircējs nemaksā neko no 7,15 €: Puscena (3,58 €), sedz state; Pārējais (3,57 €), sedz state.",
            "The customer pays nothing of €7.15: Half price (€3.58), paid by state; The rest (€3.57), paid by state.",
        ]
    );
    assert_eq!(
        said(&ticket(&json!([]), Totals::default())),
        [
            "Pircējs maksā visu, 7,15 €: šim vispār nav atlaides.",
            "The customer pays all of €7.15: there is no benefit for this at all.",
        ]
    );
}

#[test]
fn what_points_pay_is_not_said_to_be_paid_in_money() {
    let half = benefit("half", ("Half price", "Puscena"), &json!({"effect": {"percent": {"rate": 5_000}}}));
    let with_points = |amount: i64| {
        let mut decided = ticket(&json!([half]), Totals::default());
        let (program, reasons) = ("shop".into(), Vec::new());
        let (asked, available, room) = (None, 1_000, 357);
        decided.1.loyalty.push(LoyaltyStep::Tender {
            program,
            asked,
            available,
            room,
            points: amount,
            amount,
            reasons,
        });
        said(&decided)
    };
    assert_eq!(
        with_points(57),
        [
            "Pircējs maksā 3,00 € no 7,15 € un 0,57 € ar punktiem: Puscena, sedz state.",
            "The customer pays €3.00 of €7.15, and €0.57 with points: Half price, paid by state.",
        ]
    );
    assert_eq!(
        with_points(357),
        [
            "Pircējs maksā 3,57 € no 7,15 € ar punktiem, naudā neko: Puscena, sedz state.",
            "The customer pays €3.57 of €7.15 with points, and nothing in money: Half price, paid by state.",
        ]
    );
    assert!(with_points(0)[1].starts_with("The customer pays €3.57 of €7.15: "));
}

#[test]
fn it_names_the_limit_that_kept_the_rest_back() {
    let free = |window: Value, measure: &str, max: i64, exhausted: &str| {
        let limit =
            json!([{"scope": "benefit", "measure": measure, "window": window, "max": max, "on_exhausted": exhausted}]);
        benefit("free", ("Free", "Bez maksas"), &json!({"effect": {"percent": {"rate": 10_000}}, "limits": limit}))
    };
    let used = Totals { uses: 20, units: 20, discount: 500, ..Totals::default() };
    let month = ticket(&json!([free(json!({"month": {}}), "units", 20, "decline")]), used);
    assert_eq!(
        said(&month),
        [
            "Pircējs maksā visu, 7,15 €: kvota ir izlietota (tajā mēnesī (līdz 2026. gada 30. novembrim) visiem kopā 20 no 20 vienībām izmantotas, atlicis 0).",
            "The customer pays all of €7.15: the quota is used up (20 of 20 units used by everybody together that month (until 30 November 2026), 0 left).",
        ]
    );
    let part = ticket(&json!([free(json!({"rolling": {"days": 7}}), "discount", 800, "decline")]), used);
    assert!(
        said(&part)[1].starts_with("The customer pays €4.15 of €7.15: Free, paid by state; the quota is used up ("),
        "{}",
        said(&part)[1]
    );
    let told = |decided: &(Decision, Trace)| limit(&decided.1.turns[0].limits[0], "EUR", Language::En);
    assert_eq!(
        told(&part),
        "€8.00 of €8.00 of discount used by everybody together within 7 days (until 18 November 2026), €0.00 left"
    );
    let unfunded = ticket(&json!([free(json!({"lifetime": {}}), "discount", 800, "unfunded")]), used);
    assert_eq!(
        told(&unfunded),
        "€12.15 of €8.00 of discount used by everybody together in all, €0.00 left; beyond it the provider bears the discount"
    );
}
