//! Reads single rows of what engines follow.

use avis_core::IdentifierKey;
use rusqlite::params;

use super::{SqliteStore, head};
use crate::lookup::Lookup;
use crate::revision::Head;
use crate::row::Kind;
use crate::store::{StoreError, Stored};

impl Lookup for SqliteStore {
    fn rows(&self, kind: Kind, keys: &[&str]) -> Result<(Head, Vec<Option<Stored>>), StoreError> {
        self.followed.read(|connection| {
            let query = "SELECT kind, key, content, digest FROM followed
                         WHERE kind = ?1 AND key = ?2 AND content IS NOT NULL";
            let mut rows = Vec::with_capacity(keys.len());
            for key in keys {
                let mut found = None;
                self.stream(connection, query, params![kind.word(), key], &mut |stored| found = Some(stored))?;
                rows.push(found);
            }
            Ok((head(connection, self.incarnation)?, rows))
        })
    }

    fn holders_by(&self, identifiers: &[IdentifierKey]) -> Result<(Head, Vec<Option<Stored>>), StoreError> {
        self.followed.read(|connection| {
            let query = "SELECT followed.kind, followed.key, content, digest FROM identifier
                         JOIN followed ON followed.kind = 'holder' AND followed.key = identifier.holder
                         WHERE identifier.key = ?1 AND content IS NOT NULL";
            let mut holders = Vec::with_capacity(identifiers.len());
            for identifier in identifiers {
                let mut found = None;
                self.stream(connection, query, params![identifier.0], &mut |stored| found = Some(stored))?;
                holders.push(found);
            }
            Ok((head(connection, self.incarnation)?, holders))
        })
    }
}
