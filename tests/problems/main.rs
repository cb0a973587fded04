//! Every refusal that is published has a real request that provokes it, and every refusal that comes is published.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod stub;
mod world;

use std::collections::BTreeSet;

use avis_core::authorization::{Refusal, State};
use avis_core::{Person, Reading, Request, Totals, plan};
use avis_server::http::{Code, openapi_json};
use avis_store::{Digest, LedgerError, MovementsError, Refused, RulesRead, StoreError, Verdict};
use serde_json::{Value, json};

use stub::Fate;
use world::{Call, ENROLLER, EXPLAINER, GUESSER, SELLER, World, basket, rules};

const fn post(operation: &'static str, path: &'static str, key: &'static str) -> Call {
    Call { operation, method: "POST", path, key }
}

const fn get(operation: &'static str, path: &'static str, key: &'static str) -> Call {
    Call { operation, method: "GET", path, key }
}

const QUOTE: Call = post("quote", "/v1/quote", SELLER);
const AUTHORIZE: Call = post("authorize", "/v1/authorizations", SELLER);
const EXPLAIN: Call = post("explain", "/v1/explain", EXPLAINER);
const REVERSE: Call = post("reverse", "/v1/reversals", SELLER);
const ADVISE: Call = post("advise", "/v1/advices", SELLER);
const TERMINAL: Call = get("terminal", "/v1/terminal", SELLER);
const OFFLINE: Call = get("offline", "/v1/terminal/offline", SELLER);
const EXPLAIN_RECORD: Call = get("explain_authorization", "/v1/authorizations/{id}/explain", EXPLAINER);

const ENROLMENTS: [Call; 2] = [post("join", "/v1/members", ENROLLER), post("leave", "/v1/members/leave", ENROLLER)];

const TAP: Call = post("tap", "/v1/means", ENROLLER);

const DAYS: [Call; 2] =
    [post("close_day", "/v1/days/2020-01-01/close", SELLER), get("day", "/v1/days/2020-01-01", SELLER)];

const BASKETS: [Call; 3] = [QUOTE, AUTHORIZE, EXPLAIN];
const OPERATIONS: [Call; 3] = [
    post("capture", "/v1/authorizations/{id}/capture", SELLER),
    post("void", "/v1/authorizations/{id}/void", SELLER),
    post("refund", "/v1/authorizations/{id}/refunds", SELLER),
];
const READINGS: [Call; 3] = [
    get("authorization", "/v1/authorizations/{id}", SELLER),
    get("request", "/v1/requests/{id}", SELLER),
    EXPLAIN_RECORD,
];

fn with_body() -> impl Iterator<Item = Call> {
    BASKETS.into_iter().chain(OPERATIONS).chain(ENROLMENTS).chain([REVERSE, ADVISE, TAP, DAYS[0]])
}

/// What is recorded, with a body for it.
fn recorded() -> impl Iterator<Item = (Call, Value)> {
    let id = "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a12";
    let operations = OPERATIONS.map(|call| (call, json!({"request_id": id})));
    let other = "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a13";
    let reversal = (REVERSE, json!({"request_id": id, "original_request_id": other, "reason": "no answer"}));
    operations.into_iter().chain([(AUTHORIZE, basket()), reversal])
}

fn upload(request: &Value) -> Value {
    json!({"records": [{"request": request, "device_time": "2026-11-18T08:12:00Z", "device_sequence": 1, "granted": []}]})
}

fn with(field: &str, value: Value) -> Value {
    let mut basket = basket();
    basket[field] = value;
    basket
}

/// Operation and code of each refusal that is published.
fn published() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut published = BTreeSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        let id = operation["operationId"].as_str().unwrap();
        for response in operation["responses"].as_object().unwrap().values() {
            let Some(reference) = response["$ref"].as_str() else { continue };
            let response = document.pointer(&reference[1..]).unwrap();
            let codes = &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"];
            let codes = codes["enum"].as_array().unwrap().iter();
            published.extend(codes.map(|code| (id.to_owned(), code.as_str().unwrap().to_owned())));
        }
        let of_records = operation["x-record-problems"].as_array().into_iter().flatten();
        published.extend(of_records.map(|code| ("a record".to_owned(), code.as_str().unwrap().to_owned())));
    }
    published
}

