//! What each revision did to each row, as it is kept.

use rusqlite::{Connection, params};

use crate::audit::{AlteredRows, ComparedRow, PresentRow, RowChange, RowComparison, Verifier};
use crate::committing::Change;
use crate::revision::{Digest, RowHasher};

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

/// The rows that are not what the revisions made of them.
pub(in crate::sqlite) fn altered(connection: &Connection, hasher: &RowHasher) -> Result<AlteredRows, rusqlite::Error> {
    let mut comparison = RowComparison::new(hasher);
    // Content is read only where it is compared.
    let mut statement = connection.prepare(
        "SELECT kind, key, row_change.revision, salt, after_digest, followed.revision,
                CASE WHEN followed.revision = row_change.revision THEN content END, digest
         FROM row_change LEFT JOIN followed USING (kind, key)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let revision: Option<i64> = row.get(5)?;
        let present = match revision {
            // What is of another length is no digest, so it is another one.
            Some(revision) => Some(PresentRow {
                // No commit has a negative number, nor 0.
                revision: revision.try_into().unwrap_or(0),
                content: row.get_ref(6)?.as_str_or_null()?,
                digest: row.get::<_, Option<[u8; 16]>>(7).unwrap_or(Some([0; 16])).map(Digest::from_bytes),
            }),
            None => None,
        };
        comparison.change(&ComparedRow {
            kind: row.get_ref(0)?.as_str()?,
            key: row.get_ref(1)?.as_str()?,
            revision: row.get(2)?,
            salt: row.get(3)?,
            after_digest: row.get(4)?,
            present,
        });
    }
    let mut statement = connection.prepare("SELECT kind, key FROM followed")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        comparison.row(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
    }
    Ok(comparison.end())
}
