//! A reversal undoes its original whether it comes before, after or without it, once.

use avis_core::authorization::OperationKind;
use avis_store::{Refused, Task, Verdict};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::till::{Adapter, Till, new_id, operation_under, reversal, reversal_under};

fn request_id(answer: &Value) -> Uuid {
    answer["request_id"].as_str().unwrap().parse().unwrap()
}

fn result(answer: &Value) -> &str {
    answer["operation"]["result"].as_str().unwrap()
}

pub(crate) fn a_reversal_undoes_a_sale_once(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let sale = till.sell("three", 3);
    let reversed = till.answer(reversal(request_id(&sale)));
    assert_eq!((&reversed["state"], result(&reversed)), (&json!("reversed"), "reversed"));
    assert_eq!(reversed["operation"]["kind"], "reversal");
    let again = till.answer(reversal(request_id(&sale)));
    assert_eq!((&again["state"], result(&again)), (&json!("reversed"), "already_reversed"));
    assert_eq!(till.sell("three", 3)["payable"], 0, "everything was given back, once");
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
}

pub(crate) fn a_reversal_that_comes_first_leaves_its_original_without_effect(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let id = new_id();
    let early = till.answer(reversal(id));
    assert_eq!((&early["authorization_id"], result(&early)), (&Value::Null, "reversed"));
    for _ in 0..2 {
        let late = till.answer(till.sale(id, "sale", "three", 3));
        assert_eq!((&late["outcome"], &late["authorization_id"]), (&json!("reversed"), &Value::Null));
    }
    assert_eq!(till.refusal(till.sale(id, "sale", "three", 1)), Refused::RequestIdReused);
    assert_eq!(result(&till.answer(reversal(id))), "already_reversed");
    assert_eq!(till.sell("three", 3)["payable"], 0);
}

pub(crate) fn a_reversal_without_an_original_is_kept(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let (id, undo) = (new_id(), new_id());
    let reversed = till.answer(reversal_under(undo, id));
    assert_eq!(result(&reversed), "reversed");
    let kept = json!({
        "kind": "reversal", "request_id": undo, "original_request_id": id, "result": "reversed", "lines": [],
        "terminal": "office", "reason": "no answer", "recorded_at": "2026-11-18T06:12:00Z",
    });
    assert_eq!(reversed["operation"], kept, "who undid it, when, and why, as in a history");
    let read = till.ledger.request("bus", undo).unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&read).unwrap(), reversed);
    assert_eq!(result(&till.answer(reversal(id))), "already_reversed");
}

pub(crate) fn a_reversed_refund_counts_again(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let sale = till.sell("three", 3);
    let refund = new_id();
    till.answer(operation_under(refund, OperationKind::Refund, &sale, Some(2)));
    let reversed = till.answer(reversal(refund));
    assert_eq!((&reversed["state"], &reversed["lines"][0]["left"]["units"]), (&json!("captured"), &json!(3)));
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
    assert_eq!(till.read(&sale)["history"][0]["undone"], true);
}

pub(crate) fn a_reversed_capture_is_held_again(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let hold = till.hold("three", 3);
    let capture = new_id();
    till.answer(operation_under(capture, OperationKind::Capture, &hold, Some(1)));
    let reversed = till.answer(reversal(capture));
    assert_eq!((&reversed["state"], &reversed["lines"][0]["left"]["units"]), (&json!("held"), &json!(3)));
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
}

pub(crate) fn what_built_on_a_reversed_capture_is_undone_with_it(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let hold = till.hold("three", 3);
    let (capture, refund) = (new_id(), new_id());
    till.answer(operation_under(capture, OperationKind::Capture, &hold, None));
    till.answer(operation_under(refund, OperationKind::Refund, &hold, Some(1)));
    assert_eq!(till.answer(reversal(capture))["lines"][0]["left"]["units"], 3);
    assert_eq!(result(&till.answer(reversal(refund))), "already_reversed");
}

