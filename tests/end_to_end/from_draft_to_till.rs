//! A rule reaches every till without a shell on the server: a grantor is invited, drafts, approves with four eyes, publishes, and stops.

use avis_testing::eventually;
use serde_json::json;

use crate::deployment::new_id;
use crate::plane::Plane;
use crate::program::{Folder, Server, import_demo};

/// What a boat of 10.00 costs at a terminal of the carrier.
fn price(server: &Server, key: &str) -> i64 {
    let quote = json!({"request_id": new_id(), "occurred_at": "2026-11-18T08:12:00+02:00",
        "channel": "desk", "currency": "EUR", "lines": [{"line_id": "1", "product": "kuldiga.boat", "quantity": 1, "unit_price": 1000}]});
    server.quote(key, quote.to_string()).json()["payable"].as_i64().unwrap()
}

#[test]
fn a_grantor_drafts_approves_publishes_and_stops_and_the_till_sees_each_step() {
    let files = Folder::new("from-draft-to-till");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let server = Server::serve(&folder);
    let plane = Plane(&server);
    let (first, second) = plane.operators(&folder);
    plane.party(&first, "kuldiga", "grantor");
    let editor = plane.joins((&first, &second), "kuldiga", "ed");
    let approver = plane.joins((&first, &second), "kuldiga", "ap");

    // The carrier makes a terminal of its own, and its key is taken within a moment.
    plane.party(&first, "atd", "provider");
    let provider = plane.joins((&first, &second), "atd", "pr");
    let key = &plane.key(&provider, "kuldiga-desk", "desk", &[]);

    assert_eq!(price(&server, key), 1000);
    let content = json!({"name": {"lv": "Laiva", "en": "Boat"}, "valid": {"from": "2026-01-01"}, "priority": 10,
        "scope": {"providers": {"codes": ["atd"]}, "products": ["kuldiga.boat"]}, "effect": {"percent": {"rate": 5000}}});
    let body = json!({"code": "kuldiga-boat", "content": content, "cases": []});
    let draft = plane.done(&editor, "/drafts", None, &body);
    let path = |step: &str| format!("/drafts/{}/{step}", draft["id"].as_str().unwrap());
    let hash = json!({"content_hash": draft["content_hash"]});
    plane.done(&editor, &path("submit"), Some(&json!(1)), &hash);
    let (status, refused) = plane.post(&editor, &path("approve"), Some(&json!(2)), &hash);
    assert_eq!((status, &refused["code"]), (403, &json!("not_your_role")));
    plane.done(&approver, &path("approve"), Some(&json!(2)), &hash);
    assert_eq!(price(&server, key), 1000, "what is approved is not in force");
    let published = plane.done(&approver, &path("publish"), Some(&json!(3)), &json!({"reason": "decided"}));
    assert_eq!(published["version"], 1);
    eventually("the price of the benefit", || price(&server, key), |price| *price == 500);
    plane.done(
        &approver,
        "/benefits/kuldiga-boat/suspend",
        None,
        &json!({"reason": "a mistake", "from": "2026-01-01T00:00:00Z"}),
    );
    eventually("the price without it", || price(&server, key), |price| *price == 1000);
}
