//! The movement of a request, with everything that its rows say.

use avis_core::authorization::{Balance, What};
use avis_core::movement::{Movement, MovementKind, ServiceDay};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Posting;
use crate::record::{Record, UnreadableRecord, happened, read_record};

/// The movement of a request that opened a record; none of a hold.
pub(super) fn of_opening(record: &Record, kind: MovementKind) -> Option<Box<Posting>> {
    let movement = Movement::opening(&record.authorization, &record.provider, kind)?;
    Some(Box::new(Posting {
        authorization: record.id,
        number: record.authorization.movements(),
        event: 0,
        provider: record.provider.clone(),
        terminal: record.terminal.clone(),
        request_id: record.request_id,
        original_request_id: None,
        holder: record.holder.clone(),
        occurred_at: to_the_millisecond(record.occurred_at),
        recorded_at: to_the_millisecond(record.recorded_at),
        natural_date: record.authorized_on,
        authorized_on: record.authorized_on,
        territory: record.territory.clone(),
        movement,
    }))
}

/// The movement of the last event of a record, whose history came to `before` until then.
pub(super) fn of_last_event(before: &Balance, record: &Record, day: &ServiceDay) -> Option<Box<Posting>> {
    let movement = Movement::of_last_event(before, &record.authorization, &record.provider)?;
    let event = record.authorization.history().last()?;
    let original_request_id = match &event.what {
        What::Operation(_) => None,
        What::Reversal(reversal) => Some(reversal.original_request_id),
    };
    Some(Box::new(Posting {
        authorization: record.id,
        number: record.authorization.movements(),
        event: record.authorization.history().len(),
        provider: record.provider.clone(),
        terminal: event.origin.terminal.clone().unwrap_or_else(|| record.terminal.clone()),
        request_id: event.origin.request_id?,
        original_request_id,
        holder: record.holder.clone(),
        occurred_at: to_the_millisecond(event.origin.at),
        recorded_at: to_the_millisecond(event.origin.at),
        natural_date: record.own_day.as_ref().unwrap_or(day).date(event.origin.at),
        authorized_on: record.authorized_on,
        territory: record.territory.clone(),
        movement,
    }))
}

/// Rows keep instants in milliseconds, whatever they are kept in; the record has all digits that the terminal sent.
fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_nanosecond().div_euclid(1_000_000).try_into().unwrap_or(i64::MAX)).unwrap_or(at)
}

/// A record as it was stored with its events, and everything that moved by it. The deployment's days of then are not known any more:
/// those of events are in UTC where the provider has no own. `is_upload` tells what a terminal uploaded from what an engine sold
/// standing in for the ledger.
///
/// # Errors
/// A record or an event that can't be read.
pub(crate) fn posted_by(
    opened: &str,
    events: &[String],
    is_upload: bool,
) -> Result<(Record, Vec<Posting>), UnreadableRecord> {
    let mut record = read_record(opened, &[] as &[&str])?;
    let is_advice = is_upload && record.advice.is_some();
    let kind = if is_advice { MovementKind::Advice } else { MovementKind::Sale };
    let mut postings: Vec<Posting> = of_opening(&record, kind).map(|posting| *posting).into_iter().collect();
    let day = ServiceDay::of_deployment(TimeZone::UTC);
    for event in events {
        let before = record.authorization.balance().clone();
        happened(&mut record.authorization, event)?;
        postings.extend(of_last_event(&before, &record, &day).map(|posting| *posting));
    }
    Ok((record, postings))
}
