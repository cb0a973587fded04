//! A request is read straight from its bytes where it is plain, and as a document where it is not: both accept the same, and read
//! the same.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use avis_core::{Request, strict_json};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const PLAIN: &str = r#"{"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "mode": "hold", "occurred_at": "2026-11-18T08:12:00.5Z",
"channel": "desk", "currency": "EUR", "min_revision": 7, "identifiers": [{"scheme": "eid", "value": "010190-12345"}, {"scheme": "qr", "value": "ā"}],
"context": {"zone": -3, "night": true, "class": "", "a": null}, "lines": [
{"line_id": "1", "product": "transport.bus", "quantity": 1, "unit_price": 715, "for": "holder", "context": {}},
{"line_id": "2", "product": "transport", "quantity": 1000000, "unit_price": 0, "for": "companion", "context": {"b": 1, "a": 2}}]}"#;

/// Whatever is read, it is what the document says.
fn agree(bytes: &[u8]) -> Option<Request> {
    let document = strict_json(bytes).and_then(|value| Request::from_value(&value)).ok();
    assert_eq!(Request::parse(bytes).ok(), document, "{}", String::from_utf8_lossy(bytes));
    document
}

/// The plain request with one part of it replaced.
fn with(part: &str, other: &str) -> Option<Request> {
    assert!(PLAIN.contains(part), "{part}");
    agree(PLAIN.replacen(part, other, 1).as_bytes())
}

#[test]
fn what_is_unusual_and_right_is_read() {
    for (part, other) in [
        (r#""mode": "hold","#, ""),
        (r#""mode": "hold""#, r#""mode": null"#),
        (r#""mode""#, r#""m\u006fde""#),
        (r#""desk""#, r#""d\u0065sk""#),
        (r#""channel": "desk""#, r#""channel": null"#),
        ("1000000", "1"),
        ("\"context\": {}", "\"context\": null"),
        ("\"ā\"", &format!("\"{}\"", "ā".repeat(200))),
        ("{\"zone\"", " \n\t{ \"zone\""),
    ] {
        assert!(with(part, other).is_some(), "{part} as {other}");
    }
}

#[test]
fn what_is_wrong_is_refused_by_both() {
    for (part, other) in [
        (r#""mode": "hold""#, r#""mode": "hold", "mode": "hold""#),
        (r#""mode": "hold""#, r#""mode" "mode": "hold""#),
        (r#""mode": "hold""#, r#""mode": null, "m\u006fde": "hold""#),
        (r#""zone": -3"#, r#""zone": -3, "zone": -3"#),
        (r#""zone": -3"#, r#""zone": -0"#),
        (r#""zone": -3"#, r#""zone": 1.5"#),
        (r#""zone": -3"#, r#""": 1"#),
        (r#""quantity": 1,"#, r#""quantity": 01,"#),
        (r#""quantity": 1,"#, r#""quantity": 1e0,"#),
        (r#""quantity": 1,"#, r#""quantity": 0,"#),
        (r#""unit_price": 715"#, r#""unit_price": 1000000000001"#),
        (r#""min_revision": 7"#, r#""min_revision": -7"#),
        (r#""line_id": "2""#, r#""line_id": "1""#),
        (r#""line_id": "2""#, r#""line_id": """#),
        (r#""transport""#, r#""transport.""#),
        (r#""EUR""#, r#""eur""#),
        (r#"{"scheme": "qr", "value": "ā"}"#, r#"["qr", "ā"]"#),
        (r#""ā""#, &format!("\"{}\"", "ā".repeat(201))),
        (r#""desk""#, "\"de\nsk\""),
        (r#""unit_price": 0"#, r#""unit_price": 0, "colour": 1"#),
        ("}]}", "}]} x"),
        ("}]}", "}]"),
        ("{}", "{},"),
        ("0190f6a2-", "0190f6a2"),
        (".5Z", ".Z"),
        ("08:12:00.5Z", "08:12:00"),
    ] {
        assert!(with(part, other).is_none(), "{part} as {other}");
    }
    let line = r#"{"line_id": "1", "product": "a", "quantity": 1000000, "unit_price": 1000000000000}"#;
    assert!(with(&PLAIN[PLAIN.find("{\"line_id\"").unwrap()..], &format!("{line}]}}")).is_some());
    assert!(with(r#"{"line_id": "1""#, &format!("{line}, {{\"line_id\": \"3\"")).is_none(), "too much in all");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_readings_accept_the_same(
        changes in prop::collection::vec((any::<Index>(), 0..3_usize, select(br#"{}[]":,\0123-.eEtn aZ"#.to_vec())), 0..4)
    ) {
        let mut bytes = PLAIN.as_bytes().to_vec();
        for (place, way, byte) in changes {
            let at = place.index(bytes.len());
            match way {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => {
                    bytes.remove(at);
                }
            }
        }
        agree(&bytes);
    }
}