#[test]
fn every_refusal_is_published_where_it_comes_and_comes_where_it_is_published() {
    let world = World::new();
    keys(&world);
    bodies(&world);
    baskets(&world);
    ledger(&world);
    records_of_uploads(&world);
    explanations(&world);
    enrolments(&world);
    taps(&world);
    days(&world);
    let (seen, published) = (world.seen(), published());
    let unpublished: Vec<_> = seen.difference(&published).collect();
    let never: Vec<_> = published.difference(&seen).collect();
    assert!(unpublished.is_empty() && never.is_empty(), "came unpublished: {unpublished:?}\nnever came: {never:?}");
    let elsewhere = [get("elsewhere", "/v1/nothing", SELLER), post("elsewhere", "/v1/terminal", SELLER)];
    elsewhere.iter().for_each(|call| drop(world.ask(*call, &json!({}))));
    let codes: BTreeSet<String> = world.seen().into_iter().map(|(_, code)| code).collect();
    let all: BTreeSet<String> = Code::ALL.iter().map(|code| code.word().to_owned()).collect();
    assert_eq!(codes, all, "each code has a request that provokes it");
}

fn keys(world: &World) {
    for call in with_body().chain(READINGS).chain([TERMINAL, OFFLINE, DAYS[1]]) {
        world.ask_as(call, "", "application/json", "{}");
        let other = if call.key == SELLER { EXPLAINER } else { SELLER };
        world.ask_as(call, other, "application/json", "{}");
    }
    for call in OPERATIONS.into_iter().chain(READINGS) {
        world.ask(Call { path: call.path.replace("{id}", "").leak(), ..call }, &json!({}));
    }
}

fn bodies(world: &World) {
    for call in with_body() {
        world.ask_as(call, call.key, "text/plain", "{}");
        world.ask_as(call, call.key, "application/json", &" ".repeat(256 * 1024 + 1));
        world.ask_as(call, call.key, "application/json", "{");
        world.ask_in_part(call, true);
    }
    std::thread::scope(|scope| {
        for call in with_body() {
            scope.spawn(move || world.ask_in_part(call, false));
        }
    });
}

fn baskets(world: &World) {
    let unknown = json!([{"scheme": "card", "value": "1"}, {"scheme": "card", "value": "2"}]);
    for call in BASKETS {
        world.ask(call, &with("channel", json!("bus")));
        world.ask(call, &with("min_revision", json!(9)));
        world.ask_as(call, GUESSER, "application/json", &with("identifiers", unknown.clone()).to_string());
    }
    world.ask_as(ADVISE, GUESSER, "application/json", &upload(&basket()).to_string());
    world.knows(None);
    for call in BASKETS {
        world.ask(call, &basket());
    }
    world.ask(OFFLINE, &json!({}));
    world.note_record(&world.ask(ADVISE, &upload(&basket())));
    world.knows(Some("EUR"));
}

fn errors() -> [LedgerError; 3] {
    [LedgerError::Overloaded, LedgerError::OutOfReach(String::new()), LedgerError::Failed(String::new())]
}

fn ledger(world: &World) {
    for (call, body) in recorded() {
        for error in errors() {
            world.stub.is_to(Fate { recording: Some(Err(error)), ..Fate::default() });
            world.ask(call, &body);
        }
        let mut refusals = vec![Refused::RequestIdReused];
        match call.operation {
            "authorize" => {}
            "reverse" => refusals.push(Refused::NotReversible),
            _ => refusals.extend([Refused::NoSuchAuthorization, Refusal::NotInState(State::Voided).into()]),
        }
        for refused in refusals {
            world.stub.is_to(Fate { recording: Some(Ok(Verdict::Refused(refused))), ..Fate::default() });
            world.ask(call, &body);
        }
    }
    for call in READINGS {
        for record in [Ok(None), Err(LedgerError::Failed(String::new()))] {
            world.stub.is_to(Fate { record: Some(record), ..Fate::default() });
            world.ask(call, &json!({}));
        }
    }
}

fn records_of_uploads(world: &World) {
    let send = |request: &Value| world.note_record(&world.ask(ADVISE, &upload(request)));
    send(&with("channel", json!("bus")));
    send(&with("currency", json!("SEK")));
    send(&with("redeem", json!([{"program": "p", "max": true}])));
    for error in errors() {
        world.stub.is_to(Fate { recording: Some(Err(error)), ..Fate::default() });
        send(&basket());
    }
    let refused = Verdict::Refused(Refused::RequestIdReused);
    world.stub.is_to(Fate { recording: Some(Ok(refused)), ..Fate::default() });
    send(&basket());
}

