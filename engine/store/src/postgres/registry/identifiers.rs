//! Whose each identifier is, while a commit changes it.

use std::collections::HashMap;

use deadpool_postgres::Transaction;

use crate::committing::{Change, RevisionBuilder};
use crate::row::Kind;
use crate::store::StoreError;

/// The identifiers of changed holders, a column each.
#[derive(Default)]
struct Columns<'a> {
    keys: Vec<&'a [u8]>,
    holders: Vec<&'a str>,
    schemes: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(changes: &'a [Change]) -> Self {
        let mut columns = Self::default();
        for change in changes {
            for identifier in &change.identifiers {
                columns.keys.push(&identifier.key.0);
                columns.holders.push(&change.row.key);
                columns.schemes.push(&identifier.scheme);
            }
        }
        columns
    }
}

/// Claims the identifiers of changed holders, before they are kept.
pub(super) async fn claim(
    transaction: &Transaction<'_>,
    builder: &mut RevisionBuilder<'_>,
    changes: &[Change],
) -> Result<(), StoreError> {
    let keys = Columns::of(changes).keys;
    if keys.is_empty() {
        return Ok(());
    }
    let query = "SELECT key, holder FROM avis.identifier WHERE key = ANY ($1)";
    let rows = transaction.query(&transaction.prepare_cached(query).await?, &[&keys]).await?;
    let mut owners: HashMap<&[u8], Vec<&str>> = HashMap::new();
    for row in &rows {
        owners.entry(row.get(0)).or_default().push(row.get(1));
    }
    for change in changes {
        for (place, identifier) in change.identifiers.iter().enumerate() {
            builder.claim(change, place, owners.get(identifier.key.0.as_slice()).map_or(&[], Vec::as_slice));
        }
    }
    Ok(())
}

/// Names each changed holder by all its identifiers, and by no others.
pub(super) async fn keep(transaction: &Transaction<'_>, changes: &[Change]) -> Result<(), StoreError> {
    let was_there = |change: &&Change| change.row.kind == Kind::Holder && change.before.is_some();
    let known: Vec<&str> = changes.iter().filter(was_there).map(|change| &*change.row.key).collect();
    if !known.is_empty() {
        let forget = "DELETE FROM avis.identifier WHERE holder = ANY ($1)";
        transaction.execute(&transaction.prepare_cached(forget).await?, &[&known]).await?;
    }
    let Columns { keys, holders, schemes } = Columns::of(changes);
    if keys.is_empty() {
        return Ok(());
    }
    let insert = "INSERT INTO avis.identifier (key, holder, scheme)
                  SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[])";
    transaction.execute(&transaction.prepare_cached(insert).await?, &[&keys, &holders, &schemes]).await?;
    Ok(())
}
