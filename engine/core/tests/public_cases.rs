//! What went wrong in public with other systems, and must come out right here: `data/public_cases/README.md` tells what a case is.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;
mod oracle;

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use avis_core::{Catalogue, Request, mismatches};
use common::{Till, list};
use serde_json::Value;

/// One run of a case: its files, and the answers expected.
struct Run {
    name: String,
    provider: String,
    catalogue: Value,
    holders: Vec<Value>,
    requests: Vec<Value>,
    answers: Vec<Value>,
}

impl Run {
    fn read(case: &Path, expected: &Value, run: &Value) -> Self {
        let text = |what: &str, file: &str| read_to_string(case.join(run[what].as_str().unwrap_or(file))).unwrap();
        let lines = |what: &str, file: &str| -> Vec<Value> {
            let text = text(what, file);
            let lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.is_empty());
            lines.map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        Self {
            name: format!("{} {}", case.display(), run["name"]),
            provider: expected["provider"].as_str().unwrap().to_owned(),
            catalogue: serde_json::from_str(&text("catalogue", "catalogue.json")).unwrap(),
            holders: lines("holders", "holders.ndjson"),
            requests: lines("requests", "requests.ndjson"),
            answers: list(run, "answers").to_vec(),
        }
    }

    /// Requests with the answer expected, apart from those that are refused as they are read.
    fn sales(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.requests.iter().zip(&self.answers).filter(|(_, answer)| answer.get("code").is_none())
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/public_cases"));
    let mut cases: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    cases
}

/// The runs that answer something. Files that are refused as a whole are for the program, which reads files.
fn decided() -> Vec<Run> {
    let mut decided = Vec::new();
    for case in cases() {
        let expected: Value = serde_json::from_str(&read_to_string(case.join("expected.json")).unwrap()).unwrap();
        let runs = expected.get("runs").map_or(std::slice::from_ref(&expected), |runs| runs.as_array().unwrap());
        let answering = runs.iter().filter(|run| !list(run, "answers").is_empty());
        decided.extend(answering.map(|run| Run::read(&case, &expected, run)));
    }
    decided
}

#[test]
fn each_case_is_answered_as_it_should_have_been() {
    let mut wrong = Vec::new();
    for run in decided() {
        assert_eq!(run.requests.len(), run.answers.len(), "{}", run.name);
        let mut till = Till::new(&run.catalogue, &run.holders, &run.provider);
        for (request, expected) in run.sales() {
            let found = mismatches(expected, &serde_json::to_value(till.sell(request)).unwrap());
            wrong.extend(found.iter().map(|mismatch| format!("{} {}: {mismatch:?}", run.name, request["request_id"])));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases().len(), 24, "no case was lost");
}

#[test]
fn the_oracle_answers_each_case_alike() {
    for run in decided() {
        let requests: Vec<Value> = run.sales().map(|(request, _)| request.clone()).collect();
        let answers = oracle::decide_all(&run.catalogue, &run.holders, &run.provider, &requests);
        assert_eq!(answers.len(), requests.len(), "{}", run.name);
        for (answer, (_, expected)) in answers.iter().zip(run.sales()) {
            assert_eq!(mismatches(expected, answer), [], "{}", run.name);
        }
    }
}

#[test]
fn what_cannot_be_meant_is_refused_as_it_is_read() {
    let mut refused = 0;
    for run in decided() {
        for (request, expected) in run.requests.iter().zip(&run.answers) {
            if expected.get("code").is_some() {
                assert!(Request::from_value(request).is_err(), "{}: {}", run.name, request["request_id"]);
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 6, "a negative price, fractions of units and of cents, and product codes");
}

/// The table of the folder names each case, and no other.
#[test]
fn the_table_of_cases_names_each() {
    let table = include_str!("data/public_cases/README.md");
    let named: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()).skip(1).collect();
    let cases = cases();
    let folders: Vec<&str> = cases.iter().map(|case| case.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(named, folders);
}

/// A basket effect stands in no slot but one of policy `all`: said at its place.
#[test]
fn a_catalogue_that_cannot_be_meant_is_refused_with_its_place() {
    let case = cases().into_iter().find(|case| case.ends_with("37")).unwrap();
    let catalogue = serde_json::from_str(&read_to_string(case.join("basket-slot.json")).unwrap()).unwrap();
    let faults = Catalogue::from_value(&catalogue).err().unwrap().to_string();
    assert!(faults.contains("/benefits/1"), "{faults}");
}
