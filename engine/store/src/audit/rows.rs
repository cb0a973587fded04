//! Compares the rows that engines follow with what the audit says that they became.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};

use crate::chain::{Link, salted};
use crate::revision::{Digest, RowHasher};

/// Rows that are named of those that differ.
const NAMED_MAX: usize = 100;

/// A row by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowName {
    /// The word of its kind.
    pub kind: Box<str>,
    /// Its key within the kind.
    pub key: Box<str>,
}

impl fmt::Display for RowName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} `{}`", self.kind, self.key)
    }
}

/// Rows that are not what was committed: changed, put in, or taken out behind the store's back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlteredRows {
    /// Their names, up to a bound.
    pub named: Vec<RowName>,
    /// How many there are.
    pub count: usize,
}

/// What a revision did to a row, beside the row as it is now.
pub(crate) struct ComparedRow<'a> {
    pub(crate) kind: &'a str,
    pub(crate) key: &'a str,
    pub(crate) revision: u64,
    pub(crate) salt: Option<[u8; 16]>,
    pub(crate) after_digest: Option<Link>,
    /// None if there is no such row.
    pub(crate) present: Option<PresentRow<'a>>,
}

/// A row as it is now.
pub(crate) struct PresentRow<'a> {
    /// The revision that it says wrote it.
    pub(crate) revision: u64,
    /// None of a tombstone. Of use only where the revision is the compared one.
    pub(crate) content: Option<&'a str>,
    pub(crate) digest: Option<Digest>,
}

/// Goes through every change of every revision, in any order, and then through every row.
pub(crate) struct RowComparison<'h> {
    hasher: &'h RowHasher,
    names: RandomState,
    /// Hashes of the names of rows that were written by the revision that they name.
    written: HashSet<u64>,
    /// Hashes of the names of those that differ.
    differing: HashSet<u64>,
    found: AlteredRows,
}

impl<'h> RowComparison<'h> {
    pub(crate) fn new(hasher: &'h RowHasher) -> Self {
        Self {
            hasher,
            names: RandomState::new(),
            written: HashSet::new(),
            differing: HashSet::new(),
            found: AlteredRows::default(),
        }
    }

    /// A change of a revision.
    pub(crate) fn change(&mut self, change: &ComparedRow<'_>) {
        let holds = match &change.present {
            None => false,
            Some(row) if row.revision == change.revision => {
                self.written.insert(self.names.hash_one((change.kind, change.key)));
                self.is_as_committed(change, row)
            }
            // A later revision wrote it again, whose own change is compared.
            Some(row) => row.revision > change.revision,
        };
        if !holds {
            self.add_differing(change.kind, change.key);
        }
    }

    fn is_as_committed(&self, change: &ComparedRow<'_>, row: &PresentRow<'_>) -> bool {
        let Some(content) = row.content else { return change.after_digest.is_none() && row.digest.is_none() };
        let Some(salt) = change.salt else { return false };
        change.after_digest == Some(salted(&salt, content))
            && row.digest == Some(self.hasher.of(change.kind, change.key, content))
    }

    /// A row, after all changes: one that no revision wrote was put in.
    pub(crate) fn row(&mut self, kind: &str, key: &str) {
        if !self.written.contains(&self.names.hash_one((kind, key))) {
            self.add_differing(kind, key);
        }
    }

    fn add_differing(&mut self, kind: &str, key: &str) {
        if self.differing.insert(self.names.hash_one((kind, key))) && self.found.named.len() < NAMED_MAX {
            self.found.named.push(RowName { kind: kind.into(), key: key.into() });
        }
    }

    pub(crate) fn end(mut self) -> AlteredRows {
        self.found.named.sort();
        AlteredRows { count: self.differing.len(), ..self.found }
    }
}