fn enrolments(world: &World) {
    let mut body = json!({"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a14", "program": "points",
                          "identifiers": [{"scheme": "card", "value": "1"}], "consent": "terms"});
    for call in ENROLMENTS {
        let with = |field: &str, value: Value| {
            let mut body = body.clone();
            body[field] = value;
            body
        };
        world.ask(call, &with("identifiers", json!([{"scheme": "eid", "value": "1"}])));
        world.knows(None);
        world.ask(call, &body);
        world.knows(Some("EUR"));
        world.stub.is_to(Fate { people: Some(StoreError::Busy), ..Fate::default() });
        world.ask(call, &body);
        world.stub.is_to(Fate { people: Some(StoreError::Doubtful(String::new())), ..Fate::default() });
        world.ask(call, &body);
        world.stub.is_to(Fate { answered: Some(r#"{"fingerprint": [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0], "answer": {
            "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a14", "program": "points", "member": true, "revision": 1}}"#), ..Fate::default() });
        world.ask(call, &body);
        let unknown = json!([{"scheme": "card", "value": "1"}, {"scheme": "card", "value": "2"}]);
        world.stub.is_to(Fate::default());
        world.ask_as(call, GUESSER, "application/json", &with("identifiers", unknown).to_string());
        body.as_object_mut().unwrap().remove("consent");
    }
}

fn taps(world: &World) {
    let body = json!({"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a16", "code": "ABCD-2345",
                      "identifiers": [{"scheme": "card", "value": "1"}]});
    let with = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    world.ask(TAP, &with("identifiers", json!([{"scheme": "eid", "value": "1"}])));
    for people in [StoreError::Busy, StoreError::Doubtful(String::new())] {
        let code = Some(r#"{"holder": "h-1", "label": null}"#);
        world.stub.is_to(Fate { people: Some(people), code, ..Fate::default() });
        world.ask(TAP, &body);
    }
    world.stub.is_to(Fate {
        answered: Some(
            r#"{"fingerprint": [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0], "answer": {
        "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a16", "revision": 1}}"#,
        ),
        ..Fate::default()
    });
    world.ask(TAP, &body);
    world.stub.is_to(Fate::default());
    world.ask(TAP, &body);
    world.ask_as(TAP, GUESSER, "application/json", &body.to_string());
}

fn days(world: &World) {
    let body = json!({"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a15"});
    for call in DAYS {
        for date in ["2999-01-01", "18.11."] {
            world.ask(Call { path: call.path.replace("2020-01-01", date).leak(), ..call }, &body);
        }
        for fate in [
            Fate { people: Some(StoreError::Busy), ..Fate::default() },
            Fate { rows: Some(MovementsError::Diverged(1)), ..Fate::default() },
        ] {
            world.stub.is_to(fate);
            world.ask(call, &body);
        }
    }
    world.stub.is_to(Fate { people: Some(StoreError::Doubtful(String::new())), ..Fate::default() });
    world.ask(DAYS[0], &body);
    world.stub.is_to(Fate::default());
    assert_eq!(world.ask(DAYS[0], &body)["result"], "totals", "it is closed where nothing is in the way");
}

/// A record that read rules of a digest.
fn reading(digest: Digest) -> (Reading, RulesRead) {
    let request = Request::parse(basket().to_string().as_bytes()).unwrap();
    let nobody = Person { holder: None, identifiers: Vec::new() };
    let plan = plan(rules("EUR"), "p", nobody, request).unwrap();
    let usage = plan.usage(|_| Totals::default());
    (Reading::of(&plan, &usage), RulesRead { revision: 1, digest })
}

fn explanations(world: &World) {
    let explain = |digest, rules| {
        let record = Some(Ok(Some(reading(digest))));
        world.stub.is_to(Fate { record, rules, ..Fate::default() });
        world.ask(EXPLAIN_RECORD, &json!({}))
    };
    let other = Digest::from_bytes([7; 16]);
    explain(other, Some(StoreError::Ahead));
    explain(other, Some(StoreError::Busy));
    world.knows(Some("SEK"));
    explain(Digest::default(), None);
    world.knows(None);
    explain(Digest::default(), None);
    world.knows(Some("EUR"));
    assert!(explain(Digest::default(), None)["trace"].is_object(), "it is explained where nothing is in the way");
}
