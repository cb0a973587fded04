//! Answers as terminals read them: an authorization as it stands, and the operation that just took place.

use std::sync::Arc;

use avis_core::authorization::{FrozenLine, Left, Operation, OperationKind, OverGrant, State};
use avis_core::{DecidedLine, Decision, Outcome, Reasons};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::ledger::NewAuthorization;
use crate::record::{Advised, Record};

/// An authorization, or a declined request.
#[derive(Serialize)]
struct Answer<'a> {
    authorization_id: Option<Uuid>,
    request_id: Uuid,
    outcome: Outcome,
    state: Option<State>,
    revision: u64,
    stale: bool,
    gross: i64,
    discount: i64,
    payable: i64,
    lines: Vec<Line<'a>>,
    reasons: Reasons,
    expires_at: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a Advised>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Done<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<Done<'a>>>,
}

/// A line as it was decided, and what is left of it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    decided: &'a DecidedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<Rest>,
}

/// What is held or sold and not given back.
#[derive(Serialize)]
struct Rest {
    units: i64,
    payable: i64,
    discount: i64,
}

/// An operation with its amounts by line and payer.
#[derive(Serialize)]
struct Done<'a> {
    kind: &'static str,
    request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    lines: Vec<Moved<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    undone: bool,
    #[serde(skip_serializing_if = "<[OverGrant]>::is_empty")]
    over_granted: &'a [OverGrant],
}

#[derive(Serialize)]
struct Moved<'a> {
    line_id: &'a str,
    units: i64,
    gross: i64,
    payable: i64,
    funding: Vec<Share<'a>>,
}

#[derive(Serialize)]
struct Share<'a> {
    payer: &'a Arc<str>,
    amount: i64,
}

/// A reversal, as its answer tells it.
pub(crate) struct Reversal {
    pub(crate) request_id: Uuid,
    pub(crate) original_request_id: Uuid,
    /// `reversed` or `already_reversed`.
    pub(crate) result: &'static str,
    /// What counts again beyond a limit that others have used up meanwhile.
    pub(crate) over_granted: Vec<OverGrant>,
}

/// A request that opened no authorization.
pub(crate) fn declined(new: &NewAuthorization, decision: &Decision) -> Vec<u8> {
    written(&Answer {
        authorization_id: None,
        request_id: new.key.request_id,
        outcome: decision.outcome,
        state: None,
        revision: new.revision,
        stale: new.stale,
        gross: decision.gross,
        discount: decision.discount,
        payable: decision.payable,
        lines: decision.lines.iter().map(|decided| Line { decided, left: None }).collect(),
        reasons: decision.reasons,
        expires_at: None,
        recorded_at: None,
        advice: None,
        operation: None,
        history: None,
    })
}

/// An authorization that was just made.
pub(crate) fn authorized(record: &Record) -> Vec<u8> {
    written(&Answer::of(record, false))
}

/// An authorization after an operation of a terminal.
pub(crate) fn operated(record: &Record, operation: &Operation) -> Vec<u8> {
    let operation = Some(Done::of(record, operation));
    written(&Answer { operation, ..Answer::of(record, true) })
}

/// An authorization after a reversal.
pub(crate) fn reversed(record: &Record, reversal: &Reversal) -> Vec<u8> {
    let operation = Some(Done::reversal(reversal));
    written(&Answer { operation, ..Answer::of(record, true) })
}

/// The answer to a reversal that found no authorization.
pub(crate) fn reversed_nothing(reversal: &Reversal) -> Vec<u8> {
    #[derive(Serialize)]
    struct Nothing<'a> {
        authorization_id: Option<Uuid>,
        request_id: Uuid,
        state: Option<State>,
        operation: Done<'a>,
    }
    let request_id = reversal.original_request_id;
    written(&Nothing { authorization_id: None, request_id, state: None, operation: Done::reversal(reversal) })
}

