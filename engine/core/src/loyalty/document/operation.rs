//! Lines of files of requests that are no requests: operations on what was sold, adjustments, statements, the passing of time.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::authorization::UnitsOfLine;
use crate::fault::Faults;
use crate::limits::{LINES_MAX, POINTS_OF_AUTHORIZATION_MAX};
use crate::loyalty::LoyaltyRequest;
use crate::read::{self, Object, Place, Read, whole, word};

/// A line of a file of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileLine {
    /// A basket to be decided.
    Request(Box<LoyaltyRequest>),
    /// Something that happens to what was decided before.
    Operation(FileOperation),
}

/// Something that happens to what was decided before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOperation {
    /// Its own id.
    pub request_id: Uuid,
    /// When; absent is the latest time so far.
    pub occurred_at: Option<Timestamp>,
    /// What.
    pub what: FileOperationOf,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOperationOf {
    /// A hold is captured; none named is all.
    Capture {
        /// The request that opened it.
        original: Uuid,
        /// Units by line.
        lines: Vec<UnitsOfLine>,
    },
    /// Everything is given back.
    Void {
        /// The request that opened it.
        original: Uuid,
    },
    /// Units are given back; none named is all.
    Refund {
        /// The request that opened it.
        original: Uuid,
        /// Units by line.
        lines: Vec<UnitsOfLine>,
    },
    /// A request is undone, whatever it was.
    Reversal {
        /// That request.
        original: Uuid,
    },
    /// Points are given or taken by the owner.
    Adjustment {
        /// The programme's code.
        program: Box<str>,
        /// The member's code.
        holder: Arc<str>,
        /// How many; less than none are taken.
        points: i64,
    },
    /// What a member has.
    Statement {
        /// The member's code.
        holder: Arc<str>,
    },
    /// Time passes.
    Clock,
}

#[derive(Clone, Copy)]
enum Kind {
    Capture,
    Void,
    Refund,
    Reversal,
    Adjustment,
    Statement,
    Clock,
}

impl FileOperationOf {
    /// The word in files.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Capture { .. } => "capture",
            Self::Void { .. } => "void",
            Self::Refund { .. } => "refund",
            Self::Reversal { .. } => "reversal",
            Self::Adjustment { .. } => "adjustment",
            Self::Statement { .. } => "statement",
            Self::Clock => "clock",
        }
    }
}

impl FileLine {
    /// Reads a line of a file of requests.
    ///
    /// # Errors
    /// Every fault with its place; no value is repeated.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        // Most lines are requests.
        match LoyaltyRequest::parse(json) {
            Ok(request) => Ok(Self::Request(Box::new(request))),
            Err(_) => read::document(json),
        }
    }

    /// Reads a line whose id may be left out where `absent_id` stands for it.
    pub(crate) fn read_with_id(value: &Value, place: &Place<'_>, absent_id: Option<Uuid>) -> Option<Self> {
        if value.get("operation").is_some_and(|operation| !operation.is_null()) {
            return operation(value, place, absent_id).map(Self::Operation);
        }
        LoyaltyRequest::read_with_id(value, place, absent_id).map(|request| Self::Request(Box::new(request)))
    }
}

impl Read for FileLine {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        Self::read_with_id(value, place, None)
    }
}

fn operation(value: &Value, place: &Place<'_>, absent_id: Option<Uuid>) -> Option<FileOperation> {
    let object = Object::open(value, place)?;
    let kind = object.required::<Kind>("operation");
    let request_id = match absent_id {
        Some(id) => object.or("request_id", id),
        None => object.required("request_id"),
    };
    let occurred_at = object.optional("occurred_at");
    let original = || object.required("original_request_id");
    let lines = || object.list("lines", LINES_MAX);
    let what = match kind {
        None => return None,
        Some(Kind::Capture) => {
            original().zip(lines()).map(|(original, lines)| FileOperationOf::Capture { original, lines })
        }
        Some(Kind::Refund) => {
            original().zip(lines()).map(|(original, lines)| FileOperationOf::Refund { original, lines })
        }
        Some(Kind::Void) => original().map(|original| FileOperationOf::Void { original }),
        Some(Kind::Reversal) => original().map(|original| FileOperationOf::Reversal { original }),
        Some(Kind::Adjustment) => adjustment(&object, place),
        Some(Kind::Statement) => object.required("holder").map(|holder| FileOperationOf::Statement { holder }),
        Some(Kind::Clock) => Some(FileOperationOf::Clock),
    };
    let reason = match (kind, object.raw("reason")) {
        (Some(Kind::Adjustment), None) => place.field("reason").fault("this field is required"),
        (_, None) => Some(()),
        (_, Some(value)) => Box::<str>::read(value, &place.field("reason")).map(|_| ()),
    };
    object.close();
    reason?;
    if occurred_at == Some(None) && matches!(kind, Some(Kind::Clock)) {
        return place.field("occurred_at").fault("this field is required");
    }
    Some(FileOperation { request_id: request_id?, occurred_at: occurred_at?, what: what? })
}

fn adjustment(object: &Object<'_>, place: &Place<'_>) -> Option<FileOperationOf> {
    let (program, holder) = (object.required("program"), object.required("holder"));
    let points = match object.raw("points") {
        Some(value) => {
            let place = place.field("points");
            whole(value, &place, -POINTS_OF_AUTHORIZATION_MAX, POINTS_OF_AUTHORIZATION_MAX).and_then(|points| {
                if points == 0 { place.fault("expected another number than 0") } else { Some(points) }
            })
        }
        None => place.field("points").fault("this field is required"),
    };
    Some(FileOperationOf::Adjustment { program: program?, holder: holder?, points: points? })
}

impl Read for Kind {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let words = [
            ("capture", Self::Capture),
            ("void", Self::Void),
            ("refund", Self::Refund),
            ("reversal", Self::Reversal),
            ("adjustment", Self::Adjustment),
            ("statement", Self::Statement),
            ("clock", Self::Clock),
        ];
        word(value, place, &words)
    }
}
