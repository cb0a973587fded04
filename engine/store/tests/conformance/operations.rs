//! Captures, voids and refunds.

use avis_core::authorization::{OperationKind, Refusal, State};
use avis_store::Refused;
use serde_json::{Value, json};

use crate::till::{Adapter, Till, at_once, new_id, operation, operation_under, rounds};

pub(crate) fn a_hold_is_captured_in_part_and_the_rest_is_released(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let hold = till.hold("three", 3);
    assert_eq!((&hold["state"], &hold["expires_at"]), (&json!("held"), &json!("2026-11-18T06:42:00Z")));
    assert_eq!(till.sell("three", 1)["outcome"], "declined", "what is held is consumed");
    let captured = till.answer(operation(OperationKind::Capture, &hold, Some(2)));
    assert_eq!((&captured["state"], &captured["expires_at"]), (&json!("captured"), &Value::Null));
    let line = &captured["operation"]["lines"][0];
    assert_eq!((&line["units"], &line["gross"], &line["payable"]), (&json!(2), &json!(200), &json!(0)));
    assert_eq!(line["funding"], json!([{"payer": "state", "amount": 200}]));
    assert_eq!(till.sell("three", 1)["payable"], 0, "the third was released");
}

pub(crate) fn a_void_gives_everything_back(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    for mode in ["sale", "hold"] {
        let used = till.answer(till.sale(new_id(), mode, "three", 3));
        let voided = till.answer(operation(OperationKind::Void, &used, None));
        assert_eq!((&voided["state"], &voided["operation"]["kind"]), (&json!("voided"), &json!("void")));
        assert_eq!(voided["lines"][0]["left"], json!({"units": 0, "payable": 0, "discount": 0}));
    }
    assert_eq!(till.sell("three", 3)["payable"], 0);
}

/// F19.
pub(crate) fn two_equal_refunds_are_both_legal(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    for _ in 0..rounds() {
        let sale = till.sell("half", 3);
        let refunds = at_once(2, |_| till.answer(operation(OperationKind::Refund, &sale, Some(1))));
        for refund in refunds {
            assert_eq!(refund["operation"]["lines"][0]["gross"], 100);
        }
        let read = till.read(&sale);
        assert_eq!((&read["state"], &read["lines"][0]["left"]["units"]), (&json!("partly_refunded"), &json!(1)));
        assert_eq!(read["history"].as_array().unwrap().len(), 2);
    }
}

/// F19.
pub(crate) fn capture_and_void_at_once_come_in_a_legal_order(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    for _ in 0..rounds() {
        let hold = till.hold("half", 2);
        at_once(2, |number| {
            let kind = if number == 0 { OperationKind::Capture } else { OperationKind::Void };
            till.ask(operation(kind, &hold, None))
        });
        let read = till.read(&hold);
        let kinds: Vec<_> =
            read["history"].as_array().unwrap().iter().map(|done| done["kind"].as_str().unwrap()).collect();
        assert_eq!(read["state"], "voided", "a capture that came first is voided, one that came second is refused");
        assert!(kinds == ["void"] || kinds == ["capture", "void"], "{kinds:?}");
    }
}

pub(crate) fn what_the_state_does_not_allow_leaves_nothing(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let sale = till.sell("three", 2);
    let before = till.read(&sale);
    let id = new_id();
    let refused = till.refusal(operation_under(id, OperationKind::Capture, &sale, None));
    assert_eq!(refused, Refused::Operation(Refusal::NotInState(State::Captured)));
    let refused = till.refusal(operation(OperationKind::Refund, &sale, Some(3)));
    assert_eq!(refused, Refused::Operation(Refusal::TooManyUnits { place: 0, left: 2 }));
    assert_eq!(till.read(&sale), before);
    assert_eq!(till.ledger.request("bus", id).unwrap(), None, "an error means that nothing happened");
    till.answer(operation_under(id, OperationKind::Void, &sale, None));
}

pub(crate) fn one_tasks_refusal_is_not_anothers(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let sale = till.sell("half", 1);
    // Handed over without waiting, so that they share a commit.
    let pending: Vec<_> = (0..100)
        .map(|number| {
            let task = if number % 2 == 0 {
                operation(OperationKind::Capture, &sale, None)
            } else {
                till.sale(new_id(), "sale", "half", 1)
            };
            till.ledger.submit(task).unwrap()
        })
        .collect();
    for (number, pending) in pending.into_iter().enumerate() {
        let verdict = pending.blocking_recv().unwrap().unwrap();
        assert_eq!(matches!(verdict, avis_store::Verdict::Refused(_)), number % 2 == 0);
    }
    let statistics = till.ledger.statistics();
    assert!(statistics.batches < statistics.tasks, "what waits together is committed together: {statistics:?}");
}
