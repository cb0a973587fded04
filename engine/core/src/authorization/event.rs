//! What may happen to an authorization, who caused it and when, and why it may not happen.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::authorization::State;
use crate::offline::OverGrant;

/// Something that happened to an authorization. It stays in the history for good, also when it is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, by whom and why.
    pub origin: Origin,
    /// What happened.
    pub what: What,
    /// Whether a later reversal undid it.
    pub undone: bool,
}

/// When something happened to an authorization, by whom and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// When it was recorded.
    pub at: Timestamp,
    /// The terminal that sent the request; none for what happens by itself.
    pub terminal: Option<Arc<str>>,
    /// The terminal's own id of the request; none for what happens by itself.
    pub request_id: Option<Uuid>,
    /// Why, in the terminal's words.
    pub reason: Option<Box<str>>,
}

/// What happened to an authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Units were captured or given back.
    Operation(Operation),
    /// A request was undone.
    Reversal(Reversal),
}

/// The units that an operation captured or gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Which operation it is.
    pub kind: OperationKind,
    /// What was captured, or given back, by line.
    pub moves: Vec<Move>,
}

/// The undoing of an authorization, or of an operation on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// The request that it undid.
    pub original_request_id: Uuid,
    /// Whether that request opened the authorization, so that all of it is undone.
    pub whole: bool,
    /// Whether it changed anything.
    pub undone: Undone,
    /// What counts again beyond a limit that others have used up meanwhile.
    pub over_granted: Vec<OverGrant>,
}

/// The kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// A hold became a sale; the rest of it was released.
    Capture,
    /// Everything was given back.
    Void,
    /// Some units were given back.
    Refund,
    /// A hold was not captured in time.
    Expiry,
}

impl OperationKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Expiry => "expiry",
        }
    }
}

/// Units of one line, and what they are worth.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Move {
    /// The line's place.
    pub line: usize,
    /// How many units moved.
    pub units: i64,
    /// Of each part of the line, in minor units.
    pub parts: Vec<i64>,
    /// Of each discount, the units that it covered.
    pub covered: Vec<i64>,
}

/// Whether a reversal changed anything: undone now, or by a reversal before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = ReversalResult)]
pub enum Undone {
    /// It did.
    #[serde(rename = "reversed")]
    Now,
    /// Its original was undone before.
    #[serde(rename = "already_reversed")]
    Already,
}

impl Undone {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Now => "reversed",
            Self::Already => "already_reversed",
        }
    }
}

/// Why an operation can't be done. Nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The state does not allow it.
    #[error("the authorization is `{}`", .0.word())]
    NotInState(State),
    /// A line that the authorization does not have.
    #[error("the authorization has no such line")]
    UnknownLine {
        /// Its place among the lines of the operation.
        place: usize,
    },
    /// More units than are left of the line.
    #[error("expected at most {left}, the units that are left of the line")]
    TooManyUnits {
        /// Its place among the lines of the operation.
        place: usize,
        /// Units left.
        left: i64,
    },
}

impl Event {
    /// The operation; none if it is a reversal.
    pub fn operation(&self) -> Option<&Operation> {
        match &self.what {
            What::Operation(operation) => Some(operation),
            What::Reversal(_) => None,
        }
    }

    /// What was captured or given back by line; nothing for a reversal.
    pub fn moves(&self) -> &[Move] {
        self.operation().map_or(&[], |operation| &operation.moves)
    }
}
