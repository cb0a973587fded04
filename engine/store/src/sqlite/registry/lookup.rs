//! Reads single rows of what engines follow.

use avis_core::IdentifierKey;
use rusqlite::{OptionalExtension, params};

use super::{SqliteStore, head};
use crate::lookup::Lookup;
use crate::revision::Head;
use crate::row::Kind;
use crate::store::{StoreError, Stored};

/// Whose an identifier is. `CROSS JOIN` is SQLite's word for the order in which it looks: without it, it may go through all holders.
const HOLDER_BY: &str = "SELECT followed.kind, followed.key, content, digest FROM identifier
    CROSS JOIN followed ON followed.kind = 'holder' AND followed.key = identifier.holder
    WHERE identifier.key = ?1 AND content IS NOT NULL";

/// Whose alone coupons are, in the words of their index.
const COUPONS_OF: &str = "SELECT kind, key, content, digest FROM followed
    WHERE kind = 'coupon' AND iif(json_valid(content), content ->> '$.holder', NULL) IS NOT NULL
      AND iif(json_valid(content), content ->> '$.holder', NULL) = ?1";

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
            let mut holders = Vec::with_capacity(identifiers.len());
            for identifier in identifiers {
                let mut found = None;
                self.stream(connection, HOLDER_BY, params![identifier.0], &mut |stored| found = Some(stored))?;
                holders.push(found);
            }
            Ok((head(connection, self.incarnation)?, holders))
        })
    }

    fn codes_by(&self, identifiers: &[IdentifierKey]) -> Result<Vec<Option<Box<str>>>, StoreError> {
        self.followed.read(|connection| {
            let mut holder = connection.prepare_cached("SELECT holder FROM identifier WHERE key = ?1")?;
            let codes = identifiers.iter().map(|key| holder.query_row([key.0], |row| row.get(0)).optional());
            Ok(codes.collect::<Result<_, _>>()?)
        })
    }

    fn coupons_of(&self, holder: &str) -> Result<(Head, Vec<Stored>), StoreError> {
        self.followed.read(|connection| {
            let mut coupons = Vec::new();
            self.stream(connection, COUPONS_OF, [holder], &mut |stored| coupons.push(stored))?;
            Ok((head(connection, self.incarnation)?, coupons))
        })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::MIGRATIONS;
    use super::*;

    /// How SQLite goes about a query of one parameter.
    fn plan(query: &str, parameter: impl rusqlite::ToSql) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().for_each(|step| connection.execute_batch(step).unwrap());
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let steps = plan.query_map([parameter], |row| row.get::<_, String>("detail")).unwrap();
        steps.map(Result::unwrap).collect()
    }

    #[test]
    fn personal_coupons_are_found_without_going_through_the_others() {
        let steps = plan(COUPONS_OF, "h-1");
        assert!(steps.len() == 1 && steps[0].starts_with("SEARCH followed USING INDEX coupon_by_holder"), "{steps:?}");
    }

    #[test]
    fn a_holder_is_found_by_the_identifier_without_going_through_the_others() {
        let steps = plan(HOLDER_BY, [0_u8; 16]);
        let [identifier, holder] = &steps[..] else { panic!("{steps:?}") };
        assert!(identifier.starts_with("SEARCH identifier") && identifier.contains("(key=?)"), "{steps:?}");
        assert!(holder.starts_with("SEARCH followed") && holder.contains("(kind=? AND key=?)"), "{steps:?}");
    }
}