pub(crate) fn a_void_stands_when_the_capture_before_it_is_reversed(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let hold = till.hold("three", 3);
    let capture = new_id();
    till.answer(operation_under(capture, OperationKind::Capture, &hold, None));
    till.answer(operation_under(new_id(), OperationKind::Void, &hold, None));
    assert_eq!(till.answer(reversal(capture))["state"], "voided");
    assert_eq!(till.sell("three", 3)["payable"], 0);
}

pub(crate) fn what_counts_again_beyond_a_limit_is_listed_with_who_is_liable(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let first = till.sell("three", 3);
    let void = new_id();
    till.answer(operation_under(void, OperationKind::Void, &first, None));
    assert_eq!(till.sell("three", 2)["payable"], 0);
    let reversed = till.answer(reversal(void));
    assert_eq!((&reversed["state"], result(&reversed)), (&json!("captured"), "reversed"));
    let over = &reversed["operation"]["over_granted"];
    assert_eq!(
        *over,
        json!([{"line_id": "1", "benefit": "three-benefit", "version": 1, "grantor": 0, "provider": 300}])
    );
    let alone = till.sell("half", 2);
    let refund = new_id();
    till.answer(operation_under(refund, OperationKind::Refund, &alone, Some(1)));
    assert_eq!(till.answer(reversal(refund))["operation"].get("over_granted"), None, "within its limit");
}

pub(crate) fn a_declined_request_can_be_reversed(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let declined = till.sell("nothing", 1);
    assert_eq!(result(&till.answer(reversal(request_id(&declined)))), "reversed");
    assert_eq!(result(&till.answer(reversal(request_id(&declined)))), "already_reversed");
}

pub(crate) fn a_reversal_is_not_reversed(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let first = reversal(new_id());
    let Task::Reverse { key, .. } = &first else { panic!() };
    let id = key.request_id;
    till.answer(first);
    assert_eq!(till.refusal(reversal(id)), Refused::NotReversible);
    let sale = till.sell("three", 3);
    let second = reversal(request_id(&sale));
    let Task::Reverse { key, .. } = &second else { panic!() };
    till.answer(reversal(key.request_id));
    assert_eq!(till.answer(second)["state"], "reversed", "not in advance either");
}

/// What is answered to a request that was answered before: the bytes, and whether it stands no more.
fn repeated(till: &Till, task: Task) -> (Vec<u8>, bool) {
    let Verdict::Answered { body, replayed: true, reversed, .. } = till.ask(task) else { panic!("it is no repeat") };
    (body, reversed)
}

pub(crate) fn a_repeat_of_what_was_reversed_says_that_it_stands_no_more(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let (id, capture, refund) = (new_id(), new_id(), new_id());
    let hold = || till.sale(id, "hold", "three", 3);
    let Verdict::Answered { body: held, reversed: false, .. } = till.ask(hold()) else { panic!() };
    let record: Value = serde_json::from_slice(&held).unwrap();
    let captured = || operation_under(capture, OperationKind::Capture, &record, None);
    let refunded = || operation_under(refund, OperationKind::Refund, &record, Some(1));
    let bodies = [captured(), refunded()].map(|task| match till.ask(task) {
        Verdict::Answered { body, .. } => body,
        Verdict::Refused(refused) => panic!("{refused}"),
    });
    let [capture_body, refund_body] = bodies;
    assert_eq!(repeated(&till, hold()), (held.clone(), false));
    assert_eq!(repeated(&till, refunded()), (refund_body.clone(), false));
    let undoing = new_id();
    till.answer(reversal_under(undoing, capture));
    assert_eq!(repeated(&till, hold()), (held.clone(), false), "the hold stands again");
    assert_eq!(repeated(&till, captured()), (capture_body.clone(), true));
    assert_eq!(repeated(&till, refunded()), (refund_body.clone(), true), "it is undone with its capture");
    assert!(!repeated(&till, reversal_under(undoing, capture)).1, "a reversal stands for good");
    till.answer(reversal(id));
    assert_eq!(repeated(&till, hold()), (held, true));
    assert_eq!(repeated(&till, captured()), (capture_body, true));
    let declined = new_id();
    let nothing = || till.sale(declined, "sale", "nothing", 1);
    till.answer(nothing());
    till.answer(reversal(declined));
    assert!(repeated(&till, nothing()).1, "what was declined can be reversed, too");
}
