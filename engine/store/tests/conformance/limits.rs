//! No limit that declines is exceeded, however many ask at once.

use avis_core::authorization::OperationKind;
use serde_json::{Value, json};

use crate::till::{Adapter, Till, at_once, new_id, operation, rounds};

fn free(answers: &[Value]) -> usize {
    answers.iter().filter(|answer| answer["payable"] == 0).count()
}

/// F18 on one engine.
pub(crate) fn a_limit_of_three_gives_exactly_three_to_many_at_once(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    for round in 0..rounds() {
        let answers = at_once(200, |_| till.sell("three", 1));
        assert_eq!(free(&answers), 3, "round {round}");
        let declined: Vec<_> = answers.iter().filter(|answer| answer["outcome"] == "declined").collect();
        assert_eq!(declined.len(), 197);
        assert!(declined.iter().all(|answer| answer["reasons"] == json!(["limit_reached"])));
        for answer in answers.iter().filter(|answer| answer["payable"] == 0) {
            till.answer(operation(OperationKind::Void, answer, None));
        }
    }
}

pub(crate) fn one_balance_is_spent_once(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    assert_eq!(free(&at_once(20, |_| till.sell("purse", 1))), 1);
}

pub(crate) fn a_thousand_of_a_benefits_uses_go_to_fifteen_hundred(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    // Threads of fifteen, so that a hundred are at once all the time.
    let answers: Vec<Value> = at_once(100, |_| (0..15).map(|_| till.sell("thousand", 1)).collect::<Vec<_>>()).concat();
    assert_eq!((answers.len(), free(&answers)), (1500, 1000));
    let refused = answers.iter().filter(|answer| answer["reasons"] == json!(["limit_reached"]));
    assert_eq!(refused.count(), 500);
}

/// F38 for sales.
pub(crate) fn days_of_one_month_share_its_last_unit(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    till.sell("three", 2);
    let answers = at_once(20, |day| {
        till.answer(till.request("bus", &json!({
            "request_id": new_id(), "occurred_at": format!("2026-11-{:02}T12:00:00+02:00", day + 1), "currency": "EUR",
            "lines": [{"line_id": "1", "product": "three", "quantity": 1, "unit_price": 100}],
        })))
    });
    assert_eq!(free(&answers), 1);
}

pub(crate) fn what_is_given_back_can_be_used_again(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let sale = till.sell("three", 3);
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
    till.answer(operation(OperationKind::Refund, &sale, Some(2)));
    let again = till.sell("three", 3);
    assert_eq!((&again["outcome"], &again["payable"]), (&json!("partially_approved"), &json!(100)));
}

/// F18 for windows that begin with their first use.
pub(crate) fn a_window_of_two_gives_exactly_two_to_many_at_once(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    for minutes in (0..rounds()).map(|round| 90.0 * round as f64) {
        assert_eq!(free(&at_once(200, |_| till.sell_after(minutes, "transfer", 1))), 2, "{minutes} minutes after noon");
    }
}

pub(crate) fn a_window_begins_with_its_first_use_and_stays_where_it_is(adapter: &dyn Adapter) {
    let first = {
        let till = Till::new(adapter);
        let first = till.sell_after(0.0, "transfer", 1);
        assert_eq!(till.sell_after(89.999, "transfer", 2)["payable"], 100, "one is left to the end");
        assert_eq!(till.sell_after(90.0, "transfer", 2)["payable"], 0, "the next window");
        till.answer(operation(OperationKind::Void, &first, None));
        first
    };
    let till = Till::new(adapter);
    assert_eq!(till.read(&first)["state"], "voided");
    assert_eq!(till.sell_after(60.0, "transfer", 2)["payable"], 100, "what was given back counts no more");
    assert_eq!(till.sell_after(89.0, "transfer", 1)["outcome"], "declined", "an empty window would have moved");
    assert_eq!(till.sell_after(-60.0, "transfer", 1)["payable"], 0, "what comes late opens a window before the first");
    assert_eq!(till.sell_after(-0.001, "transfer", 2)["payable"], 100, "and is in that one");
    assert_eq!(till.sell_after(10.0, "transfer", 1)["outcome"], "declined", "of two windows the latest holds it");
}

pub(crate) fn sums_beyond_all_numbers_stay_at_the_edge(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let huge = |number: u32| {
        till.request("bus", &json!({
            "request_id": new_id(), "occurred_at": format!("2026-11-{:02}T08:12:00+02:00", 1 + number % 20), "currency": "EUR",
            "lines": [{"line_id": "1", "product": "half", "quantity": 1_000_000, "unit_price": 1_000_000_000_000_i64}],
        }))
    };
    for number in 0..60 {
        assert_eq!(till.answer(huge(number))["outcome"], "approved");
    }
    assert_eq!(till.sell("half", 1)["payable"], 50);
}
