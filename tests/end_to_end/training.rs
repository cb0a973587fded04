//! Terminals that train: they sell as others do, and nothing of it is real.

use serde_json::{Value, json};

use crate::program::{Answer, Folder, Server, avis};

/// A real terminal of the same provider.
const REAL: &str = "avis_demo_jelgava_bus";

fn id(number: u32) -> String {
    format!("0190f6a2-7000-7000-8000-{number:012}")
}

/// Bus trips of Velta's, of which 20 a month are free, on a day that is past.
fn trips(number: u32, units: u32) -> String {
    json!({
        "request_id": id(number), "occurred_at": "2026-11-18T09:30:00+02:00", "channel": "conductor", "currency": "EUR",
        "identifiers": [{"scheme": "resident-card", "value": "VELTA-0004"}],
        "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": units, "unit_price": 85}],
    })
    .to_string()
}

fn create(folder: &str, code: &str, scopes: &str) -> crate::program::Ran {
    let terminal =
        ["create", code, "--provider", "jelgava-bus", "--channels", "conductor", "--schemes", "resident-card"];
    avis(&[&["key", "--folder", folder], &terminal[..], &["--scopes", scopes]].concat())
}

/// A terminal that trains, once the engine knows it.
fn trainee(server: &Server, folder: &str) -> String {
    let made = create(folder, "bus-school", "train");
    assert_eq!(made.code, 0, "{}", made.err);
    let key = made.out.trim().to_owned();
    let first = || server.read(&key, "/v1/terminal");
    let told = avis_testing::eventually("the terminal that trains", first, |answer| answer.status == 200);
    let is_told = (told.json()["scopes"].clone(), told.json()["training"].clone());
    assert_eq!(is_told, (json!(["train"]), json!(true)), "{}", told.text);
    key
}

/// What an answer to a terminal that trains says, having made itself known as one.
fn known(answer: &Answer, status: u16) -> Value {
    assert_eq!((answer.status, answer.header("avis-training")), (status, "true"), "{}", answer.text);
    answer.json()
}

#[test]
fn what_is_sold_in_training_uses_up_its_limit_there_and_is_nothing_to_real_terminals() {
    let folder = format!("{}/avis", Folder::new("training").path());
    let server = Server::serve(&folder);
    let key = trainee(&server, &folder);
    let late = server.send(REAL, "/v1/authorizations", trips(1, 20));
    assert_eq!(
        (late.status, late.header("avis-training")),
        (422, ""),
        "a real sale takes place about now: {}",
        late.text
    );

    let sold = known(&server.send(&key, "/v1/authorizations", trips(1, 20)), 200);
    assert_eq!((&sold["state"], &sold["payable"]), (&json!("captured"), &json!(0)), "{sold}");
    let again = server.send(&key, "/v1/authorizations", trips(1, 20));
    assert_eq!((again.header("idempotent-replayed"), known(&again, 200)), ("true", sold.clone()));
    let more = known(&server.quote(&key, trips(2, 1)), 200);
    assert_eq!((&more["payable"], &more["usage"]), (&json!(85), &json!("exact")), "used up: {more}");
    let real = server.quote(REAL, trips(2, 20));
    assert_eq!((&real.json()["payable"], real.header("avis-training")), (&json!(0), ""), "untouched: {}", real.text);

    let path = format!("/v1/authorizations/{}", sold["authorization_id"].as_str().unwrap());
    assert_eq!(known(&server.read(&key, &path), 200)["lines"][0]["left"]["units"], 20);
    assert_eq!(server.read(REAL, &path).status, 404, "another ledger");
    let back = json!({"request_id": id(3), "lines": [{"line_id": "1", "units": 1}], "reason": "a lesson"});
    let refunds = format!("{path}/refunds");
    assert_eq!(server.send(REAL, &refunds, back.to_string()).status, 404);
    assert_eq!(known(&server.send(&key, &refunds, back.to_string()), 200)["state"], "partly_refunded");
    let kinds = &known(&server.read(&key, &path), 200)["history"];
    assert_eq!((kinds[0]["kind"].clone(), kinds[0]["reason"].clone()), (json!("refund"), json!("a lesson")));
    assert_eq!(known(&server.quote(&key, trips(4, 1)), 200)["payable"], 0, "given back");

    assert_eq!(known(&server.read(&key, &format!("{path}/explain")), 403)["code"], "out_of_scope");
    assert_eq!(known(&server.send(&key, "/v1/members", "{}"), 403)["code"], "out_of_scope");
    assert_eq!(known(&server.quote(&key, "{}"), 422)["code"], "invalid_request");
    let moved = avis(&["export", "--folder", &folder, "movements"]);
    assert_eq!((moved.code, &*moved.out), (0, ""), "{}", moved.err);
}

#[test]
fn what_was_sold_in_training_is_forgotten_when_the_engine_stops() {
    let folder = format!("{}/avis", Folder::new("training-forgotten").path());
    let server = Server::serve(&folder);
    let key = trainee(&server, &folder);
    let sold = known(&server.send(&key, "/v1/authorizations", trips(1, 20)), 200);
    server.stop();
    let server = Server::serve_as_it_is(&folder);
    let path = format!("/v1/authorizations/{}", sold["authorization_id"].as_str().unwrap());
    assert_eq!(known(&server.read(&key, &path), 404)["code"], "no_such_record");
    assert_eq!(known(&server.quote(&key, trips(2, 20)), 200)["payable"], 0);
}

#[test]
fn training_together_with_what_is_real_is_refused_and_makes_nothing() {
    let files = Folder::new("training-refused");
    let folder = format!("{}/avis", files.path());
    crate::program::import_demo(&folder);
    let before = avis(&["key", "--folder", &folder, "list"]).out;
    for real in ["enrol", "sell"] {
        let told =
            format!("`train` alone or with `explain`: what is for training changes nothing real, and `{real}` would");
        let refused = create(&folder, "bus-school", &format!("train,{real}"));
        assert!(refused.code != 0 && refused.err.contains(&told), "{}", refused.err);
        let terminal = json!({"terminal": "bus-school", "provider": "jelgava-bus", "channels": [], "schemes": [],
                              "scopes": ["train", real]});
        let file = files.write("terminals.json", &json!({"terminals": [terminal]}));
        let refused = avis(&["import", "--folder", &folder, "--terminals", &file]);
        assert!(refused.code != 0 && refused.err.contains("/terminals/0/scopes"), "{}", refused.err);
        assert!(refused.err.contains(&told), "{}", refused.err);
    }
    assert_eq!(avis(&["key", "--folder", &folder, "list"]).out, before);
}
