//! What was authorized, frozen, and what became of it: captured, voided, given back by units, undone.
//!
//! An authorization is its frozen lines and the operations on it; its state, what is left of it and what it consumes are
//! derived from those, so that undoing an operation is forgetting it.

mod advice;
mod body;
mod frozen;
mod left;
mod operation;

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::decision::{DecidedLine, Decision};
use crate::request::{Line, Mode, Request};
use crate::usage::{Charge, Quota, Totals};

pub use advice::{Advice, Granted, OverGrant, OverGrantKey, OverGranted, Settled};
pub use body::{OperationBody, ReversalBody, UnitsOfLine};
pub use frozen::FrozenLine;
pub use left::Left;
pub use operation::{Move, Operation, OperationKind, Refusal, Undone};

/// The record of one use: what was decided, frozen, and the operations on it in their order.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Authorization {
    /// Captured at once, or held.
    pub mode: Mode,
    /// The lines as they were decided.
    pub lines: Vec<FrozenLine>,
    /// Whose use was charged where when it was decided; what is consumed now is [`Authorization::consumed`].
    charged: Vec<Charge>,
    /// The limits that it was decided under.
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// In their order, those that were undone as well.
    pub operations: Vec<Operation>,
    /// Whether the sale or hold itself was undone.
    reversed: bool,
}

/// Where an authorization stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits to be captured.
    Held,
    /// Sold.
    Captured,
    /// Some of it was given back.
    PartlyRefunded,
    /// All of it was given back.
    Refunded,
    /// Called off, everything given back.
    Voided,
    /// Was held too long, everything given back.
    Expired,
    /// The sale or hold was undone.
    Reversed,
}

impl State {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Captured => "captured",
            Self::PartlyRefunded => "partly_refunded",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
            Self::Expired => "expired",
            Self::Reversed => "reversed",
        }
    }
}

impl Authorization {
    /// Freezes a decision on a request.
    pub fn of(request: &Request, decision: &Decision) -> Self {
        let lines = request.lines.iter().zip(&decision.lines).zip(&decision.counted_by);
        let frozen = |((asked, decided), counted_by): ((&Line, &DecidedLine), &Vec<Arc<str>>)| FrozenLine {
            quantity: asked.quantity,
            decided: decided.clone(),
            counted_by: counted_by.clone(),
        };
        Self {
            mode: request.mode,
            lines: lines.map(frozen).collect(),
            charged: decision.charges.clone(),
            quotas: decision.quotas.clone(),
            operations: Vec::new(),
            reversed: false,
        }
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        if self.reversed {
            return State::Reversed;
        }
        match (self.standing_operations().last().map(|operation| operation.kind), self.mode) {
            (None, Mode::Hold) => State::Held,
            (None, Mode::Sale) | (Some(OperationKind::Capture), _) => State::Captured,
            (Some(OperationKind::Void), _) => State::Voided,
            (Some(OperationKind::Expiry), _) => State::Expired,
            (Some(OperationKind::Refund), _) if self.is_spent() => State::Refunded,
            (Some(OperationKind::Refund), _) => State::PartlyRefunded,
        }
    }

