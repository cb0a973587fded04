//! What was authorized, frozen, and what became of it: captured, voided, given back by units, undone.
//!
//! An authorization is its frozen lines and its history, which is only ever added to. Its state and what is left of it follow
//! from those ([`Balance`]).

mod balance;
mod body;
mod event;
mod frozen;
mod remaining;
mod stored;

use uuid::Uuid;

use crate::decision::{DecidedLine, Decision};
use crate::loyalty::{FrozenLoyalty, Settlement};
use crate::offline::OverGrant;
use crate::request::{Line, Mode, Request};
use crate::usage::{Charge, Quota, Totals};

pub use balance::Balance;
pub use body::{OperationBody, ReversalBody, UnitsOfLine};
pub use event::{Event, Move, Operation, OperationKind, Origin, Refusal, Reversal, Undone, What};
pub use frozen::FrozenLine;
pub use remaining::Remaining;
pub use stored::{StoredAuthorization, StoredError, StoredEvent};

/// One use: what was decided, frozen, and its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Captured at once, or held.
    pub mode: Mode,
    /// The lines as they were decided.
    pub lines: Vec<FrozenLine>,
    /// Whose use was charged where when it was decided; what is consumed now is [`Authorization::consumed`].
    charged: Vec<Charge>,
    /// The limits that it was decided under.
    pub quotas: Vec<Quota>,
    /// What a terminal granted beyond our own decision, as it was recorded.
    pub over_granted: Vec<OverGrant>,
    /// What it keeps of points and coupons.
    pub loyalty: FrozenLoyalty,
    history: Vec<Event>,
    /// Follows from all the others.
    balance: Balance,
    /// Requests so far before or after which something stood sold.
    movements: u32,
}

/// Where an authorization stands: a hold waits as `held`; a sale is `captured`, `partly_refunded` or `refunded`; `voided` was
/// called off, `expired` was held too long, `reversed` was undone by its request's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
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

/// What freezing takes: everything that is known of an authorization before anything happened to it.
struct Frozen {
    mode: Mode,
    lines: Vec<FrozenLine>,
    charged: Vec<Charge>,
    quotas: Vec<Quota>,
    over_granted: Vec<OverGrant>,
    loyalty: FrozenLoyalty,
}

impl Authorization {
    /// Freezes a decision on a request, with what a terminal granted beyond it.
    pub fn new(request: &Request, decision: Decision, over_granted: Vec<OverGrant>) -> Self {
        let Decision { lines, charges: charged, quotas, counted_by, .. } = decision;
        let lines = request.lines.iter().zip(lines).enumerate();
        let frozen = |(place, (asked, decided)): (usize, (&Line, DecidedLine))| FrozenLine {
            product: asked.product.as_str().into(),
            quantity: asked.quantity,
            decided,
            counted_by: counted_by.of_line(place).cloned().collect(),
            tenders: Vec::new(),
        };
        let lines = lines.map(frozen).collect();
        let loyalty = FrozenLoyalty::default();
        Self::frozen(Frozen { mode: request.mode, lines, charged, quotas, over_granted, loyalty })
    }

    fn frozen(frozen: Frozen) -> Self {
        let Frozen { mode, lines, charged, quotas, over_granted, loyalty } = frozen;
        let balance = Balance::whole(opened(mode), &lines, &over_granted);
        let movements = u32::from(balance.is_sold());
        Self { mode, lines, charged, quotas, over_granted, loyalty, history: Vec::new(), balance, movements }
    }

    /// Keeps what points come to of one that was just opened: what is payable of each line is split by what they pay of it.
    pub fn settle(&mut self, settlement: &Settlement) {
        for (line, settled) in self.lines.iter_mut().zip(&settlement.lines) {
            line.tenders.clone_from(&settled.tender);
        }
        self.loyalty = settlement.frozen.clone();
        self.balance = Balance::whole(opened(self.mode), &self.lines, &self.over_granted);
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.balance.state()
    }

    /// What its history comes to.
    pub fn balance(&self) -> &Balance {
        &self.balance
    }

    /// Everything that happened, in order, what was undone as well.
    pub fn history(&self) -> &[Event] {
        &self.history
    }

