//! Requests and holders that can't be read: every fault with its place, and never the value that was sent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use avis_core::limits::{CONTEXT_FACTS_MAX, IDENTIFIERS_MAX, LINES_MAX};
use avis_core::offline::Advice;
use avis_core::{Faults, IdentifierSecret, Request, WrittenHolder};
use serde_json::{Value, json};

const SECRET: &str = "010190-12345";

fn request() -> Value {
    json!({
        "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "identifiers": [{"scheme": "eid", "value": SECRET}],
        "lines": [{"line_id": "1", "product": "transport.bus", "quantity": 1, "unit_price": 715}],
    })
}

fn with(place: &str, value: Value) -> Value {
    let mut request = request();
    let (parent, field) = place.rsplit_once('/').unwrap();
    match request.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[field.parse::<usize>().unwrap()] = value,
        parent => parent[field] = value,
    }
    request
}

#[track_caller]
fn check(place: &str, value: Value, expected_pointer: &str) -> Faults {
    let faults = Request::from_value(&with(place, value)).expect_err(place);
    let pointers: Vec<&str> = faults.list.iter().map(|fault| fault.pointer.as_str()).collect();
    assert!(pointers.contains(&expected_pointer), "{place}: expected {expected_pointer}, got {faults}");
    faults
}

#[test]
fn a_request_needs_its_fields_in_their_form() {
    assert!(Request::from_value(&request()).is_ok());
    for field in ["request_id", "occurred_at", "currency", "lines"] {
        check(&format!("/{field}"), Value::Null, &format!("/{field}"));
    }
    for bad in ["", "0190f6a2", "0190f6a27c1e7d3a9b526f0c8e4d2a11", "{0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a1}"] {
        check("/request_id", json!(bad), "/request_id");
    }
    for bad in ["2026-11-18", "2026-11-18T08:12:00", "2026-13-18T08:12:00Z", "tomorrow"] {
        check("/occurred_at", json!(bad), "/occurred_at");
    }
    check("/mode", json!("rent"), "/mode");
    check("/currency", json!("eur"), "/currency");
    check("/colour", json!("red"), "/colour");
    check("/lines/0/colour", json!("red"), "/lines/0/colour");
    check("/min_revision", json!(-1), "/min_revision");
}

#[test]
fn numbers_are_whole_and_bounded() {
    for bad in [json!(0), json!(-1), json!(1.5), json!(1_000_001), json!("1"), json!(u64::MAX)] {
        check("/lines/0/quantity", bad, "/lines/0/quantity");
    }
    for bad in [json!(-1), json!(0.5), json!(1_000_000_000_001_i64), json!(1e300)] {
        check("/lines/0/unit_price", bad, "/lines/0/unit_price");
    }
    let line = |id: usize| json!({"line_id": id.to_string(), "product": "a", "quantity": 1_000_000, "unit_price": 1_000_000_000_000_i64});
    assert!(Request::from_value(&with("/lines", json!([line(1)]))).is_ok());
    check("/lines", json!([line(1), line(2)]), "/lines");
}

#[test]
fn lists_and_texts_are_bounded() {
    let lines = |count: usize| -> Value {
        (0..count)
            .map(|id| json!({"line_id": id.to_string(), "product": "a", "quantity": 1, "unit_price": 1}))
            .collect()
    };
    assert!(Request::from_value(&with("/lines", lines(LINES_MAX))).is_ok());
    check("/lines", lines(LINES_MAX + 1), "/lines");
    check("/lines", lines(10_000), "/lines");
    check("/lines", json!([]), "/lines");
    let identifier = json!({"scheme": "eid", "value": SECRET});
    check("/identifiers", json!(vec![identifier; IDENTIFIERS_MAX + 1]), "/identifiers");
    let facts: Value =
        (0..=CONTEXT_FACTS_MAX).map(|fact| (fact.to_string(), json!(1))).collect::<serde_json::Map<_, _>>().into();
    check("/context", facts, "/context");
    check("/context", json!({"list": [1]}), "/context/list");
    check("/lines/0/product", json!("a..b"), "/lines/0/product");
    check("/lines/0/product", json!("x".repeat(1_000_000)), "/lines/0/product");
    check("/channel", json!("ž".repeat(201)), "/channel");
    assert!(Request::from_value(&with("/channel", json!("ž".repeat(200)))).is_ok(), "characters count, not bytes");
}

#[test]
fn a_line_id_is_the_only_one() {
    let line = json!({"line_id": "1", "product": "a", "quantity": 1, "unit_price": 1});
    check("/lines", json!([line, line]), "/lines/1/line_id");
}

