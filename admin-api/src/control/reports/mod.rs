//! Reports over what was sold (settlement 5): figures of the own party, what is published of all, budgets, rights that nobody used,
//! and the programme's indicators. Everything is folded by `avis_core::settlement::reports` from the rows that `Reports` reads: those of
//! movements, or what these come to by days and months.

mod budgets;
mod figures;
mod indicators;
mod operations;
mod published;
mod reading;
mod reimbursing;
mod tallying;
mod turnover;
mod unused;

use avis_core::settlement::reports::{Moved, Sight, Spans, TooManyGroups};
use avis_store::{Authorizations, Entries, MovementsError, Posting, Reports, Tallied, TallyPart, TallyRow, Wanted};
use jiff::civil::Date;

use super::call::Call;
use super::policy::Reach;
use super::problem::Problem;
use super::settlement::closed_days;
use super::shape::{Field, Kind, needed};

pub(crate) use operations::OPERATIONS;
pub(crate) use reading::Replica;

/// The days of one report.
const DAYS_MAX: i32 = 3_660;

const FROM: Field = needed("from", Kind::Date);
const UNTIL: Field = needed("until", Kind::Date);
const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
const CODE: Kind = Kind::Token(1, 200);

/// Whose rows a report reads: as far as the caller's operation reaches.
fn sight<'c>(call: &'c Call<'_>) -> Result<Sight<'c>, Problem> {
    if call.reach == Some(Reach::All) { Ok(Sight::All) } else { Ok(Sight::Of(call.party()?)) }
}

/// Which entries of a provider's movements somebody sees.
fn entries<'a>(sight: Sight<'a>, provider: &str) -> Entries<'a> {
    match sight {
        Sight::Of(party) if party != provider => Entries::Of(party),
        Sight::Of(_) | Sight::All => Entries::All,
    }
}

/// Gives a sink every posting of authorizations of which something counts on days from one until another, authorization by
/// authorization, until it fails; of every provider that moved anything, as what is added up is.
fn each_posting(
    (call, reports): (&Call<'_>, &dyn Reports),
    sight: Sight<'_>,
    days: (Date, Date),
    sink: &mut dyn FnMut(&Posting) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let providers = reports.providers()?;
    providers.iter().try_for_each(|provider| each_posting_of(provider, (call, reports), sight, days, sink))
}

/// As [`each_posting`], of one provider.
fn each_posting_of(
    provider: &str,
    (call, reports): (&Call<'_>, &dyn Reports),
    sight: Sight<'_>,
    (from, until): (Date, Date),
    sink: &mut dyn FnMut(&Posting) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let closed = closed_days(call, provider)?;
    let of = Authorizations::OfDays(from, until);
    let wanted = Wanted { provider, entries: entries(sight, provider), closed: &closed, of };
    until_refused(&mut |posting: Posting| sink(&posting), |sink| Ok(reports.each_posting(&wanted, sink)?))
}

/// Gives a sink everything that moved on days from one until another, added up by whole months and the days that are left, or by
/// days alone, until it fails. Rows of one key may be several.
fn each_tallied(
    call: &Call<'_>,
    (from, until): (Date, Date),
    (of, spans): (&[TallyPart], &[Spans]),
    sight: Sight<'_>,
    sink: &mut dyn FnMut(TallyRow) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let party = if let Sight::Of(party) = sight { Some(party) } else { None };
    let wanted = Tallied { of, spans, provider: None, party };
    let days = call.control.read_days();
    until_refused(sink, |sink| Ok(days.each_tallied((from, until), &wanted, sink)?))
}

/// Reads for a sink that may refuse what it is given, and ends with its refusal then.
fn until_refused<T>(
    sink: &mut dyn FnMut(T) -> Result<(), Problem>,
    read: impl FnOnce(&mut dyn FnMut(T) -> Result<(), MovementsError>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut refused = None;
    let read = read(&mut |given| {
        sink(given).map_err(|problem| {
            refused = Some(problem);
            MovementsError::Sink(std::io::Error::other("a report has enough"))
        })
    });
    refused.map_or(read, Err)
}

/// As [`each_posting`], of what reports count.
fn each_moved(
    reading: (&Call<'_>, &dyn Reports),
    sight: Sight<'_>,
    days: (Date, Date),
    sink: &mut dyn FnMut(&Moved<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    each_posting(reading, sight, days, &mut |posting| posting.moved().map_or(Ok(()), |moved| sink(&moved)))
}

/// A parameter as a date; the shape said that it is one.
fn date(call: &Call<'_>, name: &'static str) -> Result<Date, Problem> {
    let date = parameter(call, name).and_then(|text| text.parse().ok());
    date.ok_or_else(|| Problem::of_parameter(name, "expected a date such as `2026-11-18`"))
}

fn parameter<'c>(call: &'c Call<'_>, name: &str) -> Option<&'c str> {
    call.query.get(name).and_then(serde_json::Value::as_str)
}

/// The days of a report.
fn days(call: &Call<'_>) -> Result<(Date, Date), Problem> {
    let (from, until) = (date(call, "from")?, date(call, "until")?);
    if from >= until {
        return Err(Problem::at("/until", "expected a date after `from`"));
    }
    if from.until(until).map_or(i32::MAX, |span| span.get_days()) > DAYS_MAX {
        return Err(Problem::at("/until", format!("expected a date at most {DAYS_MAX} days after `from`")));
    }
    Ok((from, until))
}

impl From<TooManyGroups> for Problem {
    fn from(error: TooManyGroups) -> Self {
        Self::of_parameter("by", error.to_string())
    }
}
