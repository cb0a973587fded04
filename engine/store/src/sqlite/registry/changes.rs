//! What each revision did to each row, as it is kept.

use rusqlite::{Connection, params};

use crate::audit::{RowChange, Verifier};
use crate::committing::Change;

/// Keeps what a revision did to one row.
pub(super) fn keep(connection: &Connection, revision: u64, change: &Change) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO row_change (revision, place, kind, key, salt, before, before_digest, after_digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let Change { row, place, salt, before, before_digest, after_digest, .. } = change;
    statement.execute(params![revision, place, row.kind.word(), row.key, salt, before, before_digest, after_digest])?;
    Ok(())
}

/// Goes through the rows of a revision.
pub(super) fn verify(connection: &Connection, revision: u64, verifier: &mut Verifier) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, key, salt, before, before_digest, after_digest FROM row_change WHERE revision = ?1 ORDER BY place",
    )?;
    let mut rows = statement.query([revision])?;
    while let Some(row) = rows.next()? {
        verifier.row(&RowChange {
            kind: row.get_ref(0)?.as_str()?,
            key: row.get_ref(1)?.as_str()?,
            salt: row.get(2)?,
            before: row.get_ref(3)?.as_str_or_null()?,
            before_digest: row.get(4)?,
            after_digest: row.get(5)?,
        });
    }
    Ok(())
}

/// The first revision behind a number that rows name and no header.
pub(super) fn beyond(connection: &Connection, revision: u64) -> Result<Option<u64>, rusqlite::Error> {
    connection.query_row("SELECT min(revision) FROM row_change WHERE revision > ?1", [revision], |row| row.get(0))
}
