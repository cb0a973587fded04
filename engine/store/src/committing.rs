//! What a commit makes of its rows, wherever they are kept.

use avis_core::limits;
use jiff::Timestamp;

use crate::audit::{AuditEntry, Changes, KeptRevision, RowChange};
use crate::chain::{Link, salted};
use crate::claims::{Claim, Claims};
use crate::registry::Header;
use crate::revision::{Digest, Digests, Head, Revision, RowHasher};
use crate::row::{Kind, Row};
use crate::staging::{StagedIdentifier, StagedRow, Summary};
use crate::store::{Commit, Committed, Counts, RowFault, StoreError, Unchanged};

/// A revision while it is being written, or tried.
pub(crate) struct RevisionBuilder<'a> {
    hasher: &'a RowHasher,
    at: Timestamp,
    /// The state before.
    head: Head,
    digests: Digests,
    counts: Counts,
    changes: Changes,
    /// What is known of all rows together.
    summary: Summary,
    claims: Claims,
    faults: RowFaults,
    /// The revision than which no row of the commit may be newer.
    brought_since: Option<Revision>,
    /// A row that is.
    overtaken: Option<Unchanged>,
}

/// Faults of rows, up to a bound.
#[derive(Default)]
pub(crate) struct RowFaults(Vec<RowFault>);

