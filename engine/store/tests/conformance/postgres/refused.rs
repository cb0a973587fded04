//! What is refused or can't be read is nobody else's trouble, and leaves nothing.

use std::sync::Arc;

use avis_core::Request;
use avis_core::authorization::OperationKind;
use avis_store::{LedgerError, Verdict};
use serde_json::json;

use super::adapter;
use crate::till::{HOLD, TestClock, Till, new_id, operation};

#[test]
fn what_is_refused_leaves_no_row() {
    let adapter = adapter("");
    let till = Till::new(&adapter);
    let sale = till.sell("half", 1);
    let rows = "SELECT (SELECT count(*) FROM avis.request), (SELECT count(*) FROM avis.authorization)";
    assert_eq!(adapter.sql(rows), "1|1");
    till.refusal(operation(OperationKind::Capture, &sale, None));
    assert_eq!(adapter.sql(rows), "1|1");
}

/// The database refuses the text, which ends the whole transaction.
#[test]
fn one_task_that_the_database_refuses_fails_alone() {
    let adapter = adapter("");
    let till = Till::new(&adapter);
    let request = json!({
        "request_id": new_id(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "lines": [{"line_id": "1", "product": "half", "quantity": 1, "unit_price": 100}],
    });
    // Handed over without waiting, so that they share a transaction.
    let pending: Vec<_> = (0..50)
        .map(|number| {
            let task = match number {
                25 => till.request("b\0s", &request),
                _ => till.sale(new_id(), "sale", "half", 1),
            };
            till.ledger.submit(task).unwrap()
        })
        .collect();
    for (number, pending) in pending.into_iter().enumerate() {
        match pending.blocking_recv().unwrap() {
            Ok(Verdict::Answered { replayed: false, .. }) => assert_ne!(number, 25),
            Err(LedgerError::Failed(_)) => assert_eq!(number, 25),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(adapter.sql("SELECT uses FROM avis.usage"), "49");
}

#[test]
fn strings_that_sql_does_not_know_are_kept_as_they_were() {
    let adapter = adapter("");
    let till = Till::new(&adapter);
    let request = json!({
        "request_id": new_id(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "context": {"note": "a\u{0}b\u{1F6B2}"},
        "lines": [{"line_id": "1", "product": "half", "quantity": 1, "unit_price": 100}],
    });
    let sale = till.answer(till.request("bus", &request));
    let (reading, _) = till.ledger.reading("bus", crate::till::id_of(&sale)).unwrap().unwrap();
    assert_eq!(reading.request, Request::from_value(&request).unwrap());
}

#[test]
fn one_hold_that_cannot_be_read_holds_up_nobody() {
    let adapter = adapter("");
    let clock = Arc::<TestClock>::default();
    let till = Till::open(&adapter, &clock);
    let broken = till.hold("half", 1);
    till.hold("three", 3);
    adapter.sql("UPDATE avis.authorization SET record = '{' WHERE record LIKE '%half-benefit%'");
    let capture = till.ledger.submit(operation(OperationKind::Capture, &broken, None)).unwrap();
    assert!(matches!(capture.blocking_recv().unwrap(), Err(LedgerError::Failed(_))));
    clock.go(HOLD.as_secs());
    assert_eq!(till.sell("three", 3)["payable"], 0, "the other expired and gave back");
    assert_eq!(adapter.sql("SELECT count(*) FROM avis.authorization WHERE state = 'unreadable'"), "1");
}
