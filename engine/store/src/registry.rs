//! The interfaces of what only administration reads and writes: history, nodes, records, and the audit. Engines follow none of it.

use jiff::Timestamp;

use crate::audit::{Act, Audit};
use crate::lookup::Lookup;
use crate::records::Records;
use crate::revision::{Digest, Revision};
use crate::row::{Kind, Row};
use crate::stand_in::StandInStanding;
use crate::store::{Counts, StoreError};

/// All that is kept beside the followed rows, and single ones of these.
pub trait Registry: History + Nodes + Audit + Records + Lookup {}

impl<T: History + Nodes + Audit + Records + Lookup> Registry for T {}

/// What was, as it was.
pub trait History: Send + Sync {
    /// The rules as they were at a revision of this incarnation, so that a decision of then can be made again.
    ///
    /// # Errors
    /// A revision that is still to come; a store that can't be read.
    fn rules_as_of(&self, number: u64) -> Result<Vec<Row>, StoreError>;

    /// The newest revisions, the newest first.
    ///
    /// # Errors
    /// A store that can't be read.
    fn history(&self, most: usize) -> Result<Vec<Header>, StoreError>;

    /// The revision of a number; none if there is none.
    ///
    /// # Errors
    /// A store that can't be read.
    fn revision(&self, number: u64) -> Result<Option<Header>, StoreError>;

    /// Forgets what a row that is gone was at each revision: its digests stay, so that the audit holds. With a holder goes what coupons
    /// were while they were that holder's alone.
    ///
    /// # Errors
    /// A store that can't be written.
    fn forget(&self, kind: Kind, key: &str) -> Result<(), StoreError>;
}

/// How the nodes of a deployment stand.
pub trait Nodes: Send + Sync {
    /// Keeps how a node stands, in the place of what it reported before.
    ///
    /// # Errors
    /// A store that can't be written.
    fn report(&self, report: &EngineReport) -> Result<(), StoreError>;

    /// How the nodes stand that reported within the last day, by their names.
    ///
    /// # Errors
    /// A store that can't be read.
    fn fleet(&self) -> Result<Vec<EngineReport>, StoreError>;
}

/// How an engine stands, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineReport {
    /// Its name, of its own in the deployment.
    pub node: String,
    /// The version of its program.
    pub program: String,
    /// The state that it applied.
    pub revision: Revision,
    /// The sum over all that it follows, by which it is compared with the store at that state.
    pub digest: Digest,
    /// Milliseconds since it last knew itself equal to the store.
    pub age_ms: u64,
    /// Rows and versions that it can't read.
    pub unreadable: u64,
    /// How standing in for the cluster's ledger goes; none where the ledger is its own.
    pub stand_in: Option<StandInStanding>,
    /// When it said so.
    pub at: Timestamp,
}

impl EngineReport {
    /// How standing in goes, as a column has it.
    pub(crate) fn written_stand_in(&self) -> Option<String> {
        // Numbers and an instant are written by JSON whatever they are.
        self.stand_in.and_then(|standing| serde_json::to_string(&standing).ok())
    }

    /// The same read back; none where it is not what this program knows.
    pub(crate) fn read_stand_in(written: Option<&str>) -> Option<StandInStanding> {
        written.and_then(|written| serde_json::from_str(written).ok())
    }
}

/// Who made a revision, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which one.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
    /// Who did what, and why.
    pub act: Act,
    /// What it did.
    pub counts: Counts,
}
