//! Business days of a provider: closed with what they come to, and never changing from then on (settlement 1.3, 1.4).

use std::collections::BTreeSet;

use avis_core::limits::SUM_MAX;
use avis_core::movement::ServiceDay;
use avis_core::settlement::Totals;
use avis_store::records::RecordFilter;
use avis_store::{ClosedDay, ClosedDays, DAY_KIND, Days, DaysError, Kind as RowKind, ToldDay, Whose};
use jiff::civil::Date;
use serde_json::Value;

use super::provider;
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::list::Page;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};

const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
/// Totals of others are as exact as those of a terminal.
const EXACT: Kind = Kind::Whole(-SUM_MAX, SUM_MAX);
const TOTAL: &[Field] =
    &[optional("count", SUM), optional("gross", SUM), optional("discount", SUM), optional("payable", SUM)];
const THEIRS: &[Field] =
    &[optional("count", EXACT), optional("gross", EXACT), optional("discount", EXACT), optional("payable", EXACT)];
const BY_KIND: &[Field] = &by_kind(TOTAL);

/// A total for each kind of movement.
const fn by_kind(total: &'static [Field]) -> [Field; 6] {
    [
        optional("sale", Kind::Object(total)),
        optional("capture", Kind::Object(total)),
        optional("advice", Kind::Object(total)),
        optional("void", Kind::Object(total)),
        optional("refund", Kind::Object(total)),
        optional("reversal", Kind::Object(total)),
    ]
}

/// What a provider has itself for the day.
pub(super) const CLOSE: &[Field] = &[optional("totals", Kind::Object(&by_kind(THEIRS)))];

/// A day as it is shown.
pub(super) const SHOWN: &[Field] = &[
    needed("provider", Kind::Token(1, 200)),
    needed("date", Kind::Date),
    needed("state", Kind::Word(&["open", "closed"])),
    needed("result", Kind::Word(&["in_balance", "out_of_balance", "totals"])),
    optional("closed_at", Kind::Instant),
    needed("ours", Kind::Object(BY_KIND)),
    needed("late", Kind::Object(BY_KIND)),
    needed("difference", Kind::Object(BY_KIND)),
    optional("already_closed", Kind::Truth),
];

impl Object for ClosedDay {
    const KIND: &'static str = DAY_KIND;
}

/// All days of a provider.
fn of_provider(provider: &str) -> Whose<'_> {
    Whose { provider, terminal: None }
}

/// Where days are read and closed.
pub(in crate::control) fn days(control: &Control) -> Days<'_> {
    let (registry, reports) = (&*control.registry, &*control.reports);
    Days { registry, reports, day: control.clock.service_day().clone(), now: control.clock.now() }
}

/// Where the days of a provider are read and closed.
pub(super) fn days_of<'c>(control: &'c Control, provider: &str) -> Result<Days<'c>, Problem> {
    Ok(Days { day: service_day(control, provider)?, ..days(control) })
}

/// The providers that have days to close: those that the rules know, and all of whom anything moved.
pub(in crate::control) fn closing(control: &Control) -> Result<BTreeSet<String>, Problem> {
    let (rules, moved) = (rules::rules(control)?, control.reports.providers()?);
    let moved = moved.iter().map(|provider| provider.to_string());
    Ok(rules.names_of(RowKind::Provider).map(str::to_owned).chain(moved).collect())
}

/// A provider's business day.
pub(in crate::control) fn service_day(control: &Control, provider: &str) -> Result<ServiceDay, Problem> {
    Ok(rules::rules(control)?.service_day(provider, control.clock.service_day()))
}

/// The closed days of a provider.
pub(in crate::control) fn closed(call: &Call<'_>, provider: &str) -> Result<ClosedDays, Problem> {
    Ok(days(call.control).closed(provider)?)
}

/// The day in the path.
fn date(call: &Call<'_>) -> Result<Date, Problem> {
    let text = call.path("date");
    // As it is written everywhere: `20261118` is no other address of the same day.
    let date: Option<Date> = text.parse().ok().filter(|date: &Date| date.to_string() == text);
    date.ok_or_else(|| Code::NotFound.into())
}

/// `GET /providers/{code}/days`: those that are closed.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider) = (Page::of(call)?, provider(call)?);
    let filter = RecordFilter { owner: Some(provider), ..page.records() };
    let days = kept::list::<ClosedDay>(&*call.control.registry, &filter, page.most(), call.now)?;
    let shown = days.iter().map(|day| (day.record.key.clone(), day.object.told().shown(of_provider(provider))));
    Ok(page.answer(shown))
}

/// `GET /providers/{code}/days/{date}`: a closed day as it was closed, an open one as it stands.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let whose = of_provider(provider(call)?);
    Ok(Answer::of(days_of(call.control, whose.provider)?.read(whose, date(call)?)?.shown(whose)))
}

/// `POST /providers/{code}/days/{date}/close`: it and all before it, of all terminals. Asked again, it answers what it closed.
pub(super) fn close(call: &Call<'_>) -> Result<Answer, Problem> {
    let (whose, date) = (of_provider(provider(call)?), date(call)?);
    let theirs = call.body.get("totals").filter(|totals| !totals.is_null()).map(theirs).transpose()?;
    let entry = |key: &str, told: &ToldDay| call.entry("day_closed", (DAY_KIND, key), (None, Some(&told.shown(whose))));
    let by = (&*call.caller()?.user, &entry as &avis_store::EntryOf<'_>);
    Ok(Answer::of(days_of(call.control, whose.provider)?.close(whose, date, theirs.as_ref(), by)?.shown(whose)))
}

fn theirs(totals: &Value) -> Result<Totals, Problem> {
    let fields = totals.as_object().into_iter().flatten().filter(|(_, total)| !total.is_null());
    let total = |(kind, total): (&String, &Value)| {
        let mut total = total.clone();
        if let Value::Object(fields) = &mut total {
            fields.retain(|_, value| !value.is_null());
        }
        let total = serde_json::from_value(total);
        Ok((kind.clone(), total.map_err(|_| Problem::at("/totals", "expected sums by kind"))?))
    };
    fields.map(total).collect()
}

impl From<DaysError> for Problem {
    fn from(error: DaysError) -> Self {
        match error {
            DaysError::NotBegun(_) => Code::DayNotBegun.into(),
            DaysError::TooManyOpen(_) => Self::new(Code::NotInThisState, error.to_string()),
            DaysError::Ledger(error) => error.into(),
            DaysError::Store(error) => error.into(),
        }
    }
}
