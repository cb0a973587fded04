//! Reads what engines follow: the head, everything, or what changed.

use std::path::Path;

use rusqlite::{Connection, Row as Columns, params};

use super::{SqliteStore, head};
use crate::revision::{Digest, Head, Revision};
use crate::row::{Kind, Row, Scope};
use crate::staging::Staged;
use crate::store::{Commit, Committed, Store, StoreError, Stored, Unchecked};

impl Store for SqliteStore {
    fn head(&self) -> Result<Head, StoreError> {
        self.followed.read(|connection| Ok(head(connection, self.incarnation)?))
    }

    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.snapshot_unchecked(scopes, &mut |unchecked| sink(self.hasher.check(unchecked)))
    }

    fn snapshot_unchecked(&self, scopes: &[Scope], sink: &mut dyn FnMut(Unchecked)) -> Result<Head, StoreError> {
        self.followed.read(|connection| {
            let head = head(connection, self.incarnation)?;
            for kind in Kind::ALL.iter().filter(|kind| scopes.contains(&kind.scope())) {
                let query = "SELECT kind, key, content, digest FROM followed WHERE kind = ?1 AND content IS NOT NULL";
                stream(connection, query, params![kind.word()], sink)?;
            }
            // Kinds of a later program may belong to any scope.
            let words = Kind::ALL.map(|kind| format!("'{}'", kind.word())).join(", ");
            let query = format!(
                "SELECT kind, key, content, digest FROM followed WHERE kind NOT IN ({words}) AND content IS NOT NULL"
            );
            stream(connection, &query, [], sink)?;
            Ok(head)
        })
    }

    fn changes_after(&self, revision: Revision, sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.followed.read(|connection| {
            let head = head(connection, self.incarnation)?;
            head.check(revision)?;
            // What is ascribed to a revision that is still to come was altered: the digests tell.
            let query = "SELECT kind, key, content, digest FROM followed
                         WHERE revision > ?1 AND revision <= ?2 ORDER BY revision";
            self.stream(connection, query, params![revision.number, head.revision.number], sink)?;
            Ok(head)
        })
    }

    fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let folder = self.followed.path().parent().unwrap_or(Path::new("."));
        let staged = Staged::read(commit.rows, &self.hasher, commit.at, folder)?;
        if commit.dry_run || !staged.faults.is_empty() {
            return self
                .followed
                .read(|moment| super::commit::tried(moment, self.incarnation, &self.hasher, &commit, staged));
        }
        let committed = self
            .followed
            .write(|writer| super::commit::write(writer, self.incarnation, &self.hasher, &commit, staged))?;
        // What is not appended now is soon: the revision is there, and its entry follows from it.
        if let Err(error) = self.append_revisions() {
            self.note_audit_behind(&error);
        }
        Ok(committed)
    }
}

impl SqliteStore {
    pub(super) fn stream(
        &self,
        connection: &Connection,
        query: &str,
        parameters: impl rusqlite::Params,
        sink: &mut dyn FnMut(Stored),
    ) -> Result<(), StoreError> {
        stream(connection, query, parameters, &mut |unchecked| sink(self.hasher.check(unchecked)))
    }
}

fn stream(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    sink: &mut dyn FnMut(Unchecked),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(parameters)?;
    while let Some(columns) = rows.next()? {
        sink(match past(columns)? {
            Stored::Row(row) => {
                // One of another length is no digest, so it is another one.
                let digest = columns.get::<_, Option<[u8; 16]>>(3).unwrap_or(Some([0; 16]));
                Unchecked::Row(row, digest.map(Digest::from_bytes))
            }
            other => Unchecked::Checked(other),
        });
    }
    Ok(())
}

/// A row of the past, of which nothing but its content is kept.
pub(super) fn past(columns: &Columns<'_>) -> Result<Stored, rusqlite::Error> {
    let kind = columns.get_ref(0)?.as_str()?;
    match Kind::of_word(kind) {
        Some(kind) => Ok(Stored::Row(Row { kind, key: columns.get(1)?, content: columns.get(2)? })),
        None => Ok(Stored::Unknown { kind: kind.into() }),
    }
}
