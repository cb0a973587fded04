//! The audit in a file of its own, so that nothing that is written beside it holds it up. The entry of a revision follows from the
//! revision's header: it is appended after the commit, and where the program ended in between, before anything else.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row as Columns, TransactionBehavior, params, params_from_iter};
use uuid::Uuid;

use super::{SqliteStore, changes, history};
use crate::audit::{Act, AlteredRows, Anchor, Audit, AuditEntry, AuditFilter, Broken, SequencedEntry, Verifier};
use crate::store::StoreError;

/// Revisions whose entries are in memory at a time.
const REVISIONS: usize = 1_000;

impl Audit for SqliteStore {
    fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.catch_up();
        self.administration.write(|connection| Ok(append(connection, entries)?))
    }

    fn entries(&self, filter: &AuditFilter, most: usize) -> Result<Vec<SequencedEntry>, StoreError> {
        self.administration.read(|connection| Ok(entries(connection, filter, most)?))
    }

    fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        self.administration.read(|connection| Ok(newest(connection)?))
    }

    fn verify(&self, anchor: Option<Anchor>) -> Result<Option<Broken>, StoreError> {
        self.append_revisions()?;
        self.administration.read(|audit| {
            self.followed.read(|followed| match verify(audit, followed, self.incarnation, anchor)? {
                Ok(()) => Ok(None),
                Err(broken) => Ok(Some(broken)),
            })
        })
    }

    fn altered_rows(&self) -> Result<AlteredRows, StoreError> {
        self.followed.read(|connection| Ok(changes::altered(connection, &self.hasher)?))
    }
}

impl SqliteStore {
    /// Tells that the entry of a revision is missing, until [`SqliteStore::catch_up`] has appended it.
    pub(super) fn note_audit_behind(&self, error: &StoreError) {
        self.audit_is_behind.store(true, Ordering::Relaxed);
        tracing::error!(
            target: "avis::audit", %error, "the entry of a revision is not in the audit; it is tried again within seconds"
        );
    }

    /// Appends what could not be appended with its revision, if anything could not.
    pub(super) fn catch_up(&self) {
        if self.audit_is_behind.load(Ordering::Relaxed) && self.append_revisions().is_ok() {
            self.audit_is_behind.store(false, Ordering::Relaxed);
            tracing::info!(target: "avis::audit", "the audit has the entry of every revision again");
        }
    }

    /// Appends the entries of revisions that have none yet.
    pub(super) fn append_revisions(&self) -> Result<(), StoreError> {
        self.administration.write(|connection| {
            loop {
                let known = "SELECT coalesce(max(revision), 0) FROM audit";
                let known: u64 = connection.query_row(known, [], |row| row.get(0))?;
                let kept = |followed: &Connection| Ok(history::after(followed, self.incarnation, known, REVISIONS)?);
                let revisions = self.followed.read(kept)?;
                if revisions.is_empty() {
                    return Ok(());
                }
                let entries = revisions.iter().map(|kept| AuditEntry::of_revision(&kept.header, kept.seal));
                append(connection, &entries.collect::<Vec<_>>())?;
            }
        })
    }
}

fn append(connection: &mut Connection, entries: &[AuditEntry]) -> Result<(), rusqlite::Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    insert(&transaction, entries)?;
    transaction.commit()
}

/// Appends entries in a transaction that is open for writing.
pub(super) fn insert(transaction: &Connection, entries: &[AuditEntry]) -> Result<(), rusqlite::Error> {
    let mut place = newest(transaction)?.unwrap_or(Anchor::START);
    let mut insert = transaction.prepare_cached(&format!(
        "INSERT INTO audit (seq, at, {}, before, after, revision, link)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        Act::COLUMNS
    ))?;
    for entry in entries {
        place = place.next(entry);
        let [kind, id, party, on_behalf, origin, action, object_kind, object_key, reason, request, owner] =
            entry.act.texts();
        let (at_ms, AuditEntry { before, after, revision, .. }) = (entry.at.as_millisecond(), entry);
        insert.execute(params![
            place.seq,
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
            before,
            after,
            revision,
            place.link
        ])?;
    }
    Ok(())
}

fn newest(connection: &Connection) -> Result<Option<Anchor>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT seq, link FROM audit ORDER BY seq DESC LIMIT 1")?;
    statement.query_row([], |row| Ok(Anchor { seq: row.get(0)?, link: row.get(1)? })).optional()
}

/// The columns of an entry, in the order in which [`entry`] reads them.
fn columns() -> String {
    format!("seq, at, {}, before, after, revision, link", Act::COLUMNS)
}

fn entry(row: &Columns<'_>) -> Result<SequencedEntry, rusqlite::Error> {
    let entry = AuditEntry {
        at: Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
        act: history::act(row, 2)?,
        before: row.get(13)?,
        after: row.get(14)?,
        revision: row.get(15)?,
    };
    Ok(SequencedEntry { anchor: Anchor { seq: row.get(0)?, link: row.get(16)? }, entry })
}

fn entries(connection: &Connection, filter: &AuditFilter, most: usize) -> Result<Vec<SequencedEntry>, rusqlite::Error> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let (from, until) = filter.period();
    let mut values: Vec<Value> = [filter.below(), most, from, until].map(Value::Integer).into();
    values.extend(filter.texts().into_iter().map(|text| Value::Text(text.to_owned())));
    let query = format!("SELECT {} FROM audit WHERE {}", columns(), filter.sql('?', str::to_owned));
    let mut statement = connection.prepare_cached(&query)?;
    statement.query_map(params_from_iter(values), entry)?.collect()
}

/// Both files, the audit as of a moment before the other: a revision that came since has no entry yet.
fn verify(
    audit: &Connection,
    followed: &Connection,
    incarnation: Uuid,
    anchor: Option<Anchor>,
) -> Result<Result<(), Broken>, rusqlite::Error> {
    let mut verifier = Verifier::new(anchor);
    let mut statement = audit.prepare(&format!("SELECT {} FROM audit ORDER BY seq", columns()))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let kept = entry(row)?;
        if let Err(broken) = verifier.entry(&kept) {
            return Ok(Err(broken));
        }
        let Some(number) = kept.entry.revision else { continue };
        let revision = history::numbered(followed, incarnation, number)?;
        changes::verify(followed, number, &mut verifier)?;
        if let Err(broken) = verifier.revision(number, revision.as_ref(), &kept.entry) {
            return Ok(Err(broken));
        }
    }
    let newest: u64 = followed.query_row("SELECT coalesce(max(number), 0) FROM revision", [], |row| row.get(0))?;
    Ok(match changes::beyond(followed, newest.max(verifier.newest_revision()))? {
        Some(number) => Err(Broken::Revision(number)),
        None => verifier.end(),
    })
}