    /// What is left of a line, by its place; nothing of one that is not there.
    pub fn left(&self, line: usize) -> &Remaining {
        static NOTHING: Remaining = Remaining::NOTHING;
        self.balance.lines().get(line).unwrap_or(&NOTHING)
    }

    /// Operations that were not undone, with their request.
    pub fn standing_operations(&self) -> impl DoubleEndedIterator<Item = (&Origin, &Operation)> {
        let standing = self.history.iter().filter(|event| !event.undone);
        standing.filter_map(|event| Some((&event.origin, event.operation()?)))
    }

    /// The requests of operations that were not undone.
    pub fn standing_requests(&self) -> Vec<Uuid> {
        self.standing_operations().filter_map(|(origin, _)| origin.request_id).collect()
    }

    /// How many movements it made so far: requests before or after which something stood sold.
    pub fn movements(&self) -> u32 {
        self.movements
    }

    /// What it consumes now: of each charge that was made, what is left of it, in the same order.
    pub fn consumed(&self) -> Vec<Charge> {
        self.consumed_of(&self.balance)
    }

    /// What it consumed when its history came to `balance`: of each charge that was made, what was left of it.
    pub fn consumed_of(&self, balance: &Balance) -> Vec<Charge> {
        let now = |charge: &Charge| {
            let mut totals = Totals::default();
            for (line, left) in self.lines.iter().zip(balance.lines()) {
                totals = totals.plus(line.still_charged(&charge.code, left));
            }
            // A use goes when nothing of it is left.
            totals.uses = if totals.units > 0 || totals.discount > 0 { charge.totals.uses } else { 0 };
            Charge { totals, ..charge.clone() }
        };
        self.charged.iter().map(now).collect()
    }

    /// What it was charged when it was opened, which it consumes until something happens to it.
    pub fn charged(&self) -> &[Charge] {
        &self.charged
    }

    /// What of it stands over-granted, by line and benefit, and who bears it.
    pub fn standing_over_grants(&self) -> Vec<OverGrant> {
        self.balance.over_granted(&self.lines)
    }

    /// What of it stood over-granted when its history came to `balance`.
    pub fn over_grants_of(&self, balance: &Balance) -> Vec<OverGrant> {
        balance.over_granted(&self.lines)
    }

    /// Captures: what is not named is released; none named is all.
    ///
    /// # Errors
    /// Another state than held; a line that is not there, or more units than it has.
    pub fn capture(&mut self, origin: Origin, units: &[UnitsOfLine]) -> Result<&Event, Refusal> {
        self.must_be(&[State::Held])?;
        let moves = self.moves(units)?;
        Ok(self.operate(origin, OperationKind::Capture, moves))
    }

    /// Gives units back, of what was captured; none named is all that is left.
    ///
    /// # Errors
    /// Nothing captured is left; a line that is not there, or more units than are left of it.
    pub fn refund(&mut self, origin: Origin, units: &[UnitsOfLine]) -> Result<&Event, Refusal> {
        self.must_be(&[State::Captured, State::PartlyRefunded])?;
        let moves = self.moves(units)?;
        Ok(self.operate(origin, OperationKind::Refund, moves))
    }

    /// Calls it off.
    ///
    /// # Errors
    /// Something was refunded, or nothing is left to call off.
    pub fn void(&mut self, origin: Origin) -> Result<&Event, Refusal> {
        self.must_be(&[State::Held, State::Captured])?;
        let moves = self.everything();
        Ok(self.operate(origin, OperationKind::Void, moves))
    }

    /// Lets a hold expire.
    ///
    /// # Errors
    /// It is not held.
    pub fn expire(&mut self, origin: Origin) -> Result<&Event, Refusal> {
        self.must_be(&[State::Held])?;
        let moves = self.everything();
        Ok(self.operate(origin, OperationKind::Expiry, moves))
    }

    /// Undoes the sale or hold itself, with everything that followed it (`whole`), or one operation and what built on it: after
    /// a capture its refunds, too.
    pub fn reverse(&mut self, origin: Origin, original_request_id: Uuid, whole: bool) -> Undone {
        let stands = if whole { self.state() != State::Reversed } else { self.place_of(original_request_id).is_some() };
        let undone = if stands { Undone::Now } else { Undone::Already };
        let reversal = Reversal { original_request_id, whole, undone, over_granted: Vec::new() };
        self.append(origin, What::Reversal(reversal));
        undone
    }

