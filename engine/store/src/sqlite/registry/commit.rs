//! Writes changes as one revision.

use avis_core::{RegisteredHolder, WrittenHolder};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::audit::Entry;
use super::head;
use super::identifiers::Moves;
use crate::revision::{Digest, Digests, Head, RowHasher};
use crate::row::{Kind, Row, Scope};
use crate::store::{Commit, Committed, Counts, RowFault, StoreError, Unchanged};

/// Faults that one commit lists: nobody reads more at once.
const FAULTS_MAX: usize = avis_core::limits::FAULTS_MAX;

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
    let number = before.revision.number + 1;
    let mut writing = Writing {
        transaction: &transaction,
        hasher,
        at: commit.at,
        number,
        digests: before.digests,
        counts: Counts::default(),
        audit: Entry::new(number),
        moves: Moves::default(),
        faults: Vec::new(),
    };
    for (place, row) in (0..).zip(&mut commit.rows) {
        writing.row(place, row?)?;
    }
    writing.check_moves()?;
    let Writing { digests, counts, audit, faults, .. } = writing;
    if !faults.is_empty() {
        return Err(StoreError::Refused(faults));
    }
    let has_changed = counts.added + counts.changed + counts.removed > 0;
    if !has_changed || commit.dry_run {
        return Ok(Committed { head: before, counts });
    }
    let mut revision = before.revision;
    revision.number = number;
    let head = Head { revision, digests };
    let chain = audit.chain(&transaction, commit.at, commit.actor, commit.reason, &counts)?;
    insert_header(&transaction, &head, &commit, &counts, chain)?;
    transaction.commit()?;
    Ok(Committed { head, counts })
}

fn check_unchanged(transaction: &Transaction<'_>, head: Head, unchanged: Unchanged) -> Result<(), StoreError> {
    if unchanged.since.incarnation != head.revision.incarnation {
        return Err(StoreError::OtherIncarnation);
    }
    let query = "SELECT count(*) FROM followed WHERE revision > ?1 AND kind = ?2";
    let mut statement = transaction.prepare_cached(query)?;
    for kind in Kind::ALL.iter().filter(|kind| kind.scope() == unchanged.scope) {
        let newer: u64 = statement.query_row(params![unchanged.since.number, kind.word()], |row| row.get(0))?;
        if newer > 0 {
            return Err(StoreError::Changed(unchanged.scope));
        }
    }
    Ok(())
}

fn insert_header(
    transaction: &Transaction<'_>,
    head: &Head,
    commit: &Commit<'_>,
    counts: &Counts,
    chain: [u8; 32],
) -> Result<(), rusqlite::Error> {
    let sum = |scope| head.digests.of(scope).to_bytes();
    transaction.execute(
        "INSERT INTO revision (number, at, actor, reason, added, changed, removed, rules, holders, terminals, chain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            head.revision.number,
            commit.at.as_millisecond(),
            commit.actor,
            commit.reason,
            counts.added,
            counts.changed,
            counts.removed,
            sum(Scope::Rules),
            sum(Scope::Holders),
            sum(Scope::Terminals),
            chain
        ],
    )?;
    Ok(())
}

/// A revision while it is being written.
struct Writing<'a> {
    transaction: &'a Transaction<'a>,
    hasher: &'a RowHasher,
    at: Timestamp,
    number: u64,
    digests: Digests,
    counts: Counts,
    audit: Entry,
    moves: Moves,
    faults: Vec<RowFault>,
}

/// A row as it was.
struct Before {
    content: Option<Box<str>>,
    digest: Option<Digest>,
    revision: u64,
}

impl Writing<'_> {
    fn row(&mut self, place: u64, mut row: Row) -> Result<(), StoreError> {
        let before = self.before(&row)?;
        if before.as_ref().is_some_and(|before| before.revision == self.number) {
            self.fault(place, "", "expected each key once; this one stood before");
            return Ok(());
        }
        let content = before.as_ref().and_then(|before| before.content.clone());
        if row.kind == Kind::Holder && row.content.is_some() {
            match self.registered(&row, content.as_deref()) {
                Ok(holder) => {
                    row.content = Some(holder.to_json().into());
                    if row.content != content {
                        self.moves.name(self.transaction, place, &holder)?;
                    }
                }
                Err(fault) => {
                    self.fault(place, "", &fault);
                    return Ok(());
                }
            }
        }
        match (&content, &row.content) {
            (before, after) if before == after => {
                self.counts.unchanged += 1;
                return Ok(());
            }
            (None, _) => self.counts.added += 1,
            (Some(_), Some(_)) => self.counts.changed += 1,
            (Some(_), None) => {
                self.counts.removed += 1;
                if row.kind == Kind::Holder {
                    Moves::unname(self.transaction, &row.key)?;
                }
            }
        }
        let after = self.hasher.digest(&row);
        self.digests.replace(row.kind.scope(), before.and_then(|before| before.digest), after);
        self.upsert(&row, after)?;
        self.audit.note(self.transaction, &row, content.as_deref())?;
        Ok(())
    }

    fn before(&self, row: &Row) -> Result<Option<Before>, rusqlite::Error> {
        let query = "SELECT content, digest, revision FROM followed WHERE kind = ?1 AND key = ?2";
        let mut statement = self.transaction.prepare_cached(query)?;
        let before = |columns: &rusqlite::Row<'_>| {
            let digest = columns.get::<_, Option<[u8; 16]>>(1)?.map(Digest::from_bytes);
            Ok(Before { content: columns.get(0)?, digest, revision: columns.get(2)? })
        };
        statement.query_row(params![row.kind.word(), row.key], before).optional()
    }

    /// A holder as it is to be kept: what is newly stopped says from when.
    fn registered(&self, row: &Row, before: Option<&str>) -> Result<RegisteredHolder, String> {
        let mut holder = parsed(row.content.as_deref().unwrap_or_default())?;
        if *holder.holder.code != *row.key {
            return Err("expected the holder that the key names".to_owned());
        }
        let before = before.and_then(|before| parsed(before).ok());
        holder.stopped_at(self.at, before.as_ref());
        Ok(holder)
    }

    fn upsert(&self, row: &Row, digest: Option<Digest>) -> Result<(), rusqlite::Error> {
        let mut statement = self.transaction.prepare_cached(
            "INSERT INTO followed (kind, key, content, digest, revision) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET content = excluded.content, digest = excluded.digest, revision = excluded.revision",
        )?;
        let digest = digest.map(Digest::to_bytes);
        statement.execute(params![row.kind.word(), row.key, row.content, digest, self.number])?;
        Ok(())
    }

    /// By the end no identifier names two holders.
    fn check_moves(&mut self) -> Result<(), StoreError> {
        for (place, identifier) in std::mem::take(&mut self.moves).still_shared(self.transaction)? {
            self.fault(place, &format!("/identifiers/{identifier}"), "this identifier is another holder's already");
        }
        Ok(())
    }

    fn fault(&mut self, row: u64, pointer: &str, detail: &str) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(RowFault { row, pointer: pointer.to_owned(), detail: detail.to_owned() });
        }
    }
}

/// A holder's content; identifiers stand in it by their keys, never by their values.
fn parsed(content: &str) -> Result<RegisteredHolder, String> {
    WrittenHolder::parse(content.as_bytes())
        .and_then(|written| written.registered())
        .map_err(|faults| faults.to_string())
}
