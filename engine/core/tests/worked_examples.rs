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

/// A rule may refuse a sale at which somebody else's card was presented, too.
#[test]
fn a_rule_asks_that_no_card_is_another_persons() {
    let known =
        |holder: &str, value: &str| json!({"holder": holder, "identifiers": [{"scheme": "eid", "value": value}]});
    let ruled = |when: &Value| {
        let catalogue = json!({"currency": "EUR", "benefits": [half(&json!({"when": when}))]});
        Till::new(&catalogue, &[known("h", "1"), known("other", "2")], "shop")
    };
    let shown = |values: &[&str]| {
        let mut request = basket(&[(1, 100)]);
        request["identifiers"] = values.iter().map(|value| json!({"scheme": "eid", "value": value})).collect();
        request
    };
    let (one, several) = (ruled(&json!({"no_mismatch": {}})), ruled(&json!({"not": {"no_mismatch": {}}})));
    for (values, of_one, of_several) in [
        (&["1"][..], 50, 100),
        (&["1", "1"], 50, 100),
        (&["9", "1"], 50, 100),
        (&["1", "2"], 100, 50),
        (&["9"], 100, 100),
    ] {
        let paid = |till: &Till| till.quote(&shown(values)).payable;
        assert_eq!((paid(&one), paid(&several)), (of_one, of_several), "{values:?}: unknown without a holder");
    }
    let refused = serde_json::to_value(one.quote(&shown(&["1", "2"]))).unwrap();
    assert_eq!(refused["reasons"], json!(["identifier_mismatch", "not_with_this_means"]));
    assert_eq!((&refused["main_reason"], &refused["named_by"]), (&json!("identifier_mismatch"), &json!(0)));
    let why = |values: &[&str]| avis_core::telling::why(&one.explain(&shown(values)).1).remove(0);
    let refused = why(&["9", "1", "2"]);
    assert_eq!(refused.conditions[0].read, Some(json!({"holder": ["eid"], "others": ["eid"]})));
    let told = "shows means of one person (another person's: eid)";
    assert_eq!((&*refused.conditions[0].words.en, &*refused.would_change.unwrap().en), (told, told));
    assert_eq!(why(&["9"]).conditions[0].read, Some(json!(null)), "nobody is known");
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

#[test]
fn a_minimum_price_holds_whatever_was_taken_before() {
    let own = half(&json!({"min_price": 400, "base": "gross", "priority": 2}));
    let ten_off = benefit("ten", &json!({"amount_off": {"amount": 100, "per": "unit"}}), &json!({}));
    let till = till(&json!([]), &[ten_off, own]);
    assert_eq!(payable(&till, &basket(&[(2, 715), (1, 450), (1, 1000)])), [800, 350, 400]);
    let decision = till.quote(&basket(&[(1, 450)]));
    assert_eq!(serde_json::to_value(decision.reasons).unwrap(), json!(["nothing_left"]));
}

#[test]
fn a_slot_bounds_what_its_benefits_take_off_a_line_together() {
    let slots = json!([{"name": "s", "policy": "all", "priority": 1, "max_discount": {"rate": 6000}}]);
    let ten_off =
        benefit("off", &json!({"amount_off": {"amount": 500, "per": "basket"}}), &json!({"slot": "s", "priority": 2}));
    let till = till(&slots, &[half(&json!({"slot": "s"})), ten_off]);
    assert_eq!(payable(&till, &basket(&[(1, 1001), (1, 3000)])), [401, 1200]);
}

#[test]
fn what_looks_at_untouched_lines_leaves_others() {
    let first = benefit(
        "first",
        &json!({"percent": {"rate": 1000}}),
        &json!({"scope": {
        "providers": {"all": true}, "products": ["bus.night"]}}),
    );
    let till = till(&json!([]), &[first, half(&json!({"only_untouched": true, "priority": 2}))]);
    let mut request = basket(&[(1, 1000), (1, 1000)]);
    request["lines"][1]["product"] = json!("bus.night");
    assert_eq!(payable(&till, &request), [500, 900]);
    let reasons = serde_json::to_value(&till.quote(&request).lines).unwrap();
    assert_eq!(reasons[1]["reasons"], json!(["not_this_way"]));
}

#[test]
fn what_asks_for_a_basket_asks_as_its_slot_begins() {
    let least = |lines: &str| {
        let ten_off = benefit("ten", &json!({"amount_off": {"amount": 100, "per": "line"}}), &json!({}));
        let scope = json!({"providers": {"all": true}, "products": ["bus"]});
        let at_least = json!({"amount": 1900, "lines": lines});
        till(&json!([]), &[ten_off, half(&json!({"at_least": at_least, "scope": scope, "priority": 2}))])
    };
    let mut request = basket(&[(1, 1000), (1, 1100)]);
    assert_eq!(payable(&least("in_scope"), &request), [450, 500]);
    request["lines"][1]["unit_price"] = json!(1099);
    assert_eq!(payable(&least("in_scope"), &request), [900, 999]);
    request["lines"][1] = json!({"line_id": "1", "product": "shop", "quantity": 1, "unit_price": 1100});
    assert_eq!(payable(&least("in_scope"), &request), [900, 1000]);
    assert_eq!(payable(&least("all"), &request), [450, 1000]);
}

#[test]
fn a_basket_is_counted_whole_or_in_scope() {
    let asks = |leaf: Value| {
        let scope = json!({"providers": {"all": true}, "products": ["bus"]});
        till(&json!([]), &[half(&json!({"scope": scope, "when": leaf}))])
    };
    let mut request = basket(&[(2, 100), (3, 100)]);
    request["lines"][1]["product"] = json!("shop");
    for (leaf, paid) in [
        (json!({"basket_quantity": {"min": 5}}), 100),
        (json!({"basket_quantity": {"min": 3, "lines": "in_scope"}}), 200),
        (json!({"basket_quantity": {"max": 2, "lines": "in_scope"}}), 100),
        (json!({"basket_total": {"min": 500}}), 100),
        (json!({"basket_total": {"min": 500, "lines": "in_scope"}}), 200),
        (json!({"basket_total": {"max": 200, "lines": "in_scope"}}), 100),
    ] {
        assert_eq!(payable(&asks(leaf.clone()), &request)[0], paid, "{leaf}");
    }
}

#[test]
fn a_free_ride_is_counted() {
    let limits = json!([{"scope": "holder", "measure": "units", "window": {"day": {}}, "max": 3}]);
    let mut till = till(&json!([]), &[half(&json!({"limits": limits}))]);
    let decision = till.sell(&basket(&[(2, 0)]));
    assert_eq!(decision.outcome, avis_core::Outcome::Approved);
    assert_eq!(decision.charges.len(), 1);
    assert_eq!((decision.charges[0].totals.uses, decision.charges[0].totals.units), (1, 2));
    let discount = &decision.lines[0].discounts[0];
    assert_eq!((discount.units, discount.amount, discount.funding.len()), (2, 0, 0));
    assert_eq!(payable(&till, &basket(&[(2, 100)])), [150], "one unit was left");
}

#[test]
fn the_first_that_speaks_of_a_price_counts_a_free_ride() {
    for policy in ["best", "first"] {
        let slots = json!([{"name": "s", "policy": policy, "priority": 1}]);
        let off = benefit("off", &json!({"amount_off": {"amount": 5, "per": "unit"}}), &json!({"slot": "s"}));
        let others = |priority: i64| json!({"slot": "s", "priority": priority});
        let cap = benefit("cap", &json!({"price_cap": {"amount": 5}}), &others(3));
        let till = till(&slots, &[off, half(&others(2)), cap]);
        let given: Vec<String> =
            till.quote(&basket(&[(1, 0)])).lines[0].discounts.iter().map(|given| given.benefit.to_string()).collect();
        assert_eq!(given, ["half"], "{policy}");
    }
}

fn free(others: &Value) -> Value {
    benefit("free", &json!({"percent": {"rate": 10000}}), others)
}

#[test]
fn three_for_two_gives_the_cheapest_of_each_three() {
    let till = till(&json!([]), &[free(&json!({"pick": {"every": 3, "skip": 2}}))]);
    assert_eq!(payable(&till, &basket(&[(1, 300), (4, 500), (1, 100)])), [300, 1500, 0]);
    assert_eq!(payable(&till, &basket(&[(2, 500)])), [1000]);
    assert_eq!(
        payable(&till, &basket(&[(1_000_000, 7), (2, 5)])),
        [7 * 666_667, 5],
        "what stands alone is not walked through"
    );
}

#[test]
fn the_dearest_pays_and_the_others_are_half() {
    let till = till(&json!([]), &[half(&json!({"pick": {"skip": 1}}))]);
    assert_eq!(payable(&till, &basket(&[(1, 200), (1, 901), (2, 300)])), [100, 901, 300]);
}

#[test]
fn units_that_do_not_divide_evenly_are_laid_out_by_the_cent() {
    let third = benefit("third", &json!({"amount_off": {"amount": 100, "per": "line"}}), &json!({}));
    let till = till(&json!([]), &[third, free(&json!({"pick": {"take": 2}, "priority": 2}))]);
    // 800 of three units remain: 267, 267 and 266.
    assert_eq!(payable(&till, &basket(&[(3, 300)])), [266]);
}

#[test]
fn a_companion_is_picked_as_far_as_companions_are_left() {
    let covers = json!({"holder": true, "companions": 1});
    let till = till(&json!([]), &[free(&json!({"pick": {"skip": 1}, "covers": covers}))]);
    let mut request = basket(&[(1, 500), (3, 400)]);
    request["lines"][1]["for"] = json!("companion");
    let decision = till.quote(&request);
    assert_eq!(decision.lines.iter().map(|line| line.payable).collect::<Vec<_>>(), [500, 800]);
    assert_eq!(decision.outcome, avis_core::Outcome::Approved, "companions are the rule itself");
}

/// A basket of one line that is weighed.
fn weighed(quantity: i64, price: i64) -> Value {
    let mut request = basket(&[]);
    request["lines"] = json!([{"line_id": "0", "product": "bus", "quantity": quantity, "price": price}]);
    request
}

#[test]
fn what_is_weighed_is_rounded_as_one() {
    let by_unit = till(&json!([]), &[half(&json!({"rounding": {"per": "unit"}}))]);
    assert_eq!(payable(&by_unit, &weighed(438, 87)), [43]);
    let per_gram = benefit("cheaper", &json!({"fixed_price": {"amount": 2}}), &json!({}));
    assert_eq!(payable(&till(&json!([]), &[per_gram]), &weighed(400, 1200)), [800]);
}

#[test]
fn what_is_weighed_is_one_piece() {
    let three = json!({"when": {"basket_quantity": {"min": 3}}});
    assert_eq!(payable(&till(&json!([]), &[half(&three)]), &weighed(438, 100)), [100]);
    let pick = json!({"pick": {"every": 2, "skip": 1}});
    let two_for_one = till(&json!([]), &[free(&pick)]);
    let mut request = weighed(438, 700);
    request["lines"]
        .as_array_mut()
        .unwrap()
        .push(json!({"line_id": "1", "product": "bus", "quantity": 1, "unit_price": 800}));
    assert_eq!(payable(&two_for_one, &request), [0, 800]);
    request["lines"][1]["unit_price"] = json!(600);
    assert_eq!(payable(&two_for_one, &request), [700, 0]);
}

#[test]
fn what_is_weighed_is_cut_by_limits_of_units() {
    let limits = json!([{"scope": "holder", "measure": "units", "window": {"day": {}}, "max": 300}]);
    let till = till(&json!([]), &[free(&json!({"pick": {"take": 1}, "limits": limits}))]);
    let decision = till.quote(&weighed(1000, 999));
    assert_eq!((decision.lines[0].payable, decision.lines[0].discounts[0].units), (700, 300));
    assert_eq!(decision.outcome, avis_core::Outcome::PartiallyApproved);
}

#[test]
fn a_line_is_kept_as_it_was_priced() {
    for request in [basket(&[(2, 715)]), weighed(438, 87)] {
        let request = avis_core::Request::from_value(&request).unwrap();
        let line = serde_json::to_value(&request.lines[0]).unwrap();
        assert_eq!(line.get("unit_price").is_some(), request.lines[0].price == avis_core::Price::OfUnit(715));
        assert_eq!(line.get("price").is_some(), request.lines[0].price == avis_core::Price::Whole(87));
        assert_eq!(serde_json::from_value::<avis_core::Line>(line).unwrap(), request.lines[0]);
    }
}
