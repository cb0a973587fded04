//! Whose each identifier is, while a commit changes it.

use std::collections::HashMap;

use deadpool_postgres::Transaction;

use super::fixed;
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
    fn of(changes: &[&'a Change]) -> Self {
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

/// Claims the identifiers of changed holders, before they are kept; those who are known by others from now on.
pub(super) async fn claim<'c>(
    transaction: &Transaction<'_>,
    builder: &mut RevisionBuilder<'_>,
    changes: &'c [Change],
) -> Result<Vec<&'c Change>, StoreError> {
    let own = own(transaction, changes).await?;
    let stays = |change: &&Change| own.get(&*change.row.key).is_some_and(|own| change.is_known_by(own));
    let (staying, renamed): (Vec<&Change>, Vec<&Change>) =
        changes.iter().filter(|change| change.row.kind == Kind::Holder).partition(stays);
    staying.into_iter().for_each(|change| builder.claim_own(change));
    let keys = Columns::of(&renamed).keys;
    if keys.is_empty() {
        return Ok(renamed);
    }
    let query = "SELECT key, holder FROM avis.identifier WHERE key = ANY ($1)";
    let rows = transaction.query(&transaction.prepare_cached(query).await?, &[&keys]).await?;
    let mut owners: HashMap<&[u8], Vec<&str>> = HashMap::new();
    for row in &rows {
        owners.entry(row.get(0)).or_default().push(row.get(1));
    }
    for change in &renamed {
        for (place, identifier) in change.identifiers.iter().enumerate() {
            builder.claim(change, place, owners.get(identifier.key.0.as_slice()).map_or(&[], Vec::as_slice));
        }
    }
    Ok(renamed)
}

/// By what each changed holder that was there is known.
async fn own<'c>(
    transaction: &Transaction<'_>,
    changes: &'c [Change],
) -> Result<HashMap<&'c str, Vec<[u8; 16]>>, StoreError> {
    let known = changes.iter().filter(|change| change.is_known_holder()).map(|change| (&*change.row.key, Vec::new()));
    let mut own: HashMap<&str, Vec<[u8; 16]>> = known.collect();
    if !own.is_empty() {
        let holders: Vec<&str> = own.keys().copied().collect();
        let query = "SELECT holder, key FROM avis.identifier WHERE holder = ANY ($1)";
        for row in transaction.query(&transaction.prepare_cached(query).await?, &[&holders]).await? {
            if let Some(keys) = own.get_mut(row.get::<_, &str>(0)) {
                keys.push(fixed(row.get(1))?);
            }
        }
    }
    Ok(own)
}

/// Names each changed holder by all its identifiers, and by no others.
pub(super) async fn keep(transaction: &Transaction<'_>, changes: &[&Change]) -> Result<(), StoreError> {
    let was_there = changes.iter().filter(|change| change.is_known_holder());
    let known: Vec<&str> = was_there.map(|change| &*change.row.key).collect();
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
