//! The interface of what engines follow: rules, people and terminals, changed in revisions.

use std::fmt;

use avis_core::RegisteredHolder;
use jiff::Timestamp;

use crate::audit::Act;
use crate::revision::{Digest, Head, Revision};
use crate::row::{Kind, Row, Scope};

/// What engines follow. What it promises is held by the conformance suite in `tests/`:
///
/// - Revisions are dense and in the order of commits, however many commit at once; each is observed by who follows.
/// - A commit is whole or not at all, with its audit entry; what changes nothing makes no revision.
/// - Who applied a snapshot and then every change has exactly the rows of the store, and the same digests.
/// - A row whose content is not what its keyed digest says is handed out by its name alone.
/// - A followed row comes whole. Within one stream a key comes once, as it is at the stream's end.
/// - An identifier names one holder.
/// - After a restore the incarnation is another, and changes after a revision of the old one are refused.
pub trait Store: Send + Sync {
    /// The newest state, as the store itself knows it.
    ///
    /// # Errors
    /// A store that can't be read.
    fn head(&self) -> Result<Head, StoreError>;

    /// Every row of some scopes as of one moment, and which state it is. Rows of unknown kinds may belong to any scope and
    /// are handed out as such whatever was asked for. Who takes rows slowly holds up nobody.
    ///
    /// # Errors
    /// A store that can't be read; what came until then is no state.
    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError>;

    /// As [`Store::snapshot`], with rows that are still to be checked, so that who takes them can do that on every core.
    ///
    /// # Errors
    /// As of [`Store::snapshot`].
    fn snapshot_unchecked(&self, scopes: &[Scope], sink: &mut dyn FnMut(Unchecked)) -> Result<Head, StoreError> {
        self.snapshot(scopes, &mut |stored| sink(Unchecked::Checked(stored)))
    }

    /// Every row that changed after a revision, and which state it is with them.
    ///
    /// # Errors
    /// A revision of another incarnation, or one that is still to come; a store that can't be read.
    fn changes_after(&self, revision: Revision, sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError>;

    /// Writes changes as one revision, with an audit entry that says who and why. What a row has already is no change. A holder's
    /// identifier that is newly stopped is given the moment, unless its row says another. Readers go on meanwhile, and so do other
    /// commits until the last row was read; a dry run, and what is refused for a row alone, holds up no other commit at all.
    ///
    /// # Errors
    /// Rows that can't be, each with its place; a precondition that does not hold; another commit that goes on; a store that
    /// can't be written.
    fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError>;
}

/// A row of a store, which may still have to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unchecked {
    /// There is nothing left to check.
    Checked(Stored),
    /// With the keyed digest with which it is kept: nothing is to be believed of it until it is of that digest.
    Row(Row, Option<Digest>),
}

/// A row as a store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Of a kind that this program knows.
    Row(Row),
    /// A row that is not what its keyed digest says: it was changed behind the store's back, or damaged. Nothing of its content
    /// is to be believed.
    Altered {
        /// Of what kind.
        kind: Kind,
        /// Under which key.
        key: Box<str>,
    },
    /// Of a kind that only a later program knows.
    Unknown {
        /// The word of its kind.
        kind: Box<str>,
    },
}

/// Changes that become one revision.
pub struct Commit<'a> {
    /// In order, each key once; read once, as slowly as they come, and never all at a time in memory.
    pub rows: &'a mut dyn Iterator<Item = Result<NewRow, Interrupted>>,
    /// What must not have changed meanwhile, as of the moment in which the revision is made.
    pub unchanged: &'a [Unchanged],
    /// Who does what, and why, as the audit says it.
    pub act: &'a Act,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Do everything but keep it.
    pub dry_run: bool,
}

/// A row that a commit brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewRow {
    /// As it is to be kept; the content of a holder is read and checked.
    Row(Row),
    /// A holder that was read and checked already, under its code.
    Holder(Box<RegisteredHolder>),
}

impl From<Row> for NewRow {
    fn from(row: Row) -> Self {
        Self::Row(row)
    }
}

/// Rows of which none may be newer than a revision: nobody made, changed or removed one since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// A single row, be it there or not. Writers of different rows don't collide.
    Row {
        /// Of what kind.
        kind: Kind,
        /// Under which key.
        key: Box<str>,
        /// The revision at which it was read.
        since: Revision,
    },
    /// Each row that the commit itself brings: for many that were read one by one.
    Brought {
        /// The revision at which the first of them was read.
        since: Revision,
    },
    /// Every row of a scope, for what was checked against all of them.
    Scope {
        /// Which scope.
        scope: Scope,
        /// The revision at which they were read.
        since: Revision,
    },
}

impl Unchanged {
    /// The revision at which the rows were read.
    pub fn since(&self) -> Revision {
        match self {
            Self::Row { since, .. } | Self::Brought { since } | Self::Scope { since, .. } => *since,
        }
    }
}

impl fmt::Display for Unchanged {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { kind, key, .. } => write!(out, "{} `{key}`", kind.word()),
            Self::Brought { .. } => write!(out, "a row of this one"),
            Self::Scope { scope, .. } => write!(out, "the {}", scope.word()),
        }
    }
}

impl Head {
    /// Refuses a revision that is none of this state's past.
    pub(crate) fn check(&self, revision: Revision) -> Result<(), StoreError> {
        if revision.incarnation != self.revision.incarnation {
            Err(StoreError::OtherIncarnation)
        } else if revision.number > self.revision.number {
            Err(StoreError::Ahead)
        } else {
            Ok(())
        }
    }
}

/// The source of the rows ended before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Interrupted(pub String);

/// What a commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The state with it; the one before if nothing changed, or if it was a dry run.
    pub head: Head,
    /// How many rows did what.
    pub counts: Counts,
}

/// How many rows of a commit did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Were not there before.
    pub added: u64,
    /// Were there with another content.
    pub changed: u64,
    /// Are there no more.
    pub removed: u64,
    /// Were there as they are.
    pub unchanged: u64,
}

/// What is wrong with a row of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Its place in the commit, from 0.
    pub row: u64,
    /// JSON pointer into its content.
    pub pointer: String,
    /// What was expected.
    pub detail: String,
}

/// Why a store did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The revision is of another incarnation: everything must be read again.
    #[error("the store was restored: what was followed is of another incarnation")]
    OtherIncarnation,
    /// The revision is beyond the head: the store went back.
    #[error("the store has not come to this revision")]
    Ahead,
    /// Rows that can't be.
    #[error("{} rows can't be written", .0.len())]
    Refused(Vec<RowFault>),
    /// A precondition that does not hold: another commit was faster.
    #[error("another commit changed {0} meanwhile; read it again and retry")]
    Changed(Unchanged),
    /// A record that has another version than was expected: another change was faster.
    #[error("another change of the {kind} `{key}` was faster; read it again and retry")]
    RecordChanged {
        /// The word of its kind.
        kind: String,
        /// Its key.
        key: String,
    },
    /// The source of the rows ended early.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Somebody else writes for too long.
    #[error("another change is being written; try again")]
    Busy,
    /// The connection was lost in the middle of a commit, and the store could not be asked since.
    #[error("whether the change was written is not known, for the store failed meanwhile: {0}")]
    Doubtful(String),
    /// The store failed; nothing was written.
    #[error("the store failed: {0}")]
    Failed(String),
}
