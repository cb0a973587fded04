//! One effect for one request id.

use avis_core::authorization::OperationKind;
use avis_store::{Refused, Verdict};
use serde_json::{Value, json};

use crate::till::{Adapter, RULES_READ, Till, at_once, id_of, new_id, operation, operation_under};

pub(crate) fn a_sale_is_recorded_and_read_back(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let sale = till.sell("half", 3);
    assert_eq!((&sale["outcome"], &sale["state"]), (&json!("approved"), &json!("captured")));
    assert_eq!((&sale["gross"], &sale["discount"], &sale["payable"]), (&json!(300), &json!(150), &json!(150)));
    assert_eq!(sale["recorded_at"], "2026-11-18T06:12:00Z");
    assert_eq!(sale["expires_at"], Value::Null);
    let read = till.read(&sale);
    for field in ["authorization_id", "request_id", "outcome", "state", "gross", "discount", "payable", "recorded_at"] {
        assert_eq!(read[field], sale[field], "{field}");
    }
    let request_id = sale["request_id"].as_str().unwrap().parse().unwrap();
    let body = till.ledger.request("bus", request_id).unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), read);
    assert_eq!(till.ledger.request("bus", new_id()).unwrap(), None);
}

pub(crate) fn what_is_declined_consumes_nothing_and_is_answered_the_same_again(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let id = new_id();
    let declined = till.ask(till.sale(id, "sale", "nothing", 1));
    let Verdict::Answered { body, replayed: false, reversed: false, .. } = declined else { panic!("{declined:?}") };
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&answer["outcome"], &answer["authorization_id"], &answer["state"]),
        (&json!("declined"), &Value::Null, &Value::Null)
    );
    assert_eq!(till.ask(till.sale(id, "sale", "nothing", 1)), Verdict::repeated(body.clone(), false));
    assert_eq!(till.ledger.request("bus", id).unwrap(), Some(body));
}

pub(crate) fn a_repeat_is_answered_with_the_same_bytes_whatever_happened_since(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let id = new_id();
    let Verdict::Answered { body, .. } = till.ask(till.sale(id, "sale", "three", 3)) else { panic!() };
    let sale = serde_json::from_slice(&body).unwrap();
    till.answer(operation(OperationKind::Refund, &sale, Some(1)));
    assert_eq!(till.ask(till.sale(id, "sale", "three", 3)), Verdict::repeated(body, false));
    let refund = new_id();
    let first = till.ask(operation_under(refund, OperationKind::Refund, &sale, Some(1)));
    let Verdict::Answered { body, replayed: false, reversed: false, .. } = first else { panic!("{first:?}") };
    let again = till.ask(operation_under(refund, OperationKind::Refund, &sale, Some(1)));
    assert_eq!(again, Verdict::repeated(body, false));
    assert_eq!(till.read(&sale)["lines"][0]["left"]["units"], 1, "given back twice, not three times");
}

/// Whose id it is, and who sends it again with another amount.
pub(crate) fn f17_another_meaning_under_one_id_is_refused_and_writes_nothing(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let id = new_id();
    let sale = till.answer(till.sale(id, "sale", "three", 1));
    let before = till.read(&sale);
    assert_eq!(till.refusal(till.sale(id, "sale", "three", 2)), Refused::RequestIdReused);
    assert_eq!(till.refusal(operation_under(id, OperationKind::Void, &sale, None)), Refused::RequestIdReused);
    assert_eq!(till.read(&sale), before);
    assert_eq!(till.sell("three", 2)["payable"], 0, "two units are left");
}

/// F16.
pub(crate) fn fifty_at_once_under_one_id_have_one_effect_and_one_answer(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let id = new_id();
    let verdicts = at_once(50, |_| till.ask(till.sale(id, "sale", "three", 1)));
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let mut first = 0;
    for verdict in verdicts {
        let Verdict::Answered { body, replayed, .. } = verdict else { panic!("{verdict:?}") };
        first += usize::from(!replayed);
        bodies.push(body);
    }
    bodies.dedup();
    assert_eq!((first, bodies.len()), (1, 1));
    assert_eq!(till.sell("three", 3)["payable"], 100, "one unit was used, two are left");
}

pub(crate) fn what_was_answered_is_there_after_a_restart(adapter: &dyn Adapter) {
    let id = new_id();
    let till = Till::new(adapter);
    let Verdict::Answered { body, .. } = till.ask(till.sale(id, "sale", "three", 3)) else { panic!() };
    drop(till);
    let till = Till::new(adapter);
    assert_eq!(till.ask(till.sale(id, "sale", "three", 3)), Verdict::repeated(body, false));
    assert_eq!(till.sell("three", 1)["outcome"], "declined", "usage is there, too");
}

pub(crate) fn what_a_decision_read_decides_the_same_again(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    till.sell("three", 2);
    let sale = till.sell("three", 2);
    till.sell("three", 1);
    let (reading, read) = till.ledger.reading("bus", id_of(&sale)).unwrap().unwrap();
    assert_eq!(read, RULES_READ);
    let (decision, _, trace) = reading.decide_again(till.rules()).unwrap();
    assert_eq!(serde_json::to_value(&decision.lines).unwrap()[0]["discounts"], sale["lines"][0]["discounts"]);
    assert_eq!(trace.turns.len(), 1);
    assert!(till.ledger.reading("tram", id_of(&sale)).unwrap().is_none());
}

pub(crate) fn another_providers_authorization_is_as_good_as_none(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let request = json!({
        "request_id": new_id(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "lines": [{"line_id": "1", "product": "half", "quantity": 1, "unit_price": 100}],
    });
    let theirs = till.answer(till.request("tram", &request));
    assert_eq!(till.refusal(operation(OperationKind::Void, &theirs, None)), Refused::NoSuchAuthorization);
    assert_eq!(till.ledger.authorization("bus", id_of(&theirs)).unwrap(), None);
    let ours = till.answer(till.request("bus", &request));
    assert_ne!(ours["authorization_id"], theirs["authorization_id"], "ids are unique for each provider");
}