impl RowFaults {
    pub(crate) fn add(&mut self, row: u64, pointer: &str, detail: &str) {
        if self.0.len() < limits::FAULTS_MAX {
            self.0.push(RowFault { row, pointer: pointer.to_owned(), detail: detail.to_owned() });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A row as it was before the commit.
pub(crate) struct Before {
    /// None if it was a tombstone.
    pub(crate) content: Option<Box<str>>,
    pub(crate) digest: Option<Digest>,
    /// The number of the revision that made it so.
    pub(crate) revision: u64,
}

/// A row that changes.
pub(crate) struct Change {
    /// Its place in the commit.
    pub(crate) row_number: u64,
    /// As it is to be kept.
    pub(crate) row: Row,
    pub(crate) digest: Option<Digest>,
    /// By what a holder is known from now on.
    pub(crate) identifiers: Vec<StagedIdentifier>,
    /// Its place in the audit of the revision.
    pub(crate) place: u64,
    /// Whether a row of its key stands already, be it a tombstone.
    pub(crate) stands: bool,
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

impl<'a> RevisionBuilder<'a> {
    pub(crate) fn new(
        hasher: &'a RowHasher,
        head: Head,
        commit: &Commit<'_>,
        summary: Summary,
        faults: RowFaults,
    ) -> Self {
        let brought = commit.unchanged.iter().filter(|unchanged| matches!(unchanged, Unchanged::Brought { .. }));
        Self {
            hasher,
            at: commit.at,
            head,
            digests: head.digests,
            counts: Counts::default(),
            changes: Changes::default(),
            summary,
            claims: Claims::default(),
            faults,
            brought_since: brought.map(Unchanged::since).min_by_key(|since| since.number),
            overtaken: None,
        }
    }

    /// The number of the revision that is being written.
    pub(crate) fn number(&self) -> u64 {
        self.head.revision.number + 1
    }

    /// What becomes of a row, if anything does.
    pub(crate) fn change(&mut self, mut staged: StagedRow, before: Option<Before>) -> Option<Change> {
        self.check_brought(&staged.row, before.as_ref());
        let stands = before.is_some();
        let digest_before = before.as_ref().and_then(|before| before.digest);
        let before = before.and_then(|before| before.content);
        staged.stopped_at(self.at, before.as_deref(), self.hasher);
        let StagedRow { number, row, digest, salt, after_digest, identifiers, .. } = staged;
        match (&before, &row.content) {
            (before, after) if before == after => {
                self.counts.unchanged += 1;
                self.keep_claims(number, &identifiers);
                return None;
            }
            (None, _) => self.counts.added += 1,
            (Some(_), Some(_)) => self.counts.changed += 1,
            (Some(_), None) => self.counts.removed += 1,
        }
        self.digests.replace(row.kind.scope(), digest_before, digest);
        let place = self.counts.added + self.counts.changed + self.counts.removed - 1;
        let before_digest = before.as_deref().map(|content| salted(&salt, content));
        let row_number = number;
        let change =
            Change { row_number, row, digest, identifiers, place, stands, salt, before, before_digest, after_digest };
        self.changes.add(&change.row_change());
        Some(change)
    }

    fn check_brought(&mut self, row: &Row, before: Option<&Before>) {
        let since = self.brought_since.filter(|since| before.is_some_and(|before| before.revision > since.number));
        if let Some(since) = since {
            self.overtaken.get_or_insert(Unchanged::Row { kind: row.kind, key: row.key.clone(), since });
        }
    }

    /// A holder that stays as it is keeps what it is known by.
    fn keep_claims(&mut self, row: u64, identifiers: &[StagedIdentifier]) {
        for (identifier, StagedIdentifier { key, .. }) in identifiers.iter().enumerate() {
            if self.summary.is_contested(*key) {
                self.claims.add(*key, Claim { row, identifier, is_owner: true });
            }
        }
    }

    /// Claims one of the identifiers of a changed holder, which some holders may have already.
    pub(crate) fn claim(&mut self, change: &Change, identifier: usize, owners: &[impl AsRef<str>]) {
        let Some(StagedIdentifier { key, .. }) = change.identifiers.get(identifier) else { return };
        let is_owner = owners.iter().any(|owner| owner.as_ref() == &*change.row.key);
        // Another that the commit names, too, gives it up or claims it itself.
        let is_kept = |owner: &str| owner != &*change.row.key && !self.summary.has(Kind::Holder, owner);
        if owners.iter().any(|owner| is_kept(owner.as_ref())) {
            self.refuse_claim(change.row_number, identifier);
        } else if self.summary.is_contested(*key) {
            self.claims.add(*key, Claim { row: change.row_number, identifier, is_owner });
        }
    }

    /// Claims the identifiers of a changed holder that had all of them before.
    pub(crate) fn claim_own(&mut self, change: &Change) {
        self.keep_claims(change.row_number, &change.identifiers);
    }

    fn refuse_claim(&mut self, row: u64, identifier: usize) {
        let pointer = format!("/identifiers/{identifier}");
        self.faults.add(row, &pointer, "this identifier is another holder's already");
    }

    /// What the rows came to, if all of them can be.
    pub(crate) fn end(mut self) -> Result<Revised, StoreError> {
        for Claim { row, identifier, .. } in std::mem::take(&mut self.claims).refused() {
            self.refuse_claim(row, identifier);
        }
        if let Some(overtaken) = self.overtaken {
            return Err(StoreError::Changed(overtaken));
        }
        if !self.faults.is_empty() {
            let RowFaults(mut faults) = self.faults;
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
    /// Whether it is of a holder that was there before.
    pub(crate) fn is_known_holder(&self) -> bool {
        self.row.kind == Kind::Holder && self.before.is_some()
    }

    /// Whether the holder is known by these identifiers from now on, and by no others.
    pub(crate) fn is_known_by(&self, own: &[[u8; 16]]) -> bool {
        own.len() == self.identifiers.len() && self.identifiers.iter().all(|identifier| own.contains(&identifier.key.0))
    }

    pub(crate) fn row_change(&self) -> RowChange<'_> {
        RowChange {
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
    /// What the commit did where nothing of it was kept: nothing changed, or it was a dry run.
    pub(crate) fn nothing_kept(&self, before: Head) -> Committed {
        Committed { head: before, counts: self.counts }
    }

    /// The revision as it is kept, and its entry in the audit.
    pub(crate) fn kept(&self, commit: &Commit<'_>) -> (KeptRevision, AuditEntry) {
        let (revision, at, act, counts) = (self.head.revision, commit.at, commit.act.clone(), self.counts);
        let header = Header { revision, at, act, counts };
        let digests = self.head.digests;
        let seal = self.changes.seal(&header, &digests);
        let entry = AuditEntry::of_revision(&header, seal);
        (KeptRevision { header, digests, seal }, entry)
    }
}
