//! A ledger of tickets and the file that the shop kept of them, for tests of reconciliation.

use std::convert::Infallible;

use avis_core::movement::ServiceDay;
use avis_core::settlement::PostedMovement;
use avis_core::settlement::reconcile::{Dates, Held, Listed, Profile, Reconciliation, Sheet, reconcile};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::date;

/// A sale or a return of one ticket at a terminal: a second of a day of November 2026, and cents that are all given.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) authorization: u128,
    pub(crate) number: i64,
    pub(crate) day: i32,
    pub(crate) second: i64,
    pub(crate) terminal: &'static str,
    pub(crate) amount: i64,
}

pub(crate) fn ticket(authorization: u128, day: i32, second: i64, amount: i64) -> Ticket {
    Ticket { authorization, number: 1, day, second, terminal: "bus", amount }
}

impl Ticket {
    pub(crate) fn at(&self) -> Timestamp {
        let start = zone().to_timestamp(date(self.day).at(0, 0, 0, 0)).unwrap();
        start.checked_add(self.second.seconds()).unwrap()
    }

    pub(crate) fn request(&self) -> Uuid {
        Uuid::from_u128(self.authorization * 10 + u128::from(self.number.unsigned_abs()))
    }

    pub(crate) fn id(&self) -> String {
        format!("{}/{}", Uuid::from_u128(self.authorization), self.number)
    }

    pub(crate) fn movement(&self) -> PostedMovement {
        let Self { amount, terminal, .. } = *self;
        let (kind, direction) = if amount < 0 { ("refund", "return") } else { ("sale", "sale") };
        let authorization = Uuid::from_u128(self.authorization);
        let line = json!({"movement": self.id(), "authorization_id": authorization, "request_id": self.request(),
            "original_request_id": null, "provider": "carrier", "terminal": terminal, "kind": kind, "direction": direction,
            "occurred_at": self.at(), "recorded_at": self.at(), "authorized_on": date(self.day), "natural_date": date(self.day),
            "business_date": date(self.day), "late": false, "gross": amount, "discount": amount, "payable": 0,
            "lines": [{"line_id": "1", "product": "bus", "units": amount.signum(), "gross": amount, "payable": 0, "discounts": [
                {"benefit": "b", "version": 1, "grantor": "state", "units": amount.signum(), "amount": amount,
                 "entries": if amount == 0 { json!([]) } else { json!([{"payer": "state", "cause": "", "amount": amount}]) }}]}]});
        PostedMovement::from_json(line.to_string().as_bytes()).unwrap()
    }

    /// The row of the file of the shop, with the time so many seconds later, without the end of the line.
    pub(crate) fn row(&self, later: i64) -> String {
        let local = zone().to_datetime(self.at().checked_add(later.seconds()).unwrap());
        format!("{};T{};{};{};;", local.strftime("%d.%m.%Y %H:%M:%S"), self.id(), self.terminal, euro(self.amount))
    }
}

pub(crate) fn euro(cents: i64) -> String {
    format!("{}{},{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

pub(crate) fn zone() -> TimeZone {
    TimeZone::get("Europe/Riga").unwrap()
}

pub(crate) const HEADER: &str = "Laiks;Bons;Kase;Atlaide;Pieprasījums;Darījums";

pub(crate) fn profile(beside: &Value) -> Profile {
    let mut profile = json!({"columns": {"occurred_at": "Laiks", "external_id": "bons", "terminal": " KASE", "discount": "Atlaide",
        "request_id": "Pieprasījums", "authorization_id": "Darījums"}, "decimal": ",", "dates": ["DD.MM.YYYY HH:mm:ss"]});
    profile.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
    Profile::from_json(profile.to_string().as_bytes()).unwrap()
}

pub(crate) fn sheet(rows: &[String], profile: &Profile) -> Sheet {
    let text = format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"));
    Sheet::read(&text, profile, &zone(), &ServiceDay::of_deployment(zone())).unwrap()
}

/// A sheet held against movements, with every finding.
pub(crate) fn held(sheet: &Sheet, movements: &[PostedMovement], profile: &Profile, dates: Dates) -> Reconciliation {
    let asked = Held { profile, dates, zone: &zone(), listed: Listed::All };
    let Ok(found) = reconcile(sheet, movements, asked, &mut |_| Ok::<_, Infallible>(()));
    found
}

/// What rows and tickets come to over the first ten days of the month.
pub(crate) fn reconciled(rows: &[String], tickets: &[Ticket], profile: &Profile) -> Reconciliation {
    let movements: Vec<_> = tickets.iter().map(Ticket::movement).collect();
    held(&sheet(rows, profile), &movements, profile, Dates::new(date(1), date(11)).unwrap())
}

/// Each finding as its status, lines and authorizations.
pub(crate) fn told(reconciliation: &Reconciliation) -> Vec<String> {
    let told = reconciliation.findings.iter().map(|finding| {
        let status = serde_json::to_value(finding.status).unwrap();
        let lines: Vec<String> = finding.lines.iter().map(ToString::to_string).collect();
        let number = |movement: &String| {
            let (authorization, number) = movement.split_once('/').unwrap();
            format!("{}/{number}", Uuid::parse_str(authorization).unwrap().as_u128())
        };
        let movements: Vec<String> = finding.movements.iter().map(number).collect();
        format!("{} {} {}", status.as_str().unwrap(), lines.join("+"), movements.join("+")).trim_end().to_owned()
    });
    told.collect()
}
