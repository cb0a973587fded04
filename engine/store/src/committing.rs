//! What a commit makes of its rows, wherever they are kept.

use std::collections::HashSet;

use avis_core::{Faults, IdentifierStatus, RegisteredHolder, RegisteredIdentifier, WrittenHolder, limits};
use jiff::Timestamp;
use serde::de::IgnoredAny;

use crate::audit::{Changes, Entry};
use crate::chain::{Link, Parts, salted};
use crate::registry::Header;
use crate::revision::{Digest, Digests, Head, RowHasher};
use crate::row::{Kind, Row};
use crate::store::{Commit, Committed, Counts, RowFault, StoreError};

/// A revision while it is being written.
pub(crate) struct Revising<'a> {
    hasher: &'a RowHasher,
    at: Timestamp,
    /// The state before.
    head: Head,
    digests: Digests,
    counts: Counts,
    changes: Changes,
    /// Hashes of the keys that came: 16 bytes a row, whatever the rows are.
    keys: HashSet<[u8; 16]>,
    faults: Vec<RowFault>,
}

/// A row as it was before the commit.
pub(crate) struct Before {
    /// None if it was a tombstone.
    pub(crate) content: Option<Box<str>>,
    pub(crate) digest: Option<Digest>,
}

/// A row that changes.
pub(crate) struct Change {
    /// Its place in the commit.
    pub(crate) row_number: u64,
    /// As it is to be kept.
    pub(crate) row: Row,
    pub(crate) digest: Option<Digest>,
    /// By what a holder is known from now on.
    pub(crate) identifiers: Vec<RegisteredIdentifier>,
    /// Its place in the audit of the revision.
    pub(crate) place: u64,
    pub(crate) salt: [u8; 16],
    pub(crate) before: Option<Box<str>>,
    pub(crate) before_digest: Option<Link>,
    pub(crate) after_digest: Option<Link>,
}

/// A revision to be closed by its header.
pub(crate) struct Revised {
    pub(crate) head: Head,
    pub(crate) counts: Counts,
    changes: Changes,
}

impl<'a> Revising<'a> {
    pub(crate) fn new(hasher: &'a RowHasher, head: Head, at: Timestamp) -> Self {
        Self {
            hasher,
            at,
            head,
            digests: head.digests,
            counts: Counts::default(),
            changes: Changes::default(),
            keys: HashSet::new(),
            faults: Vec::new(),
        }
    }

    /// The number of the revision that is being written.
    pub(crate) fn number(&self) -> u64 {
        self.head.revision.number + 1
    }

    /// Whether a row may stand where it does; if not, its fault is noted.
    pub(crate) fn admits(&mut self, row_number: u64, row: &Row) -> bool {
        if row.key.is_empty() || row.key.contains('\0') {
            self.fault(row_number, "", "expected a key of some characters that can be printed");
            return false;
        }
        let mut key = Parts::default();
        key.add(row.kind.word().as_bytes());
        key.add(row.key.as_bytes());
        let is_first = self.keys.insert(key.short());
        if !is_first {
            self.fault(row_number, "", "expected each key once; this one stood before");
        }
        is_first
    }

    /// What becomes of an admitted row, if anything does.
    pub(crate) fn change(
        &mut self,
        row_number: u64,
        mut row: Row,
        before: Option<Before>,
    ) -> Result<Option<Change>, StoreError> {
        let digest_before = before.as_ref().and_then(|before| before.digest);
        let before = before.and_then(|before| before.content);
        let identifiers = match self.kept(&mut row, before.as_deref()) {
            Ok(identifiers) => identifiers,
            Err(faults) => {
                faults.list.iter().for_each(|fault| self.fault(row_number, &fault.pointer, &fault.detail));
                return Ok(None);
            }
        };
        match (&before, &row.content) {
            (before, after) if before == after => {
                self.counts.unchanged += 1;
                return Ok(None);
            }
            (None, _) => self.counts.added += 1,
            (Some(_), Some(_)) => self.counts.changed += 1,
            (Some(_), None) => self.counts.removed += 1,
        }
        let digest = self.hasher.digest(&row);
        self.digests.replace(row.kind.scope(), digest_before, digest);
        let place = self.counts.added + self.counts.changed + self.counts.removed - 1;
        let salt = fresh_salt()?;
        let before_digest = before.as_deref().map(|content| salted(&salt, content));
        let after_digest = row.content.as_deref().map(|content| salted(&salt, content));
        let change = Change { row_number, row, digest, identifiers, place, salt, before, before_digest, after_digest };
        self.changes.add(&change.entry());
        Ok(Some(change))
    }

