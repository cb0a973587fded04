//! Goes through an audit, the oldest first, and says where it does not hold.

use super::{Anchor, AuditEntry, Broken, Changes, RowChange, SequencedEntry};
use crate::chain::Link;
use crate::registry::Header;
use crate::revision::Digests;

/// How far an audit was gone through.
pub(crate) struct Verifier {
    /// The place that was come to.
    place: Anchor,
    /// The number of the newest revision that was met.
    revision: u64,
    /// Kept elsewhere, and not met yet.
    anchor: Option<Anchor>,
    changes: Changes,
    is_intact: bool,
}

/// A revision as it is kept.
pub(crate) struct KeptRevision {
    pub(crate) header: Header,
    pub(crate) digests: Digests,
    pub(crate) seal: Link,
}

impl Verifier {
    pub(crate) fn new(anchor: Option<Anchor>) -> Self {
        let changes = Changes::default();
        Self { place: Anchor::START, revision: 0, anchor, changes, is_intact: true }
    }

    /// The next entry.
    ///
    /// # Errors
    /// The place in which it does not hold.
    pub(crate) fn entry(&mut self, kept: &SequencedEntry) -> Result<(), Broken> {
        let next = self.place.next(&kept.entry);
        if kept.anchor != next {
            return Err(Broken::Entry(next.seq));
        }
        self.place = next;
        if self.anchor.is_some_and(|anchor| anchor.seq == next.seq) && self.anchor.take() != Some(next) {
            return Err(Broken::Anchor(next.seq));
        }
        Ok(())
    }

    /// The next row of the revision whose header comes next.
    pub(crate) fn row(&mut self, change: &RowChange<'_>) {
        self.is_intact &= change.is_intact();
        self.changes.add(change);
    }

    /// The revision behind its rows, and the entry that says that it was made.
    ///
    /// # Errors
    /// The revision that does not hold.
    pub(crate) fn revision(
        &mut self,
        number: u64,
        kept: Option<&KeptRevision>,
        entry: &AuditEntry,
    ) -> Result<(), Broken> {
        let expected = self.revision + 1;
        let Some(KeptRevision { header, digests, seal }) = kept else { return Err(Broken::Revision(expected)) };
        let changes = std::mem::take(&mut self.changes);
        let is_sealed = changes.seal(header, digests) == *seal && AuditEntry::of_revision(header, *seal) == *entry;
        if number != expected || header.revision.number != expected || !self.is_intact || !is_sealed {
            return Err(Broken::Revision(expected));
        }
        self.revision = expected;
        Ok(())
    }

    /// The number of the newest revision that was met.
    pub(crate) fn newest_revision(&self) -> u64 {
        self.revision
    }

    /// After the last entry.
    ///
    /// # Errors
    /// An anchor that was not met.
    pub(crate) fn end(self) -> Result<(), Broken> {
        self.anchor.map_or(Ok(()), |anchor| Err(Broken::Anchor(anchor.seq)))
    }
}
