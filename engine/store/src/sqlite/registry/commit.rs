//! Writes changes as one revision.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use super::{changes, head, identifiers};
use crate::audit::{Act, KeptRevision};
use crate::committing::{Before, Change, Revised, RevisionBuilder};
use crate::revision::{Digest, Head, RowHasher};
use crate::row::{Kind, Row, Scope};
use crate::staging::Staged;
use crate::store::{Commit, Committed, StoreError, Unchanged};

/// Kilobytes of pages that are kept in memory while a revision is written, so that one that changes often is written once.
const WRITING_CACHE: i64 = 64 * 1024;
/// The same at other times: what SQLite keeps.
const IDLE_CACHE: i64 = 2_000;

/// Writes a revision that has its turn.
pub(super) fn write(
    connection: &mut Connection,
    incarnation: Uuid,
    hasher: &RowHasher,
    commit: &Commit<'_>,
    staged: Staged,
) -> Result<Committed, StoreError> {
    connection.pragma_update(None, "cache_size", -WRITING_CACHE)?;
    let written = written(connection, incarnation, hasher, commit, staged);
    connection.pragma_update(None, "cache_size", -IDLE_CACHE)?;
    written
}

fn written(
    connection: &mut Connection,
    incarnation: Uuid,
    hasher: &RowHasher,
    commit: &Commit<'_>,
    staged: Staged,
) -> Result<Committed, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = head(&transaction, incarnation)?;
    let revised = revise(&transaction, before, hasher, commit, staged, Mode::Keep)?;
    if revised.head == before {
        return Ok(revised.nothing_kept(before));
    }
    let (kept, _) = revised.kept(commit);
    insert_revision(&transaction, &kept)?;
    transaction.commit()?;
    Ok(Committed { head: revised.head, counts: revised.counts })
}

/// Says what a revision would do, as of a moment.
pub(super) fn tried(
    moment: &Connection,
    incarnation: Uuid,
    hasher: &RowHasher,
    commit: &Commit<'_>,
    staged: Staged,
) -> Result<Committed, StoreError> {
    let before = head(moment, incarnation)?;
    Ok(revise(moment, before, hasher, commit, staged, Mode::Try)?.nothing_kept(before))
}

/// Whether rows are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Keep,
    Try,
}

fn revise(
    connection: &Connection,
    before: Head,
    hasher: &RowHasher,
    commit: &Commit<'_>,
    staged: Staged,
    mode: Mode,
) -> Result<Revised, StoreError> {
    commit.unchanged.iter().try_for_each(|unchanged| check_unchanged(connection, before, unchanged))?;
    let (rows, summary, faults) = staged.into_rows()?;
    let mut builder = RevisionBuilder::new(hasher, before, commit, summary, faults);
    for staged in rows {
        let staged = staged?;
        let (place, was) = was(connection, &staged.row)?.unzip();
        if let Some(change) = builder.change(staged, was) {
            let is_renamed = identifiers::claim(connection, &mut builder, &change)?;
            if mode == Mode::Keep {
                keep(connection, builder.number(), &change, place)?;
            }
            if mode == Mode::Keep && is_renamed {
                identifiers::keep(connection, &change)?;
            }
        }
    }
    builder.end()
}

fn check_unchanged(connection: &Connection, head: Head, unchanged: &Unchanged) -> Result<(), StoreError> {
    let since = unchanged.since();
    head.check(since)?;
    let is_changed = match unchanged {
        Unchanged::Row { kind, key, .. } => {
            let query = "SELECT EXISTS (SELECT 1 FROM followed WHERE kind = ?1 AND key = ?2 AND revision > ?3)";
            let mut newer = connection.prepare_cached(query)?;
            newer.query_row(params![kind.word(), key, since.number], |row| row.get(0))?
        }
        // Asked of each row as it comes.
        Unchanged::Brought { .. } => false,
        Unchanged::Scope { scope, .. } => scope_changed(connection, *scope, since.number)?,
    };
    if is_changed { Err(StoreError::Changed(unchanged.clone())) } else { Ok(()) }
}

fn scope_changed(connection: &Connection, scope: Scope, since: u64) -> Result<bool, rusqlite::Error> {
    let query = "SELECT EXISTS (SELECT 1 FROM followed WHERE revision > ?1 AND kind = ?2)";
    let mut newer = connection.prepare_cached(query)?;
    let mut kinds = Kind::ALL.iter().filter(|kind| kind.scope() == scope);
    kinds.try_fold(false, |changed, kind| {
        Ok(changed || newer.query_row(params![since, kind.word()], |row| row.get::<_, bool>(0))?)
    })
}

/// Where a row stands, and what it was; none where none of its key does.
fn was(connection: &Connection, row: &Row) -> Result<Option<(i64, Before)>, rusqlite::Error> {
    let query = "SELECT content, digest, revision, rowid FROM followed WHERE kind = ?1 AND key = ?2";
    let mut statement = connection.prepare_cached(query)?;
    let before = |columns: &rusqlite::Row<'_>| {
        let digest = columns.get::<_, Option<[u8; 16]>>(1)?.map(Digest::from_bytes);
        Ok((columns.get(3)?, Before { content: columns.get(0)?, digest, revision: columns.get(2)? }))
    };
    statement.query_row(params![row.kind.word(), row.key], before).optional()
}

/// Writes a row, in the place where it stands.
fn keep(connection: &Connection, revision: u64, change: &Change, place: Option<i64>) -> Result<(), rusqlite::Error> {
    let (Row { kind, key, content }, digest) = (&change.row, change.digest.map(Digest::to_bytes));
    if let Some(place) = place {
        let update = "UPDATE followed SET content = ?1, digest = ?2, revision = ?3 WHERE rowid = ?4";
        connection.prepare_cached(update)?.execute(params![content, digest, revision, place])?;
    } else {
        let insert = "INSERT INTO followed (kind, key, content, digest, revision) VALUES (?1, ?2, ?3, ?4, ?5)";
        connection.prepare_cached(insert)?.execute(params![kind.word(), key, content, digest, revision])?;
    }
    changes::keep(connection, revision, change)
}

/// The header of a revision. The entry in the audit, which is in another file, follows from it.
fn insert_revision(connection: &Connection, kept: &KeptRevision) -> Result<(), rusqlite::Error> {
    let KeptRevision { header, digests, seal } = kept;
    let [kind, id, party, on_behalf, origin, action, object_kind, object_key, reason, request, owner] =
        header.act.texts();
    let [rules, holders, terminals, coupons] = Scope::ALL.map(|scope| digests.of(scope).to_bytes());
    let (number, at_ms, counts) = (header.revision.number, header.at.as_millisecond(), &header.counts);
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO revision (number, at, {}, added, changed, removed, rules, holders, terminals, coupons, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        Act::COLUMNS
    ))?;
    statement.execute(params![
        number,
        at_ms,
        kind,
        id,
        party,
        on_behalf,
        origin,
        action,
        object_kind,
        object_key,
        reason,
        request,
        owner,
        counts.added,
        counts.changed,
        counts.removed,
        rules,
        holders,
        terminals,
        coupons,
        seal
    ])?;
    Ok(())
}
