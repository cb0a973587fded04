//! Whose each identifier is, while a commit changes it.

use avis_core::{IdentifierKey, RegisteredHolder};
use rusqlite::{Connection, params};

/// Identifiers that name two holders for now: one of them may be given up by a later row.
#[derive(Default)]
pub(super) struct Moves(Vec<Shared>);

struct Shared {
    row: u64,
    identifier: usize,
    key: IdentifierKey,
}

impl Moves {
    /// Names a holder by all its identifiers, and by no others.
    pub(super) fn name(
        &mut self,
        connection: &Connection,
        row: u64,
        holder: &RegisteredHolder,
    ) -> Result<(), rusqlite::Error> {
        let code = &*holder.holder.code;
        Self::unname(connection, code)?;
        let mut known = connection.prepare_cached("SELECT count(*) FROM identifier WHERE key = ?1")?;
        let insert = "INSERT INTO identifier (key, holder, scheme) VALUES (?1, ?2, ?3)";
        let mut insert = connection.prepare_cached(insert)?;
        for (place, identifier) in holder.identifiers.iter().enumerate() {
            let others: u64 = known.query_row([identifier.key.0], |row| row.get(0))?;
            if others > 0 {
                self.0.push(Shared { row, identifier: place, key: identifier.key });
            }
            insert.execute(params![identifier.key.0, code, identifier.scheme])?;
        }
        Ok(())
    }

    /// A holder is named by nothing any more.
    pub(super) fn unname(connection: &Connection, holder: &str) -> Result<(), rusqlite::Error> {
        connection.prepare_cached("DELETE FROM identifier WHERE holder = ?1")?.execute([holder])?;
        Ok(())
    }

    /// The rows and places of those that name two holders still.
    pub(super) fn still_shared(self, connection: &Connection) -> Result<Vec<(u64, usize)>, rusqlite::Error> {
        let mut known = connection.prepare_cached("SELECT count(*) FROM identifier WHERE key = ?1")?;
        let mut shared = Vec::new();
        for one in self.0 {
            if known.query_row([one.key.0], |row| row.get::<_, u64>(0))? > 1 {
                shared.push((one.row, one.identifier));
            }
        }
        Ok(shared)
    }
}
