//! Where changes are made in the suite: a store, and commits in one line.

use avis_core::IdentifierSecret;
use avis_store::{
    Act, Actor, Commit, Committed, Interrupted, NewRow, Registry, Revision, Row, RowFault, Store, StoreError, Unchanged,
};
use avis_testing::eventually;
use jiff::Timestamp;

/// An adapter under test, on storage of its own that outlives what is opened on it.
pub(crate) trait Adapter: Sync {
    /// Opens the store under a secret, as at a start; what was opened before is gone by then. Says why if it can't be.
    fn open_under(&self, secret: &IdentifierSecret) -> Result<Box<dyn Followed>, String>;

    /// Runs SQL behind the store's back. Every adapter has the same names of tables and columns.
    fn tamper(&self, sql: &str);

    /// Another that writes a revision, until what is returned is dropped.
    fn hold_turn(&self) -> Box<dyn std::any::Any>;

    /// The whole storage as bytes or text, to look for what must not be in it.
    fn everything(&self) -> Vec<u8>;

    /// Makes the storage one of a later program.
    fn age(&self);

    /// What must be done after the storage was put back from a copy.
    fn start_new_incarnation(&self);

    /// Opens it under the suite's secret.
    fn open(&self) -> Box<dyn Followed> {
        self.open_under(&secret()).unwrap()
    }
}

/// What both who follows and who administers use.
pub(crate) trait Followed: Store + Registry {}

impl<T: Store + Registry> Followed for T {}

pub(crate) fn secret() -> IdentifierSecret {
    IdentifierSecret::new([9; 32])
}

/// The moment of every commit that does not say another.
pub(crate) fn now() -> Timestamp {
    "2026-11-18T06:12:00Z".parse().unwrap()
}

/// What a commit is, but for its rows.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) unchanged: &'a [Unchanged],
    pub(crate) actor: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) dry_run: bool,
}

impl Default for Terms<'_> {
    fn default() -> Self {
        Self { unchanged: &[], actor: "anna", reason: "because", at: now(), dry_run: false }
    }
}

impl Terms<'_> {
    pub(crate) fn commit(
        self,
        store: &dyn Store,
        rows: impl IntoIterator<Item = Row>,
    ) -> Result<Committed, StoreError> {
        self.commit_from(store, &mut rows.into_iter().map(|row| Ok(row.into())))
    }

    pub(crate) fn commit_from(
        self,
        store: &dyn Store,
        rows: &mut dyn Iterator<Item = Result<NewRow, Interrupted>>,
    ) -> Result<Committed, StoreError> {
        let Self { unchanged, actor, reason, at, dry_run } = self;
        let reason = Some(reason.to_owned());
        let act = &Act { reason, ..Act::new(Actor::machine(actor), "changed") };
        store.commit(Commit { rows, unchanged, act, at, dry_run })
    }
}

/// Commits rows that must be accepted; the number of their revision.
pub(crate) fn commit(store: &dyn Followed, rows: impl IntoIterator<Item = Row>) -> u64 {
    Terms::default().commit(store, rows).unwrap().head.revision.number
}

/// Commits as often as it takes while others commit, too.
pub(crate) fn commit_in_turn(store: &dyn Followed, row: &Row) -> Revision {
    let commit = || Terms::default().commit(store, [row.clone()]);
    let committed = eventually("a turn to commit", commit, |committed| !matches!(committed, Err(StoreError::Busy)));
    committed.unwrap().head.revision
}

/// The faults of rows that must be refused.
pub(crate) fn refusal(store: &dyn Followed, rows: impl IntoIterator<Item = Row>) -> Vec<RowFault> {
    match Terms::default().commit(store, rows) {
        Err(StoreError::Refused(faults)) => faults,
        other => panic!("{other:?}"),
    }
}

/// The rows and pointers of a refusal.
pub(crate) fn places(faults: &[RowFault]) -> Vec<(u64, &str)> {
    faults.iter().map(|fault| (fault.row, &*fault.pointer)).collect()
}

/// Runs as many at once and returns what each came to.
pub(crate) fn at_once<T: Send>(count: usize, run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let run = &run;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || run(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
