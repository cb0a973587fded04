//! What meets at a provider, in which order, and which benefit is proved to give nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;

use std::cell::Cell;

use avis_core::{Catalogue, DottedPath, Request, Turn};
use common::Till;
use common::generate::{World, world};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

fn catalogue(benefits: &[Value]) -> Catalogue {
    let benefits: Vec<Value> = benefits
        .iter()
        .enumerate()
        .map(|(place, fields)| {
            let mut benefit = json!({"code": format!("b{place}"), "version": 1, "grantor": "state", "priority": place,
                "name": {"lv": "n", "en": "n"}, "scope": {"providers": {"all": true}}});
            benefit.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            benefit
        })
        .collect();
    let document = json!({"currency": "EUR", "groups": [{"code": "g", "owner": "state"}], "benefits": benefits,
        "providers": [{"code": "p1", "tags": ["bus"]}],
        "slots": [{"name": "s-best", "priority": 5}, {"name": "s-first", "policy": "first", "priority": 6},
                  {"name": "s-all", "policy": "all", "priority": 7, "max_discount": {"rate": 5000}}]});
    Catalogue::from_value(&document).unwrap_or_else(|faults| panic!("{faults}"))
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn percent(rate: i64, beside: Value) -> Value {
    with(json!({"effect": {"percent": {"rate": rate}}}), beside)
}

fn with(mut fields: Value, beside: Value) -> Value {
    let Value::Object(beside) = beside else { panic!("{beside}") };
    fields.as_object_mut().unwrap().extend(beside);
    fields
}

/// From which amount on the second of two benefits is proved to give nothing.
fn proved(first: Value, second: Value) -> Option<i64> {
    let catalogue = catalogue(&[first, second]);
    let meeting = catalogue.meeting("p1", moment("2026-06-01T10:00:00Z"), None);
    let last = meeting.iter().find(|meeting| &*meeting.benefit.code == "b1").unwrap();
    last.unreachable.map(|proof| {
        assert_eq!(&*proof.by.code, "b0");
        proof.from
    })
}

#[test]
fn benefits_stand_in_the_order_of_a_decision() {
    let catalogue = catalogue(&[
        percent(100, json!({"priority": 9})),
        percent(100, json!({"slot": "s-first"})),
        percent(100, json!({"slot": "s-best", "priority": 3})),
        percent(100, json!({"slot": "s-best", "priority": 1})),
        percent(100, json!({"scope": {"providers": {"tags": ["rail"]}}})),
        percent(100, json!({"scope": {"providers": {"tags": ["bus"]}, "products": ["bus"]}})),
        percent(100, json!({"valid": {"from": "2027-01-01"}, "priority": 0})),
        percent(100, json!({"suspensions": [{"from": "2026-01-01"}], "priority": 0})),
        json!({"effect": {"spend_cap": {"amount": 100, "window": {"month": {}}}}, "priority": 0}),
        percent(100, json!({"code": "b0", "version": 2, "valid": {"from": "2027-01-01"}, "priority": 0})),
    ]);
    let order = |at: &str, product: Option<&str>| -> Vec<String> {
        let path = |product: &str| -> DottedPath { serde_json::from_value(json!(product)).unwrap() };
        let meeting = catalogue.meeting("p1", moment(at), product.map(path).as_ref());
        let told = meeting.iter().map(|one| {
            let slot = one.slot.map_or("-", |slot| &*slot.name);
            let state = if one.is_suspended { " suspended" } else { "" };
            format!("{}/{} {slot}{state}", one.benefit.code, one.benefit.version)
        });
        told.collect()
    };
    let summer = ["b7/1 - suspended", "b5/1 -", "b3/1 s-best", "b2/1 s-best", "b1/1 s-first", "b0/1 -", "b8/1 -"];
    assert_eq!(order("2026-06-01T10:00:00Z", None), summer);
    let winter = ["b0/2 -", "b6/1 -", "b7/1 - suspended", "b3/1 s-best", "b2/1 s-best", "b1/1 s-first", "b8/1 -"];
    assert_eq!(order("2027-06-01T10:00:00Z", Some("rail")), winter);
}

#[test]
fn what_takes_all_leaves_nothing_to_those_behind_it() {
    let half = || percent(5000, json!({}));
    assert_eq!(proved(percent(10_000, json!({})), half()), Some(1));
    assert_eq!(proved(json!({"effect": {"fixed_price": {"amount": 0}}}), half()), Some(1));
    assert_eq!(proved(json!({"effect": {"price_cap": {"amount": 100}}}), half()), Some(1));
    assert_eq!(
        proved(percent(10_000, json!({"slot": "s-best", "priority": 0})), percent(1, json!({"slot": "s-first"}))),
        Some(1)
    );
    for (why, first) in [
        ("a little is left", percent(9999, json!({}))),
        (
            "a limit may end it",
            percent(
                10_000,
                json!({"limits": [{"scope": "benefit", "measure": "uses", "window": {"day": {}}, "max": 9}]}),
            ),
        ),
        ("it is capped", percent(10_000, json!({"max_discount": {"per_line": 900}}))),
        ("it holds back", percent(10_000, json!({"min_price": 1}))),
        ("it holds back", percent(10_000, json!({"only_untouched": true}))),
        ("its slot is capped", percent(10_000, json!({"slot": "s-all"}))),
        ("it is rounded away", percent(10_000, json!({"rounding": {"increment": 10}}))),
        ("it asks more", percent(10_000, json!({"when": {"member_of": {"groups": ["g"]}}}))),
        ("it ends before", percent(10_000, json!({"valid": {"until": "2027-01-01"}}))),
        (
            "it is stopped meanwhile",
            percent(10_000, json!({"suspensions": [{"from": "2027-01-01", "until": "2027-02-01"}]})),
        ),
        ("it covers less", percent(10_000, json!({"covers": {"holder": false, "companions": 1}}))),
        (
            "it is for fewer products",
            percent(10_000, json!({"scope": {"providers": {"all": true}, "products": ["bus"]}})),
        ),
        (
            "it leaves out products",
            percent(10_000, json!({"scope": {"providers": {"all": true}, "except_products": ["bus"]}})),
        ),
        ("another may stand before it in its slot", percent(10_000, json!({"slot": "s-first"}))),
    ] {
        assert_eq!(proved(first, percent(5000, json!({"slot": "s-all", "priority": 9}))), None, "{why}");
    }
    let companions = percent(5000, json!({"covers": {"holder": true, "companions": 1}}));
    assert_eq!(proved(percent(10_000, json!({"covers": {"companions": 9}})), companions), None, "units of companions");
}

#[test]
fn who_stands_first_in_a_shared_slot_gives_the_line() {
    let first = |fields: Value| with(fields, json!({"slot": "s-first"}));
    let best = |fields: Value| with(fields, json!({"slot": "s-best"}));
    let off = |amount: i64| json!({"effect": {"amount_off": {"amount": amount, "per": "line"}}});
    assert_eq!(proved(first(percent(5000, json!({}))), first(percent(9000, json!({})))), Some(1));
    assert_eq!(
        proved(first(percent(1000, json!({}))), first(percent(9000, json!({})))),
        Some(5),
        "4 cents round to nothing"
    );
    assert_eq!(proved(first(percent(1000, json!({}))), first(percent(1000, json!({})))), Some(1), "both to nothing");
    assert_eq!(proved(first(off(1)), first(percent(9000, json!({})))), Some(1));
    assert_eq!(proved(first(off(0)), first(percent(9000, json!({})))), None);
    assert_eq!(proved(first(percent(0, json!({}))), first(percent(9000, json!({})))), None);
    assert_eq!(proved(best(percent(5000, json!({}))), best(percent(5000, json!({})))), Some(1));
    assert_eq!(proved(best(percent(5000, json!({}))), best(percent(5001, json!({})))), None);
    assert_eq!(proved(best(percent(5000, json!({}))), best(percent(5000, json!({"base": "gross"})))), None);
    assert_eq!(proved(best(percent(5000, json!({}))), best(off(1))), None);
    assert_eq!(proved(best(percent(5000, json!({}))), percent(1, json!({"priority": 9}))), None, "another slot");
}

#[test]
fn conditions_products_and_times_are_compared_by_what_they_let_through() {
    let group = json!({"member_of": {"groups": ["g"]}});
    let old = json!({"age": {"min": 60}});
    let all = |when: Value| percent(10_000, json!({"when": when}));
    let half = |when: Value| percent(5000, json!({"when": when}));
    assert_eq!(proved(all(group.clone()), half(group.clone())), Some(1));
    assert_eq!(proved(all(group.clone()), half(json!({"all": [old, {"all": [group]}]}))), Some(1));
    assert_eq!(proved(all(json!({"all": [old, group]})), half(json!({"all": [group, old]}))), Some(1));
    assert_eq!(proved(all(json!({"all": [old, group]})), half(group.clone())), None);
    assert_eq!(proved(all(group.clone()), half(json!({"any": [old, group]}))), None);
    let elsewhere = percent(5000, json!({"when": old, "time_zone": "Europe/London"}));
    assert_eq!(proved(all(old.clone()), elsewhere), None, "sixty at another moment");
    let scoped = |rate: i64, products: Value, except: Value| {
        percent(rate, json!({"scope": {"providers": {"all": true}, "products": products, "except_products": except}}))
    };
    let buses = || scoped(5000, json!(["bus.city", "bus.night"]), json!(["bus.city.vip"]));
    assert_eq!(proved(scoped(10_000, json!(["bus"]), json!([])), buses()), Some(1));
    assert_eq!(proved(scoped(10_000, json!(["bus"]), json!(["bus.city.vip.front", "rail"])), buses()), Some(1));
    assert_eq!(proved(scoped(10_000, json!(["bus"]), json!(["bus.city"])), buses()), None);
    assert_eq!(proved(scoped(10_000, json!(["bus.city"]), json!([])), buses()), None);
    let total = json!({"basket_total": {"min": 500, "lines": "in_scope"}});
    let counted = |rate: i64, products: Value| {
        percent(rate, json!({"when": total, "scope": {"providers": {"all": true}, "products": products}}))
    };
    assert_eq!(proved(counted(10_000, json!(["bus"])), counted(5000, json!(["bus.city"]))), None, "another total");
    assert_eq!(proved(counted(10_000, json!(["bus"])), counted(5000, json!(["bus"]))), Some(1));
    let until = |rate: i64, until: &str| percent(rate, json!({"valid": {"from": "2026-01-01", "until": until}}));
    assert_eq!(proved(until(10_000, "2026-12-31"), until(5000, "2026-12-31")), Some(1));
    assert_eq!(proved(until(10_000, "2026-12-30"), until(5000, "2026-12-31")), None);
}

/// Worlds in which one benefit often stands for another: some are plain, and some ask what another asks.
fn crowded() -> impl Strategy<Value = World> {
    (world(), prop::collection::vec((any::<u8>(), any::<prop::sample::Index>()), 8)).prop_map(|(mut world, changes)| {
        let benefits = world.catalogue["benefits"].as_array_mut().unwrap();
        for (place, (change, other)) in changes.into_iter().enumerate().take(benefits.len()) {
            let (when, slot) = {
                let other = &benefits[other.index(benefits.len())];
                (other["when"].clone(), other["slot"].clone())
            };
            let benefit = &mut benefits[place];
            let takes_slot =
                !benefit["effect"]["percent"].is_null() || benefit["effect"]["amount_off"]["per"] == "line";
            if change & 1 == 0 {
                for field in [
                    "limits",
                    "max_discount",
                    "min_price",
                    "only_untouched",
                    "at_least",
                    "pick",
                    "valid",
                    "suspensions",
                ] {
                    benefit[field] = Value::Null;
                }
                benefit["covers"] = Value::Null;
                benefit["time_zone"] = Value::Null;
                benefit["service_day_start"] = Value::Null;
                benefit["scope"]["products"] = Value::Null;
                benefit["scope"]["except_products"] = Value::Null;
            }
            if change & 6 == 0 && takes_slot {
                benefit["slot"] = slot;
            }
            if change & 24 == 0 {
                benefit["when"] = when;
            }
            // Shares that round to nothing of a few cents.
            if change & 0xe1 == 0 {
                benefit["effect"] = json!({"percent": {"rate": 300}});
                benefit["slot"] = json!("s-first");
            }
        }
        world
    })
}

#[test]
fn what_is_proved_unreachable_takes_nothing_off() {
    let (proofs, looked_at) = (Cell::new(0_u32), Cell::new(0_u32));
    let config = ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(&crowded(), |world| {
        let catalogue = Catalogue::from_value(&world.catalogue).unwrap();
        let till = Till::new(&world.catalogue, &world.holders, world.provider);
        for written in &world.requests {
            let request = Request::from_value(written).unwrap();
            let (_, trace) = till.explain(written);
            for met in catalogue.meeting(world.provider, request.occurred_at, None) {
                let Some(proof) = met.unreachable else { continue };
                proofs.set(proofs.get() + 1);
                for turn in trace.turns.iter().filter(|turn| *turn.benefit == *met.benefit.code) {
                    looked_at.set(looked_at.get() + 1);
                    let amount = turn.amount.unwrap_or(0);
                    let was_enough = turn.left_to_pay + amount >= proof.from;
                    prop_assert!(
                        turn.turn != Turn::Applied || amount == 0 || !was_enough,
                        "{} takes {amount}, behind {}",
                        met.benefit.code,
                        proof.by.code
                    );
                }
            }
        }
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(proofs.get() > 200 && looked_at.get() > 80, "{} {}", proofs.get(), looked_at.get());
}
