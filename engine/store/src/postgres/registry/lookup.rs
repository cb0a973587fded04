//! Reads single rows of what engines follow.

use std::collections::HashMap;

use avis_core::IdentifierKey;

use super::PostgresStore;
use crate::lookup::Lookup;
use crate::revision::Head;
use crate::row::Kind;
use crate::store::{StoreError, Stored};

impl Lookup for PostgresStore {
    fn rows(&self, kind: Kind, keys: &[&str]) -> Result<(Head, Vec<Option<Stored>>), StoreError> {
        self.read(|reading| {
            let query = "SELECT kind, key, content, digest FROM avis.followed
                         WHERE kind = $1 AND key = ANY ($2) AND content IS NOT NULL";
            let mut found: HashMap<String, Stored> = HashMap::new();
            reading.each(query, &[&kind.word(), &keys], &mut |columns| {
                found.insert(columns.get(1), self.stored(&columns));
            })?;
            Ok((reading.head, keys.iter().map(|key| found.get(*key).cloned()).collect()))
        })
    }

    fn holders_by(&self, identifiers: &[IdentifierKey]) -> Result<(Head, Vec<Option<Stored>>), StoreError> {
        let keys: Vec<&[u8]> = identifiers.iter().map(|identifier| identifier.0.as_slice()).collect();
        self.read(|reading| {
            let query = "SELECT followed.kind, followed.key, content, digest, identifier.key FROM avis.identifier
                         JOIN avis.followed ON followed.kind = 'holder' AND followed.key = identifier.holder
                         WHERE identifier.key = ANY ($1) AND content IS NOT NULL";
            let mut found: HashMap<Vec<u8>, Stored> = HashMap::new();
            reading.each(query, &[&keys], &mut |columns| {
                found.insert(columns.get(4), self.stored(&columns));
            })?;
            Ok((reading.head, keys.iter().map(|key| found.get(*key).cloned()).collect()))
        })
    }

    fn codes_by(&self, identifiers: &[IdentifierKey]) -> Result<Vec<Option<Box<str>>>, StoreError> {
        let keys: Vec<&[u8]> = identifiers.iter().map(|identifier| identifier.0.as_slice()).collect();
        self.read(|reading| {
            let query = "SELECT key, holder FROM avis.identifier WHERE key = ANY ($1)";
            let mut found: HashMap<Vec<u8>, Box<str>> = HashMap::new();
            reading.each(query, &[&keys], &mut |columns| {
                found.insert(columns.get(0), columns.get(1));
            })?;
            Ok(keys.iter().map(|key| found.get(*key).cloned()).collect())
        })
    }

    fn coupons_of(&self, holder: &str) -> Result<(Head, Vec<Stored>), StoreError> {
        self.read(|reading| {
            let query = "SELECT kind, key, content, digest FROM avis.followed
                         WHERE kind = 'coupon' AND content::json ->> 'holder' = $1";
            let mut coupons = Vec::new();
            reading.each(query, &[&holder], &mut |columns| coupons.push(self.stored(&columns)))?;
            Ok((reading.head, coupons))
        })
    }
}
