//! `POST /v1/quote` and what stands around it, over a real socket.

use serde_json::{Value, json};

use crate::program::{Answer, Server};

const DESK: &str = "avis_demo_atd_desk";

fn request() -> Value {
    json!({
        "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "mode": "sale", "occurred_at": "2026-11-18T08:12:00+02:00",
        "channel": "desk", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "anna 0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
}

fn with(pointer: &str, value: Value) -> String {
    let mut request = request();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    request.pointer_mut(parent).unwrap()[field] = value;
    request.to_string()
}

/// A problem says what it is, carries its code, and never what was sent.
fn check_problem(answer: &Answer, status: u16, code: &str, pointer: Option<&str>) {
    let problem = answer.json();
    assert_eq!((answer.status, problem["status"].as_u64()), (status, Some(status.into())), "{problem}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!((problem["code"].as_str(), problem["pointer"].as_str()), (Some(code), pointer), "{problem}");
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    assert!(!answer.text.to_lowercase().contains("anna"), "{problem}");
}

#[test]
fn a_quote_answers_who_pays_each_cent_and_promises_no_limit() {
    let server = Server::start();
    let answer = server.quote(DESK, request().to_string());
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let answer = answer.json();
    let line = &answer["lines"][0];
    assert_eq!(answer["request_id"], request()["request_id"]);
    assert_eq!(
        (&answer["outcome"], &answer["usage"], &answer["stale"]),
        (&json!("approved"), &json!("exact"), &json!(false))
    );
    assert_eq!((&answer["gross"], &answer["discount"], &answer["payable"]), (&json!(715), &json!(715), &json!(0)));
    let discount = &line["discounts"][0];
    assert_eq!((&discount["benefit"], &discount["amount"]), (&json!("lv-goda-gimene-free-day"), &json!(715)));
    assert_eq!(discount["funding"], json!([{"payer": "lv-state", "amount": 715}]));
    assert!(discount["public_name"]["lv"].is_string() && discount["public_name"]["en"].is_string());
}

#[test]
fn a_quote_consumes_nothing_and_repeats_to_the_byte() {
    let server = Server::start();
    let quote = || server.quote(DESK, request().to_string()).text;
    assert_eq!(quote(), quote());
}

#[test]
fn nobody_recognised_is_declined_with_neutral_reasons() {
    let server = Server::start();
    let answer = server.quote(DESK, with("/identifiers", json!([{"scheme": "etalons", "value": "nobody"}])));
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    assert_eq!((&answer["outcome"], &answer["payable"]), (&json!("declined"), &json!(715)));
    assert!(answer["reasons"].as_array().unwrap().contains(&json!("identifier_unknown")), "{answer}");
}

#[test]
fn only_a_terminal_that_is_known_may_ask() {
    let server = Server::start();
    let body = request().to_string();
    for headers in [
        &[][..],
        &[("authorization", "Bearer avis_demo_of_nobody_at_all")],
        &[("authorization", "Bearer ")],
        &[("authorization", "Basic YXZpczphdmlz")],
        &[("authorization", DESK)],
    ] {
        let answer = server.post("/v1/quote", headers, &body);
        check_problem(&answer, 401, "unauthorized", None);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[test]
fn a_terminal_may_use_its_own_channels_and_schemes_only() {
    let server = Server::start();
    check_problem(&server.quote(DESK, with("/channel", json!("app"))), 403, "not_allowed", Some("/channel"));
    let other =
        with("/identifiers", json!([{"scheme": "etalons", "value": "anna0001"}, {"scheme": "palm", "value": "anna"}]));
    check_problem(&server.quote(DESK, other), 403, "not_allowed", Some("/identifiers/1/scheme"));
}

#[test]
fn a_body_that_is_no_request_is_refused_with_a_pointer() {
    let server = Server::start();
    for (body, pointer) in [
        (String::new(), ""),
        ("{\"request_id\": ".into(), ""),
        ("[".repeat(100_000), ""),
        (with("/lines/0/quantity", json!(-1)), "/lines/0/quantity"),
        (with("/lines/0/unit_price", json!(1_000_000_000_001_i64)), "/lines/0/unit_price"),
        (with("/lines/0/unit_price", json!(1e30)), "/lines/0/unit_price"),
        (with("/lines/0/unit_price", json!(7.15)), "/lines/0/unit_price"),
        (with("/colour", json!("red")), "/colour"),
        (with("/currency", json!("USD")), "/currency"),
        (with("/channel", json!("x".repeat(100_000))), "/channel"),
        (with("/lines", json!([])), "/lines"),
        (with("/identifiers", json!([{"anna": "etalons"}])), "/identifiers/0/scheme"),
        (request().to_string().replacen('{', "{\"currency\": \"EUR\", ", 1), ""),
    ] {
        check_problem(&server.quote(DESK, body), 422, "invalid_request", Some(pointer));
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let server = Server::start();
    let mut request = request();
    request["lines"][0]["quantity"] = json!(0);
    request["lines"][0]["colour"] = json!("red");
    let problem = server.quote(DESK, request.to_string()).json();
    let pointers: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/lines/0/quantity", "/lines/0/colour"]);
}

#[test]
fn bodies_are_bounded_and_must_be_json() {
    let server = Server::start();
    let most = avis_core::limits::REQUEST_BYTES_MAX;
    check_problem(&server.quote(DESK, " ".repeat(most + 1)), 413, "body_too_large", None);
    let bearer = format!("Bearer {DESK}");
    for content_type in ["text/plain", "application/jsonx", "application/x-www-form-urlencoded"] {
        let headers = [("authorization", bearer.as_str()), ("content-type", content_type)];
        check_problem(&server.post("/v1/quote", &headers, request().to_string()), 415, "not_json", None);
    }
    let padded = format!("{}{}", request(), " ".repeat(most - request().to_string().len()));
    assert_eq!(server.quote(DESK, padded).status, 200, "a body of the most bytes is taken");
}

#[test]
fn data_that_is_newer_than_here_is_not_made_up() {
    let server = Server::start();
    assert_eq!(server.quote(DESK, with("/min_revision", json!(3))).status, 200);
    let answer = server.quote(DESK, with("/min_revision", json!(4)));
    check_problem(&answer, 503, "stale_data", Some("/min_revision"));
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
}

#[test]
fn unknown_paths_and_methods_tell_what_there_is() {
    let server = Server::start();
    let answer = server.get("/v1/quotes");
    check_problem(&answer, 404, "no_such_path", None);
    assert!(answer.text.contains("POST /v1/quote"), "{}", answer.text);
    let answer = server.get("/v1/quote");
    check_problem(&answer, 405, "wrong_method", None);
    assert_eq!(answer.header("allow"), "POST");
}

#[test]
fn health_and_metrics_answer_without_a_credential_and_name_nobody() {
    let server = Server::start();
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    server.quote(DESK, request().to_string());
    let metrics = server.get("/metrics").text;
    for metric in
        ["avis_requests_total{operation=\"quote\",result=\"answered\"}", "avis_quote_seconds_bucket", "avis_holders "]
    {
        assert!(metrics.contains(metric), "{metric} in\n{metrics}");
    }
    assert!(!metrics.to_lowercase().contains("anna") && !metrics.contains(DESK));
}
