//! Statements that were counted by hand.

use avis_core::settlement::{PostedMovement, SettlementFile, Statement};
use serde_json::json;

use crate::world::{self, contract, file, movement, read};

fn statements(file: &SettlementFile, movements: &[PostedMovement]) -> Vec<Statement> {
    world::statements(file, movements).unwrap()
}

/// Part, month, contract, uses, amount, reimbursed of each line.
fn told(statement: &Statement) -> Vec<String> {
    let rows = statement.sealed("EUR").csv;
    let cells = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        [7, 8, 14, 16, 18, 19].map(|cell| cells[cell]).join(" ")
    };
    rows.lines().skip(1).map(cells).collect()
}

const SALE: (&str, &str, &str, &str, i64) = ("half", "state", "state", "", 715);

#[test]
fn what_is_given_back_in_a_later_month_is_a_correction_at_the_rate_of_its_sale() {
    let contracts =
        json!([contract(1, &json!({"rate": 5000})), contract(2, &json!({"rate": 10_000, "from": "2026-12-01"}))]);
    let back = ("half", "state", "state", "", -715);
    let movements =
        [movement(1, 1, (3, 3), &[SALE]), movement(1, 2, (3, 35), &[back]), movement(2, 1, (35, 35), &[SALE])];
    let statements = statements(&file(&contracts, 2), &movements);
    assert_eq!(told(&statements[0]), ["accrued 2026-11 1 1 7.15 3.58", "total    7.15 3.58"]);
    let december = ["accrued 2026-12 2 1 7.15 7.15", "correction 2026-11 1 -1 -7.15 -3.58", "total    0.00 3.57"];
    assert_eq!(told(&statements[1]), december);
    assert_eq!((statements[1].opening, statements[1].balance()), (358, 715));
}

#[test]
fn what_others_bear_of_a_grantors_benefit_is_told_and_not_owed() {
    let entries = [SALE, ("half", "state", "town", "", 100), ("half", "state", "carrier", "unfunded", 50)];
    let movements = [movement(1, 1, (3, 3), &entries), movement(2, 1, (3, 3), &[("day", "town", "state", "", 7)])];
    let statements = statements(&file(&json!([contract(1, &json!({}))]), 1), &movements);
    let lines: Vec<_> =
        statements[0].lines.iter().map(|line| (line.payer.as_deref().unwrap(), line.reimbursed)).collect();
    assert_eq!(lines, [("state", 7), ("carrier", 0), ("state", 715), ("town", 0)]);
}

#[test]
fn without_a_contract_nothing_is_owed() {
    let ended = contract(1, &json!({"until": "2026-11-03"}));
    let movements = [movement(1, 1, (2, 2), &[SALE]), movement(2, 1, (3, 3), &[SALE])];
    let statements = statements(&file(&json!([ended]), 1), &movements);
    assert_eq!(
        told(&statements[0]),
        ["accrued 2026-11  1 7.15 0.00", "accrued 2026-11 1 1 7.15 7.15", "total    14.30 7.15"]
    );
}

#[test]
fn a_ceiling_ends_reimbursement_and_what_was_cut_off_takes_nothing_back() {
    let contracts = json!([contract(1, &json!({"ceiling": {"per": "month", "amount": 1000}}))]);
    let back = ("half", "state", "state", "", -715);
    let movements = [
        movement(1, 1, (3, 3), &[SALE]),
        movement(2, 1, (4, 4), &[SALE]),
        movement(2, 2, (4, 35), &[back]),
        movement(1, 2, (3, 36), &[back]),
    ];
    let statements = statements(&file(&contracts, 2), &movements);
    assert_eq!(
        told(&statements[0]),
        ["accrued 2026-11 1 2 14.30 14.30", "ceiling 2026-11 1 0 0.00 -4.30", "total    14.30 10.00"]
    );
    assert_eq!(
        told(&statements[1]),
        ["correction 2026-11 1 -2 -14.30 -14.30", "ceiling 2026-11 1 0 0.00 4.30", "total    -14.30 -10.00"]
    );
}

#[test]
fn rounding_is_by_record_or_by_line() {
    let one = ("half", "state", "state", "", 1);
    let movements = [movement(1, 1, (3, 3), &[one]), movement(2, 1, (3, 3), &[one])];
    for (rounding, total) in [("record", 2), ("batch", 1)] {
        let contracts = json!([contract(1, &json!({"rate": 5000, "rounding": rounding}))]);
        assert_eq!(statements(&file(&contracts, 1), &movements)[0].total(), total, "{rounding}");
    }
}

