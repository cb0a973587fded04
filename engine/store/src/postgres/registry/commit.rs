//! Writes changes as one revision.

use std::sync::mpsc::sync_channel;
use std::thread;

use deadpool_postgres::Transaction;
use tokio_postgres::error::Severity;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, IsolationLevel};
use uuid::Uuid;

use super::head::{head, take_turn};
use super::{PostgresStore, audit, bigint, chunk, fresh_id, identifiers, settle};
use crate::audit::{Act, KeptRevision};
use crate::committing::{Before, Change, Revised, RevisionBuilder};
use crate::revision::Head;
use crate::row::{Kind, Scope};
use crate::staging::{Staged, StagedRows};
use crate::store::{Commit, Committed, StoreError, Unchanged};

/// Rows that are in memory at a time.
const CHUNK: usize = 1_000;

/// Many rows take their time; who is gone gives the turn back.
const LONG: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = '10min'";

impl PostgresStore {
    pub(super) fn write(&self, commit: &mut Commit<'_>) -> Result<Committed, StoreError> {
        let staged = Staged::read(commit.rows, &self.hasher, commit.at, &self.database.config().staging)?;
        if commit.dry_run || !staged.faults.is_empty() {
            return self.tried(commit, staged);
        }
        let commit_id = fresh_id().map_err(|error| StoreError::Failed(error.to_string()))?;
        let mut client = self.client()?;
        let begin = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
        let transaction = self.wait(begin.start())?;
        let before = self.wait(begin_revision(&transaction))?;
        let revised = self.revise(&transaction, before, commit, staged, Mode::Keep)?;
        if revised.head == before {
            return Ok(revised.nothing_kept(before));
        }
        let (kept, entry) = revised.kept(commit);
        self.wait(insert_revision(&transaction, commit_id, &kept))?;
        // Last of all: others append meanwhile.
        self.wait(audit::append(&transaction, &[entry]))?;
        if let Err(error) = self.database.runtime().block_on(transaction.commit()) {
            // The connection may be of no use any more; the pool finds out.
            drop(client);
            self.came_through(&error, commit_id)?;
        }
        Ok(Committed { head: revised.head, counts: revised.counts })
    }

