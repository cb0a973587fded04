//! Holds that were not captured in time give back what they held.

use avis_core::Charge;
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::tables::Tables;
use super::{StepError, over_grant, points, stored, usage};
use crate::clock::Moment;
use crate::recording;

/// After a restart with a clock that went back, a hold waits for its whole time from now at most.
pub(super) fn bound(connection: &Connection, now: Timestamp) -> Result<(), rusqlite::Error> {
    connection.execute(
        "UPDATE authorization SET expires_at = ?1 + hold_ms WHERE state = 'held' AND expires_at > ?1 + hold_ms",
        params![now.as_millisecond()],
    )?;
    Ok(())
}

/// When the first hold is due, in milliseconds since 1970.
pub(super) fn next(connection: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT min(expires_at) FROM authorization WHERE state = 'held'")?;
    statement.query_row([], |row| row.get(0))
}

/// Holds that one commit lets expire: behind so many, what is left follows with the next.
const AT_ONCE_MAX: usize = 1_024;

/// Lets what is due expire, and tells what that gives back; a record that can't be read is set aside, so that it holds up
/// nobody else.
pub(super) fn expire_due(connection: &mut Transaction<'_>, moment: Moment<'_>) -> Result<Vec<Charge>, StepError> {
    let mut given_back = Vec::new();
    for id in stored::due(connection, moment.now, AT_ONCE_MAX)? {
        let step = connection.savepoint()?;
        match expire(&step, id, moment) {
            Ok(charges) => {
                step.commit()?;
                given_back.extend(charges);
            }
            Err(error @ (StepError::Record(_) | StepError::Account(_))) => {
                drop(step);
                tracing::error!(target: "avis::ledger", authorization = %id, %error, "a hold can't be read and is set aside");
                stored::mark_unreadable(connection, id)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(given_back)
}

fn expire(connection: &Connection, id: uuid::Uuid, moment: Moment<'_>) -> Result<Vec<Charge>, StepError> {
    let Some(mut record) = stored::load_any(connection, id)? else { return Ok(Vec::new()) };
    let Some(expired) = recording::expire(&Tables::of(connection), &mut record, moment)? else {
        // It is not held, as its column says: the column is put right.
        stored::set_state(connection, &record)?;
        return Ok(Vec::new());
    };
    stored::append(connection, &record)?;
    usage::add(connection, &expired.usage)?;
    expired.listed.iter().try_for_each(|listed| over_grant::list(connection, listed))?;
    expired.points.posted.iter().try_for_each(|posted| points::post(connection, posted))?;
    expired.points.coupons.iter().try_for_each(|coupon| points::use_coupon(connection, coupon))?;
    Ok(expired.usage)
}
