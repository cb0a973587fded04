//! Files into the store: whole, or not at all with every reason. A file that was imported already changes nothing.

mod catalogue;
mod holders;
mod terminals;

use avis_store::{Act, Actor, AuditObject, Committed, Counts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use catalogue::{DESPITE_FAILING_CASES, Judged};
pub use catalogue::{beside, catalogue};
pub use holders::holders;
pub(crate) use terminals::row as terminal_row;
pub use terminals::terminals;

/// Who imports, when and why.
#[derive(Clone, Debug)]
pub struct ChangeContext {
    /// Who.
    pub actor: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Say what it would do, and do nothing.
    pub dry_run: bool,
    /// Codes of providers that count as known though no rule names them yet.
    pub providers: Vec<String>,
    /// Publish a catalogue of which cases fail.
    pub despite_failing_cases: bool,
}

impl ChangeContext {
    /// The act that the audit is to tell.
    pub(crate) fn act(&self, action: &str, object: Option<AuditObject>) -> Act {
        let reason = Some(self.reason.clone()).filter(|reason| !reason.is_empty());
        Act { object, reason, ..Act::new(self.actor.clone(), action) }
    }
}

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
}

impl Imported {
    fn of(committed: Committed) -> Self {
        Self { revision: committed.head.revision.number, counts: committed.counts, failing_cases: 0 }
    }
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// How often what was read is read again because somebody else changed it meanwhile.
pub(crate) const TRIES: usize = 5;