#[test]
fn no_fault_repeats_an_identifier() {
    for (place, value) in [
        ("/identifiers/0", json!({"scheme": "eid", "valeu": SECRET})),
        ("/identifiers/0", json!(SECRET)),
        ("/identifiers/0/value", json!([SECRET])),
        ("/identifiers/0/value", json!(SECRET.repeat(50))),
        ("/request_id", json!(SECRET)),
        ("/occurred_at", json!(SECRET)),
        ("/mode", json!(SECRET)),
        ("/lines/0/line_id", json!({"value": SECRET})),
    ] {
        let faults = Request::from_value(&with(place, value)).unwrap_err();
        assert!(!faults.to_string().contains("12345"), "{faults}");
    }
    let broken = format!("{{\"identifiers\": [{{\"value\": \"{SECRET}\"}}], }}");
    let faults = Request::parse(broken.as_bytes()).unwrap_err();
    assert!(!faults.to_string().contains("12345"), "{faults}");
    let shown = format!("{:?}", Request::from_value(&request()).unwrap());
    assert!(!shown.contains("12345"), "{shown}");
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    for bad in [&b""[..], b"{", b"[]", b"nul", b"{\"a\": 1e999999}", b"\xff", b"{} {}"] {
        assert!(Request::parse(bad).is_err());
    }
    let faults = Request::parse(b"{\n  \"lines\": oops }").unwrap_err();
    assert!(faults.to_string().contains("line 2 column"), "{faults}");
    let deep = "[".repeat(100_000);
    assert!(Request::parse(deep.as_bytes()).is_err());
}

#[test]
fn holders_are_read_as_strictly() {
    let check = |json: Value, pointer: &str| {
        let faults = WrittenHolder::from_value(&json).err().unwrap_or_else(|| panic!("{json}"));
        assert!(faults.list.iter().any(|fault| fault.pointer == pointer), "{pointer}: {faults}");
    };
    check(json!({}), "/holder");
    check(json!({"holder": "h", "birth_date": "1990-02-30"}), "/birth_date");
    check(json!({"holder": "h", "residences": [{"territory": "lv."}]}), "/residences/0/territory");
    let reversed = json!({"group": "g", "from": "2020-01-02", "until": "2020-01-01"});
    check(json!({"holder": "h", "entitlements": [reversed]}), "/entitlements/0/from");
    check(json!({"holder": "h", "attributes": [{"name": "n", "value": null}]}), "/attributes/0/value");
    check(json!({"holder": "h", "attributes": [{"name": "n", "value": 1.5}]}), "/attributes/0/value");
    check(
        json!({"holder": "h", "identifiers": [{"scheme": "eid", "value": "1", "status": "lost"}]}),
        "/identifiers/0/status",
    );
}

#[test]
fn a_value_of_which_nothing_is_left_identifies_nobody() {
    let nobody = WrittenHolder::from_value(&json!({"holder": "h", "identifiers": [{"scheme": "eid", "value": " - "}]}));
    let refused = nobody.unwrap().register(&IdentifierSecret::new([7; 32])).unwrap_err();
    assert_eq!(refused.list[0].pointer, "/identifiers/0/value");
}

#[test]
fn a_line_has_one_price() {
    assert!(Request::from_value(&with("/lines/0/unit_price", Value::Null)).is_err());
    check("/lines/0/unit_price", Value::Null, "/lines/0/unit_price");
    check("/lines/0/price", json!(1), "/lines/0/price");
    check("/lines/0/price", json!(-1), "/lines/0/price");
    let mut weighed = with("/lines/0/unit_price", Value::Null);
    weighed["lines"][0]["price"] = json!(87);
    weighed["lines"][0]["quantity"] = json!(438);
    assert_eq!(Request::from_value(&weighed).unwrap().gross(), 87);
}

#[test]
fn nothing_is_granted_offline_only_where_the_line_costs_nothing() {
    let upload = |unit_price: i64| {
        let mut request = request();
        request["lines"] = json!([{"line_id": "1", "product": "bus", "quantity": 1, "unit_price": unit_price}]);
        let granted = json!([{"line_id": "1", "benefit": "half", "version": 1, "amount": 0}]);
        let record = json!({
            "request": request, "granted": granted, "device_time": "2026-11-18T08:12:00+02:00", "device_sequence": 1,
        });
        let records = Advice::parse_all(json!({"records": [record]}).to_string().as_bytes()).unwrap();
        records.into_iter().next().unwrap()
    };
    assert!(upload(0).is_ok());
    assert_eq!(upload(1).unwrap_err().list[0].pointer, "/granted/0/amount");
}