#[test]
fn what_a_dispute_ends_in_stands_in_the_next_statement() {
    let file = read(&json!({"currency": "EUR", "contracts": [contract(1, &json!({}))], "statements": [
        {"grantor": "state", "provider": "carrier", "from": "2026-11-01", "until": "2026-12-01", "issued_on": "2026-12-02",
         "paid_on": "2026-12-20", "adjustments": [{"line": 1, "amount": -15, "reason": "=never, sold"}]},
        {"grantor": "state", "provider": "carrier", "from": "2026-12-01", "until": "2027-01-01", "issued_on": "2027-01-02"}]}));
    let statements = statements(&file, &[movement(1, 1, (3, 3), &[SALE])]);
    let sealed = statements[1].sealed("EUR");
    let rows: Vec<&str> = sealed.csv.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "2,state,carrier,2026-12-01,2027-01-01,EUR,1,adjustment,,,,,,,,,0,0,0.00,-0.15,\"1/1: =never, sold\"",
            "2,state,carrier,2026-12-01,2027-01-01,EUR,,total,,,,,state,,,,,,0.00,-0.15,",
        ]
    );
    assert_eq!(statements[1].opening, 0, "the first was paid before");
    assert_eq!(sealed.hash.len(), 64);
}

#[test]
fn every_movement_is_in_one_statement() {
    let months = |from: &str, until: &str| {
        read(&json!({"currency": "EUR", "statements": [
            {"grantor": "state", "provider": "carrier", "from": "2026-11-01", "until": "2026-11-15", "issued_on": "2026-11-20"},
            {"grantor": "state", "provider": "carrier", "from": from, "until": until}]}))
    };
    let movements = [movement(1, 1, (16, 16), &[SALE])];
    let refused = |file: &SettlementFile| world::statements(file, &movements).unwrap_err().to_string();
    assert!(refused(&months("2026-11-17", "2026-12-01")).contains("/statements/1/from: gap: 2026-11-16"));
    assert!(refused(&months("2026-11-14", "2026-12-01")).contains("before 2026-11-15"));
    assert!(world::statements(&months("2026-11-16", "2026-12-01"), &movements).is_ok(), "nothing lies between");
}

