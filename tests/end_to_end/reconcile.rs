//! `avis reconcile`: a provider's own file beside what the ledger has.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Folder, Ran, avis, demo_data};

fn demo(file: &str) -> String {
    demo_data().join(file).to_str().unwrap().to_owned()
}

fn reconciled(file: &str, more: &[&str]) -> Ran {
    let (profile, movements) = (demo("carrier-profile.json"), demo("movements.ndjson"));
    let arguments = ["reconcile", file, "--profile", &profile, "--movements", &movements, "--provider", "atd"];
    avis(&[&arguments[..], &["--from", "2026-11-01", "--until", "2026-12-01"], more].concat())
}

/// Status and lines of what does not match.
fn faults(report: &Value) -> Vec<(String, Value)> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] != "matched");
    findings.map(|finding| (finding["status"].as_str().unwrap().to_owned(), finding["lines"].clone())).collect()
}

#[test]
fn every_planted_fault_of_the_demo_is_found_and_nothing_else() {
    let ran = reconciled(&demo("carrier-sales.csv"), &["--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let expected = [
        ("duplicate", json!([5])),
        ("clock", json!([6])),
        ("missing_here", json!([7])),
        ("amount_differs", json!([8])),
        ("missing_there", json!([])),
    ];
    assert_eq!(faults(&report), expected.map(|(status, lines)| (status.to_owned(), lines)));
    assert_eq!(report["sums"]["written"], json!({"gross": 3765, "discount": 3308}));
    assert_eq!((&report["bad_count"], &report["bad_rows"][0]["line"]), (&json!(1), &json!(9)));
    for told in [
        "demo/carrier-sales.csv:9: discount: expected an amount",
        "the last row says discount 33.08",
        "missing_there",
        "difference gross 0.00, discount -1.00",
        "matched         5",
    ] {
        let people = reconciled(&demo("carrier-sales.csv"), &[]).out;
        assert!(people.contains(told), "{people}");
    }
}

#[test]
fn a_file_may_be_of_a_spreadsheet_in_another_encoding_and_a_right_one_ends_well() {
    let folder = Folder::new("reconcile");
    let text = fs::read_to_string(demo("carrier-sales.csv")).unwrap();
    let with = |name: &str, bytes: Vec<u8>| {
        let path = format!("{}/{name}", folder.path());
        fs::write(&path, bytes).unwrap();
        path
    };
    let utf_16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let reports = [with("utf-8.csv", text.clone().into_bytes()), with("utf-16.csv", utf_16)]
        .map(|path| reconciled(&path, &["--json"]).out);
    assert_eq!(reports[0], reports[1]);
    let keep = |(number, _): &(usize, &str)| ![4, 6, 7, 8, 12].contains(number);
    let mut right: Vec<&str> = text.lines().enumerate().filter(keep).map(|(_, line)| line).collect();
    right.extend([
        "11.11.2026;08:00:01;Kase 1;K-2001;;7,15;7,15",
        "18.11.2026;08:00:03;Kase 1;K-2003;;7,15;7,15",
        "27.11.2026;01:53:33;Lietotne;L-1005;;-8,40;-8,40",
    ]);
    right.retain(|line| !line.contains("07:00:01"));
    let ran = reconciled(&with("right.csv", right.join("\r\n").into_bytes()), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = Folder::new("reconcile-refused");
    let file = demo("carrier-sales.csv");
    let refused = |ran: Ran, expected: &str| {
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(expected), "{}", ran.err);
    };
    refused(reconciled(&demo("terminals.json"), &[]), "/columns/occurred_at: the file has no column of this name");
    let zip = format!("{}/sales.xlsx", folder.path());
    fs::write(&zip, b"PK\x03\x04\x14\0\0\0").unwrap();
    refused(reconciled(&zip, &[]), "sales.xlsx: document: expected text");
    refused(reconciled("missing.csv", &[]), "missing.csv: ");
    let (profile, movements) = (demo("catalogue.json"), demo("movements.ndjson"));
    let with = |profile: &str, until: &str| {
        let arguments = ["reconcile", &file, "--profile", profile, "--movements", &movements, "--provider", "atd"];
        avis(&[&arguments[..], &["--from", "2026-11-01", "--until", until]].concat())
    };
    refused(with(&profile, "2026-12-01"), "catalogue.json:1: /columns: this field is required");
    refused(with(&demo("carrier-profile.json"), "2026-11-01"), "--until: expected a day after --from, 92 days at most");
}