    /// Says what a revision would do, as of a moment.
    fn tried(&self, commit: &Commit<'_>, staged: Staged) -> Result<Committed, StoreError> {
        self.read(|moment| {
            let tried = self.revise(moment.transaction, moment.head, commit, staged, Mode::Try)?;
            Ok(tried.nothing_kept(moment.head))
        })
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

/// Whether rows are written.
#[derive(Clone, Copy)]
enum Mode {
    Keep,
    Try,
}

/// Takes the turn and says which state is the newest now.
async fn begin_revision(transaction: &Transaction<'_>) -> Result<Head, StoreError> {
    transaction.batch_execute(LONG).await?;
    take_turn(transaction).await?;
    head(&**transaction).await
}

async fn check_unchanged(transaction: &Transaction<'_>, head: Head, unchanged: &Unchanged) -> Result<(), StoreError> {
    let since = unchanged.since();
    head.check(since)?;
    let since = bigint(since.number);
    let newer = match unchanged {
        Unchanged::Row { kind, key, .. } => {
            let query = "SELECT EXISTS (SELECT FROM avis.followed WHERE kind = $1 AND key = $2 AND revision > $3)";
            let query = transaction.prepare_cached(query).await?;
            transaction.query_one(&query, &[&kind.word(), key, &since]).await?
        }
        // Asked of each row as it comes.
        Unchanged::Brought { .. } => return Ok(()),
        Unchanged::Scope { scope, .. } => {
            let kinds = Kind::ALL.iter().filter(|kind| kind.scope() == *scope);
            let kinds: Vec<_> = kinds.map(|kind| kind.word()).collect();
            let query = "SELECT EXISTS (SELECT FROM avis.followed WHERE revision > $1 AND kind = ANY ($2))";
            let query = transaction.prepare_cached(query).await?;
            transaction.query_one(&query, &[&since, &kinds]).await?
        }
    };
    if newer.get(0) { Err(StoreError::Changed(unchanged.clone())) } else { Ok(()) }
}

/// Rows that become what they are to be.
struct Chunk {
    changes: Vec<Change>,
    /// Holders who are known by others from now on, by their places among these.
    renamed: Vec<usize>,
}

impl Chunk {
    async fn write(&self, transaction: &Transaction<'_>, revision: i64) -> Result<(), StoreError> {
        chunk::write(transaction, revision, &self.changes).await?;
        let renamed: Vec<&Change> = self.renamed.iter().filter_map(|place| self.changes.get(*place)).collect();
        identifiers::keep(transaction, &renamed).await
    }
}

impl PostgresStore {
    /// What the rows come to.
    fn revise(
        &self,
        transaction: &Transaction<'_>,
        before: Head,
        commit: &Commit<'_>,
        staged: Staged,
        mode: Mode,
    ) -> Result<Revised, StoreError> {
        for unchanged in commit.unchanged {
            self.wait(check_unchanged(transaction, before, unchanged))?;
        }
        let (rows, summary, faults) = staged.into_rows()?;
        let mut builder = RevisionBuilder::new(&self.hasher, before, commit, summary, faults);
        match mode {
            Mode::Keep => self.change_and_write(transaction, &mut builder, rows)?,
            Mode::Try => self.change(transaction, &mut builder, rows, &mut |_| true)?,
        }
        builder.end()
    }

    /// Writes what rows become: while the server writes some, the next are made ready.
    fn change_and_write(
        &self,
        transaction: &Transaction<'_>,
        builder: &mut RevisionBuilder<'_>,
        rows: StagedRows,
    ) -> Result<(), StoreError> {
        let revision = bigint(builder.number());
        thread::scope(|scope| {
            let (ready, to_write) = sync_channel::<Chunk>(1);
            let write = move || to_write.iter().try_for_each(|chunk| self.wait(chunk.write(transaction, revision)));
            let writer = thread::Builder::new().name("avis-revision".to_owned()).spawn_scoped(scope, write);
            let writer = writer.map_err(|error| StoreError::Failed(format!("no thread can be started: {error}")))?;
            let changed = self.change(transaction, builder, rows, &mut |chunk| ready.send(chunk).is_ok());
            drop(ready);
            // Where a row could not be written, all that follows fails as well.
            writer.join().unwrap_or_else(|_| Err(StoreError::Failed("who writes a revision panicked".to_owned())))?;
            changed
        })
    }

    /// Hands on what rows become, some at a time, until `take` wants no more.
    fn change(
        &self,
        transaction: &Transaction<'_>,
        builder: &mut RevisionBuilder<'_>,
        mut rows: StagedRows,
        take: &mut dyn FnMut(Chunk) -> bool,
    ) -> Result<(), StoreError> {
        loop {
            let chunk = rows.by_ref().take(CHUNK).collect::<Result<Vec<_>, _>>()?;
            if chunk.is_empty() {
                return Ok(());
            }
            let before: Vec<Option<Before>> = self.wait(chunk::before(transaction, &chunk))?;
            let changes = chunk.into_iter().zip(before).filter_map(|(row, before)| builder.change(row, before));
            let changes: Vec<Change> = changes.collect();
            let renamed = self.wait(identifiers::claim(transaction, builder, &changes))?;
            if !changes.is_empty() && !take(Chunk { changes, renamed }) {
                return Ok(());
            }
        }
    }
}

async fn insert_revision(
    transaction: &Transaction<'_>,
    commit_id: Uuid,
    kept: &KeptRevision,
) -> Result<(), StoreError> {
    let KeptRevision { header, digests, seal } = kept;
    let insert = format!(
        "INSERT INTO avis.revision (commit_id, number, at, {}, added, changed, removed, rules, holders, terminals, coupons, seal)
         VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 millisecond', $4, $5, $6, $7, $8, $9, $10, $11,
                 $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        Act::COLUMNS
    );
    let (number, at_ms, texts) = (bigint(header.revision.number), header.at.as_millisecond(), header.act.texts());
    let counts = [header.counts.added, header.counts.changed, header.counts.removed].map(bigint);
    let sums = Scope::ALL.map(|scope| digests.of(scope).to_bytes().to_vec());
    let seal = seal.as_slice();
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&commit_id, &number, &at_ms];
    values.extend(texts.iter().map(|text| text as &(dyn ToSql + Sync)));
    values.extend(counts.iter().map(|count| count as &(dyn ToSql + Sync)));
    values.extend(sums.iter().map(|sum| sum as &(dyn ToSql + Sync)));
    values.push(&seal);
    transaction.execute(&transaction.prepare_cached(&insert).await?, &values).await?;
    Ok(())
}
