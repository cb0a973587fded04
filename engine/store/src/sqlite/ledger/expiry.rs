//! Holds that were not captured in time give back what they held.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{StepError, stored};

/// After a restart with a clock that went back, a hold waits for its whole time from now at most.
pub(super) fn bound(connection: &Connection, now: Timestamp) -> Result<(), rusqlite::Error> {
    let now = now.as_millisecond();
    connection.execute(
        "UPDATE authorization SET expires_at = ?1 + (expires_at - recorded_at) WHERE state = 'held' AND recorded_at > ?1",
        params![now],
    )?;
    Ok(())
}

/// When the first hold is due, in milliseconds since 1970.
pub(super) fn next(connection: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT min(expires_at) FROM authorization WHERE state = 'held'")?;
    statement.query_row([], |row| row.get(0))
}

pub(super) fn is_due(connection: &Connection, now: Timestamp) -> Result<bool, rusqlite::Error> {
    let mut statement = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM authorization WHERE state = 'held' AND expires_at <= ?1)")?;
    statement.query_row(params![now.as_millisecond()], |row| row.get(0))
}

pub(super) fn expire_due(connection: &Connection, now: Timestamp) -> Result<(), StepError> {
    for mut record in stored::due(connection, now)? {
        // It is held, as its column says; were it not, the column is put right.
        let _ = stored::change(connection, &mut record, |record| record.authorization.expire(now).map(|_| ()))?;
    }
    Ok(())
}
