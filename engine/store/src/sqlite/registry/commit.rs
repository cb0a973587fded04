//! Writes changes as one revision.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::identifiers::Moves;
use super::{audit, head};
use crate::chain::Link;
use crate::committing::{Before, Change, Revising};
use crate::registry::Header;
use crate::revision::{Digest, Digests, Head, RowHasher};
use crate::row::{Kind, Row, Scope};
use crate::store::{Commit, Committed, StoreError, Unchanged};

pub(super) fn write(
    connection: &mut Connection,
    incarnation: Uuid,
    hasher: &RowHasher,
    mut commit: Commit<'_>,
) -> Result<Committed, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = head(&transaction, incarnation)?;
    if let Some(unchanged) = commit.unchanged {
        check_unchanged(&transaction, before, unchanged)?;
    }
    let mut revising = Revising::new(hasher, before, commit.at);
    let mut moves = Moves::default();
    for (row_number, row) in (0..).zip(&mut commit.rows) {
        let row = row?;
        if revising.admits(row_number, &row) {
            let was = was(&transaction, &row)?;
            if let Some(change) = revising.change(row_number, row, was)? {
                keep(&transaction, revising.number(), &change)?;
                moves.note(&transaction, &change)?;
            }
        }
    }
    for (row_number, identifier) in moves.still_shared(&transaction)? {
        revising.shared(row_number, identifier);
    }
    let revised = revising.end()?;
    if let Some(committed) = revised.nothing_to_keep(before, &commit) {
        return Ok(committed);
    }
    let (header, link) = revised.header(&commit, audit::newest_link(&transaction)?);
    insert_header(&transaction, &header, &revised.head.digests, link)?;
    transaction.commit()?;
    Ok(Committed { head: revised.head, counts: revised.counts })
}

fn check_unchanged(transaction: &Transaction<'_>, head: Head, unchanged: Unchanged) -> Result<(), StoreError> {
    head.check(unchanged.since)?;
    let query = "SELECT EXISTS (SELECT 1 FROM followed WHERE revision > ?1 AND kind = ?2)";
    let mut statement = transaction.prepare_cached(query)?;
    for kind in Kind::ALL.iter().filter(|kind| kind.scope() == unchanged.scope) {
        if statement.query_row(params![unchanged.since.number, kind.word()], |row| row.get(0))? {
            return Err(StoreError::Changed(unchanged.scope));
        }
    }
    Ok(())
}

fn was(transaction: &Transaction<'_>, row: &Row) -> Result<Option<Before>, rusqlite::Error> {
    let query = "SELECT content, digest FROM followed WHERE kind = ?1 AND key = ?2";
    let mut statement = transaction.prepare_cached(query)?;
    let before = |columns: &rusqlite::Row<'_>| {
        let digest = columns.get::<_, Option<[u8; 16]>>(1)?.map(Digest::from_bytes);
        Ok(Before { content: columns.get(0)?, digest })
    };
    statement.query_row(params![row.kind.word(), row.key], before).optional()
}

fn keep(transaction: &Transaction<'_>, revision: u64, change: &Change) -> Result<(), rusqlite::Error> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO followed (kind, key, content, digest, revision) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET content = excluded.content, digest = excluded.digest, revision = excluded.revision",
    )?;
    let Row { kind, key, content } = &change.row;
    statement.execute(params![kind.word(), key, content, change.digest.map(Digest::to_bytes), revision])?;
    audit::note(transaction, revision, change)
}

fn insert_header(
    transaction: &Transaction<'_>,
    header: &Header,
    digests: &Digests,
    link: Link,
) -> Result<(), rusqlite::Error> {
    let sum = |scope| digests.of(scope).to_bytes();
    transaction.execute(
        "INSERT INTO revision (number, at, actor, reason, added, changed, removed, rules, holders, terminals, chain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            header.revision.number,
            header.at.as_millisecond(),
            header.actor,
            header.reason,
            header.counts.added,
            header.counts.changed,
            header.counts.removed,
            sum(Scope::Rules),
            sum(Scope::Holders),
            sum(Scope::Terminals),
            link
        ],
    )?;
    Ok(())
}
