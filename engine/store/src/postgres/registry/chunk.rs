//! Reads and writes many rows in one statement each.

use deadpool_postgres::Transaction;
use tokio_postgres::types::Type;

use super::copying::Copying;
use super::{bigint, fixed};
use crate::committing::{Before, Change};
use crate::revision::Digest;
use crate::staging::StagedRow;
use crate::store::StoreError;

/// What each row was, in their order.
pub(super) async fn before(
    transaction: &Transaction<'_>,
    rows: &[StagedRow],
) -> Result<Vec<Option<Before>>, StoreError> {
    let query = "SELECT wanted.place, followed.content, followed.digest, followed.revision
                 FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (kind, key, place)
                 JOIN avis.followed USING (kind, key)";
    let query = transaction.prepare_cached(query).await?;
    let kinds: Vec<&str> = rows.iter().map(|staged| staged.row.kind.word()).collect();
    let keys: Vec<&str> = rows.iter().map(|staged| &*staged.row.key).collect();
    let mut before: Vec<Option<Before>> = rows.iter().map(|_| None).collect();
    for columns in transaction.query(&query, &[&kinds, &keys]).await? {
        let place = usize::try_from(columns.get::<_, i64>(0) - 1).unwrap_or(usize::MAX);
        let digest = columns.get::<_, Option<&[u8]>>(2).map(fixed).transpose()?.map(Digest::from_bytes);
        if let Some(before) = before.get_mut(place) {
            let revision = columns.get::<_, i64>(3).unsigned_abs();
            *before = Some(Before { content: columns.get(1), digest, revision });
        }
    }
    Ok(before)
}

/// Writes rows and what the revision did to them.
pub(super) async fn write(transaction: &Transaction<'_>, revision: i64, changes: &[Change]) -> Result<(), StoreError> {
    let (standing, new): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|change| change.stands);
    replace(transaction, revision, &standing).await?;
    insert(transaction, revision, &new).await?;
    write_history(transaction, revision, changes).await
}

/// Writes rows over those of their keys.
async fn replace(transaction: &Transaction<'_>, revision: i64, changes: &[&Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = changes.iter().map(|change| change.row.kind.word()).collect();
    let keys: Vec<&str> = changes.iter().map(|change| &*change.row.key).collect();
    let contents: Vec<Option<&str>> = changes.iter().map(|change| change.row.content.as_deref()).collect();
    let digests: Vec<Option<[u8; 16]>> =
        changes.iter().map(|change| change.digest.map(|digest| digest.to_bytes())).collect();
    let digests: Vec<Option<&[u8]>> = digests.iter().map(|digest| digest.as_ref().map(<[u8; 16]>::as_slice)).collect();
    let update = transaction
        .prepare_cached(
            "UPDATE avis.followed SET content = row.content, digest = row.digest, revision = $5
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS row (kind, key, content, digest)
             WHERE followed.kind = row.kind AND followed.key = row.key",
        )
        .await?;
    let replaced = transaction.execute(&update, &[&kinds, &keys, &contents, &digests, &revision]).await?;
    if replaced == changes.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::Failed(format!("{replaced} rows stand where {} stood", changes.len())))
    }
}

/// Writes rows of keys under which none stands.
async fn insert(transaction: &Transaction<'_>, revision: i64, changes: &[&Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let columns = [Type::TEXT, Type::TEXT, Type::TEXT, Type::BYTEA, Type::INT8];
    let mut copy =
        Copying::begin(transaction, "avis.followed (kind, key, content, digest, revision)", &columns).await?;
    for change in changes {
        let (kind, key, content) = (change.row.kind.word(), &*change.row.key, change.row.content.as_deref());
        let digest = change.digest.map(|digest| digest.to_bytes());
        let digest = digest.as_ref().map(<[u8; 16]>::as_slice);
        copy.write(&[&kind, &key, &content, &digest, &revision]).await?;
    }
    copy.end().await
}

/// Writes what the revision did to each row.
async fn write_history(transaction: &Transaction<'_>, revision: i64, changes: &[Change]) -> Result<(), StoreError> {
    let columns = [Type::INT8, Type::INT8, Type::TEXT, Type::TEXT, Type::BYTEA, Type::TEXT, Type::BYTEA, Type::BYTEA];
    let into = "avis.row_change (revision, place, kind, key, salt, before, before_digest, after_digest)";
    let mut copy = Copying::begin(transaction, into, &columns).await?;
    for change in changes {
        let (place, kind, key) = (bigint(change.place), change.row.kind.word(), &*change.row.key);
        let (salt, before) = (change.salt.as_slice(), change.before.as_deref());
        let before_digest = change.before_digest.as_ref().map(<[u8; 32]>::as_slice);
        let after_digest = change.after_digest.as_ref().map(<[u8; 32]>::as_slice);
        copy.write(&[&revision, &place, &kind, &key, &salt, &before, &before_digest, &after_digest]).await?;
    }
    copy.end().await
}
