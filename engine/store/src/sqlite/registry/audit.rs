//! The audit of changes, as it is kept: what each revision did to each row.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::history;
use crate::audit::{Entry, Verifier};
use crate::chain::{FIRST, Link};
use crate::committing::Change;
use crate::registry::Broken;

/// Keeps what a revision did to one row.
pub(super) fn note(connection: &Connection, revision: u64, change: &Change) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO audit (revision, place, kind, key, salt, before, before_digest, after_digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let Change { row, place, salt, before, before_digest, after_digest, .. } = change;
    statement.execute(params![revision, place, row.kind.word(), row.key, salt, before, before_digest, after_digest])?;
    Ok(())
}

/// The link of the newest revision.
pub(super) fn newest_link(connection: &Connection) -> Result<Link, rusqlite::Error> {
    let query = "SELECT chain FROM revision ORDER BY number DESC LIMIT 1";
    Ok(connection.query_row(query, [], |row| row.get(0)).optional()?.unwrap_or(FIRST))
}

/// The first revision whose entry is not as it was written, if there is one.
pub(super) fn verify(connection: &Connection, incarnation: Uuid) -> Result<Option<Broken>, rusqlite::Error> {
    let columns = history::COLUMNS;
    let mut headers = connection.prepare(&format!("SELECT {columns}, chain FROM revision ORDER BY number"))?;
    let mut rows = headers.query([])?;
    let mut verifier = Verifier::new();
    let mut newest = 0;
    while let Some(row) = rows.next()? {
        let header = history::header(row, incarnation)?;
        newest = header.revision.number;
        entries(connection, newest, &mut verifier)?;
        let broken = verifier.header(&header, &history::digests(row)?, row.get(10)?);
        if broken.is_some() {
            return Ok(broken);
        }
    }
    let beyond = "SELECT min(revision) FROM audit WHERE revision > ?1";
    let beyond: Option<u64> = connection.query_row(beyond, [newest], |row| row.get(0))?;
    Ok(beyond.map(Broken::Revision))
}

fn entries(connection: &Connection, revision: u64, verifier: &mut Verifier) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, key, salt, before, before_digest, after_digest FROM audit WHERE revision = ?1 ORDER BY place",
    )?;
    let mut rows = statement.query([revision])?;
    while let Some(row) = rows.next()? {
        verifier.entry(&Entry {
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
