//! Several engines on one database.

use std::sync::Arc;

use avis_core::authorization::{OperationKind, Refusal, State};
use avis_store::{Refused, Verdict};
use avis_testing::eventually;
use serde_json::{Value, json};

use super::{Postgres, adapter};
use crate::advices::{advice, over_granted};
use crate::rows::laws_hold;
use crate::till::{HOLD, TestClock, Till, at_once, new_id, operation, rounds};

/// Two engines with one clock.
fn engines(adapter: &Postgres) -> ([Till; 2], Arc<TestClock>) {
    let clock = Arc::<TestClock>::default();
    ([Till::open(adapter, &clock), Till::open(adapter, &clock)], clock)
}

fn free(answers: &[Value]) -> Vec<&Value> {
    answers.iter().filter(|answer| answer["payable"] == 0).collect()
}

/// F18.
#[test]
fn a_limit_of_three_gives_exactly_three_over_two_engines() {
    let adapter = adapter("");
    let (engines, _) = engines(&adapter);
    for round in 0..rounds() {
        let answers = at_once(200, |number| engines[number % 2].sell("three", 1));
        let free = free(&answers);
        assert_eq!(free.len(), 3, "round {round}");
        free.into_iter().for_each(|answer| drop(engines[0].answer(operation(OperationKind::Void, answer, None))));
    }
    laws_hold(&adapter);
}

/// F18 for windows that begin with their first use.
#[test]
fn a_window_of_two_gives_exactly_two_over_two_engines() {
    let adapter = adapter("");
    let (engines, _) = engines(&adapter);
    for round in 0..rounds() {
        let minutes = 90.0 * round as f64;
        let answers = at_once(200, |number| engines[number % 2].sell_after(minutes, "transfer", 1));
        assert_eq!(free(&answers).len(), 2, "round {round}");
    }
    let windows = adapter.sql("SELECT count(*), min(units), max(units) FROM avis.usage_window");
    assert_eq!(windows, format!("{}|2|2", rounds()), "each round has one window");
    laws_hold(&adapter);
}

#[test]
fn a_budget_of_all_is_drained_to_the_cent_by_two_engines() {
    let adapter = adapter("");
    let (engines, _) = engines(&adapter);
    let sell = |number: usize| {
        let engine = &engines[number % 2];
        (0..8)
            .map(|sale| engine.answer(engine.sale_to(&format!("h-{number}-{sale}"), new_id(), "budget", 1)))
            .collect::<Vec<_>>()
    };
    let discounts: Vec<i64> =
        at_once(20, sell).concat().iter().map(|answer| answer["discount"].as_i64().unwrap()).collect();
    assert_eq!(discounts.iter().sum::<i64>(), 5_050);
    assert_eq!(discounts.iter().filter(|discount| **discount == 50).count(), 1, "the last one gets what is left");
    laws_hold(&adapter);
}

/// F16.
#[test]
fn fifty_at_once_under_one_id_over_two_engines_have_one_effect() {
    let adapter = adapter("");
    let (engines, _) = engines(&adapter);
    for _ in 0..rounds() {
        let id = new_id();
        let verdicts = at_once(50, |number| {
            let engine = &engines[number % 2];
            engine.ask(engine.sale(id, "sale", "half", 1))
        });
        let mut bodies = Vec::new();
        let mut first = 0;
        for verdict in verdicts {
            let Verdict::Answered { body, replayed, .. } = verdict else { panic!("{verdict:?}") };
            first += usize::from(!replayed);
            bodies.push(body);
        }
        bodies.dedup();
        assert_eq!((first, bodies.len()), (1, 1));
        let records = format!("SELECT count(*) FROM avis.authorization WHERE request_id = '{id}'");
        assert_eq!(adapter.sql(&records), "1");
    }
    laws_hold(&adapter);
}

