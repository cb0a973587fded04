//! The days that a report is of, chosen in the address.

use avis_admin::control::{Refusal, encoded};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use crate::reading::text;
use crate::view::{Field, Html, Kind, Search};
use crate::visit::Visit;

/// Days from one until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: Date,
    pub(super) until: Date,
}

impl Period {
    /// As the address has it: its days and whole months. Where it has none, the last twelve months; for who oversees all parties none,
    /// since what they ask for is published by that.
    pub(super) fn of(visit: &Visit<'_>) -> Result<Option<Self>, Refusal> {
        let (from, last) = (day(visit, "from")?, day(visit, "to")?);
        if from.is_none() && last.is_none() && sees_all(visit) {
            return Ok(None);
        }
        let last = last.unwrap_or_else(|| visit.today());
        let from = from.unwrap_or_else(|| last.first_of_month().saturating_sub(11.months()));
        let wrong = || Visit::at("to", &visit.say("period-order"));
        let until = last.tomorrow().ok().filter(|until| from < *until).ok_or_else(wrong)?;
        if sees_all(visit) {
            // Figures of other parties go out by whole months.
            let until = last.last_of_month().tomorrow().map_err(|_| wrong())?;
            return Ok(Some(Self { from: from.first_of_month(), until }));
        }
        Ok(Some(Self { from, until }))
    }

    /// The same, where there is nothing without one.
    pub(super) fn needed(visit: &Visit<'_>) -> Result<Self, Refusal> {
        Self::of(visit)?.ok_or_else(|| Visit::at("from", &visit.say("period-day")))
    }

    /// The month before that of a day.
    pub(super) fn month_before(day: Date) -> Self {
        let until = day.first_of_month();
        Self { from: until.saturating_sub(1.month()), until }
    }

    /// As the control plane takes it.
    pub(super) fn query(self) -> Vec<(&'static str, String)> {
        vec![("from", self.from.to_string()), ("until", self.until.to_string())]
    }

    /// As an address of the console has it, with what stands before it.
    pub(super) fn address(self, path: &str) -> String {
        let last = self.until.yesterday().unwrap_or(self.until).to_string();
        format!("{path}from={}&to={}", encoded(&self.from.to_string()), encoded(&last))
    }

    /// The form by which it is chosen.
    pub(super) fn form(visit: &Visit<'_>, chosen: Option<Self>) -> Html {
        Self::form_with(visit, chosen, None)
    }

    /// The same, with another field before its own.
    pub(super) fn form_with(visit: &Visit<'_>, chosen: Option<Self>, first: Option<Field>) -> Html {
        let typed = |name: &str, day: Option<Date>| match (visit.query.text(name), day) {
            ("", Some(day)) => day.to_string(),
            (typed, _) => typed.to_owned(),
        };
        let last = chosen.and_then(|period| period.until.yesterday().ok());
        let field = |name: &'static str, label: String, value: String| {
            Field::new(name, label).kind(Kind::Line("date")).value(value)
        };
        let mut fields: Vec<Field> = first.into_iter().collect();
        fields.push(field("from", visit.say("period-from"), typed("from", chosen.map(|period| period.from))));
        fields.push(field("to", visit.say("period-to"), typed("to", last)));
        visit.searched(Search { address: "", fields, submit: visit.say("period-show") })
    }
}

/// The first day and the last of what begins with one date and ends before another.
pub(super) fn told(visit: &Visit<'_>, of: &Value, from: &str, until: &str) -> String {
    format!("{} – {}", visit.when_of(of, from), last(visit, of, until))
}

/// The last day of what ends before a date; what never ends has none.
pub(super) fn last(visit: &Visit<'_>, of: &Value, until: &str) -> String {
    let last = text(of, until).parse::<Date>().ok().and_then(|until| until.yesterday().ok());
    last.map(|last| visit.when(&Value::from(last.to_string()))).unwrap_or_default()
}

/// Whether who signed in reads what is published of all parties, in the place of the own one's.
pub(super) fn sees_all(visit: &Visit<'_>) -> bool {
    visit.is("op") || visit.oversees()
}

fn day(visit: &Visit<'_>, field: &str) -> Result<Option<Date>, Refusal> {
    match visit.query.text(field) {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| Visit::at(field, &visit.say("period-day"))),
    }
}
