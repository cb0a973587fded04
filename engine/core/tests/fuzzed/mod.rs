//! What must hold for any bytes at all: shared by the fuzz targets and by the test that runs their corpus.

use std::sync::Arc;

use avis_core::{Catalogue, Decision, Person, Request, RuleSet, Totals, WrittenHolder, plan};

/// Compiles any catalogue and decides one request with it.
pub(crate) fn catalogue(bytes: &[u8]) {
    let Ok(catalogue) = Catalogue::parse(bytes) else { return };
    let rules = Arc::new(RuleSet::compile(&catalogue));
    let (person, request) = (person(), Request::parse(REQUEST.as_bytes()).unwrap());
    // A catalogue in another currency refuses the request.
    let Ok(plan) = plan(rules, "p1", person, request) else { return };
    check(&plan.decide(&plan.usage(|_| Totals { uses: 1, units: 1, discount: 1, spent: 1, ..Totals::default() })));
}

/// Reads any request and decides it by one catalogue in which much can happen.
pub(crate) fn request(bytes: &[u8]) {
    let document = avis_core::strict_json(bytes).and_then(|value| Request::from_value(&value));
    let read = Request::parse(bytes);
    assert_eq!(read, document, "read straight from the bytes and as a document");
    let Ok(request) = read else { return };
    let rules = Arc::new(RuleSet::compile(&Catalogue::parse(CATALOGUE.as_bytes()).unwrap()));
    let Ok(plan) = plan(rules, "p1", person(), request) else { return };
    check(&plan.decide(&plan.usage(|_| Totals::default())));
}

fn person() -> Person {
    let holder = WrittenHolder::parse(HOLDER.as_bytes()).unwrap().holder;
    Person { holder: Some(Arc::new(holder)), identifiers: Vec::new() }
}

fn check(decision: &Decision) {
    assert_eq!(decision.gross, decision.discount + decision.payable);
    assert!(decision.payable >= 0 && decision.discount >= 0);
    for line in &decision.lines {
        let discounts: i64 = line.discounts.iter().map(|discount| discount.amount).sum();
        assert_eq!(line.gross, line.payable + discounts);
        for discount in &line.discounts {
            assert_eq!(discount.funding.iter().map(|entry| entry.amount).sum::<i64>(), discount.amount);
        }
    }
}

const HOLDER: &str = r#"{"holder": "h-1", "birth_date": "2008-02-29", "household": "hh-1",
    "residences": [{"territory": "lv.riga", "from": "2020-01-01"}], "entitlements": [{"group": "g0", "from": "2024-05-01"}],
    "attributes": [{"name": "grade", "value": 7}]}"#;

const REQUEST: &str = r#"{"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": "2025-10-26T03:30:00+02:00",
    "channel": "desk", "currency": "EUR", "lines": [
        {"line_id": "1", "product": "bus.city.single", "quantity": 3, "unit_price": 715, "context": {"grade": 7}},
        {"line_id": "2", "product": "bus.city", "quantity": 1000000, "unit_price": 1000000000, "for": "companion"},
        {"line_id": "3", "product": "shop", "quantity": 1, "unit_price": 0}]}"#;

const CATALOGUE: &str = r#"{"currency": "EUR", "groups": [{"code": "g0", "owner": "state"}],
    "slots": [{"name": "fare", "policy": "best", "priority": 5}], "providers": [{"code": "p1", "tags": ["bus"]}],
    "benefits": [
        {"code": "half", "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": 1, "slot": "fare",
         "scope": {"providers": {"tags": ["bus"]}, "products": ["bus"]},
         "when": {"any": [{"member_of": {"groups": ["g0"]}}, {"line": {"name": "grade", "op": "ge", "value": 7}}]},
         "covers": {"holder": true, "companions": 2}, "effect": {"percent": {"rate": 5000}},
         "limits": [{"scope": "household", "measure": "units", "window": {"month": {}}, "max": 20, "carry_over": {"until": "10-31"}}],
         "funding": [{"payer": "state", "rate": 3333}, {"payer": "city", "rate": 6667}]},
        {"code": "off", "version": 1, "grantor": "city", "name": {"lv": "n", "en": "n"}, "priority": 2,
         "scope": {"providers": {"all": true}},
         "effect": {"amount_off": {"amount": 1000, "per": "basket"}},
         "limits": [{"scope": "benefit", "measure": "discount", "window": {"rolling": {"days": 30}}, "max": 700, "on_exhausted": "unfunded"}]},
        {"code": "cap", "version": 1, "grantor": "city", "name": {"lv": "n", "en": "n"}, "priority": 3,
         "scope": {"providers": {"codes": ["p1"]}, "except_products": ["shop"]},
         "time_zone": "Europe/London", "service_day_start": "04:30",
         "effect": {"spend_cap": {"amount": 465, "window": {"day": {}}}}}]}"#;
