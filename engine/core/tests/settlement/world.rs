//! Movements and contracts for tests.

use avis_core::Faults;
use avis_core::settlement::{PostedMovement, SettlementFile, Statement};
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

/// One entry of a movement: benefit, its grantor, payer, cause, amount; a unit for each.
pub(crate) type Entry<'a> = (&'a str, &'a str, &'a str, &'a str, i64);

/// A movement of an authorization on a business day of November 2026 or later; `day` counts from 1 November.
pub(crate) fn movement(authorization: u128, number: i64, days: (i32, i32), entries: &[Entry<'_>]) -> PostedMovement {
    PostedMovement::from_json(line(authorization, number, days, entries).as_bytes()).unwrap()
}

/// The line of an export for it.
pub(crate) fn line(authorization: u128, number: i64, days: (i32, i32), entries: &[Entry<'_>]) -> String {
    let (authorized, business) = days;
    let discounts: Vec<Value> = entries.iter().map(|&entry| discount(entry)).collect();
    let amount: i64 = entries.iter().map(|entry| entry.4).sum();
    let is_return = amount < 0;
    let id = Uuid::from_u128(authorization);
    let line = json!({"movement": format!("{id}/{number}"), "authorization_id": id, "request_id": Uuid::from_u128(u128::from(number.unsigned_abs())),
        "original_request_id": null, "provider": "carrier", "terminal": "desk",
        "kind": if is_return { "refund" } else { "sale" }, "direction": if is_return { "return" } else { "sale" },
        "occurred_at": format!("{}T10:00:00Z", date(business)), "recorded_at": format!("{}T10:00:00Z", date(business)),
        "authorized_on": date(authorized), "natural_date": date(business), "business_date": date(business), "late": false,
        "gross": amount, "discount": amount, "payable": 0,
        "lines": [{"line_id": "1", "product": "bus", "units": amount.signum(), "gross": amount, "payable": 0,
                   "discounts": discounts}]});
    line.to_string()
}

fn discount((benefit, grantor, payer, cause, amount): Entry<'_>) -> Value {
    json!({"benefit": benefit, "version": 1, "grantor": grantor, "units": amount.signum(), "amount": amount,
           "entries": [{"payer": payer, "cause": cause, "amount": amount}]})
}

/// A day, counted from 1 November 2026.
pub(crate) fn date(day: i32) -> Date {
    Date::constant(2026, 11, 1).checked_add(jiff::Span::new().days(day - 1)).unwrap()
}

/// The statements of state and carrier over the months from November 2026, so many, each issued when the next month begins.
pub(crate) fn file(contracts: &Value, months: usize) -> SettlementFile {
    let first = |month: usize| {
        Date::constant(2026, 11, 1).saturating_add(jiff::Span::new().months(i64::try_from(month).unwrap()))
    };
    let statement = |month: usize| {
        json!({"grantor": "state", "provider": "carrier", "from": first(month), "until": first(month + 1),
               "issued_on": first(month + 1)})
    };
    let statements: Vec<Value> = (0..months).map(statement).collect();
    read(&json!({"currency": "EUR", "contracts": contracts, "statements": statements}))
}

/// The statements of a file over these movements.
pub(crate) fn statements(file: &SettlementFile, movements: &[PostedMovement]) -> Result<Vec<Statement>, Faults> {
    let mut settling = file.settling();
    for movement in movements {
        settling.add(movement)?;
    }
    settling.statements()
}

pub(crate) fn read(file: &Value) -> SettlementFile {
    SettlementFile::from_json(file.to_string().as_bytes()).unwrap()
}

/// A contract of state and carrier from 1 November 2026, with these fields beside.
pub(crate) fn contract(version: i64, beside: &Value) -> Value {
    let mut contract = json!({"grantor": "state", "provider": "carrier", "version": version, "from": "2026-11-01"});
    let fields = contract.as_object_mut().unwrap();
    fields.extend(beside.as_object().unwrap().clone());
    contract
}
