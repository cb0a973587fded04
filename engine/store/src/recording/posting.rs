//! The movement of a request, with everything that its rows say.

use avis_core::authorization::{Balance, What};
use avis_core::movement::{Movement, MovementKind, ServiceDay};

use super::Posting;
use crate::record::Record;

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
        occurred_at: record.occurred_at,
        recorded_at: record.recorded_at,
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
        occurred_at: event.origin.at,
        recorded_at: event.origin.at,
        natural_date: record.own_day.as_ref().unwrap_or(day).date(event.origin.at),
        authorized_on: record.authorized_on,
        territory: record.territory.clone(),
        movement,
    }))
}
