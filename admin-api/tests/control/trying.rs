//! Deciding requests of invented holders.

use avis_admin::control::Role;
use serde_json::{Value, json};

use crate::office::{Office, cases, content};
use crate::world::run;

/// A ticket for a senior who shows a card, both invented.
fn asked(provider: &str, price: i64) -> Value {
    json!({"provider": provider,
        "request": {"occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
            "identifiers": [{"scheme": "card", "value": "INVENTED-1"}],
            "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": price}]},
        "holder": {"holder": "somebody", "entitlements": [{"group": "seniors", "from": "2020-01-01"}],
            "identifiers": [{"scheme": "card", "value": "INVENTED-1"}]}})
}

#[test]
fn a_request_is_decided_as_it_is_now_and_with_a_draft() {
    run(async {
        let office = Office::open("try").await;
        let mut seniors = content(5000);
        seniors["when"] = json!({"member_of": {"groups": ["seniors"]}});
        let first = office.approved(&seniors, &json!([]), None).await;
        office.publish(&first).await.is_done();
        let post = |by: &str, body: Value| office.world.post("/decide").by(by).json(&body).send();
        let decided = post(&office.editor, asked("bus", 200)).await;
        decided.is_done();
        let answer = decided.json();
        assert_eq!((&answer["now"]["payable"], &answer["then"]), (&json!(100), &Value::Null));
        assert_eq!(answer["now"]["trace"]["candidates"][0]["benefit"], "rides", "{answer}");
        assert!(!decided.text.contains("INVENTED"), "{decided:?}");
        seniors["effect"] = json!({"percent": {"rate": 7500}});
        let draft = office.drafted(&seniors, &json!([]), Some(1)).await;
        let mut with_draft = asked("bus", 200);
        with_draft["draft"] = draft["id"].clone();
        let answer = post(&office.editor, with_draft.clone()).await.json();
        assert_eq!((&answer["now"]["payable"], &answer["then"]["payable"]), (&json!(100), &json!(50)));
        let turn = &answer["then"]["trace"]["turns"][0];
        assert_eq!((&turn["version"], &turn["turn"]), (&json!(2), &json!("applied")), "{answer}");
        // Nothing was recorded, and nothing is remembered of it.
        assert_eq!(post(&office.editor, with_draft.clone()).await.json(), answer);
        let town = office.world.user(&office.operator, "town", Role::Editor).await;
        let others = post(&town, with_draft).await;
        assert!(others.status == 422 && others.text.contains("/draft"), "{others:?}");
    });
}

#[test]
fn a_provider_tries_its_own_tills_and_is_told_no_reasons_of_others() {
    run(async {
        let office = Office::open("try-provider").await;
        let first = office.approved(&content(5000), &cases(100), None).await;
        office.publish(&first).await.is_done();
        let bus = office.world.user(&office.operator, "bus", Role::Provider).await;
        let post = |by: &str, body: Value| office.world.post("/decide").by(by).json(&body).send();
        let own = post(&bus, asked("bus", 200)).await.json();
        assert_eq!((&own["now"]["payable"], &own["now"]["trace"]), (&json!(100), &Value::Null));
        post(&bus, asked("tram", 200)).await.is(403, "not_yours");
        post(&office.operator, asked("bus", 200)).await.is(403, "not_your_role");
    });
}

#[test]
fn what_can_not_be_decided_is_told_by_its_place() {
    run(async {
        let office = Office::open("try-faults").await;
        let with = |change: &dyn Fn(&mut Value)| {
            let mut body = asked("bus", 200);
            change(&mut body);
            office.world.post("/decide").by(&office.editor).json(&body).send()
        };
        let told = |answered: crate::world::Answered, place: &str| {
            answered.is(422, "invalid");
            assert!(answered.text.contains(&format!("\"{place}\"")), "{place}: {answered:?}");
        };
        told(with(&|body| body["provider"] = json!("nobody")).await, "/provider");
        told(with(&|body| body["request"]["lines"][0]["quantity"] = json!(0)).await, "/request/lines/0/quantity");
        told(with(&|body| body["request"]["currency"] = json!("USD")).await, "/request/currency");
        told(with(&|body| body["request"]["colour"] = json!("red")).await, "/request/colour");
        told(with(&|body| body["holder"]["birth_date"] = json!("yesterday")).await, "/holder/birth_date");
        let operation = json!({"request_id": "0190f6a2-0000-7000-8000-000000000009", "operation": "void"});
        assert_eq!(with(&|body| body["request"] = operation.clone()).await.status, 422);
    });
}
