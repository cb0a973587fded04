//! The interface of what only administration reads and writes: history, audit, security events. Engines follow none of it.

use jiff::Timestamp;

use crate::revision::{Digest, Revision};
use crate::row::Row;
use crate::store::{Counts, StoreError};

/// What is kept beside the followed rows.
pub trait Registry: Send + Sync {
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

    /// Keeps security events, sealed together.
    ///
    /// # Errors
    /// A store that can't be written.
    fn note(&self, events: &[SecurityEvent]) -> Result<(), StoreError>;

    /// Keeps how an engine stands, in the place of what it said before.
    ///
    /// # Errors
    /// A store that can't be written.
    fn report(&self, report: &EngineReport) -> Result<(), StoreError>;

    /// How the engines stand that said it within the last day, by their names.
    ///
    /// # Errors
    /// A store that can't be read.
    fn fleet(&self) -> Result<Vec<EngineReport>, StoreError>;

    /// Goes through the whole audit and says where it was changed afterwards, if anywhere.
    ///
    /// # Errors
    /// A store that can't be read.
    fn verify(&self) -> Result<Option<Broken>, StoreError>;
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
    /// When it said so.
    pub at: Timestamp,
}

/// Who made a revision, when and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Header {
    /// Which one.
    #[serde(skip)]
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// What it did.
    pub counts: Counts,
}

/// Something that concerns security and changes nothing. No identifier and no key is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: SecurityEventKind,
    /// Whose terminal, if it is known.
    pub provider: Option<String>,
    /// Which terminal, if it is known.
    pub terminal: Option<String>,
    /// About which request, if any.
    pub subject: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityEventKind {
    /// A request id was used again with another meaning.
    RequestIdReused,
    /// A terminal presented more unknown identifiers than it may.
    Guessing,
    /// A key that is not known, not any more, or not yet.
    KeyRefused,
    /// A credential was used for what it is not for.
    OutOfScope,
}

impl SecurityEventKind {
    /// The word for it in columns.
    pub fn word(self) -> &'static str {
        match self {
            Self::RequestIdReused => "request_id_reused",
            Self::Guessing => "guessing",
            Self::KeyRefused => "key_refused",
            Self::OutOfScope => "out_of_scope",
        }
    }
}

/// Where an audit does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// At the entry of a revision.
    #[error("revision {0}")]
    Revision(u64),
    /// At the seal over security events up to a number.
    #[error("the seal before security event {0}")]
    Events(u64),
}
