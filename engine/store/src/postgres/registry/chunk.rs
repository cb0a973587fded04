//! Reads and writes many rows in one statement each.

use deadpool_postgres::Transaction;

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
    let column = |of: fn(&Change) -> &str| changes.iter().map(of).collect::<Vec<_>>();
    let kinds = column(|change| change.row.kind.word());
    let keys = column(|change| &change.row.key);
    let contents: Vec<Option<&str>> = changes.iter().map(|change| change.row.content.as_deref()).collect();
    let digests = changes.iter().map(|change| change.digest.map(|digest| digest.to_bytes().to_vec()));
    let digests: Vec<Option<Vec<u8>>> = digests.collect();
    let upsert = transaction
        .prepare_cached(
            "INSERT INTO avis.followed (kind, key, content, digest, revision)
             SELECT kind, key, content, digest, $5
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS row (kind, key, content, digest)
             ON CONFLICT (kind, key) DO UPDATE
             SET content = excluded.content, digest = excluded.digest, revision = excluded.revision",
        )
        .await?;
    transaction.execute(&upsert, &[&kinds, &keys, &contents, &digests, &revision]).await?;
    let places: Vec<i64> = changes.iter().map(|change| bigint(change.place)).collect();
    let salts: Vec<&[u8]> = changes.iter().map(|change| change.salt.as_slice()).collect();
    let befores: Vec<Option<&str>> = changes.iter().map(|change| change.before.as_deref()).collect();
    let links = |of: fn(&Change) -> Option<&[u8]>| changes.iter().map(of).collect::<Vec<_>>();
    let before_digests = links(|change| change.before_digest.as_ref().map(<[u8; 32]>::as_slice));
    let after_digests = links(|change| change.after_digest.as_ref().map(<[u8; 32]>::as_slice));
    let note = transaction
        .prepare_cached(
            "INSERT INTO avis.row_change (revision, place, kind, key, salt, before, before_digest, after_digest)
             SELECT $8, row.* FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bytea[],
                                          $7::bytea[]) AS row",
        )
        .await?;
    let columns: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&places, &kinds, &keys, &salts, &befores, &before_digests, &after_digests, &revision];
    transaction.execute(&note, &columns).await?;
    Ok(())
}
