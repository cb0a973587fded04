//! Keeps what a terminal sold without a connection.

use avis_core::authorization::{Granted, OverGrant, OverGrantKey, OverGranted};
use avis_core::{Outcome, Reading};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::authorize::new_id;
use super::{StepError, request, stored, usage};
use crate::answer;
use crate::ledger::{NewAuthorization, Refused, Verdict};
use crate::record::{Advised, Record};

pub(super) fn advise(
    connection: &Connection,
    new: &NewAuthorization,
    granted: &[Granted],
    device: (Timestamp, u64),
    now: Timestamp,
) -> Result<Verdict, StepError> {
    let mut used = usage::sums(connection, new.plan.needs())?.into_iter();
    let read = new.plan.usage(|_| used.next().unwrap_or_default());
    let keys = new.plan.over_grant_keys(granted);
    let before = keys.iter().map(|key| so_far(connection, key)).collect::<Result<Vec<_>, _>>()?;
    let settled = match new.plan.settle(&read, granted, &before) {
        Ok(settled) => settled,
        Err(faults) => return Ok(Verdict::Refused(Refused::Granted(faults))),
    };
    let decision = settled.decision;
    if granted.is_empty() && decision.outcome == Outcome::Declined {
        return request::keep(connection, &new.key, request::AUTHORIZE, None, answer::declined(new, &decision));
    }
    let (device_time, device_sequence) = device;
    let advised = Advised { device_time, device_sequence, over_granted: settled.over_granted };
    let record = Record { advice: Some(advised), ..Record::of(new, &decision, new_id(now)?, now) };
    stored::insert(connection, &record, &Reading::of(&new.plan, &read))?;
    let over_granted = record.advice.as_ref().map_or(&[][..], |advice| &advice.over_granted);
    list(connection, &record, over_granted, &keys)?;
    request::keep(connection, &new.key, request::AUTHORIZE, Some(record.id), answer::authorized(&record))
}

/// What was over-granted to a holder by a benefit on one service date.
fn so_far(connection: &Connection, key: &OverGrantKey) -> Result<OverGranted, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT count(DISTINCT authorization_id), coalesce(sum(grantor), 0) FROM over_grant
         WHERE benefit = ?1 AND holder = ?2 AND date = ?3",
    )?;
    let totals = |row: &rusqlite::Row<'_>| Ok(OverGranted { uses: row.get(0)?, discount: row.get(1)? });
    statement.query_row(params![key.benefit, key.holder, usage::days(key.date)], totals)
}

/// What was undone was not granted.
pub(super) fn unlist(connection: &Connection, id: Uuid) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached("DELETE FROM over_grant WHERE authorization_id = ?1")?;
    statement.execute(params![id.as_bytes()])?;
    Ok(())
}

/// Lists what was granted beyond what was due, with who is liable.
pub(super) fn list(
    connection: &Connection,
    record: &Record,
    over_granted: &[OverGrant],
    keys: &[OverGrantKey],
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO over_grant (authorization_id, line_id, benefit, version, holder, date, grantor, provider)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET grantor = grantor + excluded.grantor, provider = provider + excluded.provider",
    )?;
    for over in over_granted {
        // What is the provider's alone counts towards nobody's caps: the day of the sale in UTC will do.
        let key = keys.iter().find(|key| key.benefit == over.benefit);
        let date = key.map_or_else(|| TimeZone::UTC.to_datetime(record.occurred_at).date(), |key| key.date);
        let holder = key.map(|key| &key.holder);
        let id = record.id.as_bytes();
        let days = usage::days(date);
        statement.execute(params![
            id,
            over.line_id,
            over.benefit,
            over.version,
            holder,
            days,
            over.grantor,
            over.provider
        ])?;
    }
    Ok(())
}
