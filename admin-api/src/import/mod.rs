//! Files into the store: whole, or not at all with every reason. A file that was imported already changes nothing.

mod breaking;
mod catalogue;
mod holders;
mod published;
mod terminals;

use avis_store::{Committed, Counts};
use serde::{Deserialize, Serialize};

pub(crate) use breaking::Broken;
pub(crate) use catalogue::{DESPITE_FAILING_CASES, Judged, key_of};
pub use catalogue::{beside, catalogue};
pub use holders::holders;
pub use terminals::terminals;

pub use crate::change::ChangeContext;

/// What an import did, or would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The number of the revision with it; of the one before if nothing changed.
    pub revision: u64,
    /// How many entries did what.
    pub counts: Counts,
    /// How many cases fail of what was published nevertheless.
    #[serde(default, skip_serializing_if = "is_none")]
    pub failing_cases: usize,
    /// How many cases of others passed before and fail with what was published.
    #[serde(default, skip_serializing_if = "is_none")]
    pub warned_cases: usize,
}

impl Imported {
    fn of(committed: Committed) -> Self {
        Self { revision: committed.head.revision.number, counts: committed.counts, failing_cases: 0, warned_cases: 0 }
    }
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// How often what was read is read again because somebody else changed it meanwhile.
pub(crate) const TRIES: usize = 5;
