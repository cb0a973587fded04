//! Whose each identifier is, while a commit changes it.

use std::collections::HashSet;

use deadpool_postgres::Transaction;

use crate::committing::Change;
use crate::row::Kind;
use crate::store::StoreError;

/// Identifiers that name two holders for now: one of them may be given up by a later row.
#[derive(Default)]
pub(super) struct Moves(Vec<Shared>);

struct Shared {
    row_number: u64,
    identifier: usize,
    key: [u8; 16],
}

impl Moves {
    /// Names each holder by all its identifiers, and by no others.
    pub(super) async fn note(&mut self, transaction: &Transaction<'_>, changes: &[Change]) -> Result<(), StoreError> {
        let holders = || changes.iter().filter(|change| change.row.kind == Kind::Holder);
        let known: Vec<&str> =
            holders().filter(|change| change.before.is_some()).map(|change| &*change.row.key).collect();
        if !known.is_empty() {
            let forget = "DELETE FROM avis.identifier WHERE holder = ANY ($1)";
            let forget = transaction.prepare_cached(forget).await?;
            transaction.execute(&forget, &[&known]).await?;
        }
        let (mut keys, mut owners, mut schemes): (Vec<&[u8]>, Vec<&str>, Vec<&str>) = Default::default();
        for change in holders() {
            for identifier in &change.identifiers {
                keys.push(&identifier.key.0);
                owners.push(&change.row.key);
                schemes.push(&identifier.scheme);
            }
        }
        if keys.is_empty() {
            return Ok(());
        }
        let taken = transaction.prepare_cached("SELECT key FROM avis.identifier WHERE key = ANY ($1)").await?;
        let taken = transaction.query(&taken, &[&keys]).await?;
        let mut taken: HashSet<&[u8]> = taken.iter().map(|row| row.get(0)).collect();
        for change in holders() {
            for (place, identifier) in change.identifiers.iter().enumerate() {
                if !taken.insert(&identifier.key.0) {
                    let key = identifier.key.0;
                    self.0.push(Shared { row_number: change.row_number, identifier: place, key });
                }
            }
        }
        let insert = "INSERT INTO avis.identifier (key, holder, scheme)
                      SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[])";
        let insert = transaction.prepare_cached(insert).await?;
        transaction.execute(&insert, &[&keys, &owners, &schemes]).await?;
        Ok(())
    }

    /// The rows and places of those that name two holders still.
    pub(super) async fn still_shared(self, transaction: &Transaction<'_>) -> Result<Vec<(u64, usize)>, StoreError> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<&[u8]> = self.0.iter().map(|shared| shared.key.as_slice()).collect();
        let query = "SELECT key FROM avis.identifier WHERE key = ANY ($1) GROUP BY key HAVING count(*) > 1";
        let rows = transaction.query(query, &[&keys]).await?;
        let shared: HashSet<&[u8]> = rows.iter().map(|row| row.get(0)).collect();
        let still = self.0.iter().filter(|one| shared.contains(one.key.as_slice()));
        Ok(still.map(|one| (one.row_number, one.identifier)).collect())
    }
}