/// The answer to a request whose reversal came first.
pub(crate) fn came_too_late(request_id: Uuid) -> Vec<u8> {
    #[derive(Serialize)]
    struct Late {
        authorization_id: Option<Uuid>,
        request_id: Uuid,
        outcome: &'static str,
        state: Option<State>,
        recorded_at: Option<Timestamp>,
    }
    written(&Late { authorization_id: None, request_id, outcome: "reversed", state: None, recorded_at: None })
}

/// An authorization as it stands, with its history.
pub(crate) fn read_back(record: &Record) -> Vec<u8> {
    let history = record.authorization.operations.iter().map(|operation| Done {
        recorded_at: Some(operation.at),
        undone: operation.undone,
        reason: operation.reason.as_deref(),
        ..Done::of(record, operation)
    });
    written(&Answer { history: Some(history.collect()), ..Answer::of(record, true) })
}

impl<'a> Answer<'a> {
    fn of(record: &'a Record, with_left: bool) -> Self {
        let authorization = &record.authorization;
        let decided = || authorization.lines.iter().map(|line| &line.decided);
        let (gross, payable) = (decided().map(|line| line.gross).sum(), decided().map(|line| line.payable).sum());
        let lines = authorization.lines.iter().enumerate().map(|(place, line)| Line {
            decided: &line.decided,
            left: with_left.then(|| Rest::of(&authorization.left(place))),
        });
        Self {
            authorization_id: Some(record.id),
            request_id: record.request_id,
            outcome: record.outcome,
            state: Some(authorization.state()),
            revision: record.revision,
            stale: record.stale,
            gross,
            discount: gross - payable,
            payable,
            lines: lines.collect(),
            reasons: record.reasons,
            expires_at: record.expires_at.filter(|_| authorization.state() == State::Held),
            recorded_at: Some(record.recorded_at),
            advice: record.advice.as_ref(),
            operation: None,
            history: None,
        }
    }
}

impl Rest {
    fn of(left: &Left) -> Self {
        let payable = left.parts.first().copied().unwrap_or_default();
        Self { units: left.units, payable, discount: left.parts.iter().sum::<i64>() - payable }
    }
}

impl<'a> Done<'a> {
    fn of(record: &'a Record, operation: &Operation) -> Self {
        let kind = match operation.kind {
            OperationKind::Capture => "capture",
            OperationKind::Void => "void",
            OperationKind::Refund => "refund",
            OperationKind::Expiry => "expiry",
        };
        let lines = operation.moves.iter().filter_map(|moved| {
            let line = record.authorization.lines.get(moved.line)?;
            Some(Moved::of(line, moved.units, &moved.parts))
        });
        Self { request_id: operation.request_id, lines: lines.collect(), ..Self::named(kind) }
    }

    fn reversal(reversal: &'a Reversal) -> Self {
        Self {
            request_id: Some(reversal.request_id),
            original_request_id: Some(reversal.original_request_id),
            result: Some(reversal.result),
            over_granted: &reversal.over_granted,
            ..Self::named("reversal")
        }
    }

    fn named(kind: &'static str) -> Self {
        let lines = Vec::new();
        Self {
            kind,
            request_id: None,
            original_request_id: None,
            result: None,
            lines,
            reason: None,
            recorded_at: None,
            undone: false,
            over_granted: &[],
        }
    }
}

impl<'a> Moved<'a> {
    fn of(line: &'a FrozenLine, units: i64, parts: &[i64]) -> Self {
        // One payer, one entry, as in the line itself.
        let mut funding: Vec<Share<'a>> = Vec::new();
        for (entry, amount) in line.funding().zip(parts.iter().skip(1)).filter(|(_, amount)| **amount > 0) {
            match funding.iter_mut().find(|share| *share.payer == entry.payer) {
                Some(share) => share.amount += amount,
                None => funding.push(Share { payer: &entry.payer, amount: *amount }),
            }
        }
        let payable = parts.first().copied().unwrap_or_default();
        Self { line_id: &line.decided.line_id, units, gross: parts.iter().sum(), payable, funding }
    }
}

/// These types have no keys that JSON can't write.
fn written(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
