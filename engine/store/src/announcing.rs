//! A store whose commits are announced, whoever makes them.

use std::sync::Arc;

use crate::revision::{Head, Revision};
use crate::row::Scope;
use crate::signal::Signal;
use crate::store::{Commit, Committed, Store, StoreError, Stored, Unchecked};

/// A store that tells followers of each commit, so that no writer can forget it.
pub struct Announcing {
    store: Arc<dyn Store>,
    signal: Arc<dyn Signal>,
}

impl Announcing {
    /// Over a store, by a signal.
    pub fn new(store: Arc<dyn Store>, signal: Arc<dyn Signal>) -> Self {
        Self { store, signal }
    }
}

impl Store for Announcing {
    fn head(&self) -> Result<Head, StoreError> {
        self.store.head()
    }

    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.store.snapshot(scopes, sink)
    }

    fn snapshot_unchecked(&self, scopes: &[Scope], sink: &mut dyn FnMut(Unchecked)) -> Result<Head, StoreError> {
        self.store.snapshot_unchecked(scopes, sink)
    }

    fn changes_after(&self, revision: Revision, sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.store.changes_after(revision, sink)
    }

    fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let committed = self.store.commit(commit)?;
        // News or not: who follows looks, and finds nothing where nothing changed.
        self.signal.announce(committed.head.revision.number);
        Ok(committed)
    }
}
