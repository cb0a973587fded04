//! What moved by one request: what stands sold of an authorization after it less what stood sold before, by line, discount and
//! who bears it. The sum of an authorization's movements is what stands sold of it.

mod difference;
mod service_day;

use std::sync::Arc;

use crate::authorization::{Authorization, Balance, OperationKind, Undone, What};

pub use service_day::{OwnDay, ServiceDay};

/// What one request moved. Amounts are minor units; they are negative where something was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// By what kind of request.
    pub kind: MovementKind,
    /// Whether something was sold or given back.
    pub direction: Direction,
    /// Payable and discount together.
    pub gross: i64,
    /// The part of payers and of the provider.
    pub discount: i64,
    /// The part of the person.
    pub payable: i64,
    /// Lines that changed, in the order of the authorization.
    pub lines: Vec<MovedLine>,
}

/// What moved of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedLine {
    /// As in the request that was authorized.
    pub line_id: Box<str>,
    /// What was sold, as a path.
    pub product: Box<str>,
    /// Units that were sold, or given back.
    pub units: i64,
    /// Payable and discounts together, in minor units.
    pub gross: i64,
    /// The part of the person, in minor units.
    pub payable: i64,
    /// Discounts that changed, in the order in which they were taken.
    pub discounts: Vec<MovedDiscount>,
}

/// What moved of one discount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedDiscount {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Its version.
    pub version: i64,
    /// Who granted the benefit; none of a benefit that a terminal granted and that is not known.
    pub grantor: Option<Arc<str>>,
    /// Units that the discount covers.
    pub units: i64,
    /// The sum of the entries, in minor units.
    pub amount: i64,
    /// Who bears it, one entry for each payer and cause; none of zero.
    pub entries: Vec<Entry>,
}

/// What one payer bears for one cause of what moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The payer's code.
    pub payer: Arc<str>,
    /// Why this payer bears it.
    pub cause: Cause,
    /// Minor units, never zero.
    pub amount: i64,
}

/// Why a payer bears an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// By the benefit's own funding.
    Funding,
    /// A limit left it to the provider.
    Unfunded,
    /// It went beyond what was due.
    OverGranted,
}

impl Cause {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Funding, Self::Unfunded, Self::OverGranted];

    /// The cause of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }

    /// The word on the wire; empty for the benefit's own funding.
    pub fn word(self) -> &'static str {
        match self {
            Self::Funding => "",
            Self::Unfunded => "unfunded",
            Self::OverGranted => "over_granted",
        }
    }
}

/// By what kind of request something moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum MovementKind {
    /// A sale that was captured at once, also one that an engine made standing in for the ledger.
    Sale,
    /// The capture of a hold.
    Capture,
    /// A sale that a terminal uploaded.
    Advice,
    /// A void of what was captured.
    Void,
    /// A refund.
    Refund,
    /// The undoing of any of these.
    Reversal,
}

impl MovementKind {
    /// Each of them.
    pub const ALL: [Self; 6] = [Self::Sale, Self::Capture, Self::Advice, Self::Void, Self::Refund, Self::Reversal];

    /// The kind of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Capture => "capture",
            Self::Advice => "advice",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Reversal => "reversal",
        }
    }
}

/// Whether something was sold or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More stands sold than before.
    Sale,
    /// Less stands sold than before, or nothing.
    Return,
}

impl Direction {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Sale, Self::Return];

    /// The direction of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.word() == word)
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Return => "return",
        }
    }
}

impl MovedDiscount {
    /// Its entries as rows of payer, cause and amount. Where units moved that no money went with, one row without a payer keeps
    /// them.
    pub fn rows(&self) -> impl Iterator<Item = (Option<&Arc<str>>, Cause, i64)> {
        let without_money = self.entries.is_empty().then_some((None, Cause::Funding, 0));
        self.entries.iter().map(|entry| (Some(&entry.payer), entry.cause, entry.amount)).chain(without_money)
    }
}

impl Movement {
    /// The movement of a request that opened an authorization, if that stands sold. `provider` is the code of whose till it is.
    pub fn opening(authorization: &Authorization, provider: &Arc<str>, kind: MovementKind) -> Option<Self> {
        difference::between(authorization, provider, kind, None)
    }

    /// The movement of the last event of an authorization, whose history came to `before` until then. None if nothing stood sold
    /// before and nothing stands sold now, and of a reversal that found everything undone.
    pub fn of_last_event(before: &Balance, authorization: &Authorization, provider: &Arc<str>) -> Option<Self> {
        let kind = match &authorization.history().last()?.what {
            What::Operation(operation) => match operation.kind {
                OperationKind::Capture => MovementKind::Capture,
                OperationKind::Void => MovementKind::Void,
                OperationKind::Refund => MovementKind::Refund,
                // Only what is held can expire.
                OperationKind::Expiry => return None,
            },
            What::Reversal(reversal) => match reversal.undone {
                Undone::Now => MovementKind::Reversal,
                Undone::Already => return None,
            },
        };
        difference::between(authorization, provider, kind, Some(before))
    }
}