/// F19.
#[test]
fn capture_and_void_race_over_two_engines_in_a_legal_order() {
    let adapter = adapter("");
    let (engines, _) = engines(&adapter);
    for _ in 0..rounds() {
        let hold = engines[0].hold("half", 2);
        at_once(2, |number| {
            let kind = if number == 0 { OperationKind::Capture } else { OperationKind::Void };
            engines[number].ask(operation(kind, &hold, None))
        });
        let read = engines[1].read(&hold);
        let history = read["history"].as_array().unwrap();
        let kinds: Vec<_> = history.iter().map(|done| done["kind"].as_str().unwrap()).collect();
        assert_eq!(read["state"], "voided");
        assert!(kinds == ["void"] || kinds == ["capture", "void"], "{kinds:?}");
        let sale = engines[0].sell("half", 3);
        at_once(2, |number| engines[number].answer(operation(OperationKind::Refund, &sale, Some(1))));
        assert_eq!(engines[0].read(&sale)["lines"][0]["left"]["units"], 1, "two equal refunds are both legal");
    }
    laws_hold(&adapter);
}

/// F38.
#[test]
fn an_advice_and_a_sale_race_over_two_engines_for_the_last_unit() {
    let adapter = adapter("");
    let (engines, _) = engines(&adapter);
    for _ in 0..rounds() {
        let before = engines[0].sell("three", 2);
        let answers = at_once(2, |number| match number {
            0 => engines[0].answer(advice(&engines[0], new_id(), "three", 1, 100)),
            _ => engines[1].sell("three", 1),
        });
        let over = !over_granted(&answers[0]).is_empty();
        assert_eq!(answers[1]["outcome"] == "approved", over, "one of them is within the limit");
        for answer in [&before, &answers[0], &answers[1]].into_iter().filter(|answer| answer["state"] == "captured") {
            engines[0].answer(operation(OperationKind::Void, answer, None));
        }
    }
    laws_hold(&adapter);
}

#[test]
fn the_caps_of_over_grants_hold_over_two_engines() {
    let adapter = adapter("");
    let (engines, _) = engines(&adapter);
    let upload = |number: usize| {
        let engine = &engines[number % 2];
        engine.answer(advice(engine, new_id(), "gift", 1, 100))
    };
    let answers = at_once(20, upload);
    let over: Vec<(i64, i64)> = answers.iter().flat_map(over_granted).collect();
    assert_eq!(over.len(), 20, "ours is half of it");
    let borne: i64 = over.iter().map(|(grantor, _)| grantor).sum();
    assert_eq!(borne, 100, "the grantor bears two uses of a holder and day, the provider the others");
    laws_hold(&adapter);
}

#[test]
fn a_hold_of_another_engine_is_expired_for_an_operation_at_once() {
    let adapter = adapter("");
    let (engines, clock) = engines(&adapter);
    let hold = engines[0].hold("three", 3);
    clock.go(HOLD.as_secs());
    let refused = engines[1].refusal(operation(OperationKind::Capture, &hold, None));
    assert_eq!(refused, Refused::Operation(Refusal::NotInState(State::Expired)));
    laws_hold(&adapter);
}

#[test]
fn a_hold_whose_engine_is_gone_expires_all_the_same() {
    let adapter = adapter("");
    let clock = Arc::<TestClock>::default();
    let other = Till::open(&adapter, &clock);
    let gone = Till::open(&adapter, &clock);
    let hold = gone.hold("three", 3);
    drop(gone);
    clock.go(HOLD.as_secs());
    eventually("an expired hold", || other.read(&hold)["state"].clone(), |state| state == "expired");
    assert_eq!(other.sell("three", 3)["payable"], 0);
    laws_hold(&adapter);
}

#[test]
fn holds_that_are_due_by_the_hundreds_expire_once_each() {
    let adapter = adapter("");
    let (engines, clock) = engines(&adapter);
    at_once(60, |number| (0..10).for_each(|_| drop(engines[number % 2].hold("half", 1))));
    clock.go(HOLD.as_secs());
    let expired = "SELECT count(*) FROM avis.authorization WHERE state = 'expired'";
    eventually("600 expired holds", || adapter.sql(expired), |count| count == "600");
    assert_eq!(adapter.sql("SELECT uses, units, discount FROM avis.usage"), "0|0|0", "each gave back once");
    let expired = "SELECT count(*), count(DISTINCT authorization_id) FROM avis.authorization_event";
    assert_eq!(adapter.sql(expired), "600|600", "each expired once");
    assert_eq!(json!(engines[0].sell("half", 1)["payable"]), 50);
    laws_hold(&adapter);
}
