//! Records as they stand in their table.

use avis_core::Reading;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::StepError;
use crate::record::Record;

/// A provider's record; another provider's is as good as none.
pub(super) fn load(connection: &Connection, provider: &str, id: Uuid) -> Result<Option<Record>, StepError> {
    let mut statement =
        connection.prepare_cached("SELECT record FROM authorization WHERE id = ?1 AND provider = ?2")?;
    let text: Option<String> = statement.query_row(params![id.as_bytes(), provider], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// What a provider's decision read, and the revision of its rules.
pub(super) fn reading(connection: &Connection, provider: &str, id: Uuid) -> Result<Option<(Reading, u64)>, StepError> {
    let Some(record) = load(connection, provider, id)? else { return Ok(None) };
    let mut statement = connection.prepare_cached("SELECT reading FROM authorization WHERE id = ?1")?;
    let text: String = statement.query_row(params![id.as_bytes()], |row| row.get(0))?;
    Ok(Some((serde_json::from_str(&text)?, record.revision)))
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
        serde_json::to_string(record)?,
        serde_json::to_string(reading)?,
    ])?;
    Ok(())
}

/// Writes a record as it stands now.
pub(super) fn update(connection: &Connection, record: &Record) -> Result<(), StepError> {
    let state = record.authorization.state();
    let mut statement = connection.prepare_cached("UPDATE authorization SET state = ?2, record = ?3 WHERE id = ?1")?;
    statement.execute(params![record.id.as_bytes(), state.word(), serde_json::to_string(record)?])?;
    Ok(())
}

/// A record, whoever's it is.
pub(super) fn load_any(connection: &Connection, id: Uuid) -> Result<Option<Record>, StepError> {
    let mut statement = connection.prepare_cached("SELECT record FROM authorization WHERE id = ?1")?;
    let text: Option<String> = statement.query_row(params![id.as_bytes()], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
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
pub(super) fn set_aside(connection: &Connection, id: Uuid) -> Result<(), rusqlite::Error> {
    connection.execute("UPDATE authorization SET state = 'unreadable' WHERE id = ?1", params![id.as_bytes()])?;
    Ok(())
}
