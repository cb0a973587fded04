//! Writes changes as one revision.

use deadpool_postgres::Transaction;
use tokio_postgres::error::Severity;
use tokio_postgres::{Error, IsolationLevel};
use uuid::Uuid;

use super::head::head;
use super::identifiers::Moves;
use super::{PostgresStore, bigint, chunk, fresh_id, settle};
use crate::chain::{FIRST, Link};
use crate::committing::{Before, Revising};
use crate::registry::Header;
use crate::revision::{Digests, Head};
use crate::row::{Kind, Row, Scope};
use crate::store::{Commit, Committed, Interrupted, StoreError, Unchanged};

/// Rows that are in memory at a time.
const CHUNK: usize = 1_000;

/// A change may be written for long, and its source may be slow; one that is gone gives its turn back.
const LONG: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = '10min'";

impl PostgresStore {
    pub(super) fn write(&self, mut commit: Commit<'_>) -> Result<Committed, StoreError> {
        let commit_id = fresh_id().map_err(|error| StoreError::Failed(error.to_string()))?;
        let mut client = self.client()?;
        let begin = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
        let transaction = self.wait(begin.start())?;
        let before = self.wait(begin_revision(&transaction, commit.unchanged))?;
        let mut revising = Revising::new(&self.hasher, before, commit.at);
        let mut moves = Moves::default();
        let mut row_number = 0;
        loop {
            let rows = next_chunk(&mut commit.rows, &mut revising, &mut row_number)?;
            if rows.is_empty() {
                break;
            }
            self.wait(keep(&transaction, &mut revising, &mut moves, rows))?;
        }
        for (row_number, identifier) in self.wait(moves.still_shared(&transaction))? {
            revising.shared(row_number, identifier);
        }
        let revised = revising.end()?;
        if let Some(committed) = revised.nothing_to_keep(before, &commit) {
            return Ok(committed);
        }
        let (header, link) = revised.header(&commit, self.wait(newest_link(&transaction))?);
        self.wait(insert_header(&transaction, commit_id, &header, &revised.head.digests, link))?;
        if let Err(error) = self.database.runtime().block_on(transaction.commit()) {
            // The connection may be of no use any more; the pool finds out.
            drop(client);
            self.came_through(&error, commit_id)?;
        }
        Ok(Committed { head: revised.head, counts: revised.counts })
    }

    /// Finds out what became of a commit that was not answered with success.
    fn came_through(&self, error: &Error, commit_id: Uuid) -> Result<(), StoreError> {
        let refused = error.as_db_error().is_some_and(|error| error.parsed_severity() == Some(Severity::Error));
        if !refused && self.wait(settle::is_there(&self.pool, commit_id))? {
            return Ok(());
        }
        Err(StoreError::Failed(crate::postgres::migration::told(error)))
    }
}

/// Takes the turn and says which state is the newest now.
async fn begin_revision(transaction: &Transaction<'_>, unchanged: Option<Unchanged>) -> Result<Head, StoreError> {
    transaction.batch_execute(LONG).await?;
    take_turn(transaction).await?;
    let head = head(&**transaction).await?;
    if let Some(unchanged) = unchanged {
        check_unchanged(transaction, head, unchanged).await?;
    }
    Ok(head)
}

/// One revision is written at a time: whoever sees a number has seen all before it.
pub(super) async fn take_turn(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.batch_execute("SET LOCAL lock_timeout = '2s'; SELECT FROM avis.store FOR UPDATE").await?;
    Ok(())
}

async fn check_unchanged(transaction: &Transaction<'_>, head: Head, unchanged: Unchanged) -> Result<(), StoreError> {
    head.check(unchanged.since)?;
    let of_scope = |kind: &&Kind| kind.scope() == unchanged.scope;
    let kinds: Vec<_> = Kind::ALL.iter().filter(of_scope).map(|kind| kind.word()).collect();
    let query = "SELECT EXISTS (SELECT FROM avis.followed WHERE revision > $1 AND kind = ANY ($2))";
    let row = transaction.query_one(query, &[&bigint(unchanged.since.number), &kinds]).await?;
    if row.get(0) { Err(StoreError::Changed(unchanged.scope)) } else { Ok(()) }
}

/// The next rows that may stand where they do, with their places.
fn next_chunk(
    source: &mut dyn Iterator<Item = Result<Row, Interrupted>>,
    revising: &mut Revising<'_>,
    row_number: &mut u64,
) -> Result<Vec<(u64, Row)>, StoreError> {
    let mut rows = Vec::new();
    while rows.len() < CHUNK {
        let Some(row) = source.next() else { break };
        let row = row?;
        if revising.admits(*row_number, &row) {
            rows.push((*row_number, row));
        }
        *row_number += 1;
    }
    Ok(rows)
}

async fn keep(
    transaction: &Transaction<'_>,
    revising: &mut Revising<'_>,
    moves: &mut Moves,
    rows: Vec<(u64, Row)>,
) -> Result<(), StoreError> {
    let before: Vec<Option<Before>> = chunk::before(transaction, &rows).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for ((row_number, row), before) in rows.into_iter().zip(before) {
        changes.extend(revising.change(row_number, row, before)?);
    }
    if !changes.is_empty() {
        chunk::write(transaction, bigint(revising.number()), &changes).await?;
        moves.note(transaction, &changes).await?;
    }
    Ok(())
}

async fn newest_link(transaction: &Transaction<'_>) -> Result<Link, StoreError> {
    let query = "SELECT chain FROM avis.revision ORDER BY number DESC LIMIT 1";
    let row = transaction.query_opt(query, &[]).await?;
    row.map_or(Ok(FIRST), |row| super::fixed(row.get(0)))
}

async fn insert_header(
    transaction: &Transaction<'_>,
    commit_id: Uuid,
    header: &Header,
    digests: &Digests,
    link: Link,
) -> Result<(), StoreError> {
    let insert = transaction
        .prepare_cached(
            "INSERT INTO avis.revision (number, commit_id, at, actor, reason, added, changed, removed,
                                        rules, holders, terminals, chain)
             VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 millisecond', $4, $5, $6, $7, $8,
                     $9, $10, $11, $12)",
        )
        .await?;
    let [rules, holders, terminals] = Scope::ALL.map(|scope| digests.of(scope).to_bytes());
    let counts = [header.counts.added, header.counts.changed, header.counts.removed].map(bigint);
    let number = bigint(header.revision.number);
    let at_ms = header.at.as_millisecond();
    transaction
        .execute(
            &insert,
            &[
                &number,
                &commit_id,
                &at_ms,
                &header.actor,
                &header.reason,
                &counts[0],
                &counts[1],
                &counts[2],
                &rules.as_slice(),
                &holders.as_slice(),
                &terminals.as_slice(),
                &link.as_slice(),
            ],
        )
        .await?;
    Ok(())
}
