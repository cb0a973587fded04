//! Sales and what follows them, over a real socket.

use serde_json::{Value, json};

use crate::program::{Answer, Server};

const DESK: &str = "avis_demo_atd_desk";
const APP: &str = "avis_demo_atd_app";
const SERVICE_DESK: &str = "avis_demo_atd_service_desk";

fn id(number: u32) -> String {
    format!("0190f6a2-5000-7000-8000-{number:012}")
}

/// Two of Anna's tickets in the app, for half the price.
fn sale(number: u32, mode: &str) -> Value {
    json!({
        "request_id": id(number), "mode": mode, "occurred_at": "2026-11-18T08:12:00+02:00", "channel": "app",
        "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 2, "unit_price": 715}],
    })
}

fn authorize(server: &Server, request: &Value) -> Answer {
    server.send(APP, "/v1/authorizations", request.to_string())
}

fn authorized(server: &Server, number: u32, mode: &str) -> (String, Value) {
    let answer = authorize(server, &sale(number, mode));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    (format!("/v1/authorizations/{}", answer["authorization_id"].as_str().unwrap()), answer)
}

fn operate(server: &Server, path: &str, body: &Value) -> Answer {
    server.send(APP, path, body.to_string())
}

#[test]
fn a_sale_is_captured_at_once_and_a_repeat_has_the_same_bytes() {
    let server = Server::start();
    let first = authorize(&server, &sale(1, "sale"));
    let answer = first.json();
    assert_eq!((&answer["outcome"], &answer["state"]), (&json!("approved"), &json!("captured")));
    assert_eq!((&answer["gross"], &answer["discount"], &answer["payable"]), (&json!(1430), &json!(716), &json!(714)));
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = authorize(&server, &sale(1, "sale"));
    assert_eq!((again.status, &again.text, again.header("idempotent-replayed")), (200, &first.text, "true"));
    let other = authorize(&server, &sale(1, "hold"));
    assert_eq!((other.status, &other.json()["code"]), (409, &json!("request_id_reused")));
    let read = server.read(APP, &format!("/v1/requests/{}", id(1))).json();
    assert_eq!((&read["authorization_id"], &read["history"]), (&answer["authorization_id"], &json!([])));
}

/// Cards of two people: whose counts is said by a quote, a sale, and whatever is read of it later; also where all of it is free.
#[test]
fn whose_card_counts_is_said_where_cards_of_two_people_come() {
    let server = Server::start();
    let cards =
        |values: &[&str]| values.iter().map(|value| json!({"scheme": "etalons", "value": value})).collect::<Value>();
    let with = |number: u32, values: &[&str]| {
        let mut request = sale(number, "sale");
        request["identifiers"] = cards(values);
        request
    };
    let mixed = with(1, &["NOBODY-0", "ANNA-0001", "KARLIS-0002"]);
    let quoted = server.quote(APP, mixed.to_string()).json();
    assert_eq!((&quoted["named_by"], &quoted["main_reason"]), (&json!(1), &json!("identifier_unknown")));
    let sold = authorize(&server, &mixed).json();
    assert_eq!((&sold["named_by"], &sold["payable"]), (&json!(1), &json!(714)), "Anna's");
    let path = format!("/v1/authorizations/{}", sold["authorization_id"].as_str().unwrap());
    assert_eq!(server.read(APP, &path).json()["named_by"], 1);
    let refunded = operate(&server, &format!("{path}/refunds"), &json!({"request_id": id(2)})).json();
    assert_eq!(refunded["named_by"], 1);
    assert_eq!(server.quote(APP, with(3, &["KARLIS-0002", "ANNA-0001"]).to_string()).json()["named_by"], 0);
    for alone in [&["ANNA-0001"][..], &["ANNA-0001", "ANNA-0001"], &["NOBODY-0", "ANNA-0001"], &["NOBODY-0"]] {
        let answer = server.quote(APP, with(4, alone).to_string()).json();
        assert_eq!(answer.get("named_by"), None, "{alone:?}");
    }
}

