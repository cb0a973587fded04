//! Settlement of so many rows, movements or statements, made so that whoever compares each with each is slow.

use std::convert::Infallible;
use std::fmt::Write as _;

use avis_core::movement::{Cause, Direction, Entry, MovedDiscount, MovedLine, Movement, MovementKind, ServiceDay};
use avis_core::settlement::reconcile::{Dates, Held, Listed, Profile, Sheet, reconcile};
use avis_core::settlement::{MovementId, PostedMovement, SettlementFile};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use uuid::Uuid;

/// What is done for a size; what it comes to.
type Growing = fn(usize) -> i64;

/// What may grow with its size, and a little more for sorting.
pub(crate) const GROWING: [(&str, Growing); 4] = [
    ("reconcile rows of one second that match nothing", rows_of_one_second),
    ("reconcile parts that come to nothing in reach", parts_out_of_reach),
    ("reconcile rows that share authorizations", rows_of_one_bucket),
    ("statements of many grantors with one provider", many_grantors),
];

const DAY: Date = Date::constant(2026, 11, 18);

fn noon() -> Timestamp {
    TimeZone::UTC.to_timestamp(DAY.at(12, 0, 0, 0)).unwrap()
}

/// A sale so many seconds after noon, that a grantor pays.
fn movement(number: usize, seconds: i64, amount: i64, grantor: &str) -> PostedMovement {
    let at = noon() + seconds.seconds();
    let entries = vec![Entry { payer: grantor.into(), cause: Cause::Funding, amount }];
    let discount =
        MovedDiscount { benefit: "b".into(), version: 1, grantor: Some(grantor.into()), units: 1, amount, entries };
    let line = MovedLine {
        line_id: "1".into(),
        product: "bus".into(),
        units: 1,
        gross: amount,
        payable: 0,
        discounts: vec![discount],
    };
    let (kind, direction) = (MovementKind::Sale, Direction::Sale);
    PostedMovement {
        id: MovementId { authorization: authorization(number), number: 1 },
        request_id: Uuid::from_u128(number as u128 + 1_000_000),
        original_request_id: None,
        provider: "bus".into(),
        terminal: "desk".into(),
        occurred_at: at,
        recorded_at: at,
        authorized_on: DAY,
        natural_date: DAY,
        business_date: DAY,
        moved: Movement { kind, direction, gross: amount, discount: amount, payable: 0, lines: vec![line] },
    }
}

fn authorization(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1)
}

/// How many findings there are of rows: external id, authorizations and cents of each, all at noon.
fn findings(rows: impl Iterator<Item = (String, String, i64)>, movements: &[PostedMovement]) -> i64 {
    let mut file = "at;id;terminal;gross;authorizations\n".to_owned();
    for (id, authorizations, cents) in rows {
        writeln!(file, "18.11.2026 12:00:00;{id};desk;{cents};{authorizations}").unwrap();
    }
    let profile = json!({"columns": {"occurred_at": "at", "external_id": "id", "terminal": "terminal", "gross": "gross",
        "authorization_id": "authorizations"}, "minor": true, "dates": ["DD.MM.YYYY HH:mm:ss"]});
    let profile = Profile::from_value(&profile).unwrap();
    let sheet = Sheet::read(&file, &profile, &TimeZone::UTC, &ServiceDay::of_deployment(TimeZone::UTC)).unwrap();
    let dates = Dates::new(DAY, DAY.tomorrow().unwrap()).unwrap();
    let asked = Held { profile: &profile, dates, zone: &TimeZone::UTC, listed: Listed::All };
    let Ok(found) = reconcile(&sheet, movements, asked, &mut |_| Ok::<_, Infallible>(()));
    i64::try_from(found.findings.len()).unwrap()
}

fn rows_of_one_second(size: usize) -> i64 {
    let movements: Vec<_> = (0..size).map(|number| movement(number, 0, 1_000, "state")).collect();
    findings((0..size).map(|number| (format!("T{number}"), String::new(), 7)), &movements)
}

/// Two rows each come to what was sold, but minutes later.
fn parts_out_of_reach(size: usize) -> i64 {
    let movements: Vec<_> = (0..size).map(|number| movement(number, 130, 1_000, "state")).collect();
    findings((0..size).map(|number| (format!("T{}", number / 2), String::new(), 500)), &movements)
}

/// Each names its own authorization and the next one.
fn rows_of_one_bucket(size: usize) -> i64 {
    let movements: Vec<_> = (0..size).map(|number| movement(number, 0, 1_000, "state")).collect();
    let named = |number: usize| format!("{} {}", authorization(number), authorization((number + 1) % size));
    findings((0..size).map(|number| (format!("T{number}"), named(number), 1_000)), &movements)
}

fn many_grantors(size: usize) -> i64 {
    let grantor = |number: usize| format!("town-{number}");
    let contract = |number| json!({"grantor": grantor(number), "provider": "bus", "version": 1, "from": "2026-11-01"});
    let statement = |number| {
        json!({"grantor": grantor(number), "provider": "bus", "from": "2026-11-01", "until": "2026-12-01",
               "issued_on": "2026-12-02"})
    };
    let all = |each: &dyn Fn(usize) -> Value| Value::Array((0..size).map(each).collect());
    let file = json!({"currency": "EUR", "contracts": all(&contract), "statements": all(&statement)});
    let file = SettlementFile::from_json(file.to_string().as_bytes()).unwrap();
    let mut settling = file.settling();
    for number in 0..size {
        settling.add(&movement(number, 0, 1_000, &grantor(number))).unwrap();
    }
    settling.statements().unwrap().iter().map(|statement| i64::try_from(statement.total()).unwrap()).sum()
}
