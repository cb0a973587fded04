//! What a terminal sold without a connection is kept as it was granted.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_core::offline::Granted;
use avis_store::{NewAuthorization, OfflineAnswer, Refused, Task};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::till::{Adapter, Till, new_id, operation, reversal};

/// A sale of `units` for 100 each, on which the terminal granted so much by the benefit of the product.
pub(crate) fn advice(till: &Till, request_id: Uuid, product: &str, units: i64, granted: i64) -> Task {
    let Task::Authorize(new) = till.sale(request_id, "sale", product, units) else { panic!() };
    advised(new, &format!("{product}-benefit"), granted)
}

fn advised(new: Box<NewAuthorization>, benefit: &str, amount: i64) -> Task {
    let granted = Granted { line_id: "1".into(), benefit: Arc::from(benefit), version: 1, amount };
    let device_time = new.plan.request().occurred_at;
    Task::Advise { new, granted: vec![granted], device_time, device_sequence: 7, told: None }
}

pub(crate) fn over_granted(answer: &Value) -> Vec<(i64, i64)> {
    let listed = answer["advice"]["over_granted"].as_array().unwrap().iter();
    listed.map(|over| (over["grantor"].as_i64().unwrap(), over["provider"].as_i64().unwrap())).collect()
}

pub(crate) fn what_was_granted_rightly_is_recorded_as_ever(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let answer = till.answer(advice(&till, new_id(), "three", 2, 200));
    assert_eq!((&answer["state"], &answer["payable"]), (&json!("captured"), &json!(0)));
    assert_eq!(answer["lines"][0]["discounts"][0]["funding"], json!([{"payer": "state", "amount": 200}]));
    assert_eq!(over_granted(&answer), []);
    assert_eq!(till.sell("three", 2)["payable"], 100, "it consumes the limit");
}

pub(crate) fn what_went_beyond_is_the_grantors_within_the_caps_and_then_the_providers(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    till.sell("three", 3);
    // The caps allow 150 and two uses for a holder and day.
    let first = till.answer(advice(&till, new_id(), "three", 1, 100));
    assert_eq!((&first["payable"], over_granted(&first)), (&json!(0), vec![(100, 0)]));
    let second = till.answer(advice(&till, new_id(), "three", 1, 100));
    assert_eq!(over_granted(&second), [(50, 50)]);
    let funding = &second["lines"][0]["discounts"][0]["funding"];
    assert_eq!(
        *funding,
        json!([{"payer": "state", "amount": 50}, {"payer": "bus", "amount": 50, "reason": "over_granted"}])
    );
    let third = till.answer(advice(&till, new_id(), "three", 1, 100));
    assert_eq!(over_granted(&third), [(0, 100)], "two uses were over-granted already");
}

pub(crate) fn a_benefit_that_is_not_known_or_not_allowed_offline_is_the_providers(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let Task::Authorize(new) = till.sale(new_id(), "sale", "nothing", 1) else { panic!() };
    let unknown = till.answer(advised(new, "invented", 30));
    assert_eq!((&unknown["payable"], over_granted(&unknown)), (&json!(70), vec![(0, 30)]));
    let generous = till.answer(advice(&till, new_id(), "half", 2, 150));
    assert_eq!((&generous["payable"], over_granted(&generous)), (&json!(50), vec![(0, 50)]));
}

/// As a payer, and where a budget was used up.
pub(crate) fn what_the_provider_bears_anyway_was_not_over_granted(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let beyond = json!({"payer": "bus", "amount": 10, "reason": "over_granted"});
    let expected = [
        ("own", json!([{"payer": "bus", "amount": 100}, beyond])),
        (
            "lent",
            json!([{"payer": "state", "amount": 60}, {"payer": "bus", "amount": 40, "reason": "unfunded"}, beyond]),
        ),
    ];
    for (product, funding) in expected {
        let answer = till.answer(advice(&till, new_id(), product, 2, 110));
        assert_eq!((&answer["lines"][0]["discounts"][0]["funding"], over_granted(&answer)), (&funding, vec![(0, 10)]));
        let refunded = till.answer(operation(OperationKind::Refund, &answer, Some(1)));
        assert_eq!(refunded["state"], "partly_refunded", "{refunded}");
    }
}

pub(crate) fn less_than_was_due_is_kept_as_less(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let answer = till.answer(advice(&till, new_id(), "half", 2, 60));
    assert_eq!((&answer["payable"], over_granted(&answer)), (&json!(140), vec![]));
    assert_eq!(answer["lines"][0]["discounts"][0]["funding"], json!([{"payer": "state", "amount": 60}]));
}

