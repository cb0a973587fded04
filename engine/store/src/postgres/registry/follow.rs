//! Reads what engines follow: the head, everything, or what changed.

use tokio_postgres::Row as Columns;

use super::{PostgresStore, bigint, head};
use crate::revision::{Digest, Head, Revision};
use crate::row::{Kind, Row, Scope};
use crate::store::{Commit, Committed, Store, StoreError, Stored, Unchecked};

impl Store for PostgresStore {
    fn head(&self) -> Result<Head, StoreError> {
        let client = self.client()?;
        self.wait(head::head(&**client))
    }

    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.snapshot_unchecked(scopes, &mut |unchecked| sink(self.hasher.check(unchecked)))
    }

    fn snapshot_unchecked(&self, scopes: &[Scope], sink: &mut dyn FnMut(Unchecked)) -> Result<Head, StoreError> {
        self.read(|reading| {
            for kind in Kind::ALL.iter().filter(|kind| scopes.contains(&kind.scope())) {
                let query =
                    "SELECT kind, key, content, digest FROM avis.followed WHERE kind = $1 AND content IS NOT NULL";
                reading.each(query, &[&kind.word()], &mut |columns| sink(unchecked(&columns)))?;
            }
            // Kinds of a later program may belong to any scope.
            let query = "SELECT kind, key, content, digest FROM avis.followed
                         WHERE kind <> ALL ($1) AND content IS NOT NULL";
            reading.each(query, &[&Kind::ALL.map(Kind::word).as_slice()], &mut |columns| sink(unchecked(&columns)))?;
            Ok(reading.head)
        })
    }

    fn changes_after(&self, revision: Revision, sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.read(|reading| {
            reading.head.check(revision)?;
            if revision != reading.head.revision {
                // What is ascribed to a revision that is still to come was altered: the digests tell.
                let query = "SELECT kind, key, content, digest FROM avis.followed
                             WHERE revision > $1 AND revision <= $2 ORDER BY revision";
                let (known, newest) = (bigint(revision.number), bigint(reading.head.revision.number));
                reading.each(query, &[&known, &newest], &mut |columns| sink(self.stored(&columns)))?;
            }
            Ok(reading.head)
        })
    }

    fn commit(&self, mut commit: Commit<'_>) -> Result<Committed, StoreError> {
        self.write(&mut commit)
    }
}

impl PostgresStore {
    pub(super) fn stored(&self, columns: &Columns) -> Stored {
        self.hasher.check(unchecked(columns))
    }
}

fn unchecked(columns: &Columns) -> Unchecked {
    match past(columns) {
        Stored::Row(row) => Unchecked::Row(row, columns.get::<_, Option<&[u8]>>(3).map(digest)),
        other => Unchecked::Checked(other),
    }
}

/// As a column has it. What is of another length is no digest, so it is another one.
pub(super) fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(bytes.try_into().unwrap_or_default())
}

/// A row of the past, of which nothing but its content is kept.
pub(super) fn past(columns: &Columns) -> Stored {
    let word: &str = columns.get(0);
    match Kind::of_word(word) {
        Some(kind) => Stored::Row(Row { kind, key: columns.get(1), content: columns.get(2) }),
        None => Stored::Unknown { kind: word.into() },
    }
}
