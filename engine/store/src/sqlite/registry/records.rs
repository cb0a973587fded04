//! What the control plane keeps, beside the audit: both are written in one transaction.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row as Columns, TransactionBehavior, params, params_from_iter};

use super::{SqliteStore, audit};
use crate::audit::AuditEntry;
use crate::records::{Record, RecordChange, RecordFilter, RecordValue, Records};
use crate::store::StoreError;

impl Records for SqliteStore {
    fn record(&self, kind: &str, key: &str) -> Result<Option<Record>, StoreError> {
        self.administration.read_at_once(|connection| {
            let query = format!("SELECT {COLUMNS} FROM record WHERE kind = ?1 AND key = ?2");
            Ok(connection.prepare_cached(&query)?.query_row([kind, key], record).optional()?)
        })
    }

    fn records(&self, filter: &RecordFilter<'_>, most: usize) -> Result<Vec<Record>, StoreError> {
        self.administration.read_at_once(|connection| Ok(list(connection, filter, most)?))
    }

    fn change(&self, changes: &[RecordChange], entries: &[AuditEntry]) -> Result<(), StoreError> {
        changes.iter().try_for_each(RecordChange::check)?;
        self.administration.write(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for change in changes {
                if write(&transaction, change)? == 0 {
                    return Err(change.lost());
                }
            }
            audit::insert(&transaction, entries)?;
            Ok(transaction.commit()?)
        })
    }

    fn remove_expired(&self, now: Timestamp, most: usize) -> Result<usize, StoreError> {
        self.administration.write(|connection| {
            let statement = "DELETE FROM record WHERE rowid IN
                 (SELECT rowid FROM record WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            Ok(connection.prepare_cached(statement)?.execute(params![now.as_millisecond(), most])?)
        })
    }
}

/// In the order in which [`record`] reads them.
const COLUMNS: &str = "kind, key, owner, state, version, expires_at, content";

fn record(row: &Columns<'_>) -> Result<Record, rusqlite::Error> {
    let expires_at: Option<i64> = row.get(5)?;
    Ok(Record {
        kind: row.get(0)?,
        key: row.get(1)?,
        version: row.get(4)?,
        value: RecordValue {
            owner: row.get(2)?,
            state: row.get(3)?,
            expires_at: expires_at.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok()),
            content: row.get(6)?,
        },
    })
}

/// Records for which there is room before any of them is read.
const RESERVED_MAX: usize = 256;

/// Records that a filter lets through, in the order of their keys.
pub(in crate::sqlite) fn list(
    connection: &Connection,
    filter: &RecordFilter<'_>,
    most: usize,
) -> Result<Vec<Record>, rusqlite::Error> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let text = |text: &str| Value::Text(text.to_owned());
    let mut values = vec![text(filter.kind), text(filter.behind()), Value::Integer(most)];
    values.extend(filter.texts().map(|(_, value)| text(value)));
    let query = format!("SELECT {COLUMNS} FROM record WHERE {}", filter.sql('?'));
    let mut statement = connection.prepare_cached(&query)?;
    let mut records = Vec::with_capacity(usize::try_from(most).unwrap_or_default().min(RESERVED_MAX));
    for record in statement.query_map(params_from_iter(values), record)? {
        records.push(record?);
    }
    Ok(records)
}

/// Writes a change; how many records had the version that it expects: one, or none.
fn write(connection: &Connection, change: &RecordChange) -> Result<usize, rusqlite::Error> {
    let RecordChange { kind, key, expected, value } = change;
    let Some(RecordValue { owner, state, expires_at, content }) = value else {
        let statement = "DELETE FROM record WHERE kind = ?1 AND key = ?2 AND version = ?3";
        return connection.prepare_cached(statement)?.execute(params![kind, key, expected]);
    };
    let expires_at = expires_at.map(Timestamp::as_millisecond);
    match expected {
        None => {
            let statement = "INSERT INTO record (kind, key, owner, state, version, expires_at, content)
                 VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6) ON CONFLICT DO NOTHING";
            connection.prepare_cached(statement)?.execute(params![kind, key, owner, state, expires_at, content])
        }
        Some(version) => {
            let statement =
                "UPDATE record SET owner = ?1, state = ?2, expires_at = ?3, content = ?4, version = version + 1
                 WHERE kind = ?5 AND key = ?6 AND version = ?7";
            let values = params![owner, state, expires_at, content, kind, key, version];
            connection.prepare_cached(statement)?.execute(values)
        }
    }
}