/// F30.
pub(crate) fn an_upload_that_comes_twice_counts_once(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let ids: Vec<Uuid> = (0..10).map(|_| new_id()).collect();
    let upload = || -> Vec<Value> { ids.iter().map(|id| till.answer(advice(&till, *id, "purse", 1, 100))).collect() };
    assert_eq!(upload(), upload());
    let (reading, _) = till.ledger.reading("bus", crate::till::id_of(&upload()[9])).unwrap().unwrap();
    assert_eq!(reading.request.request_id, ids[9]);
}

pub(crate) fn what_cannot_have_been_granted_is_refused_and_leaves_nothing(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let id = new_id();
    let Refused::Granted(faults) = till.refusal(advice(&till, id, "three", 1, 101)) else { panic!() };
    assert_eq!(faults.list[0].pointer, "/granted/0/amount");
    assert_eq!(till.ledger.request("bus", id).unwrap(), None);
    assert_eq!(till.sell("three", 3)["payable"], 0);
}

pub(crate) fn an_advice_can_be_reversed(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let id = new_id();
    till.answer(advice(&till, id, "three", 3, 300));
    assert_eq!(till.answer(reversal(id))["state"], "reversed");
    assert_eq!(till.sell("three", 3)["payable"], 0);
}

/// F38: an advice of the 15th and a sale of the 30th race for the last unit of the month.
pub(crate) fn an_advice_and_a_sale_race_for_the_last_unit(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    till.sell("three", 2);
    let answers = crate::till::at_once(2, |number| {
        if number == 0 { till.answer(advice(&till, new_id(), "three", 1, 100)) } else { till.sell("three", 1) }
    });
    let over = over_granted(&answers[0]);
    let sold = answers[1]["outcome"] == "approved";
    assert_eq!(sold, !over.is_empty(), "one of them is within the limit");
}

pub(crate) fn a_version_that_is_not_known_is_charged_as_ours(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let Task::Authorize(new) = till.sale(new_id(), "sale", "three", 3) else { panic!() };
    let mut task = advised(new, "three-benefit", 300);
    let Task::Advise { granted, .. } = &mut task else { panic!() };
    granted[0].version = 999;
    till.answer(task);
    assert_eq!(till.sell("three", 1)["outcome"], "declined", "the limit is used up");
}

pub(crate) fn a_grantor_is_not_liable_for_what_its_rule_does_not_cover(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    let Task::Authorize(new) = till.sale(new_id(), "sale", "nothing", 1) else { panic!() };
    let foreign = till.answer(advised(new, "three-benefit", 100));
    assert_eq!(over_granted(&foreign), [(0, 100)], "another product's benefit");
    assert_eq!(till.sell("three", 3)["payable"], 0, "and its limit is not charged");
}

pub(crate) fn what_was_declined_and_sold_all_the_same_is_recorded(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    till.sell("three", 3);
    let id = new_id();
    assert_eq!(till.answer(till.sale(id, "sale", "three", 1))["outcome"], "declined");
    let recorded = till.answer(advice(&till, id, "three", 1, 100));
    assert_eq!((&recorded["state"], over_granted(&recorded)), (&json!("captured"), vec![(100, 0)]));
    assert_eq!(till.answer(advice(&till, id, "three", 1, 100)), recorded);
}

/// As an engine that stood in sold it and died with its answer, while another one was asked.
pub(crate) fn what_was_sold_alone_and_declined_elsewhere_is_sold(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    till.sell("three", 3);
    let id = new_id();
    assert_eq!(till.answer(till.sale(id, "sale", "three", 1))["outcome"], "declined");
    let authorization = Some(new_id());
    let sold = |id: Uuid| {
        let Task::Advise { new, granted, device_time, device_sequence, .. } = advice(&till, id, "three", 1, 100) else {
            panic!()
        };
        let body = json!({"outcome": "approved", "request_id": id}).to_string().into_bytes();
        till.answer(Task::Advise {
            new,
            granted,
            device_time,
            device_sequence,
            told: Some(OfflineAnswer { authorization, body }),
        })
    };
    assert_eq!(sold(id), json!({"outcome": "approved", "request_id": id}));
    assert_eq!(till.answer(till.sale(id, "sale", "three", 1))["outcome"], "approved", "a repeat, wherever it comes");
    assert_eq!(sold(id)["outcome"], "approved", "handed in again it is a repeat");

    let given_up = new_id();
    assert_eq!(till.answer(till.sale(given_up, "sale", "three", 1))["outcome"], "declined");
    till.answer(reversal(given_up));
    assert_eq!(sold(given_up)["outcome"], "declined", "what the till reversed is not sold");
}

pub(crate) fn what_is_reversed_was_not_over_granted(adapter: &dyn Adapter) {
    let till = Till::new(adapter);
    till.sell("three", 3);
    for _ in 0..3 {
        let id = new_id();
        assert_eq!(over_granted(&till.answer(advice(&till, id, "three", 1, 100))), [(100, 0)]);
        till.answer(reversal(id));
    }
}
