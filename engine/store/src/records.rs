//! The interface of what the control plane keeps beside the followed rows: parties, users, sessions, drafts. No engine follows it
//! and it makes no revision.

use jiff::Timestamp;

use crate::audit::AuditEntry;
use crate::store::StoreError;

/// Bytes of one record's content: a draft has at most 1 MiB, and what surrounds it.
pub const CONTENT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a kind, a key, an owner or a state.
pub const WORD_BYTES_MAX: usize = 300;

/// Objects under a kind and a key. What it promises is held by the conformance suite in `tests/`:
///
/// - A change holds only if each record still has the version that it expects; then all of it is written, with its audit entries,
///   or nothing is. Of many that expect one version, one succeeds.
/// - A version begins at 1 and rises by 1 with each change.
/// - A list is in the order of keys, up or down. Read on behind its last key, it has each record that was there throughout exactly once.
pub trait Records: Send + Sync {
    /// The record of a key, whether it has expired or not.
    ///
    /// # Errors
    /// A store that can't be read.
    fn record(&self, kind: &str, key: &str) -> Result<Option<Record>, StoreError>;

    /// Records that a filter lets through, in the order of their keys as it goes.
    ///
    /// # Errors
    /// A store that can't be read.
    fn records(&self, filter: &RecordFilter<'_>, most: usize) -> Result<Vec<Record>, StoreError>;

    /// Makes, changes and removes records, and appends entries to the audit: all of it, or nothing.
    ///
    /// # Errors
    /// [`StoreError::RecordChanged`] where a record has another version than was expected; content or a word beyond its bound; a
    /// store that can't be written.
    fn change(&self, changes: &[RecordChange], entries: &[AuditEntry]) -> Result<(), StoreError>;

    /// Removes what expired before a moment, at most so many; how many were removed.
    ///
    /// # Errors
    /// A store that can't be written.
    fn remove_expired(&self, now: Timestamp, most: usize) -> Result<usize, StoreError>;
}

/// An object of the control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The word of its kind.
    pub kind: String,
    /// Unique within the kind.
    pub key: String,
    /// What it is now.
    pub value: RecordValue,
    /// How often it was written.
    pub version: u64,
}

/// What a record is at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordValue {
    /// The code of the party, or the id of the user, whose it is; empty for what is the installation's.
    pub owner: String,
    /// Where in its life it stands, as one word.
    pub state: String,
    /// From when it is as good as gone; half-open.
    pub expires_at: Option<Timestamp>,
    /// Whatever its kind keeps, as JSON.
    pub content: String,
}

/// One change of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordChange {
    /// The word of its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// The version that it must have; none if there must be no such record.
    pub expected: Option<u64>,
    /// What it becomes; none removes it.
    pub value: Option<RecordValue>,
}

/// Which records are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordFilter<'a> {
    /// Of which kind.
    pub kind: &'a str,
    /// Whose, if it matters.
    pub owner: Option<&'a str>,
    /// In which state, if it matters.
    pub state: Option<&'a str>,
    /// Those with a greater key, or with a lesser one where the list goes down; empty where it begins.
    pub after: &'a str,
    /// Whether the list goes down from the greatest key: where keys grow with time, from what was made last.
    pub newest_first: bool,
}

impl Record {
    /// Whether it has not expired at a moment.
    pub fn is_live_at(&self, now: Timestamp) -> bool {
        self.value.expires_at.is_none_or(|end| now < end)
    }
}

impl RecordChange {
    /// Makes a record under a key that none has.
    pub fn make(kind: &str, key: &str, value: RecordValue) -> Self {
        Self { kind: kind.to_owned(), key: key.to_owned(), expected: None, value: Some(value) }
    }

    /// Writes another value over a record that was read.
    pub fn replace(record: &Record, value: RecordValue) -> Self {
        let Record { kind, key, version, .. } = record.clone();
        Self { kind, key, expected: Some(version), value: Some(value) }
    }

    /// Writes a value over the record that was read under a key, or makes one where there was none.
    pub fn put(read: Option<&Record>, kind: &str, key: &str, value: RecordValue) -> Self {
        match read {
            Some(record) => Self::replace(record, value),
            None => Self::make(kind, key, value),
        }
    }

    /// Removes a record that was read.
    pub fn remove(record: &Record) -> Self {
        let Record { kind, key, version, .. } = record.clone();
        Self { kind, key, expected: Some(version), value: None }
    }

    /// Refuses what a store does not keep.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let refused = |what: &str, most| {
            let Self { kind, .. } = self;
            Err(StoreError::Failed(format!("a record of the kind `{kind}`: expected {what} of at most {most} bytes")))
        };
        if self.kind.is_empty() || self.key.is_empty() {
            return Err(StoreError::Failed("a record needs a kind and a key".into()));
        }
        let value = self.value.as_ref();
        let words =
            [Some(&self.kind), Some(&self.key), value.map(|value| &value.owner), value.map(|value| &value.state)];
        if words.into_iter().flatten().any(|word| word.len() > WORD_BYTES_MAX) {
            return refused("kind, key, owner and state", WORD_BYTES_MAX);
        }
        if value.is_some_and(|value| value.content.len() > CONTENT_BYTES_MAX) {
            return refused("content", CONTENT_BYTES_MAX);
        }
        Ok(())
    }

    /// That its record has another version than expected.
    pub(crate) fn lost(&self) -> StoreError {
        StoreError::RecordChanged { kind: self.kind.clone(), key: self.key.clone() }
    }
}

impl RecordFilter<'_> {
    /// Condition, order and bound as SQL. Its parameters: the kind, [`RecordFilter::behind`], how many, and the texts.
    pub(crate) fn sql(&self, mark: char) -> String {
        let texts = (4..).zip(self.texts()).map(|(number, (column, _))| format!(" AND {column} = {mark}{number}"));
        let (than, order) = if self.newest_first { ('<', "kind DESC, key DESC") } else { ('>', "kind, key") };
        format!("kind = {mark}1 AND key {than} {mark}2{} ORDER BY {order} LIMIT {mark}3", texts.collect::<String>())
    }

    /// The key behind which it begins: every key is greater than an empty one, and less than the last of all letters.
    pub(crate) fn behind(&self) -> &str {
        if self.newest_first && self.after.is_empty() { "\u{10ffff}" } else { self.after }
    }

    /// The columns that must be equal to something, with what.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [("owner", self.owner), ("state", self.state)];
        texts.into_iter().filter_map(|(column, text)| Some((column, text?)))
    }
}
