//! Business days of a provider: closed with what they come to, and never changing from then on (settlement 1.3, 1.4).

use std::collections::{BTreeMap, HashMap};

use avis_core::movement::MovementKind;
use avis_store::records::RecordFilter;
use avis_store::{Authorizations, ClosedDays, Entries, Posting, Taken, Wanted};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{all_of, minor_units, provider};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

/// Days that one request closes: those before the one that it names, too.
const DAYS_MAX: i32 = 366;
const CLOSED: &str = "closed";
const OPEN: &str = "open";

const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
const TOTAL: &[Field] = &[
    optional("count", Kind::Whole(i64::MIN, i64::MAX)),
    optional("gross", SUM),
    optional("discount", SUM),
    optional("payable", SUM),
];
const BY_KIND: &[Field] = &[
    optional("sale", Kind::Object(TOTAL)),
    optional("capture", Kind::Object(TOTAL)),
    optional("advice", Kind::Object(TOTAL)),
    optional("void", Kind::Object(TOTAL)),
    optional("refund", Kind::Object(TOTAL)),
    optional("reversal", Kind::Object(TOTAL)),
];

/// What a provider has itself for the day.
pub(super) const CLOSE: &[Field] = &[optional("totals", Kind::Object(BY_KIND))];

/// A day as it is shown.
pub(super) const SHOWN: &[Field] = &[
    needed("provider", Kind::Token(1, 200)),
    needed("date", Kind::Date),
    needed("state", Kind::Word(&[OPEN, CLOSED])),
    needed("result", Kind::Word(&["in_balance", "out_of_balance", "totals"])),
    optional("closed_at", Kind::Instant),
    needed("ours", Kind::Object(BY_KIND)),
    needed("late", Kind::Object(BY_KIND)),
    needed("difference", Kind::Object(BY_KIND)),
    optional("already_closed", Kind::Truth),
];

/// What movements of one kind come to, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Total {
    #[serde(default)]
    count: i64,
    #[serde(default)]
    gross: i64,
    #[serde(default)]
    discount: i64,
    #[serde(default)]
    payable: i64,
}

/// By the words of kinds.
type Totals = BTreeMap<String, Total>;

/// A closed day as it is kept, under its provider and date.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Day {
    date: Date,
    taken: Taken,
    closed_at: Timestamp,
    closed_by: String,
    ours: Totals,
    late: Totals,
    /// What the provider had itself; none if it did not say.
    theirs: Option<Totals>,
}

impl Object for Day {
    const KIND: &'static str = "day";
}

/// The last day that a provider closed, under its code: of two who close at once, one goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LastDay {
    date: Date,
}

impl Object for LastDay {
    const KIND: &'static str = "last_day";
}

impl Day {
    fn shown(&self, provider: &str) -> Value {
        shown(provider, self.date, Some(self.closed_at), (&self.ours, &self.late), self.theirs.as_ref())
    }
}

fn shown(
    provider: &str,
    date: Date,
    closed_at: Option<Timestamp>,
    (ours, late): (&Totals, &Totals),
    theirs: Option<&Totals>,
) -> Value {
    let difference = theirs.map(|theirs| difference(theirs, ours)).unwrap_or_default();
    let result = match theirs {
        None => "totals",
        Some(_) if difference.is_empty() => "in_balance",
        Some(_) => "out_of_balance",
    };
    json!({
        "provider": provider, "date": date, "state": if closed_at.is_some() { CLOSED } else { OPEN }, "result": result,
        "closed_at": closed_at, "ours": ours, "late": late, "difference": difference,
    })
}

/// Theirs less ours, by kind and field, without zeros.
fn difference(theirs: &Totals, ours: &Totals) -> BTreeMap<String, BTreeMap<&'static str, i64>> {
    let mut difference: BTreeMap<String, BTreeMap<&'static str, i64>> = BTreeMap::new();
    for kind in theirs.keys().chain(ours.keys()) {
        let [theirs, ours] = [theirs, ours].map(|totals| totals.get(kind).copied().unwrap_or_default());
        let fields = [
            ("count", theirs.count, ours.count),
            ("gross", theirs.gross, ours.gross),
            ("discount", theirs.discount, ours.discount),
            ("payable", theirs.payable, ours.payable),
        ];
        let differing = fields.into_iter().filter(|(_, theirs, ours)| theirs != ours);
        let differing: BTreeMap<_, _> =
            differing.map(|(name, theirs, ours)| (name, theirs.saturating_sub(ours))).collect();
        if !differing.is_empty() {
            difference.insert(kind.clone(), differing);
        }
    }
    difference
}

