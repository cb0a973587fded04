//! Whose each identifier is, while a commit changes it.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use tokio_postgres::types::Type;

use super::copying::Copying;
use super::fixed;
use crate::committing::{Change, RevisionBuilder};
use crate::row::Kind;
use crate::store::StoreError;

/// Claims the identifiers of changed holders, before they are kept; the places of those who are known by others from now on.
pub(super) async fn claim(
    transaction: &Transaction<'_>,
    builder: &mut RevisionBuilder<'_>,
    changes: &[Change],
) -> Result<Vec<usize>, StoreError> {
    let own = own(transaction, changes).await?;
    let stays = |change: &Change| own.get(&*change.row.key).is_some_and(|own| change.is_known_by(own));
    let holders = changes.iter().enumerate().filter(|(_, change)| change.row.kind == Kind::Holder);
    let (staying, renamed): (Vec<_>, Vec<_>) = holders.partition(|(_, change)| stays(change));
    staying.into_iter().for_each(|(_, change)| builder.claim_own(change));
    let keys: Vec<&[u8]> =
        renamed.iter().flat_map(|(_, change)| &change.identifiers).map(|one| one.key.0.as_slice()).collect();
    let mut owners: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
    if !keys.is_empty() {
        let query = "SELECT key, holder FROM avis.identifier WHERE key = ANY ($1)";
        for row in transaction.query(&transaction.prepare_cached(query).await?, &[&keys]).await? {
            owners.entry(row.get(0)).or_default().push(row.get(1));
        }
    }
    for (_, change) in &renamed {
        for (place, identifier) in change.identifiers.iter().enumerate() {
            builder.claim(change, place, owners.get(identifier.key.0.as_slice()).map_or(&[], Vec::as_slice));
        }
    }
    Ok(renamed.into_iter().map(|(place, _)| place).collect())
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

/// Names each of these holders by all its identifiers, and by no others.
pub(super) async fn keep(transaction: &Transaction<'_>, changes: &[&Change]) -> Result<(), StoreError> {
    let was_there = changes.iter().filter(|change| change.is_known_holder());
    let known: Vec<&str> = was_there.map(|change| &*change.row.key).collect();
    if !known.is_empty() {
        let forget = "DELETE FROM avis.identifier WHERE holder = ANY ($1)";
        transaction.execute(&transaction.prepare_cached(forget).await?, &[&known]).await?;
    }
    if changes.iter().all(|change| change.identifiers.is_empty()) {
        return Ok(());
    }
    let columns = [Type::BYTEA, Type::TEXT, Type::TEXT];
    let mut copy = Copying::begin(transaction, "avis.identifier (key, holder, scheme)", &columns).await?;
    for change in changes {
        for identifier in &change.identifiers {
            let (key, holder, scheme) = (identifier.key.0.as_slice(), &*change.row.key, &*identifier.scheme);
            copy.write(&[&key, &holder, &scheme]).await?;
        }
    }
    copy.end().await
}
