//! Reads what engines follow: the head, everything, or what changed.

use rusqlite::{Connection, Row as Columns, params};

use super::{SqliteStore, head};
use crate::revision::{Head, Revision};
use crate::row::{Kind, Row, Scope};
use crate::sqlite::schema;
use crate::store::{Commit, Committed, Store, StoreError, Stored};

impl Store for SqliteStore {
    fn head(&self) -> Result<Head, StoreError> {
        self.read(|connection| Ok(head(connection, self.incarnation)?))
    }

    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        // A connection of its own: it may take long, and the others read on.
        let mut connection = schema::open_to_read(&self.path).map_err(|error| StoreError::Failed(error.to_string()))?;
        let moment = connection.transaction()?;
        let head = head(&moment, self.incarnation)?;
        for kind in Kind::ALL.iter().filter(|kind| scopes.contains(&kind.scope())) {
            let query = "SELECT kind, key, content FROM followed WHERE kind = ?1 AND content IS NOT NULL ORDER BY key";
            stream(&moment, query, params![kind.word()], sink)?;
        }
        Ok(head)
    }

    fn changes_after(&self, revision: Revision, sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        if revision.incarnation != self.incarnation {
            return Err(StoreError::OtherIncarnation);
        }
        self.read(|connection| {
            let head = head(connection, self.incarnation)?;
            if revision.number > head.revision.number {
                return Err(StoreError::Ahead);
            }
            let query = "SELECT kind, key, content FROM followed WHERE revision > ?1 ORDER BY revision";
            stream(connection, query, params![revision.number], sink)?;
            Ok(head)
        })
    }

    fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        self.writer.with(|connection| super::commit::write(connection, self.incarnation, &self.hasher, commit))
    }
}

fn stream(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    sink: &mut dyn FnMut(Stored),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(parameters)?;
    while let Some(columns) = rows.next()? {
        sink(stored(columns)?);
    }
    Ok(())
}

pub(super) fn stored(columns: &Columns<'_>) -> Result<Stored, rusqlite::Error> {
    let kind = columns.get_ref(0)?.as_str()?;
    match Kind::of_word(kind) {
        Some(kind) => Ok(Stored::Row(Row { kind, key: columns.get(1)?, content: columns.get(2)? })),
        None => Ok(Stored::Unknown { kind: kind.into() }),
    }
}