#[test]
fn a_hold_is_captured_refunded_by_units_and_read_back() {
    let server = Server::start();
    let (path, hold) = authorized(&server, 1, "hold");
    assert_eq!(hold["state"], "held");
    assert!(hold["expires_at"].is_string());
    let captured = operate(&server, &format!("{path}/capture"), &json!({"request_id": id(2)})).json();
    assert_eq!((&captured["state"], &captured["operation"]["lines"][0]["gross"]), (&json!("captured"), &json!(1430)));
    let one = json!({"request_id": id(3), "lines": [{"line_id": "1", "units": 1}], "reason": "missed the bus"});
    let refunded = operate(&server, &format!("{path}/refunds"), &one).json();
    let line = &refunded["operation"]["lines"][0];
    assert_eq!(refunded["state"], "partly_refunded");
    assert_eq!(
        (&line["gross"], &line["payable"], &line["funding"]),
        (&json!(715), &json!(357), &json!([{"payer": "lv-state", "amount": 358}]))
    );
    let refused = operate(&server, &format!("{path}/void"), &json!({"request_id": id(4)}));
    let problem = refused.json();
    assert_eq!(
        (refused.status, &problem["code"], &problem["state"]),
        (409, &json!("not_in_state"), &json!("partly_refunded"))
    );
    let read = server.read(APP, &path).json();
    let kinds: Vec<_> = read["history"].as_array().unwrap().iter().map(|done| done["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["capture", "refund"]);
    assert_eq!(read["history"][1]["reason"], "missed the bus");
    assert_eq!(read["lines"][0]["left"], json!({"units": 1, "payable": 357, "due": 357, "discount": 358}));
}

#[test]
fn a_repeat_of_what_was_reversed_has_the_old_bytes_and_says_that_they_stand_no_more() {
    let server = Server::start();
    let first = authorize(&server, &sale(1, "sale"));
    assert_eq!(authorize(&server, &sale(1, "sale")).header("avis-standing"), "");
    let reversal = json!({"request_id": id(2), "original_request_id": id(1), "reason": "no answer"});
    assert_eq!(operate(&server, "/v1/reversals", &reversal).header("avis-standing"), "");
    let again = authorize(&server, &sale(1, "sale"));
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!((again.header("idempotent-replayed"), again.header("avis-standing")), ("true", "reversed"));
    // An upload has no header of its own for each record.
    let record = json!({"request": sale(3, "sale"), "device_time": "2026-11-18T08:12:03+02:00", "device_sequence": 1});
    let upload = || operate(&server, "/v1/advices", &json!({"records": [&record]})).json()["records"][0].clone();
    let sold = upload();
    assert_eq!((&sold["status"], sold.get("standing")), (&json!(200), None), "{sold}");
    let reversal = json!({"request_id": id(4), "original_request_id": id(3), "reason": "no answer"});
    operate(&server, "/v1/reversals", &reversal);
    let again = upload();
    assert_eq!((&again["body"], &again["standing"]), (&sold["body"], &json!("reversed")));
}

#[test]
fn a_reversal_undoes_a_sale_and_one_that_never_came() {
    let server = Server::start();
    authorized(&server, 1, "sale");
    let reverse = |number: u32, original: u32| {
        let body = json!({"request_id": id(number), "original_request_id": id(original), "reason": "no answer"});
        operate(&server, "/v1/reversals", &body).json()
    };
    let reversed = reverse(2, 1);
    assert_eq!((&reversed["state"], &reversed["operation"]["result"]), (&json!("reversed"), &json!("reversed")));
    assert_eq!(reverse(3, 1)["operation"]["result"], "already_reversed");
    assert_eq!(reverse(4, 9)["operation"]["result"], "reversed");
    let late = authorize(&server, &sale(9, "sale")).json();
    assert_eq!((&late["outcome"], &late["authorization_id"]), (&json!("reversed"), &Value::Null));
}

#[test]
fn what_is_declined_is_answered_the_same_again_and_opens_nothing() {
    let server = Server::start();
    let mut request = sale(1, "sale");
    request["identifiers"] = json!([]);
    let declined = authorize(&server, &request);
    let answer = declined.json();
    assert_eq!(
        (&answer["outcome"], &answer["authorization_id"], &answer["state"]),
        (&json!("declined"), &Value::Null, &Value::Null)
    );
    assert_eq!(authorize(&server, &request).text, declined.text);
}

#[test]
fn a_limit_is_exact_in_quotes_too() {
    let server = Server::start();
    let velta = |number: u32, units: u32| {
        json!({
            "request_id": id(number), "occurred_at": "2026-11-18T09:30:00+02:00", "channel": "conductor", "currency": "EUR",
            "identifiers": [{"scheme": "resident-card", "value": "VELTA-0004"}],
            "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": units, "unit_price": 85}],
        })
        .to_string()
    };
    let key = "avis_demo_jelgava_bus";
    assert_eq!(server.send(key, "/v1/authorizations", velta(1, 19)).json()["payable"], 0);
    let quote = server.quote(key, velta(2, 2)).json();
    assert_eq!((&quote["payable"], &quote["usage"]), (&json!(85), &json!("exact")));
    assert_eq!(server.quote(key, velta(2, 2)).json()["payable"], 85, "a quote consumes nothing");
}

