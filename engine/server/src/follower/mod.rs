//! Keeps the engine equal to the store: everything at first, then what changed.

mod copy;
mod following;
mod rule_book;

use std::collections::BTreeSet;
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::{Head, Revision, RowHasher, Scope, Store, StoreError, Stored};

pub use following::{Following, Standing};
pub use rule_book::rules_of;

use crate::engine::{Engine, Known};
use copy::Copy;

/// Follows a store step by step; who drives it decides when. It never waits by itself and knows no clock.
pub struct Follower {
    store: Arc<dyn Store>,
    engine: Arc<Engine>,
    copy: Copy,
    /// The state that is applied; none before the first.
    applied: Option<Revision>,
    /// At which state reading again did not help, so that it is not tried for ever.
    given_up: Option<Revision>,
    counted: Counted,
}

/// What a follower counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows that were applied.
    pub rows: u64,
    /// Times that everything of some scopes was read, the first included.
    pub reloads: u64,
    /// Times that the copy was not what the store said it should be.
    pub mismatches: u64,
    /// Rows that can't be read now: they grant nothing.
    pub unreadable: u64,
    /// Versions of benefits that are set aside now, since they or what they refer to can't be read.
    pub set_aside: u64,
    /// Rows of kinds that only a later program knows, seen so far.
    pub unknown: u64,
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// There was nothing new.
    Current,
    /// Changes were applied.
    Changed,
    /// Everything of some scopes was read again.
    Reloaded,
}

impl Follower {
    /// A follower of a store that keeps an engine.
    pub fn new(store: Arc<dyn Store>, engine: Arc<Engine>, secret: &IdentifierSecret) -> Self {
        let copy = Copy::new(engine.clone(), RowHasher::new(secret));
        Self { store, engine, copy, applied: None, given_up: None, counted: Counted::default() }
    }

    /// The state that is applied; none before the first.
    pub fn applied(&self) -> Option<Revision> {
        self.applied
    }

    /// What it counted.
    pub fn counted(&self) -> Counted {
        let set_aside = self.copy.set_aside().len() as u64;
        Counted { unreadable: self.copy.unreadable(), set_aside, ..self.counted }
    }

    /// Whether a number that somebody announced is news. A forged one costs one empty step.
    pub fn is_news(&self, number: u64) -> bool {
        self.applied.is_none_or(|applied| number > applied.number)
    }

    /// Becomes equal to the store as it is now. After an error nothing newer is claimed, and the next step goes on from there.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn follow(&mut self) -> Result<Followed, StoreError> {
        let Some(applied) = self.applied else { return self.load() };
        let (head, pulled) = match self.pull(applied) {
            Err(StoreError::OtherIncarnation | StoreError::Ahead) => return self.load(),
            done => done?,
        };
        let mut suspect = pulled.damaged;
        suspect.extend(self.copy.differing(&head.digests));
        if suspect.is_empty() || self.given_up == Some(head.revision) {
            self.settle(head);
            return Ok(if pulled.rows > 0 { Followed::Changed } else { Followed::Current });
        }
        // What is not as it should be may have been damaged on its way: once more, whole, before it is set aside.
        self.counted.mismatches += 1;
        self.read(&Vec::from_iter(suspect))?;
        let (head, _) = self.pull(applied)?;
        self.given_up = Some(head.revision);
        self.settle(head);
        Ok(Followed::Reloaded)
    }

    /// Reads everything; what was known serves meanwhile.
    fn load(&mut self) -> Result<Followed, StoreError> {
        let head = self.read(&Scope::ALL)?;
        if !self.copy.differing(&head.digests).is_empty() {
            self.counted.mismatches += 1;
            self.given_up = Some(head.revision);
        }
        self.settle(head);
        Ok(Followed::Reloaded)
    }

    fn read(&mut self, scopes: &[Scope]) -> Result<Head, StoreError> {
        let mut pulled = Pulled::default();
        let copy = &mut self.copy;
        copy.begin_again(scopes);
        let head = self.store.snapshot(scopes, &mut |stored| pulled.take(copy, stored))?;
        copy.end_again();
        self.note(&pulled);
        self.counted.reloads += 1;
        Ok(head)
    }

    fn pull(&mut self, applied: Revision) -> Result<(Head, Pulled), StoreError> {
        let mut pulled = Pulled::default();
        let copy = &mut self.copy;
        let head = self.store.changes_after(applied, &mut |stored| pulled.take(copy, stored))?;
        self.note(&pulled);
        Ok((head, pulled))
    }

    fn note(&mut self, pulled: &Pulled) {
        self.counted.rows += pulled.rows;
        self.counted.unknown += pulled.unknown;
    }

    /// From now on the engine is at this state.
    fn settle(&mut self, head: Head) {
        if self.applied != Some(head.revision) || self.copy.has_news() {
            let (rules, credentials) = self.copy.known();
            self.engine.know(Known { rules, credentials, head: Some(head) });
            self.applied = Some(head.revision);
        }
        self.engine.confirm();
    }
}

/// What came in one stream.
#[derive(Default)]
struct Pulled {
    rows: u64,
    unknown: u64,
    damaged: BTreeSet<Scope>,
}

impl Pulled {
    fn take(&mut self, copy: &mut Copy, stored: Stored) {
        match stored {
            Stored::Row(row) => {
                self.rows += 1;
                if copy.apply(&row).is_err() {
                    self.damaged.insert(row.kind.scope());
                }
            }
            Stored::Unknown { .. } => self.unknown += 1,
        }
    }
}
