//! Keeps the engine equal to the store: everything at first, then what changed.

mod altered;
mod copy;
mod following;
mod holders;
mod rule_book;

use std::collections::BTreeSet;
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::{
    Head, LocalSnapshot, LocalSnapshotEntry, Revision, RowHasher, Scope, Store, StoreError, Stored, Unchecked,
};
use jiff::Timestamp;

pub use following::{Following, Standing};
pub use rule_book::{catalogue_of, rules_of};

use crate::engine::{Engine, Known};
use copy::{Carried, Copy, Difference};
use holders::Coming;

/// Follows a store step by step; who drives it decides when. It never waits by itself and knows no clock.
pub struct Follower {
    store: Arc<dyn Store>,
    engine: Arc<Engine>,
    copy: Copy,
    /// The state that is applied; none before the first.
    applied: Option<Revision>,
    /// What reading again did not mend, so that it is not tried at each look.
    in_vain: Option<InVain>,
    /// The number that was last a reason to look, until the store has come to it.
    announced: Option<u64>,
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
    /// Rows that are not what their keyed digests say: they grant nothing.
    pub altered: u64,
    /// Whether the copy is not what the store says it should be, and reading everything again did not mend it.
    pub in_vain: bool,
    /// Versions of benefits that are set aside now, since they or what they refer to can't be read.
    pub quarantined: u64,
    /// Rows of kinds that only a later program knows, seen so far.
    pub unknown: u64,
}

impl Counted {
    /// Whether the store has what was not committed, or lacks what was.
    pub fn is_altered(&self) -> bool {
        self.altered > 0 || self.in_vain
    }
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
        Self { store, engine, copy, applied: None, in_vain: None, announced: None, counted: Counted::default() }
    }

    /// The state that is applied; none before the first.
    pub fn applied(&self) -> Option<Revision> {
        self.applied
    }

    /// What it counted.
    pub fn counted(&self) -> Counted {
        let quarantined = self.copy.quarantined().len() as u64;
        let in_vain = self.in_vain.as_ref().is_some_and(|in_vain| in_vain.is_settled);
        let (unreadable, altered) = (self.copy.unreadable(), self.copy.altered());
        Counted { unreadable, altered, in_vain, quarantined, ..self.counted }
    }

    /// Whether a number that somebody announced is a reason to look. One that the store has not come to is none a second time,
    /// and no more is a higher one until a look found the store there.
    pub fn is_news(&mut self, number: u64) -> bool {
        let is_news = self.applied.is_none_or(|applied| number > applied.number)
            && self.announced.is_none_or(|announced| number < announced);
        if is_news {
            self.announced = Some(number);
        }
        is_news
    }

    /// Begins with a local snapshot, which was equal to the store at a moment, instead of with the store itself: it may be away,
    /// and needn't be asked for everything. After an error nothing is known, and the next step begins with the store.
    ///
    /// # Errors
    /// A snapshot that can't be read.
    pub fn begin_with(&mut self, snapshot: LocalSnapshot) -> Result<(), StoreError> {
        let taken_at = snapshot.taken_at();
        let mut carried = Carried::default();
        let head = self.read_all(&Scope::ALL, |sink, pulled| {
            snapshot.entries(&mut |entry| match entry {
                LocalSnapshotEntry::Stored(stored) => pulled.hand_on(stored, sink),
                LocalSnapshotEntry::Word(word) => carried.words.push(word),
                LocalSnapshotEntry::Packed { digest, count } => {
                    pulled.rows += u64::from(count);
                    carried.digest = carried.digest.plus(digest);
                }
            })
        })?;
        let begun = self.copy.begin_with(snapshot.into_packed(), carried);
        begun.map_err(|error| StoreError::Failed(error.to_string()))?;
        self.settle(head, taken_at);
        Ok(())
    }

    /// Becomes equal to the store as it is now. After an error nothing newer is claimed, and the next step goes on from there.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn follow(&mut self) -> Result<Followed, StoreError> {
        let Some(applied) = self.applied else { return self.load() };
        let asked_at = self.engine.now();
        let (head, pulled) = match self.pull(applied) {
            Err(StoreError::OtherIncarnation | StoreError::Ahead) => return self.load(),
            done => done?,
        };
        let difference = self.copy.difference(&head.digests);
        let mut suspect = pulled.damaged;
        suspect.extend(self.copy.unfinished());
        if suspect.is_empty() && self.rests(difference) {
            self.settle(head, asked_at);
            return Ok(if pulled.rows > 0 { Followed::Changed } else { Followed::Current });
        }
        // What is not as it should be may have been damaged on its way: once more, whole, before it is set aside.
        suspect.extend(difference.scopes());
        self.counted.mismatches += 1;
        self.read(&Vec::from_iter(suspect))?;
        let asked_at = self.engine.now();
        let (head, _) = self.pull(applied)?;
        self.note_difference(&head, Some(difference));
        self.settle(head, asked_at);
        Ok(Followed::Reloaded)
    }

    /// Reads everything; what was known serves meanwhile.
    fn load(&mut self) -> Result<Followed, StoreError> {
        let asked_at = self.engine.now();
        let head = self.read(&Scope::ALL)?;
        if self.note_difference(&head, None) {
            self.counted.mismatches += 1;
        }
        self.settle(head, asked_at);
        Ok(Followed::Reloaded)
    }

    /// Whether this difference is no reason to read again at this look: there is none, or it was tried in vain just now.
    fn rests(&mut self, difference: Difference) -> bool {
        if difference == Difference::default() {
            self.in_vain = None;
            return true;
        }
        match &mut self.in_vain {
            Some(in_vain) if in_vain.difference == difference && in_vain.looks > 0 => {
                in_vain.looks -= 1;
                true
            }
            _ => false,
        }
    }

    /// Notes what is still not as it should be after everything was read, for what was found before; whether anything is.
    /// The same a second time is the store's own, and is not read again for a while.
    fn note_difference(&mut self, head: &Head, found: Option<Difference>) -> bool {
        let difference = self.copy.difference(&head.digests);
        let before = self.in_vain.take().map(|before| before.difference);
        let is_settled = [found, before].contains(&Some(difference));
        let looks = if is_settled { PAUSE_LOOKS } else { 0 };
        self.in_vain = (difference != Difference::default()).then_some(InVain { difference, is_settled, looks });
        self.in_vain.is_some()
    }

    fn read(&mut self, scopes: &[Scope]) -> Result<Head, StoreError> {
        let store = self.store.clone();
        self.read_all(scopes, |sink, pulled| {
            store.snapshot_unchecked(scopes, &mut |unchecked| match unchecked {
                Unchecked::Checked(stored) => pulled.hand_on(stored, sink),
                Unchecked::Row(row, digest) => {
                    pulled.rows += 1;
                    sink(Coming::Unchecked(row, digest));
                }
            })
        })
    }

    /// Takes over everything of some scopes, as `read` hands it out.
    fn read_all(
        &mut self,
        scopes: &[Scope],
        read: impl FnOnce(&mut dyn FnMut(Coming), &mut Pulled) -> Result<Head, StoreError>,
    ) -> Result<Head, StoreError> {
        let mut pulled = Pulled::default();
        self.copy.begin_again(scopes);
        let head = self.copy.apply_all(|sink| read(sink, &mut pulled));
        let head = head.map_err(|error| StoreError::Failed(format!("no threads can be started: {error}")))??;
        self.copy.end_again(scopes);
        self.count(&pulled);
        self.counted.reloads += 1;
        Ok(head)
    }

    fn pull(&mut self, applied: Revision) -> Result<(Head, Pulled), StoreError> {
        let mut pulled = Pulled::default();
        let copy = &mut self.copy;
        let head = self.store.changes_after(applied, &mut |stored| pulled.take(copy, stored))?;
        self.count(&pulled);
        Ok((head, pulled))
    }

    fn count(&mut self, pulled: &Pulled) {
        self.counted.rows += pulled.rows;
        self.counted.unknown += pulled.unknown;
    }

    /// From now on the engine is at this state, which the store had at a moment or after it.
    fn settle(&mut self, head: Head, at: Timestamp) {
        if self.announced.is_some_and(|announced| announced <= head.revision.number) {
            self.announced = None;
        }
        let head = Head { digests: self.copy.digests(), ..head };
        if self.engine.known().head != Some(head) || self.copy.has_news() {
            let (rules, credentials) = self.copy.known();
            self.engine.know(Known { rules, credentials, head: Some(head) });
            self.applied = Some(head.revision);
        }
        self.engine.confirm(at);
    }
}

