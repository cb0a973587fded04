//! What happened to an authorization, as answers tell it.

use avis_core::authorization::{Event, FrozenLine, Move, Operation, OperationKind, Origin, Reversal, Undone, What};
use avis_core::offline::OverGrant;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::record::Record;

/// Something that happened to an authorization, with what moved by line and payer.
#[derive(Serialize, ToSchema)]
#[schema(as = Operation)]
pub(super) struct Done<'a> {
    kind: DoneKind,
    /// Of the operation; null for an expiry, which nobody asked for.
    #[schema(required)]
    request_id: Option<Uuid>,
    /// What a reversal undid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    original_request_id: Option<Uuid>,
    /// What became of a reversal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    result: Option<Undone>,
    #[serde(flatten)]
    #[schema(inline)]
    totals: Option<Totals>,
    /// What moved; empty for a reversal.
    lines: Vec<Moved<'a>>,
    /// Of a reversal: what counts again beyond a limit that others have used up meanwhile; the provider is liable.
    #[serde(skip_serializing_if = "<[OverGrant]>::is_empty")]
    #[schema(required = false)]
    over_granted: &'a [OverGrant],
    #[serde(flatten)]
    #[schema(inline)]
    origin: Option<Kept<'a>>,
}

/// What happened. An `expiry` is a hold that was not captured in time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperationKind)]
enum DoneKind {
    Capture,
    Void,
    Refund,
    Expiry,
    Reversal,
}

/// What an operation moved in all.
#[derive(Serialize, ToSchema)]
struct Totals {
    /// Of all lines that moved, in minor units; none of a reversal.
    #[schema(minimum = 0)]
    gross: i64,
    /// The payers' part of it, in minor units; none of a reversal.
    #[schema(minimum = 0)]
    discount: i64,
    /// The person's part of it, in minor units; none of a reversal.
    #[schema(minimum = 0)]
    payable: i64,
    /// Of that, what moves in money, in minor units; where there are programmes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
}

/// What a history tells of an event, and the answer to a reversal that is in none.
#[derive(Serialize, ToSchema)]
struct Kept<'a> {
    /// The terminal that sent the request; in a history, and of a reversal that found no authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terminal: Option<&'a str>,
    /// Why, in the terminal's words; in a history, and of a reversal that found no authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200)]
    reason: Option<&'a str>,
    /// When it became durable; in a history, and of a reversal that found no authorization.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// There and true if it was reversed; in a history.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    undone: bool,
}

/// What moved of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = MovedLine)]
struct Moved<'a> {
    /// As in the request that was authorized.
    line_id: &'a str,
    /// How many.
    #[schema(minimum = 0)]
    units: i64,
    /// Payable and funding together, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// The person's part, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// Of that, what moves in money, in minor units; where there are programmes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// The payers' parts, one entry each.
    funding: Vec<Share<'a>>,
}

/// The part of one payer.
#[derive(Serialize, ToSchema)]
#[schema(as = MovedShare)]
struct Share<'a> {
    /// The payer's code.
    payer: &'a str,
    /// In minor units.
    #[schema(minimum = 1)]
    amount: i64,
}

impl<'a> Done<'a> {
    pub(super) fn of(record: &'a Record, event: &'a Event) -> Self {
        let done = match &event.what {
            What::Operation(operation) => Self::operation(record, operation),
            What::Reversal(reversal) => Self::reversal(reversal),
        };
        Self { request_id: event.origin.request_id, ..done }
    }

    /// As a history tells it.
    pub(super) fn kept(record: &'a Record, event: &'a Event) -> Self {
        Self { origin: Some(Kept::of(&event.origin, event.undone)), ..Self::of(record, event) }
    }

    /// A reversal that found nothing.
    pub(super) fn of_nothing(origin: &'a Origin, reversal: &'a Reversal) -> Self {
        let kept = Some(Kept::of(origin, false));
        Self { request_id: origin.request_id, origin: kept, ..Self::reversal(reversal) }
    }

    fn operation(record: &'a Record, operation: &Operation) -> Self {
        let (lines, in_points) = (&record.authorization.lines, record.told.is_some());
        let moved = |moved: &Move| Some(Moved::of(lines.get(moved.line)?, moved, in_points));
        let moved: Vec<Moved<'a>> = operation.moves.iter().filter_map(moved).collect();
        let (gross, payable) = (moved.iter().map(|line| line.gross).sum(), moved.iter().map(|line| line.payable).sum());
        let due = in_points.then(|| moved.iter().filter_map(|line| line.due).sum());
        let totals = Some(Totals { gross, discount: gross - payable, payable, due });
        Self { totals, lines: moved, ..Self::of_kind(operation.kind.into()) }
    }

    fn reversal(reversal: &'a Reversal) -> Self {
        Self {
            original_request_id: Some(reversal.original_request_id),
            result: Some(reversal.undone),
            over_granted: &reversal.over_granted,
            ..Self::of_kind(DoneKind::Reversal)
        }
    }

    fn of_kind(kind: DoneKind) -> Self {
        let (lines, over_granted) = (Vec::new(), &[][..]);
        Self {
            kind,
            request_id: None,
            original_request_id: None,
            result: None,
            totals: None,
            lines,
            over_granted,
            origin: None,
        }
    }
}

impl<'a> Kept<'a> {
    fn of(Origin { at, terminal, reason, .. }: &'a Origin, undone: bool) -> Self {
        Self { terminal: terminal.as_deref(), reason: reason.as_deref(), recorded_at: *at, undone }
    }
}

impl From<OperationKind> for DoneKind {
    fn from(kind: OperationKind) -> Self {
        match kind {
            OperationKind::Capture => Self::Capture,
            OperationKind::Void => Self::Void,
            OperationKind::Refund => Self::Refund,
            OperationKind::Expiry => Self::Expiry,
        }
    }
}

impl<'a> Moved<'a> {
    fn of(line: &'a FrozenLine, moved: &Move, in_points: bool) -> Self {
        let (parts, paid) = (&moved.parts, line.first_entry());
        // One payer, one entry, as in the line itself.
        let mut funding: Vec<Share<'a>> = Vec::new();
        for (entry, amount) in line.funding().zip(parts.iter().skip(paid)).filter(|(_, amount)| **amount > 0) {
            match funding.iter_mut().find(|share| *share.payer == *entry.payer) {
                Some(share) => share.amount += amount,
                None => funding.push(Share { payer: &entry.payer, amount: *amount }),
            }
        }
        let (line_id, payable) = (&*line.decided.line_id, parts.iter().take(paid).sum());
        let due = parts.first().copied().filter(|_| in_points);
        Self { line_id, units: moved.units, gross: parts.iter().sum(), payable, due, funding }
    }
}