/// What is being added up for one day.
#[derive(Default)]
struct Adding {
    ours: BTreeMap<&'static str, [i128; 4]>,
    late: BTreeMap<&'static str, [i128; 4]>,
}

impl Adding {
    fn add(&mut self, posting: &Posting) {
        let moved = &posting.movement.moved;
        let amounts = [1, moved.gross, moved.discount, moved.payable].map(i128::from);
        let kind = MovementKind::word(moved.kind);
        let late = posting.movement.is_late().then_some(&mut self.late);
        for totals in [Some(&mut self.ours), late].into_iter().flatten() {
            let sums = totals.entry(kind).or_default();
            sums.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
    }

    fn totals(sums: BTreeMap<&'static str, [i128; 4]>) -> Result<Totals, Problem> {
        let total = |(kind, [count, gross, discount, payable]): (&'static str, [i128; 4])| {
            let [count, gross, discount, payable] =
                [minor_units(count)?, minor_units(gross)?, minor_units(discount)?, minor_units(payable)?];
            Ok((kind.to_owned(), Total { count, gross, discount, payable }))
        };
        sums.into_iter().map(total).collect()
    }
}

/// The closed days of a provider.
pub(super) fn closed(call: &Call<'_>, provider: &str) -> Result<ClosedDays, Problem> {
    let days = all_of::<Day>(call, provider)?;
    Ok(ClosedDays::new(days.into_iter().map(|day| (day.object.date, day.object.taken))))
}

/// What counts on each day from one until another.
fn added(
    call: &Call<'_>,
    provider: &str,
    closed: &ClosedDays,
    (from, until): (Date, Date),
) -> Result<HashMap<Date, (Totals, Totals)>, Problem> {
    let mut days: HashMap<Date, Adding> = HashMap::new();
    let wanted = Wanted { provider, entries: Entries::None, closed, of: Authorizations::OfDays(from, until) };
    call.control.reports.each_posting(&wanted, &mut |posting| {
        let date = posting.movement.business_date;
        if from <= date && date < until {
            days.entry(date).or_default().add(&posting);
        }
        Ok(())
    })?;
    let totals =
        |(date, adding): (Date, Adding)| Ok((date, (Adding::totals(adding.ours)?, Adding::totals(adding.late)?)));
    days.into_iter().map(totals).collect()
}

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

/// The day in the path, if it has begun.
fn day_in_path(call: &Call<'_>) -> Result<Date, Problem> {
    let date = call.path("date").parse().map_err(|_| Problem::from(Code::NotFound))?;
    if date > call.control.clock.service_day().date(call.now) {
        return Err(Code::DayNotBegun.into());
    }
    Ok(date)
}

fn load(call: &Call<'_>, provider: &str, date: Date) -> Result<Option<Kept<Day>>, Problem> {
    kept::load(&*call.control.registry, &key(provider, date), call.now)
}

fn key(provider: &str, date: Date) -> String {
    format!("{provider}/{date}")
}

/// `GET /providers/{code}/days`: those that are closed.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider) = (Page::of(call)?, provider(call)?);
    let filter = RecordFilter { owner: Some(provider), after: &page.after, ..RecordFilter::default() };
    let days = kept::list::<Day>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(days.iter().map(|day| (day.record.key.clone(), day.object.shown(provider))).collect()))
}

/// `GET /providers/{code}/days/{date}`: a closed day as it was closed, an open one as it stands.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let (provider, date) = (provider(call)?, day_in_path(call)?);
    match load(call, provider, date)? {
        Some(day) => Ok(Answer::of(day.object.shown(provider))),
        None => standing(call, provider, date, None),
    }
}