#[test]
fn only_a_credential_of_that_scope_is_told_why() {
    let server = Server::start();
    let (path, _) = authorized(&server, 1, "sale");
    let explain = format!("{path}/explain");
    let refused = server.read(APP, &explain);
    assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("out_of_scope")));
    let told = server.read(SERVICE_DESK, &explain);
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.json()["payable"], 714);
    assert!(told.text.contains("goda-gimene") && !told.text.contains("ANNA-0001"), "{}", told.text);
    let now = server.send(SERVICE_DESK, "/v1/explain", sale(2, "sale").to_string());
    assert_eq!(now.json()["trace"]["holder"], "h-anna");
    let said = &now.json()["explanation"];
    assert!(said["en"].as_str().unwrap().starts_with("h-anna pays €7.14 of €14.30: "), "{said}");
    assert!(said["lv"].as_str().unwrap().starts_with("h-anna maksā 7,14\u{a0}€ no 14,30\u{a0}€: "), "{said}");
    let sells = server.send(SERVICE_DESK, "/v1/authorizations", sale(3, "sale").to_string());
    assert_eq!((sells.status, &sells.json()["code"]), (403, &json!("out_of_scope")));
}

#[test]
fn another_providers_records_are_as_good_as_none() {
    let server = Server::start();
    let (path, _) = authorized(&server, 1, "sale");
    let other = "avis_demo_vivi_conductor";
    assert_eq!(server.read(other, &path).status, 404);
    assert_eq!(server.read(other, &format!("/v1/requests/{}", id(1))).status, 404);
    for operation in ["capture", "void", "refunds"] {
        let answer = server.send(other, &format!("{path}/{operation}"), json!({"request_id": id(2)}).to_string());
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("no_such_record")), "{operation}");
    }
    assert_eq!(server.read(APP, "/v1/authorizations/nothing").status, 404);
    assert_eq!(server.read("avis_demo_of_nobody_at_all", &path).status, 401);
}