    /// Adds to the reversal just made what came back by it beyond a limit since `before`: the provider bears that.
    pub fn bear_beyond(&mut self, before: &Balance, over_granted: Vec<OverGrant>) {
        self.balance.bear_beyond(before, &self.lines, &over_granted);
        if let Some(Event { what: What::Reversal(reversal), .. }) = self.history.last_mut() {
            reversal.over_granted = over_granted;
        }
    }

    fn must_be(&self, allowed: &[State]) -> Result<(), Refusal> {
        let state = self.state();
        if allowed.contains(&state) { Ok(()) } else { Err(Refusal::NotInState(state)) }
    }

    fn operate(&mut self, origin: Origin, kind: OperationKind, moves: Vec<Move>) -> &Event {
        let place = self.history.len();
        self.append(origin, What::Operation(Operation { kind, moves }));
        #[allow(clippy::indexing_slicing, reason = "it was pushed there just now")]
        &self.history[place]
    }

    /// Adds to the history; the balance follows.
    fn append(&mut self, origin: Origin, what: What) {
        let was_sold = self.balance.is_sold();
        match &what {
            What::Operation(operation) => self.balance.operate(operation),
            What::Reversal(Reversal { undone: Undone::Already, .. }) => {
                return self.history.push(Event { origin, what, undone: false });
            }
            What::Reversal(Reversal { whole: true, .. }) => self.balance.clear(),
            What::Reversal(reversal) => self.undo(reversal.original_request_id),
        }
        let whole = matches!(&what, What::Reversal(Reversal { whole: true, .. }));
        self.history.push(Event { origin, what, undone: false });
        self.balance.state = if whole { State::Reversed } else { self.state_now() };
        self.balance.settle();
        self.movements += u32::from(was_sold || self.balance.is_sold());
    }

    /// Where the operation of a request stands in the history, if it was not undone.
    fn place_of(&self, request_id: Uuid) -> Option<usize> {
        let is_it =
            |event: &Event| !event.undone && event.origin.request_id == Some(request_id) && event.operation().is_some();
        self.history.iter().position(is_it)
    }

    fn undo(&mut self, request_id: Uuid) {
        let Some(place) = self.place_of(request_id) else { return };
        let mut later = self.history.iter_mut().skip(place);
        let Some(event) = later.next() else { return };
        event.undone = true;
        let What::Operation(operation) = &event.what else { return };
        if operation.kind == OperationKind::Capture {
            // What was called off meanwhile stays so.
            let is_refund =
                |event: &&mut Event| event.operation().is_some_and(|later| later.kind == OperationKind::Refund);
            later.filter(is_refund).for_each(|refund| refund.undone = true);
        }
        match operation.kind {
            // Nothing comes back to what was undone as a whole.
            _ if self.balance.state == State::Reversed => {}
            // Nothing but refunds can follow a refund that stands.
            OperationKind::Refund => self.balance.refund(operation, -1),
            OperationKind::Capture | OperationKind::Void | OperationKind::Expiry => self.recount(),
        }
    }

    /// Counts anew what is left after the operations that stand.
    fn recount(&mut self) {
        self.balance.restart(&self.lines);
        let standing = self.history.iter().filter(|event| !event.undone).filter_map(Event::operation);
        standing.for_each(|operation| self.balance.operate(operation));
    }

    fn state_now(&self) -> State {
        if self.balance.state == State::Reversed {
            return State::Reversed;
        }
        match self.standing_operations().next_back().map(|(_, operation)| operation.kind) {
            None => opened(self.mode),
            Some(OperationKind::Capture) => State::Captured,
            Some(OperationKind::Void) => State::Voided,
            Some(OperationKind::Expiry) => State::Expired,
            Some(OperationKind::Refund) if self.balance.units() == 0 => State::Refunded,
            Some(OperationKind::Refund) => State::PartlyRefunded,
        }
    }
}

/// Where it stands before anything happened to it.
fn opened(mode: Mode) -> State {
    match mode {
        Mode::Hold => State::Held,
        Mode::Sale => State::Captured,
    }
}
