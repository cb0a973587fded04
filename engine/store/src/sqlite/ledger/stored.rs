//! Records as they stand in their table.

use avis_core::Reading;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{StepError, units};
use crate::record::{Record, read_record, written_event, written_record};
use crate::revision::RulesRead;
use crate::sealing::Unit;

/// A provider's record; another provider's is as good as none.
pub(super) fn load(connection: &Connection, provider: &str, id: Uuid) -> Result<Option<Record>, StepError> {
    let mut statement =
        connection.prepare_cached("SELECT record FROM authorization WHERE id = ?1 AND provider = ?2")?;
    let opened: Option<String> = statement.query_row(params![id.as_bytes(), provider], |row| row.get(0)).optional()?;
    opened.map(|opened| with_events(connection, id, &opened)).transpose()
}

fn with_events(connection: &Connection, id: Uuid, opened: &str) -> Result<Record, StepError> {
    Ok(read_record(opened, &events(connection, id)?)?)
}

/// What happened to a record since it was opened, in its order.
pub(in crate::sqlite) fn events(connection: &Connection, id: Uuid) -> Result<Vec<String>, rusqlite::Error> {
    let text = "SELECT content FROM authorization_event WHERE authorization_id = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(text)?;
    statement.query_map([id.as_bytes()], |row| row.get(0))?.collect()
}

/// What a provider's decision read, and the revision of its rules.
pub(super) fn reading(
    connection: &Connection,
    provider: &str,
    id: Uuid,
) -> Result<Option<(Reading, RulesRead)>, StepError> {
    let Some(record) = load(connection, provider, id)? else { return Ok(None) };
    let mut statement = connection.prepare_cached("SELECT reading FROM authorization WHERE id = ?1")?;
    let text: String = statement.query_row(params![id.as_bytes()], |row| row.get(0))?;
    Ok(Some((serde_json::from_str(&text)?, record.rules)))
}

/// Writes a new record.
pub(super) fn insert(connection: &Connection, record: &Record, reading: &Reading) -> Result<(), StepError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO authorization (id, provider, state, expires_at, hold_ms, recorded_at, record, reading)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute(params![
        record.id.as_bytes(),
        record.provider,
        record.authorization.state().word(),
        record.expires_at.map(|at| at.as_millisecond()),
        record.expires_at.map(|at| at.as_millisecond() - record.recorded_at.as_millisecond()),
        record.recorded_at.as_millisecond(),
        written_record(record)?,
        serde_json::to_string(reading)?,
    ])?;
    Ok(units::queue(connection, Unit { authorization: record.id, event: 0 })?)
}

/// Appends the last event of a record, and notes the state that it came to.
pub(super) fn append(connection: &Connection, record: &Record) -> Result<(), StepError> {
    let history = record.authorization.history();
    if let Some(event) = history.last() {
        let text =
            "INSERT INTO authorization_event (authorization_id, number, recorded_at, content) VALUES (?1, ?2, ?3, ?4)";
        let number = i64::try_from(history.len()).unwrap_or(i64::MAX);
        let at = event.origin.at.as_millisecond();
        connection.prepare_cached(text)?.execute(params![record.id.as_bytes(), number, at, written_event(event)?])?;
        units::queue(connection, Unit { authorization: record.id, event: number })?;
    }
    set_state(connection, record)
}

/// Notes the state that a record came to.
pub(super) fn set_state(connection: &Connection, record: &Record) -> Result<(), StepError> {
    let text = "UPDATE authorization SET state = ?2 WHERE id = ?1 AND state <> ?2";
    connection.prepare_cached(text)?.execute(params![record.id.as_bytes(), record.authorization.state().word()])?;
    Ok(())
}

/// A record, whoever's it is.
pub(super) fn load_any(connection: &Connection, id: Uuid) -> Result<Option<Record>, StepError> {
    let mut statement = connection.prepare_cached("SELECT record FROM authorization WHERE id = ?1")?;
    let opened: Option<String> = statement.query_row(params![id.as_bytes()], |row| row.get(0)).optional()?;
    opened.map(|opened| with_events(connection, id, &opened)).transpose()
}

/// Holds that are due at a moment, the longest due first.
pub(super) fn due(connection: &Connection, now: jiff::Timestamp, most: usize) -> Result<Vec<Uuid>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM authorization WHERE state = 'held' AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let ids = statement.query_map(params![now.as_millisecond(), most], |row| row.get::<_, [u8; 16]>(0))?;
    ids.map(|id| id.map(Uuid::from_bytes)).collect()
}

/// Marks a record that can't be read.
pub(super) fn mark_unreadable(connection: &Connection, id: Uuid) -> Result<(), rusqlite::Error> {
    connection.execute("UPDATE authorization SET state = 'unreadable' WHERE id = ?1", params![id.as_bytes()])?;
    Ok(())
}