/// A difference that reading again did not mend: the store itself does not hold, or the wire damages all that it carries.
struct InVain {
    difference: Difference,
    /// Whether it was found twice.
    is_settled: bool,
    /// How many looks are still to come before it is tried again.
    looks: u32,
}

/// A minute at the usual pace: reading everything is much to ask of a store.
const PAUSE_LOOKS: u32 = 60;

/// What came in one stream.
#[derive(Default)]
struct Pulled {
    rows: u64,
    unknown: u64,
    damaged: BTreeSet<Scope>,
}

impl Pulled {
    /// Hands on what is read again.
    fn hand_on(&mut self, stored: Stored, sink: &mut dyn FnMut(Coming)) {
        match stored {
            Stored::Row(row) => {
                self.rows += 1;
                sink(Coming::Row(row));
            }
            Stored::Altered { kind, key } => sink(Coming::Altered(kind, key)),
            Stored::Unknown { .. } => self.unknown += 1,
        }
    }

    fn take(&mut self, copy: &mut Copy, stored: Stored) {
        match stored {
            Stored::Row(row) => {
                self.rows += 1;
                if copy.apply(&row).is_err() {
                    self.damaged.insert(row.kind.scope());
                }
            }
            Stored::Altered { kind, key } => {
                self.damaged.insert(kind.scope());
                copy.apply_altered(kind, key);
            }
            Stored::Unknown { .. } => self.unknown += 1,
        }
    }
}
