//! What may happen to an authorization, and why it may not.

use jiff::Timestamp;
use uuid::Uuid;

use crate::authorization::State;

/// Something that happened to an authorization.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Operation {
    /// What.
    pub kind: OperationKind,
    /// The terminal's own id; none of what happens by itself.
    pub request_id: Option<Uuid>,
    /// What was captured, or given back.
    pub moves: Vec<Move>,
    /// When it was recorded.
    pub at: Timestamp,
    /// Why, in the terminal's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// Whether a reversal undid it.
    pub undone: bool,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

/// Units of one line, and what they are worth.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Move {
    /// The line's place.
    pub line: usize,
    /// Units.
    pub units: i64,
    /// Of each part of the line, in minor units.
    pub parts: Vec<i64>,
    /// Of each discount, the units that it covered.
    pub covered: Vec<i64>,
}

/// Whether a reversal changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It did.
    Now,
    /// It was undone before.
    Already,
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
