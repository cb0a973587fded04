//! What holds for every decision, whatever the rules, the people and the basket.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;
mod oracle;

use std::collections::BTreeMap;

use avis_core::{DecidedLine, Decision, Outcome, Totals};
use common::generate::{World, world};
use common::{Till, list};
use proptest::prelude::*;
use serde_json::Value;

/// How many worlds each property is tried on; `PROPTEST_CASES` sets another number.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn till(world: &World) -> Till {
    Till::new(&world.catalogue, &world.holders, world.provider)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_cent_is_accounted_for(world in world()) {
        let mut till = till(&world);
        for request in &world.requests {
            let decision = till.sell(request);
            prop_assert_eq!(decision.payable + decision.discount, decision.gross);
            prop_assert_eq!(decision.payable, decision.lines.iter().map(|line| line.payable).sum::<i64>());
            for line in &decision.lines {
                let discounts: i64 = line.discounts.iter().map(|discount| discount.amount).sum();
                prop_assert_eq!(line.payable + discounts, line.gross);
                prop_assert!(line.payable >= 0);
                for discount in &line.discounts {
                    prop_assert!(discount.units > 0 && (discount.amount > 0 || line.gross == 0));
                    prop_assert_eq!(discount.funding.iter().map(|entry| entry.amount).sum::<i64>(), discount.amount);
                    prop_assert!(discount.funding.iter().all(|entry| entry.amount > 0));
                    let payers: std::collections::BTreeSet<_> = discount.funding.iter().map(|entry| &entry.payer).collect();
                    prop_assert_eq!(payers.len(), discount.funding.len(), "one payer, one entry");
                }
            }
        }
    }

    #[test]
    fn no_limit_that_declines_is_exceeded(world in world()) {
        let mut till = till(&world);
        for request in &world.requests {
            let plan = till.plan(request);
            let decision = plan.decide(&plan.usage(|need| till.book.sum(need)));
            for (code, (version, given)) in given(&decision) {
                let limits = limits_of(&world, &code, version);
                let needs = plan.needs().iter().filter(|need| *need.code == *code);
                for (limit, need) in limits.iter().zip(needs).filter(|(limit, _)| limit["on_exhausted"] != "unfunded") {
                    let used = till.book.sum(need).plus(given);
                    let used = match limit["measure"].as_str() {
                        Some("uses") => used.uses,
                        Some("units") => used.units,
                        _ => used.discount,
                    };
                    // What carries over is at most what the months of a year hold.
                    let times = if limit.get("carry_over").is_some() { 12 } else { 1 };
                    prop_assert!(used <= limit["max"].as_i64().unwrap() * times, "{code}: {used} of {limit}");
                }
            }
            till.book.charge(&decision.charges);
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(world in world()) {
        let answers = |till: &mut Till| -> Vec<String> {
            world.requests.iter().map(|request| serde_json::to_string(&till.sell(request)).unwrap()).collect()
        };
        prop_assert_eq!(answers(&mut till(&world)), answers(&mut till(&world)));
    }

    #[test]
    fn explaining_decides_the_same(world in world()) {
        let mut till = till(&world);
        for request in &world.requests {
            let (explained, trace) = till.explain(request);
            let decision = till.sell(request);
            prop_assert_eq!(&explained, &decision);
            let applied: i64 = trace.turns.iter().filter_map(|turn| turn.amount).sum();
            prop_assert_eq!(applied, decision.discount, "the trace tells every discount");
        }
    }

    #[test]
    fn the_oracle_decides_the_same(world in world()) {
        let expected = oracle::decide_all(&world.catalogue, &world.holders, world.provider, &world.requests);
        let mut till = till(&world);
        for (request, expected) in world.requests.iter().zip(expected) {
            prop_assert_eq!(comparable(&till.sell(request)), expected);
        }
    }

    #[test]
    fn the_order_of_fields_is_irrelevant(world in world()) {
        for request in &world.requests {
            let sorted = serde_json::to_string(request).unwrap();
            let turned = backwards(request);
            prop_assume!(turned != sorted);
            let read = |text: &str| avis_core::Request::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(read(&sorted), read(&turned));
        }
    }

    #[test]
    fn a_declined_request_gives_and_consumes_nothing(world in world()) {
        let mut till = till(&world);
        for request in &world.requests {
            let decision = till.sell(request);
            if decision.outcome == Outcome::Declined {
                prop_assert_eq!((decision.discount, decision.charges.len()), (0, 0));
            }
        }
    }

    #[test]
    fn what_is_free_needs_no_reasons(world in world()) {
        let mut till = till(&world);
        for request in &world.requests {
            let decision = till.sell(request);
            let free = |line: &DecidedLine| line.payable == 0 && !line.discounts.is_empty();
            prop_assert!(decision.lines.iter().filter(|line| free(line)).all(|line| line.reasons.is_empty()));
            if decision.lines.iter().all(free) {
                prop_assert!(decision.reasons.is_empty());
            }
        }
    }
}

/// The answer without the names for the receipt, which the oracle leaves out.
fn comparable(decision: &Decision) -> Value {
    let mut answer = serde_json::to_value(decision).unwrap();
    for line in answer["lines"].as_array_mut().unwrap() {
        for discount in line["discounts"].as_array_mut().unwrap() {
            discount.as_object_mut().unwrap().remove("public_name");
        }
    }
    answer
}

/// What each benefit gave, with its version.
fn given(decision: &Decision) -> BTreeMap<String, (i64, Totals)> {
    let mut given: BTreeMap<String, (i64, Totals)> = BTreeMap::new();
    for discount in decision.lines.iter().flat_map(|line| &line.discounts) {
        let (_, totals) = given.entry(discount.benefit.to_string()).or_insert((discount.version, Totals::default()));
        totals.uses = 1;
        totals.units += discount.units;
        totals.discount += discount.amount;
    }
    given
}

fn limits_of(world: &World, code: &str, version: i64) -> Vec<Value> {
    let benefits = list(&world.catalogue, "benefits").iter();
    let mut found = benefits.filter(|benefit| benefit["code"] == code && benefit["version"] == version);
    found.next().map(|benefit| list(benefit, "limits").to_vec()).unwrap_or_default()
}

/// The same document with the fields of every object in reverse order.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().rev().map(|(name, value)| format!("{name:?}:{}", backwards(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(backwards).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}