#[test]
fn a_draft_has_no_number_and_nothing_counts_after_it() {
    let statement = |from: &str, until: &str, beside: serde_json::Value| {
        let mut statement = json!({"grantor": "state", "provider": "carrier", "from": from, "until": until});
        statement.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
        statement
    };
    let november = |beside| statement("2026-11-01", "2026-12-01", beside);
    let december = |beside| statement("2026-12-01", "2027-01-01", beside);
    let file = |statements: &[serde_json::Value]| json!({"currency": "EUR", "contracts": [contract(1, &json!({}))], "statements": statements});
    let movements = [movement(1, 1, (3, 3), &[SALE]), movement(2, 1, (35, 35), &[SALE])];
    let issued = json!({"issued_on": "2026-12-02"});
    let drafted = read(&file(&[november(issued.clone()), december(json!({}))]));
    let statements = statements(&drafted, &movements);
    assert_eq!((statements[0].number, statements[1].number), (Some(1), None));
    assert_eq!((statements[1].opening, statements[1].total()), (715, 715));
    assert!(
        statements[1].sealed("EUR").csv.contains("\n,state,carrier,2026-12-01,"),
        "a draft has no number in its bytes"
    );
    let refused = |file: &serde_json::Value| {
        let read = SettlementFile::from_json(file.to_string().as_bytes());
        read.and_then(|file| world::statements(&file, &movements)).unwrap_err().to_string()
    };
    for (statements, expected) in [
        (vec![november(json!({})), december(issued.clone())], "/statements/1/issued_on: expected that the statement"),
        (vec![november(json!({"paid_on": "2026-12-20"}))], "/statements/0/paid_on: "),
        (vec![november(json!({"issued_on": "2026-12-02", "paid_on": "2026-12-01"}))], "/statements/0/paid_on: "),
        (
            vec![november(json!({"adjustments": [{"line": 1, "amount": 1, "reason": "x"}]}))],
            "/statements/0/adjustments: ",
        ),
        (
            vec![november(json!({"issued_on": "2027-12-02"})), december(issued)],
            "/statements/1/issued_on: expected a date",
        ),
    ] {
        let told = refused(&file(&statements));
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn what_is_paid_between_two_statements_opens_the_later_one_no_more() {
    let statement = |month: u32, issued: &str, paid: Option<&str>| {
        json!({"grantor": "state", "provider": "carrier", "from": format!("2026-{month}-01"), "until": format!("2026-{month}-28"),
               "issued_on": issued, "paid_on": paid})
    };
    let file = read(&json!({"currency": "EUR", "contracts": [contract(1, &json!({}))], "statements": [
        statement(11, "2026-12-02", Some("2026-12-31")), statement(12, "2026-12-29", None),
        json!({"grantor": "state", "provider": "carrier", "from": "2026-12-28", "until": "2026-12-29"})]}));
    let movements = [movement(1, 1, (3, 3), &[SALE]), movement(2, 1, (35, 35), &[SALE])];
    let openings: Vec<i128> = statements(&file, &movements).iter().map(|statement| statement.opening).collect();
    assert_eq!(openings, [0, 715, 715]);
}

#[test]
fn movements_that_contradict_themselves_or_each_other_are_refused() {
    let twice = [SALE, SALE];
    let of_one = |entries: &[world::Entry<'_>]| {
        let mut line: serde_json::Value = serde_json::from_str(&world::line(1, 1, (3, 3), &entries[..1])).unwrap();
        let entries: Vec<_> =
            entries.iter().map(|entry| json!({"payer": entry.2, "cause": entry.3, "amount": entry.4})).collect();
        let amount: i64 = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum();
        for field in ["gross", "discount"] {
            line[field] = json!(amount);
        }
        line["lines"][0]["gross"] = json!(amount);
        line["lines"][0]["discounts"][0]["amount"] = json!(amount);
        line["lines"][0]["discounts"][0]["entries"] = json!(entries);
        PostedMovement::from_json(line.to_string().as_bytes())
    };
    let other = ("half", "state", "town", "", 5);
    assert!(of_one(&[SALE, other]).is_ok());
    assert!(of_one(&twice).unwrap_err().to_string().contains("/entries: expected one entry for a payer and a cause"));
    let zero = of_one(&[SALE, ("half", "state", "town", "", 0)]).unwrap_err().to_string();
    assert!(zero.contains("/entries/1/amount: expected an amount that is not zero"), "{zero}");
    let of_two_days = [movement(1, 1, (3, 3), &[SALE]), movement(1, 2, (4, 4), &[SALE])];
    let refused = world::statements(&file(&json!([contract(1, &json!({}))]), 1), &of_two_days).unwrap_err();
    assert!(refused.to_string().contains("/authorized_on: "), "{refused}");
}

#[test]
fn files_are_read_strictly() {
    let refused = |text: &str| SettlementFile::from_json(text.as_bytes()).unwrap_err().to_string();
    for (text, expected) in [
        (
            r#"{"currency":"EUR","contracts":[{"grantor":"g","provider":"p","version":1,"from":"2026-11-01","rate":10001}]}"#,
            "/contracts/0/rate",
        ),
        (
            r#"{"currency":"EUR","contracts":[{"grantor":"g","provider":"p","version":1,"from":"2026-11-01","until":"2026-11-01"}]}"#,
            "/contracts/0/until",
        ),
        (
            r#"{"currency":"EUR","statements":[{"grantor":"g","provider":"p","from":"2026-11-01","until":"2026-12-02"}]}"#,
            "one calendar month",
        ),
        (
            r#"{"currency":"EUR","contracts":[{"grantor":"g\n","provider":"p","version":1,"from":"2026-11-01"}]}"#,
            "/contracts/0/grantor: expected text without control",
        ),
        (
            r#"{"currency":"EUR","statements":[{"grantor":"g","provider":"p","from":"2026-11-01","until":"2026-12-01","issued_on":"2026-12-01",
                "adjustments":[{"line":1,"amount":1,"reason":"a\u0000b"}]}]}"#,
            "/statements/0/adjustments/0/reason",
        ),
        (r#"{"currency":"EUR","ceilings":[]}"#, "unknown field"),
        (r#"{"contracts":[]}"#, "/currency"),
    ] {
        assert!(refused(text).contains(expected), "{}", refused(text));
    }
    let line = br#"{"movement":"x/1"}"#;
    assert!(PostedMovement::from_json(line).unwrap_err().to_string().contains("/movement"));
}
