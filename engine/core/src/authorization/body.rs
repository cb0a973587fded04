//! What terminals send for operations.

use serde_json::Value;
use uuid::Uuid;

use crate::fault::Faults;
use crate::limits::{LINES_MAX, QUANTITY_MAX};
use crate::read::{self, Object, Place, Read};

/// Units of one line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UnitsOfLine {
    /// As in the request that was authorized.
    pub line_id: Box<str>,
    /// At least 1.
    pub units: i64,
}

/// The body of a capture, a void or a refund.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OperationBody {
    /// The terminal's own id of this operation.
    pub request_id: Uuid,
    /// None named is all; a void names none.
    pub lines: Vec<UnitsOfLine>,
    /// Why, in the terminal's words.
    pub reason: Option<Box<str>>,
}

/// The body of a reversal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ReversalBody {
    /// The terminal's own id of this reversal.
    pub request_id: Uuid,
    /// What is to be undone, whether it arrived or not.
    pub original_request_id: Uuid,
    /// Why, in the terminal's words.
    pub reason: Box<str>,
}

impl OperationBody {
    /// Reads a body; only what moves units may name lines, only what gives back has a reason.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn parse(json: &[u8], names_lines: bool, has_reason: bool) -> Result<Self, Faults> {
        match (names_lines, has_reason) {
            (true, true) => read::document::<Full<true, true>>(json).map(|body| body.0),
            (true, false) => read::document::<Full<true, false>>(json).map(|body| body.0),
            (false, _) => read::document::<Full<false, true>>(json).map(|body| body.0),
        }
    }
}

impl ReversalBody {
    /// Reads a body.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        read::document(json)
    }
}

/// A body with or without lines and a reason.
struct Full<const LINES: bool, const REASON: bool>(OperationBody);

impl<const LINES: bool, const REASON: bool> Read for Full<LINES, REASON> {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let request_id = object.required("request_id");
        let lines = if LINES { object.list::<UnitsOfLine>("lines", LINES_MAX) } else { Some(Vec::new()) };
        let reason = if REASON { object.optional("reason") } else { Some(None) };
        object.close();
        let lines = lines?;
        for (index, line) in lines.iter().enumerate() {
            if lines.iter().take(index).any(|before| before.line_id == line.line_id) {
                let lines = place.field("lines");
                return lines.item(index).field("line_id").fault("expected a line that no entry before names");
            }
        }
        Some(Self(OperationBody { request_id: request_id?, lines, reason: reason? }))
    }
}

impl Read for UnitsOfLine {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (line_id, units) = (object.required("line_id"), object.bounded("units", 1, QUANTITY_MAX));
        object.close();
        Some(Self { line_id: line_id?, units: units? })
    }
}

impl Read for ReversalBody {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (request_id, original) = (object.required("request_id"), object.required("original_request_id"));
        let reason = object.required("reason");
        object.close();
        Some(Self { request_id: request_id?, original_request_id: original?, reason: reason? })
    }
}
