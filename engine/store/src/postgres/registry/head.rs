//! The newest state, and in which life of the store it is.

use deadpool_postgres::Transaction;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use super::fixed;
use crate::chain::Parts;
use crate::revision::{Digest, Digests, Head, Revision};
use crate::row::Scope;
use crate::store::StoreError;

/// A server that follows another refuses this: an engine never follows what may lag.
const HEAD: &str = "
    SELECT store.incarnation, control.system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
           newest.number, newest.rules, newest.holders, newest.terminals, newest.coupons
    FROM avis.store CROSS JOIN pg_control_system() AS control
    LEFT JOIN LATERAL (
        SELECT number, rules, holders, terminals, coupons FROM avis.revision ORDER BY number DESC LIMIT 1
    ) AS newest ON true";

/// The head as a connection sees it.
pub(super) async fn head(client: &impl GenericClient) -> Result<Head, StoreError> {
    let row = client.query_one(HEAD, &[]).await?;
    let incarnation = incarnation(row.get(0), row.get(1), row.get(2));
    let number = row.get::<_, Option<i64>>(3).map_or(0, i64::unsigned_abs);
    let digests = if number == 0 { Digests::default() } else { digests(&row, 4)? };
    Ok(Head { revision: Revision { incarnation, number }, digests })
}

/// One revision is written at a time: whoever sees a number has seen all before it. A commit waits as long as many rows take that
/// are written as one revision.
pub(super) async fn take_turn(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.batch_execute("SET LOCAL lock_timeout = '30s'; SELECT FROM avis.store FOR UPDATE").await?;
    Ok(())
}

/// The digests of a header, from a column on.
pub(super) fn digests(row: &Row, from: usize) -> Result<Digests, StoreError> {
    let mut digests = Digests::default();
    for (column, scope) in (from..).zip(Scope::ALL) {
        digests.set(scope, Digest::from_bytes(fixed(row.get(column))?));
    }
    Ok(digests)
}

/// Of the store's own mark, the server's identity and its timeline: a promotion begins another timeline, and a restore from a dump
/// is on another server, so that what a replica had not received is not taken for what it wrote since.
fn incarnation(mark: Uuid, server: i64, timeline: &str) -> Uuid {
    let mut parts = Parts::default();
    parts.add(mark.as_bytes());
    parts.add(&server.to_le_bytes());
    parts.add(timeline.as_bytes());
    uuid::Builder::from_custom_bytes(parts.short()).into_uuid()
}
