//! A merchant's figures: members, what was earned, spent and expired by month, and what it still owes its members.

use std::collections::BTreeMap;

use avis_core::loyalty::Programme;
use avis_core::settlement::Month;
use avis_store::PointsFigures;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::breakdown::{is_own, is_told, worth};
use super::programme;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

/// Months that are told at a time.
const MONTHS_MAX: usize = 36;

const NUMBER: Kind = Kind::Whole(i64::MIN, i64::MAX);
const MONTH: Field = needed("month", Kind::Token(7, 7));
const FIGURES: &[Field] = &[
    MONTH,
    optional("active", NUMBER),
    optional("earned", NUMBER),
    optional("spent", NUMBER),
    optional("adjusted", NUMBER),
    optional("expired", NUMBER),
];
const LIABILITY: &[Field] =
    &[optional("month", Kind::Token(7, 7)), needed("points", NUMBER), optional("amount", NUMBER)];

/// The first month and the last; absent, the last twelve.
pub(super) const MONTHS: &[Field] = &[optional("from", Kind::Token(7, 7)), optional("until", Kind::Token(7, 7))];

/// The figures of a programme. What too few stand behind is null to who is not of the merchant.
pub(super) const SHOWN: &[Field] = &[
    needed("program", Kind::Code),
    needed("at", Kind::Instant),
    optional("members", NUMBER),
    needed("months", Kind::List(&Kind::Object(FIGURES), MONTHS_MAX)),
    optional("liability", Kind::List(&Kind::Object(LIABILITY), 100_000)),
];

/// `GET /programs/{code}/figures?from=2026-01&until=2026-12`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let programme = programme(call)?;
    let months = months_asked(call, programme.time_zone.to_datetime(call.now).date())?;
    let is_own = is_own(call, &programme)?;
    let shown = |count: i64| is_told(is_own, count);
    let accounts = &call.control.points.accounts;
    // Of a month that is to come a span ends as it begins.
    let span = |month: &Month| {
        let (from, until) = (start(month.first(), &programme.time_zone), start(month.end(), &programme.time_zone));
        (from, until.min(call.now).max(from))
    };
    let spans: Vec<_> = months.iter().map(span).collect();
    let mut told = Vec::new();
    for (month, figures) in months.iter().zip(accounts.figures(&programme.code, &spans)?) {
        let PointsFigures { active, earned, spent, adjusted, expired } = figures;
        let of = |number: i64| shown(active).then_some(number);
        told.push(json!({"month": month.to_string(), "active": of(active), "earned": of(earned), "spent": of(spent),
            "adjusted": of(adjusted), "expired": of(expired)}));
    }
    let members = call.control.members.count(&*call.control.store, &programme, call.now)?;
    let liability = if shown(members) { Some(liability(call, &programme)?) } else { None };
    Ok(Answer::of(json!({"program": programme.code, "at": call.now, "members": Some(members).filter(|it| shown(*it)),
        "months": told, "liability": liability})))
}

/// What is left of points that have not expired, by the local month of their last day, in points and in what they are worth.
fn liability(call: &Call<'_>, programme: &Programme) -> Result<Vec<Value>, Problem> {
    let mut months: BTreeMap<Option<String>, i64> = BTreeMap::new();
    for (end, points) in call.control.points.accounts.liability(&programme.code, call.now)? {
        // Points end at the beginning of the day after their last.
        let month = end.map(|end| {
            let date = programme.time_zone.to_datetime(end).date();
            Month::of(date.yesterday().unwrap_or(date)).to_string()
        });
        *months.entry(month).or_default() += points;
    }
    Ok(months
        .into_iter()
        .map(|(month, points)| json!({"month": month, "points": points, "amount": worth(programme, points)}))
        .collect())
}

/// The months that are asked for. Without a first one, the twelve that end with the last.
pub(super) fn months_asked(call: &Call<'_>, today: Date) -> Result<Vec<Month>, Problem> {
    let months = months(call, today)?;
    if months.is_empty() || months.len() > MONTHS_MAX {
        return Err(Problem::at(
            "until",
            format!("expected {MONTHS_MAX} months at most, the last not before the first"),
        ));
    }
    Ok(months)
}

/// They, and one more at most than may be told.
fn months(call: &Call<'_>, today: Date) -> Result<Vec<Month>, Problem> {
    let asked = |name: &'static str| {
        let text = call.query.get(name).and_then(Value::as_str);
        let month = text.map(str::parse::<Month>).transpose();
        month.map_err(|error| Problem::of_parameter(name, error.to_string()))
    };
    let (first, last) = (asked("from")?, asked("until")?.unwrap_or(Month::of(today)));
    let first = first.map_or_else(|| last.first().saturating_sub(11.months()), Month::first);
    let months = first.series(1.month()).map(Month::of).take_while(|month| *month <= last);
    Ok(months.take(MONTHS_MAX + 1).collect())
}

fn start(date: Date, zone: &TimeZone) -> Timestamp {
    zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}
