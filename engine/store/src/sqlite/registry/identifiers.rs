//! Whose each identifier is, while a commit changes it.

use rusqlite::{Connection, params};

use crate::committing::{Change, RevisionBuilder};
use crate::row::Kind;

/// Claims a changed holder's identifiers, before they are kept.
pub(super) fn claim(
    connection: &Connection,
    builder: &mut RevisionBuilder<'_>,
    change: &Change,
) -> Result<(), rusqlite::Error> {
    let mut owners = connection.prepare_cached("SELECT holder FROM identifier WHERE key = ?1")?;
    for (place, identifier) in change.identifiers.iter().enumerate() {
        let owners = owners.query_map([identifier.key.0], |row| row.get::<_, Box<str>>(0))?;
        builder.claim(change, place, &owners.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(())
}

/// Names a changed holder by all its identifiers, and by no others.
pub(super) fn keep(connection: &Connection, change: &Change) -> Result<(), rusqlite::Error> {
    if change.row.kind != Kind::Holder {
        return Ok(());
    }
    let holder = &*change.row.key;
    if change.before.is_some() {
        connection.prepare_cached("DELETE FROM identifier WHERE holder = ?1")?.execute([holder])?;
    }
    let mut insert = connection.prepare_cached("INSERT INTO identifier (key, holder, scheme) VALUES (?1, ?2, ?3)")?;
    for identifier in &change.identifiers {
        insert.execute(params![identifier.key.0, holder, identifier.scheme])?;
    }
    Ok(())
}
