//! What a commit brings, read and digested before its turn: a source may be slow, and a million rows take their time, while
//! other commits go on.

mod spool;

use std::collections::HashSet;
use std::path::Path;

use avis_core::{Faults, IdentifierKey, IdentifierStatus, RegisteredHolder, WrittenHolder};
use jiff::Timestamp;
use serde::de::IgnoredAny;

use crate::chain::{Link, Parts, salted};
use crate::committing::RowFaults;
use crate::revision::{Digest, RowHasher};
use crate::row::{Kind, Row};
use crate::store::{Interrupted, NewRow, StoreError};
use spool::Spool;
pub(crate) use spool::StagedRows;

/// A row of a commit, as it is to be kept unless what was there before says more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StagedRow {
    /// Its position in the commit, from 0.
    pub(crate) number: u64,
    pub(crate) row: Row,
    /// None of a tombstone.
    pub(crate) digest: Option<Digest>,
    pub(crate) salt: [u8; 16],
    /// Over salt and content; none of a tombstone.
    pub(crate) after_digest: Option<Link>,
    /// By what a holder is known from now on.
    pub(crate) identifiers: Vec<StagedIdentifier>,
    /// An identifier is stopped and does not say since when: only what was there before can tell.
    pub(crate) asks_since: bool,
}

/// An identifier of a staged holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StagedIdentifier {
    pub(crate) key: IdentifierKey,
    pub(crate) scheme: Box<str>,
}

/// Every row of a commit.
pub(crate) struct Staged {
    spool: Spool,
    /// What is known of the rows as a whole.
    pub(crate) summary: Summary,
    pub(crate) faults: RowFaults,
}

/// What is known of all rows of a commit together.
#[derive(Default)]
pub(crate) struct Summary {
    /// Hashes of the rows' keys: 16 bytes a row, whatever the rows are.
    keys: HashSet<[u8; 16]>,
    /// Identifiers that may stand in more than one row.
    contested: HashSet<IdentifierKey>,
}

impl Summary {
    /// Whether the commit has a row of this kind and key.
    pub(crate) fn has(&self, kind: Kind, key: &str) -> bool {
        self.keys.contains(&hashed(kind, key))
    }

    /// Whether an identifier may stand in more than one row of the commit.
    pub(crate) fn is_contested(&self, key: IdentifierKey) -> bool {
        self.contested.contains(&key)
    }
}

impl Staged {
    /// Reads every row of a commit. What is more than a little is kept in a file of a folder, which goes with it.
    ///
    /// # Errors
    /// A source that ends early; a folder that can't be written.
    pub(crate) fn read(
        rows: &mut dyn Iterator<Item = Result<NewRow, Interrupted>>,
        hasher: &RowHasher,
        at: Timestamp,
        folder: &Path,
    ) -> Result<Self, StoreError> {
        let (summary, faults) = (Summary::default(), RowFaults::default());
        let (mut staged, mut salts) = (Self { spool: Spool::new(folder), summary, faults }, Salts::default());
        // Identifiers seen so far, by half of their keys: 8 bytes each; what is met again is compared in whole later.
        let mut identifiers = HashSet::new();
        for (number, new) in (0..).zip(rows) {
            let Some(row) = staged.admitted(number, new?, (hasher, &mut salts), at)? else { continue };
            for StagedIdentifier { key, .. } in &row.identifiers {
                if !identifiers.insert(half(*key)) {
                    staged.summary.contested.insert(*key);
                }
            }
            staged.spool.push(&row)?;
        }
        Ok(staged)
    }

    /// The rows in their order, and what is known of all of them.
    ///
    /// # Errors
    /// A file that can't be read.
    pub(crate) fn into_rows(self) -> Result<(StagedRows, Summary, RowFaults), StoreError> {
        Ok((self.spool.into_rows()?, self.summary, self.faults))
    }

