//! What went wrong in public with other systems, and must come out right here. Each row names its source; a `note` says why an answer is
//! ours by the rules where the source wanted another.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;
mod oracle;

use std::collections::BTreeSet;

use avis_core::{Catalogue, Request, mismatches};
use common::{Till, list};
use serde_json::Value;

fn rows() -> Vec<Value> {
    include_str!("data/public_cases.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows that are decided: the others have a catalogue that is refused.
fn decided() -> impl Iterator<Item = Value> {
    rows().into_iter().filter(|row| row.get("refused").is_none())
}

/// Requests with the answer expected, apart from those that are refused as they are read.
fn sales(row: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    list(row, "requests").iter().zip(list(row, "expect")).filter(|(_, expect)| expect.get("code").is_none())
}

#[test]
fn each_case_is_answered_as_it_should_have_been() {
    let mut cases = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in decided() {
        assert_eq!(list(&row, "requests").len(), list(&row, "expect").len(), "{}", row["name"]);
        let mut till = Till::new(&row["catalogue"], list(&row, "holders"), row["provider"].as_str().unwrap());
        for (request, expect) in sales(&row) {
            let found = mismatches(expect, &serde_json::to_value(till.sell(request)).unwrap());
            wrong.extend(
                found.iter().map(|mismatch| format!("{} {}: {mismatch:?}", row["name"], request["request_id"])),
            );
        }
        cases.insert(row["case"].as_u64());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), 24, "no case was lost");
}

#[test]
fn the_oracle_answers_each_case_alike() {
    for row in decided() {
        let requests: Vec<Value> = sales(&row).map(|(request, _)| request.clone()).collect();
        let provider = row["provider"].as_str().unwrap();
        let answers = oracle::decide_all(&row["catalogue"], list(&row, "holders"), provider, &requests);
        assert_eq!(answers.len(), requests.len(), "{}", row["name"]);
        for (answer, (_, expect)) in answers.iter().zip(sales(&row)) {
            assert_eq!(mismatches(expect, answer), [], "{}", row["name"]);
        }
    }
}

#[test]
fn what_cannot_be_meant_is_refused_as_it_is_read() {
    let mut refused = 0;
    for row in rows() {
        if let Some(place) = row.get("refused").and_then(Value::as_str) {
            let faults = Catalogue::from_value(&row["catalogue"]).err().unwrap().to_string();
            assert!(faults.contains(place), "{}: {faults}", row["name"]);
            refused += 1;
            continue;
        }
        for (request, expect) in list(&row, "requests").iter().zip(list(&row, "expect")) {
            if expect.get("code").is_some() {
                assert!(Request::from_value(request).is_err(), "{}: {}", row["name"], request["request_id"]);
                refused += 1;
            }
        }
    }
    assert!(refused >= 3, "some are refused");
}