    /// Those that were not undone.
    fn standing_operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| !operation.undone)
    }

    fn is_spent(&self) -> bool {
        (0..self.lines.len()).all(|line| self.left(line).units == 0)
    }

    /// What it consumes now: of each charge that was made, what is left of it, in the same order.
    pub fn consumed(&self) -> Vec<Charge> {
        let left: Vec<(&FrozenLine, Left)> =
            self.lines.iter().enumerate().map(|(place, line)| (line, self.left(place))).collect();
        let now = |charge: &Charge| {
            let mut totals = Totals::default();
            for (line, left) in &left {
                totals = totals.plus(line.still_charged(&charge.code, left));
            }
            // A use goes when nothing of it is left.
            totals.uses = if totals.units > 0 || totals.discount > 0 { charge.totals.uses } else { 0 };
            Charge { totals, ..charge.clone() }
        };
        self.charged.iter().map(now).collect()
    }

    /// What of each discount of a line is left, in minor units.
    pub fn discounts_left(&self, line: usize) -> Vec<i64> {
        let Some(frozen) = self.lines.get(line) else { return Vec::new() };
        let mut funded = self.left(line).parts.into_iter().skip(1);
        frozen.decided.discounts.iter().map(|discount| funded.by_ref().take(discount.funding.len()).sum()).collect()
    }

    /// Captures: what is not named is released; none named is all.
    ///
    /// # Errors
    /// Another state than held; a line that is not there, or more units than it has.
    pub fn capture(&mut self, request_id: Uuid, units: &[UnitsOfLine], at: Timestamp) -> Result<&Operation, Refusal> {
        self.must_be(&[State::Held])?;
        let moves = self.moves(units)?;
        Ok(self.note(OperationKind::Capture, Some(request_id), moves, at))
    }

    /// Gives units back, of what was captured; none named is all that is left.
    ///
    /// # Errors
    /// Nothing captured is left; a line that is not there, or more units than are left of it.
    pub fn refund(&mut self, request_id: Uuid, units: &[UnitsOfLine], at: Timestamp) -> Result<&Operation, Refusal> {
        self.must_be(&[State::Captured, State::PartlyRefunded])?;
        let moves = self.moves(units)?;
        Ok(self.note(OperationKind::Refund, Some(request_id), moves, at))
    }

    /// Calls it off.
    ///
    /// # Errors
    /// Something was refunded, or nothing is left to call off.
    pub fn void(&mut self, request_id: Uuid, at: Timestamp) -> Result<&Operation, Refusal> {
        self.must_be(&[State::Held, State::Captured])?;
        let moves = self.everything();
        Ok(self.note(OperationKind::Void, Some(request_id), moves, at))
    }

    /// Keeps why the last operation took place.
    pub fn give_reason(&mut self, reason: Option<&str>) {
        if let Some(last) = self.operations.last_mut() {
            last.reason = reason.map(Box::from);
        }
    }

    /// Lets a hold expire.
    ///
    /// # Errors
    /// It is not held.
    pub fn expire(&mut self, at: Timestamp) -> Result<&Operation, Refusal> {
        self.must_be(&[State::Held])?;
        let moves = self.everything();
        Ok(self.note(OperationKind::Expiry, None, moves, at))
    }

    /// Undoes the sale or hold itself, with everything that followed it.
    pub fn reverse(&mut self) -> Undone {
        if std::mem::replace(&mut self.reversed, true) { Undone::Already } else { Undone::Now }
    }

    /// Undoes one operation, and what built on it: after a capture its refunds, too.
    pub fn undo(&mut self, request_id: Uuid) -> Undone {
        let place = self.operations.iter().position(|operation| operation.request_id == Some(request_id));
        let Some(place) = place else { return Undone::Already };
        let mut later = self.operations.iter_mut().skip(place);
        let Some(undone) = later.next().filter(|operation| !operation.undone) else { return Undone::Already };
        undone.undone = true;
        if undone.kind == OperationKind::Capture {
            // What was called off meanwhile stays so.
            let refunds = later.filter(|operation| operation.kind == OperationKind::Refund);
            refunds.for_each(|refund| refund.undone = true);
        }
        Undone::Now
    }

    fn must_be(&self, allowed: &[State]) -> Result<(), Refusal> {
        let state = self.state();
        if allowed.contains(&state) { Ok(()) } else { Err(Refusal::NotInState(state)) }
    }

    fn note(&mut self, kind: OperationKind, request_id: Option<Uuid>, moves: Vec<Move>, at: Timestamp) -> &Operation {
        let place = self.operations.len();
        self.operations.push(Operation { kind, request_id, moves, at, reason: None, undone: false });
        #[allow(clippy::indexing_slicing, reason = "it was pushed there just now")]
        &self.operations[place]
    }
}
