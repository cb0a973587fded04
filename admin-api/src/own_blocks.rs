//! Means that people blocked themselves, and which are theirs to unblock: until another blocks them, too.

use std::collections::HashSet;

use avis_core::{IdentifierKey, IdentifierSecret, IdentifierStatus, RegisteredHolder, RegisteredIdentifier};
use avis_store::records::{Record, RecordChange, RecordFilter, RecordValue};
use avis_store::{Registry, StoreError, means_id};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::import::TRIES;

/// The word of the records' kind.
const KIND: &str = "own_block";
/// Records that are read at a time.
const AT_ONCE: usize = 1_000;

/// The means of a holder that are blocked.
pub(crate) fn blocked(holder: &RegisteredHolder) -> impl Iterator<Item = IdentifierKey> {
    let blocked = holder.identifiers.iter().filter(|means| means.state.status == IdentifierStatus::Blocked);
    blocked.map(|means| means.key)
}

/// The blocks that are people's own, as the store has them.
pub(crate) struct OwnBlocks<'a> {
    pub(crate) registry: &'a dyn Registry,
    pub(crate) secret: &'a IdentifierSecret,
}

/// That a person blocked means; a record under the id of the means, of the person by what the audit names them.
#[derive(Serialize, Deserialize)]
struct OwnBlock {
    key: String,
    /// Who blocked: the person, or who speaks for them; by what the audit names them.
    by: String,
    /// As the row has it: a block of another moment is another's.
    since: Timestamp,
}

impl OwnBlock {
    /// None of a record that can't be read: who blocked is then not known, and it is not the person's to unblock.
    fn of(record: &Record) -> Option<Self> {
        serde_json::from_str(&record.value.content).ok()
    }
}

impl OwnBlocks<'_> {
    /// Notes that means of a person were blocked at a moment, by them or by who speaks for them.
    ///
    /// # Errors
    /// A store that can't be read or written.
    pub(crate) fn note(
        &self,
        (subject, by): (&str, String),
        key: IdentifierKey,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let id = means_id(key, self.secret);
        let content = serde_json::to_string(&OwnBlock { key: key.to_hex(), by, since }).unwrap_or_default();
        let value = RecordValue { owner: subject.to_owned(), content, ..RecordValue::default() };
        let before = self.registry.record(KIND, &id)?;
        self.registry.change(&[RecordChange::put(before.as_ref(), KIND, &id, value)], &[])
    }

    /// The block of a person's blocked means by somebody; none where another's stands.
    ///
    /// # Errors
    /// A store that can't be read.
    pub(crate) fn standing(
        &self,
        (subject, by): (&str, &str),
        means: &RegisteredIdentifier,
    ) -> Result<Option<Record>, StoreError> {
        let found = self.registry.record(KIND, &means_id(means.key, self.secret))?;
        let is_theirs = |block: OwnBlock| means.state.since == Some(block.since) && block.by == by;
        let is_own = |record: &Record| record.value.owner == subject && OwnBlock::of(record).is_some_and(is_theirs);
        Ok(found.filter(is_own))
    }

    /// Ends a block that was read; whether it still stood.
    ///
    /// # Errors
    /// A store that can't be written.
    pub(crate) fn ended(&self, block: &Record) -> Result<bool, StoreError> {
        match self.registry.change(&[RecordChange::remove(block)], &[]) {
            Err(StoreError::RecordChanged { .. }) => Ok(false),
            removed => removed.map(|()| true),
        }
    }

    /// Ends the person's own block of means that another blocks, if there is one.
    ///
    /// # Errors
    /// A store that can't be read or written.
    pub(crate) fn end(&self, key: IdentifierKey) -> Result<(), StoreError> {
        self.end_under(&means_id(key, self.secret))
    }

    fn end_under(&self, id: &str) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let Some(record) = self.registry.record(KIND, id)? else { return Ok(()) };
            if self.ended(&record)? {
                return Ok(());
            }
        }
        Err(StoreError::Failed("a person's own block of means changes all the time".to_owned()))
    }

    /// The same of all means that a list blocks.
    ///
    /// # Errors
    /// A store that can't be read or written.
    pub(crate) fn end_all(&self, keys: &HashSet<IdentifierKey>) -> Result<(), StoreError> {
        let mut after = String::new();
        while !keys.is_empty() {
            // A list may have many, and few people block their own.
            let filter = RecordFilter { kind: KIND, after: &after, ..RecordFilter::default() };
            let found = self.registry.records(&filter, AT_ONCE)?;
            let Some(last) = found.last() else { break };
            after.clone_from(&last.key);
            let key = |record: &Record| IdentifierKey::from_hex(&OwnBlock::of(record)?.key);
            for record in found.iter().filter(|record| key(record).is_some_and(|key| keys.contains(&key))) {
                self.end_under(&record.key)?;
            }
        }
        Ok(())
    }

    /// Forgets what a person blocked.
    ///
    /// # Errors
    /// A store that can't be read or written.
    pub(crate) fn forget(&self, subject: &str) -> Result<(), StoreError> {
        let filter = RecordFilter { kind: KIND, owner: Some(subject), ..RecordFilter::default() };
        loop {
            let found = self.registry.records(&filter, AT_ONCE)?;
            if found.is_empty() {
                return Ok(());
            }
            let removed: Vec<RecordChange> = found.iter().map(RecordChange::remove).collect();
            self.registry.change(&removed, &[])?;
        }
    }
}
