//! Whose each identifier is, while a commit changes it.

use avis_core::IdentifierKey;
use rusqlite::Connection;
use rusqlite::params;

use crate::committing::Change;
use crate::row::Kind;

/// Identifiers that name two holders for now: one of them may be given up by a later row.
#[derive(Default)]
pub(super) struct Moves(Vec<Shared>);

struct Shared {
    row_number: u64,
    identifier: usize,
    key: IdentifierKey,
}

impl Moves {
    /// Names a holder by all its identifiers, and by no others.
    pub(super) fn note(&mut self, connection: &Connection, change: &Change) -> Result<(), rusqlite::Error> {
        if change.row.kind != Kind::Holder {
            return Ok(());
        }
        let holder = &*change.row.key;
        connection.prepare_cached("DELETE FROM identifier WHERE holder = ?1")?.execute([holder])?;
        let mut known = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM identifier WHERE key = ?1)")?;
        let insert = "INSERT INTO identifier (key, holder, scheme) VALUES (?1, ?2, ?3)";
        let mut insert = connection.prepare_cached(insert)?;
        for (place, identifier) in change.identifiers.iter().enumerate() {
            let key = identifier.key;
            if known.query_row([key.0], |row| row.get(0))? {
                self.0.push(Shared { row_number: change.row_number, identifier: place, key });
            }
            insert.execute(params![key.0, holder, identifier.scheme])?;
        }
        Ok(())
    }

    /// The rows and places of those that name two holders still.
    pub(super) fn still_shared(self, connection: &Connection) -> Result<Vec<(u64, usize)>, rusqlite::Error> {
        let mut known = connection.prepare_cached("SELECT count(*) FROM identifier WHERE key = ?1")?;
        let mut shared = Vec::new();
        for one in self.0 {
            if known.query_row([one.key.0], |row| row.get::<_, u64>(0))? > 1 {
                shared.push((one.row_number, one.identifier));
            }
        }
        Ok(shared)
    }
}
