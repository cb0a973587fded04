//! People through the control plane: a list that an editor imports and a card that a clerk blocks reach every till.

use avis_testing::eventually;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::plane::Plane;
use crate::program::{Folder, Server, import_demo};

/// What a regional ticket of 7.15 costs Anna now, by her card, and what the till may say of it.
fn price(server: &Server, key: &str) -> (i64, Value) {
    let quote = json!({"request_id": new_id(), "occurred_at": Timestamp::now(), "channel": "app", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}], "context": {"route_class": "regular"},
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
    let answer = server.quote(key, quote.to_string()).json();
    (answer["payable"].as_i64().unwrap_or_else(|| panic!("{answer}")), answer["main_reason"].clone())
}

#[test]
fn a_list_and_a_lost_card_reach_the_till_and_the_audit_tells_who_looked() {
    let files = Folder::new("people");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let server = Server::serve(&folder);
    let plane = Plane(&server);
    let (first, second) = plane.operators(&folder);
    let operators = (&*first, &*second);
    plane.party(&first, "lv-state", "grantor");
    plane.party(&first, "desk", "centre");
    plane.party(&first, "atd", "provider");
    let (editor, clerk) = (plane.joins(operators, "lv-state", "ed"), plane.joins(operators, "desk", "cl"));
    let provider = plane.joins(operators, "atd", "pr");
    let key = &plane.key(&provider, "people-app", "app", &["etalons"]);

    let (with_right, _) = price(&server, key);
    assert!(with_right < 715, "{with_right}");
    let list = |until: &str| format!("scheme,value,from,until\netalons,ANNA-0001,2019-05-01,{until}\n");
    let query = "kind=entitlements&group=goda-gimene&reason=monthly+list";
    let job = plane.import(&editor, query, &list("2026-01-31"));
    assert_eq!((&job["state"], &job["result"]["changed"]), (&json!("done"), &json!(1)), "{job}");
    eventually("the price without the right", || price(&server, key).0, |price| *price == 715);
    plane.import(&editor, query, &list("2030-05-01"));
    eventually("the price with the right again", || price(&server, key).0, |price| *price == with_right);

    let shown =
        json!({"scheme": "etalons", "value": "anna 0001", "reason": {"code": "by_phone", "text": "lost the card"}});
    let found = plane.done(&clerk, "/people/find", None, &shown);
    let person = format!("/people/{}", found["handle"].as_str().unwrap());
    let means = plane.read(&clerk, &format!("{person}/means"));
    let cards = means["items"].as_array().unwrap();
    let card = cards.iter().find(|means| means["scheme"] == "etalons").unwrap();
    let block = format!("{person}/means/{}/block", card["id"].as_str().unwrap());
    assert_eq!(plane.done(&clerk, &block, None, &Value::Null)["state"], "blocked");
    let refused = eventually("a card that is refused", || price(&server, key), |(price, _)| *price == 715);
    assert_eq!(refused.1["code"].as_str().or(refused.1.as_str()), Some("identifier_blocked"));
    let accesses = plane.read(&clerk, &format!("{person}/accesses"));
    let told: Vec<_> =
        accesses["items"].as_array().unwrap().iter().map(|access| access["action"].as_str().unwrap()).collect();
    assert_eq!(told[..4], ["person_accesses_read", "means_blocked", "person_means_read", "person_found"]);
}