#[test]
fn bad_bodies_are_refused_with_a_pointer_and_change_nothing() {
    let server = Server::start();
    let (path, _) = authorized(&server, 1, "sale");
    let before = server.read(APP, &path).text;
    let refunds = format!("{path}/refunds");
    for (path, body, pointer) in [
        (&refunds, json!({}), "/request_id"),
        (&refunds, json!({"request_id": id(2), "lines": [{"line_id": "1", "units": 3}]}), "/lines/0/units"),
        (&refunds, json!({"request_id": id(2), "lines": [{"line_id": "7", "units": 1}]}), "/lines/0/line_id"),
        (&refunds, json!({"request_id": id(2), "lines": [{"line_id": "1", "units": 0}]}), "/lines/0/units"),
        (&format!("{path}/void"), json!({"request_id": id(2), "lines": []}), "/lines"),
        (&"/v1/reversals".to_owned(), json!({"request_id": id(2), "reason": "r"}), "/original_request_id"),
    ] {
        let answer = operate(&server, path, &body);
        assert_eq!((answer.status, answer.json()["pointer"].as_str()), (422, Some(pointer)), "{}", answer.text);
    }
    assert_eq!(server.read(APP, &path).text, before);
}

#[test]
fn a_terminal_that_tries_cards_is_slowed_down() {
    let server = Server::start();
    let guess = |number: u32| {
        let mut request = sale(number, "sale");
        request["identifiers"] = json!([{"scheme": "etalons", "value": format!("GUESS-{number}")}]);
        server.quote(APP, request.to_string())
    };
    let refused = (0..200).map(guess).find(|answer| answer.status != 200).expect("it is slowed down");
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!("too_many_unknown")));
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    assert_eq!(server.quote(APP, sale(1, "sale").to_string()).status, 200, "who is known is not held up");
    assert_eq!(server.quote(DESK, sale(1, "sale").to_string().replace("app", "desk")).status, 200);
}

#[test]
fn what_was_sold_offline_is_uploaded_once_record_by_record() {
    let server = Server::start();
    let record = |number: u32, amount: i64| {
        json!({
            "request": sale(number, "sale"), "device_time": "2026-11-18T08:12:03+02:00", "device_sequence": number,
            "granted": [{"line_id": "1", "benefit": "lv-goda-gimene", "version": 4, "amount": amount}],
        })
    };
    let mut broken = record(3, 1);
    broken["request"]["lines"] = json!([]);
    // Half of each 715 is due, 716; the rule's offline caps let the grantor bear the rest of the second.
    let upload = json!({"records": [record(1, 715), record(2, 1430), broken, record(4, 9999)]});
    let first = server.send(APP, "/v1/advices", upload.to_string());
    let answers = first.json();
    let statuses: Vec<_> =
        answers["records"].as_array().unwrap().iter().map(|record| record["status"].as_u64().unwrap()).collect();
    assert_eq!((first.status, statuses), (200, vec![200, 200, 422, 422]));
    let body = |place: usize| &answers["records"][place]["body"];
    assert_eq!((&body(0)["payable"], &body(0)["advice"]["over_granted"]), (&json!(715), &json!([])));
    assert_eq!((&body(1)["payable"], &body(1)["advice"]["over_granted"][0]["grantor"]), (&json!(0), &json!(714)));
    assert_eq!(body(2)["pointer"], "/request/lines");
    assert_eq!(body(3)["pointer"], "/granted/0/amount");
    assert_eq!(server.send(APP, "/v1/advices", upload.to_string()).text, first.text, "each record counts once");
    let too_many = json!({"records": vec![json!({}); 501]});
    let refused = server.send(APP, "/v1/advices", too_many.to_string());
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/records")));
}

#[test]
fn an_upload_comes_whole_and_then_a_terminal_that_tries_cards_waits() {
    let server = Server::start();
    let record = |number: u32| {
        let mut request = sale(number, "sale");
        request["identifiers"] = json!([{"scheme": "etalons", "value": format!("GUESS-{number}")}]);
        json!({"request": request, "device_time": "2026-11-18T08:12:03+02:00", "device_sequence": number})
    };
    let upload = json!({"records": (0..200).map(record).collect::<Vec<_>>()}).to_string();
    let answers = server.send(APP, "/v1/advices", &upload).json();
    assert!(answers["records"].as_array().unwrap().iter().all(|record| record["status"] == 200));
    let refused = server.send(APP, "/v1/advices", &upload);
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!("too_many_unknown")));
}