    /// Gives a row the content that is to be kept, and says by what its holder is known.
    fn kept(&self, row: &mut Row, before: Option<&str>) -> Result<Vec<RegisteredIdentifier>, Faults> {
        let Some(content) = row.content.as_deref() else { return Ok(Vec::new()) };
        if row.kind != Kind::Holder {
            serde_json::from_str::<IgnoredAny>(content).map_err(|_| Faults::of_document("expected JSON"))?;
            return Ok(Vec::new());
        }
        let mut holder = parsed(content)?;
        if *holder.holder.code != *row.key {
            return Err(Faults::at("/holder", "expected the holder that the key names"));
        }
        // Reading what was costs as much as reading what comes, and few are stopped.
        let asks_since =
            |one: &RegisteredIdentifier| one.state.status != IdentifierStatus::Active && one.state.since.is_none();
        let before = if holder.identifiers.iter().any(asks_since) { before } else { None };
        holder.stopped_at(self.at, before.and_then(|before| parsed(before).ok()).as_ref());
        row.content = Some(holder.to_json().into());
        Ok(holder.identifiers)
    }

    /// Notes that an identifier is another holder's, too.
    pub(crate) fn shared(&mut self, row_number: u64, identifier: usize) {
        let pointer = format!("/identifiers/{identifier}");
        self.fault(row_number, &pointer, "this identifier is another holder's already");
    }

    fn fault(&mut self, row: u64, pointer: &str, detail: &str) {
        if self.faults.len() < limits::FAULTS_MAX {
            self.faults.push(RowFault { row, pointer: pointer.to_owned(), detail: detail.to_owned() });
        }
    }

    /// What the rows came to, if all of them can be.
    pub(crate) fn end(self) -> Result<Revised, StoreError> {
        if !self.faults.is_empty() {
            let mut faults = self.faults;
            faults.sort_by_key(|fault| fault.row);
            return Err(StoreError::Refused(faults));
        }
        let counts = self.counts;
        let mut head = self.head;
        if counts.added + counts.changed + counts.removed > 0 {
            head = Head { digests: self.digests, ..head };
            head.revision.number += 1;
        }
        Ok(Revised { head, counts, changes: self.changes })
    }
}

impl Change {
    pub(crate) fn entry(&self) -> Entry<'_> {
        Entry {
            kind: self.row.kind.word(),
            key: &self.row.key,
            salt: Some(self.salt),
            before: self.before.as_deref(),
            before_digest: self.before_digest,
            after_digest: self.after_digest,
        }
    }
}

impl Revised {
    /// What the commit did if nothing of it is to be kept: nothing changed, or it was a dry run.
    pub(crate) fn nothing_to_keep(&self, before: Head, commit: &Commit<'_>) -> Option<Committed> {
        (commit.dry_run || self.head == before).then_some(Committed { head: before, counts: self.counts })
    }

    /// The header and its link over the one before.
    pub(crate) fn header(&self, commit: &Commit<'_>, before: Link) -> (Header, Link) {
        let header = Header {
            revision: self.head.revision,
            at: commit.at,
            actor: commit.actor.to_owned(),
            reason: commit.reason.to_owned(),
            counts: self.counts,
        };
        let link = self.changes.seal(before, &header, &self.head.digests);
        (header, link)
    }
}

/// A holder's content; identifiers stand in it by their keys, never by their values.
fn parsed(content: &str) -> Result<RegisteredHolder, Faults> {
    WrittenHolder::parse(content.as_bytes())?.registered()
}

fn fresh_salt() -> Result<[u8; 16], StoreError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(salt)
}