    /// A row as it is to be kept; none if it can't be, which is among the faults then.
    fn admitted(
        &mut self,
        number: u64,
        new: NewRow,
        (hasher, salts): (&RowHasher, &mut Salts),
        at: Timestamp,
    ) -> Result<Option<StagedRow>, StoreError> {
        let (row, identifiers, asks_since) = match normal(new, at) {
            Ok(normal) => normal,
            Err(faults) => {
                faults.list.iter().for_each(|fault| self.faults.add(number, &fault.pointer, &fault.detail));
                return Ok(None);
            }
        };
        if row.key.is_empty() || row.key.contains('\0') {
            self.faults.add(number, "", "expected a key of some characters that can be printed");
            return Ok(None);
        }
        if !self.summary.keys.insert(hashed(row.kind, &row.key)) {
            self.faults.add(number, "", "expected each key once; this one stood before");
            return Ok(None);
        }
        let (digest, salt) = (hasher.digest(&row), salts.fresh()?);
        let after_digest = row.content.as_deref().map(|content| salted(&salt, content));
        Ok(Some(StagedRow { number, row, digest, salt, after_digest, identifiers, asks_since }))
    }
}

impl StagedRow {
    /// Gives a holder's newly stopped identifiers their moment, which only the content before can tell.
    pub(crate) fn stopped_at(&mut self, at: Timestamp, before: Option<&str>, hasher: &RowHasher) {
        // Reading what was costs as much as reading what comes, and few are stopped.
        let (true, Some(before), Some(content)) = (self.asks_since, before, self.row.content.as_deref()) else {
            return;
        };
        let (Ok(before), Ok(mut holder)) = (parsed(before), parsed(content)) else { return };
        holder.stopped_at(at, Some(&before));
        let content = holder.to_json();
        self.after_digest = Some(salted(&self.salt, &content));
        self.row.content = Some(content.into());
        self.digest = hasher.digest(&self.row);
    }
}

/// A row with its content in the one way in which it is kept, with a holder's identifiers, and whether one of them asks since when
/// it is stopped.
fn normal(new: NewRow, at: Timestamp) -> Result<(Row, Vec<StagedIdentifier>, bool), Faults> {
    let (key, mut holder) = match new {
        NewRow::Row(row) => match (row.kind, row.content.as_deref()) {
            (Kind::Holder, Some(content)) => (row.key, parsed(content)?),
            (_, None) => return Ok((row, Vec::new(), false)),
            (_, Some(content)) => {
                serde_json::from_str::<IgnoredAny>(content).map_err(|_| Faults::of_document("expected JSON"))?;
                return Ok((row, Vec::new(), false));
            }
        },
        NewRow::Holder(holder) => ((&*holder.holder.code).into(), *holder),
    };
    if *holder.holder.code != *key {
        return Err(Faults::at("/holder", "expected the holder that the key names"));
    }
    holder.stopped_at(at, None);
    let asks_since =
        holder.identifiers.iter().any(|one| one.state.status != IdentifierStatus::Active && one.state.since.is_none());
    let content = Some(holder.to_json().into());
    let identifiers = holder.identifiers.into_iter();
    let identifiers = identifiers.map(|one| StagedIdentifier { key: one.key, scheme: (&*one.scheme).into() }).collect();
    Ok((Row { kind: Kind::Holder, key, content }, identifiers, asks_since))
}

/// A holder's content; identifiers stand in it by their keys, never by their values.
fn parsed(content: &str) -> Result<RegisteredHolder, Faults> {
    WrittenHolder::parse(content.as_bytes())?.registered()
}

fn hashed(kind: Kind, key: &str) -> [u8; 16] {
    let mut parts = Parts::default();
    parts.add(kind.word().as_bytes());
    parts.add(key.as_bytes());
    parts.short()
}

fn half(IdentifierKey([a, b, c, d, e, f, g, h, ..]): IdentifierKey) -> u64 {
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Salts that nobody can know beforehand, of which the system is asked for many at once.
#[derive(Default)]
struct Salts(Vec<[u8; 16]>);

impl Salts {
    const AT_ONCE: usize = 256;

    fn fresh(&mut self) -> Result<[u8; 16], StoreError> {
        if let Some(salt) = self.0.pop() {
            return Ok(salt);
        }
        let mut salts = vec![[0; 16]; Self::AT_ONCE];
        getrandom::fill(salts.as_flattened_mut()).map_err(|error| StoreError::Failed(error.to_string()))?;
        self.0 = salts;
        self.fresh()
    }
}
