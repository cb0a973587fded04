//! Whose each identifier is, while a commit changes it.

use rusqlite::{Connection, params};

use crate::committing::{Change, RevisionBuilder};
use crate::row::Kind;

/// Claims a changed holder's identifiers, before they are kept; whether it is known by others from now on.
pub(super) fn claim(
    connection: &Connection,
    builder: &mut RevisionBuilder<'_>,
    change: &Change,
) -> Result<bool, rusqlite::Error> {
    if change.is_known_holder() && change.is_known_by(&own(connection, &change.row.key)?) {
        builder.claim_own(change);
        return Ok(false);
    }
    let mut owners = connection.prepare_cached("SELECT holder FROM identifier WHERE key = ?1")?;
    for (place, identifier) in change.identifiers.iter().enumerate() {
        let owners = owners.query_map([identifier.key.0], |row| row.get::<_, Box<str>>(0))?;
        builder.claim(change, place, &owners.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(change.row.kind == Kind::Holder)
}

/// By what a holder is known.
fn own(connection: &Connection, holder: &str) -> Result<Vec<[u8; 16]>, rusqlite::Error> {
    let mut keys = connection.prepare_cached("SELECT key FROM identifier WHERE holder = ?1")?;
    keys.query_map([holder], |row| row.get(0))?.collect()
}

/// Names a changed holder by all its identifiers, and by no others.
pub(super) fn keep(connection: &Connection, change: &Change) -> Result<(), rusqlite::Error> {
    let holder = &*change.row.key;
    if change.is_known_holder() {
        connection.prepare_cached("DELETE FROM identifier WHERE holder = ?1")?.execute([holder])?;
    }
    let mut insert = connection.prepare_cached("INSERT INTO identifier (key, holder, scheme) VALUES (?1, ?2, ?3)")?;
    for identifier in &change.identifiers {
        insert.execute(params![identifier.key.0, holder, identifier.scheme])?;
    }
    Ok(())
}