/// A day that has no record: one that is open, or one before the first that was ever closed.
fn standing(call: &Call<'_>, provider: &str, date: Date, theirs: Option<&Totals>) -> Result<Answer, Problem> {
    let days = all_of::<Day>(call, provider)?;
    // Closing a day closed those before it.
    let closed_at = days.iter().find(|day| day.object.date >= date).map(|day| day.object.closed_at);
    let closed = ClosedDays::new(days.into_iter().map(|day| (day.object.date, day.object.taken)));
    let (ours, late) = added(call, provider, &closed, (date, next(date)))?.remove(&date).unwrap_or_default();
    Ok(Answer::of(shown(provider, date, closed_at, (&ours, &late), theirs)))
}

/// `POST /providers/{code}/days/{date}/close`: it and all before it. Asked again, it answers what it closed.
pub(super) fn close(call: &Call<'_>) -> Result<Answer, Problem> {
    let (provider, date) = (provider(call)?, day_in_path(call)?);
    let theirs = call.body.get("totals").filter(|totals| !totals.is_null()).map(theirs).transpose()?;
    let last = kept::load::<LastDay>(&*call.control.registry, provider, call.now)?;
    if last.as_ref().is_some_and(|last| date <= last.object.date) {
        return again(call, provider, date, theirs.as_ref());
    }
    close_until(call, provider, date, last, theirs.as_ref())
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

/// A day that is closed, compared anew with what the provider has.
fn again(call: &Call<'_>, provider: &str, date: Date, theirs: Option<&Totals>) -> Result<Answer, Problem> {
    let mut answer = match load(call, provider, date)? {
        Some(Kept { object: Day { closed_at, ours, late, .. }, .. }) => {
            Answer::of(shown(provider, date, Some(closed_at), (&ours, &late), theirs))
        }
        None => standing(call, provider, date, theirs)?,
    };
    if let Some(Value::Object(fields)) = &mut answer.body {
        fields.insert("already_closed".to_owned(), json!(true));
    }
    Ok(answer)
}

fn close_until(
    call: &Call<'_>,
    provider: &str,
    date: Date,
    last: Option<Kept<LastDay>>,
    theirs: Option<&Totals>,
) -> Result<Answer, Problem> {
    let from = last.as_ref().map_or(date, |last| next(last.object.date));
    if from.until(date).map_or(i32::MAX, |span| span.get_days()) >= DAYS_MAX {
        let detail = format!("{from} is open: close a day that is less than {DAYS_MAX} days after it first");
        return Err(Problem::new(Code::NotInThisState, detail));
    }
    let taken = call.control.reports.taken()?;
    let dates: Vec<Date> = from.series(jiff::Span::new().days(1)).take_while(|day| *day <= date).collect();
    let before = all_of::<Day>(call, provider)?.into_iter().map(|day| (day.object.date, day.object.taken));
    let closed = ClosedDays::new(before.chain(dates.iter().map(|day| (*day, taken.clone()))));
    let mut sums = added(call, provider, &closed, (from, next(date)))?;
    let mut day_of = |day: Date| {
        let (ours, late) = sums.remove(&day).unwrap_or_default();
        let theirs = theirs.filter(|_| day == date).cloned();
        let (taken, closed_by) = (taken.clone(), call.caller()?.user.clone());
        Ok(Day { date: day, taken, closed_at: call.now, closed_by, ours, late, theirs })
    };
    let days = dates.iter().map(|day| day_of(*day)).collect::<Result<Vec<Day>, Problem>>()?;
    let made = |day: &Day| kept::make(&key(provider, day.date), day, (provider, CLOSED), None);
    let mut changes: Vec<_> = days.iter().map(made).collect();
    let now_last = LastDay { date };
    changes.push(match last {
        Some(mut last) => {
            last.object = now_last;
            last.replace("")
        }
        None => kept::make(provider, &now_last, (provider, ""), None),
    });
    let shown = days.last().map(|day| day.shown(provider)).unwrap_or_default();
    let entry = call.entry("day_closed", (Day::KIND, &key(provider, date)), (None, Some(&shown)));
    call.control.registry.change(&changes, &[entry])?;
    Ok(Answer::of(shown))
}
