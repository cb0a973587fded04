//! Every answer of the corpus, to the cent: two independent readings of the decision page agree on it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;
mod oracle;

use avis_core::mismatches;
use common::{Till, corpus, list};
use serde_json::Value;

#[test]
fn the_oracle_writes_identifiers_in_the_same_forms() {
    for line in include_str!("data/normal_forms.ndjson").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| case[field].as_str().unwrap();
        assert_eq!(oracle::resolve::normal_form(text("scheme"), text("value")), text("normal"), "{line}");
    }
}

/// The tables of dashes and of what can't be seen are written out in the code, and looked up by the oracle.
#[test]
fn every_character_is_left_out_or_kept_alike() {
    let forms = avis_core::IdentifierForms::default();
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for scheme in ["etalons", "token"] {
        for some in all.chunks(2_000) {
            let value: String = some.iter().flat_map(|c| ['|', *c]).collect();
            let (ours, theirs) = (forms.normal(scheme, &value), oracle::resolve::normal_form(scheme, &value));
            assert_eq!(ours, theirs, "{scheme}: {:?} to {:?}", some.first(), some.last());
        }
    }
}

#[test]
fn every_answer_of_the_corpus_is_given() {
    let mut wrong = Vec::new();
    let mut answers = 0;
    for row in corpus() {
        let mut till = Till::new(&row["catalogue"], list(&row, "holders"), row["provider"].as_str().unwrap());
        for (place, (request, expect)) in list(&row, "requests").iter().zip(list(&row, "expect")).enumerate() {
            let answer = serde_json::to_value(till.sell(request)).unwrap();
            let found = mismatches(expect, &answer);
            wrong.extend(found.iter().map(|mismatch| format!("{} request {place}: {mismatch:?}", row["name"])));
            answers += 1;
        }
    }
    assert!(answers > 500, "the corpus has answers");
    assert!(wrong.is_empty(), "{} mismatches, the first:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn explaining_decides_the_same() {
    for row in corpus() {
        let mut till = Till::new(&row["catalogue"], list(&row, "holders"), row["provider"].as_str().unwrap());
        for request in list(&row, "requests") {
            let (explained, _) = till.explain(request);
            assert_eq!(explained, till.sell(request), "{}", row["name"]);
        }
    }
}

#[test]
fn the_oracle_gives_every_answer_too() {
    for row in corpus() {
        let provider = row["provider"].as_str().unwrap();
        let answers = oracle::decide_all(&row["catalogue"], list(&row, "holders"), provider, list(&row, "requests"));
        for (answer, expect) in answers.iter().zip(list(&row, "expect")) {
            assert_eq!(mismatches(expect, answer), [], "{}", row["name"]);
        }
    }
}
