//! `avis statement`: what grantors owe, from files.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::program::{Folder, avis, demo_data};

fn demo(file: &str) -> String {
    demo_data().join(file).to_str().unwrap().to_owned()
}

fn statement(arguments: &[&str]) -> crate::program::Ran {
    let (settlement, movements) = (demo("settlement.json"), demo("movements.ndjson"));
    avis(&[&["statement", &settlement, "--movements", &movements], arguments].concat())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What payers bear by the exported entries, counted without AVIS.
fn borne() -> BTreeMap<String, i64> {
    let mut borne = BTreeMap::new();
    for line in fs::read_to_string(demo("movements.ndjson")).unwrap().lines() {
        let movement: Value = serde_json::from_str(line).unwrap();
        let list = |value: &Value, name: &str| value[name].as_array().unwrap().clone();
        let discounts = list(&movement, "lines").into_iter().flat_map(|line| list(&line, "discounts"));
        for entry in discounts.flat_map(|discount| list(&discount, "entries")) {
            *borne.entry(entry["payer"].as_str().unwrap().to_owned()).or_default() += entry["amount"].as_i64().unwrap();
        }
    }
    borne
}

#[test]
fn the_statements_of_the_demo_add_up_to_its_movements() {
    let folder = Folder::new("statements");
    let output = format!("{}/all", folder.path());
    let _ = fs::remove_dir_all(&output);
    let ran = statement(&["--output", &output]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut stated: BTreeMap<String, i64> = BTreeMap::new();
    for file in fs::read_dir(&output).unwrap() {
        let csv = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(ran.out.contains(&hex(&Sha256::digest(&csv))), "{}", ran.out);
        for row in csv.lines().skip(1).filter(|row| row.contains(",total,")) {
            let cells: Vec<&str> = row.split(',').collect();
            *stated.entry(cells[12].to_owned()).or_default() += cells[18].replace('.', "").parse::<i64>().unwrap();
        }
    }
    assert_eq!(stated, borne());
    let again = statement(&["--output", &output]);
    assert!(again.code == 2 && again.err.contains(".csv: "), "what was written is not overwritten: {}", again.err);
    let printed = statement(&["--print", "lv-state/atd/2"]).out;
    assert_eq!(printed, fs::read_to_string(format!("{output}/lv-state_atd_2.csv")).unwrap());
    for row in
        ["2,lv-state,atd,2026-11-01,2026-12-01,EUR,5,ceiling,2026-10,,,,,,1,,0,0,0.00,5.28,month\n", ",6.58,6.24,\n"]
    {
        assert!(printed.contains(row), "{printed}");
    }
}

#[test]
fn no_code_names_a_file_elsewhere_or_another_statements() {
    let folder = Folder::new("statement-names");
    let statement_of = |grantor: &str| serde_json::json!({"grantor": grantor, "provider": "atd", "from": "2026-10-01", "until": "2026-11-01"});
    let grantors = ["../../up", "A", "a", "a_b", "."];
    let statements: Vec<Value> = grantors.iter().map(|grantor| statement_of(grantor)).collect();
    let settlement = format!("{}/settlement.json", folder.path());
    fs::write(&settlement, serde_json::json!({"currency": "EUR", "statements": statements}).to_string()).unwrap();
    let output = format!("{}/all", folder.path());
    let _ = fs::remove_dir_all(&output);
    let ran = avis(&["statement", &settlement, "--movements", &demo("movements.ndjson"), "--output", &output]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut names: Vec<String> =
        fs::read_dir(&output).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected = [
        "%41_atd_draft.csv",
        "..%2f..%2fup_atd_draft.csv",
        "._atd_draft.csv",
        "a%5fb_atd_draft.csv",
        "a_atd_draft.csv",
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_cannot_be_used_is_named_with_its_line() {
    let refused = |settlement: &str, movements: &str, more: &[&str]| {
        let ran = avis(&[&["statement", settlement, "--movements", movements], more].concat());
        assert!(ran.code == 2 && ran.out.is_empty(), "{}", ran.out);
        ran.err
    };
    let folder = Folder::new("statements-refused");
    let (settlement, movements) = (demo("settlement.json"), demo("movements.ndjson"));
    let lines = fs::read_to_string(&movements).unwrap();
    let first = lines.lines().next().unwrap();
    let twice = format!("{}/twice.ndjson", folder.path());
    fs::write(&twice, format!("{first}\n{}\n{first}\n", first.replacen("\"gross\":", "\"gross\":1", 1))).unwrap();
    let told = refused(&settlement, &twice, &[]);
    assert!(
        told.contains("twice.ndjson:3: the movement of line 1 again") && told.contains("twice.ndjson:2: "),
        "{told}"
    );
    let gap = format!("{}/gap.json", folder.path());
    let with_gap = fs::read_to_string(&settlement)
        .unwrap()
        .replace("\"2026-11-01\", \"until\": \"2026-12-01\"", "\"2026-11-05\", \"until\": \"2026-12-01\"");
    fs::write(&gap, with_gap).unwrap();
    let told = refused(&gap, &movements, &[]);
    assert!(told.contains("/statements/1/from: gap: 2026-11-03 has movements"), "{told}");
    assert!(refused(&settlement, &movements, &["--print", "x"]).contains("expected one of lv-state/atd/1"));
    assert!(refused(&settlement, "missing.ndjson", &[]).contains("missing.ndjson: "));
}
