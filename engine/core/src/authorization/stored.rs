//! How authorizations and what happened to them are stored: forms of their own, which no change of an answer changes.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Authorization, Event, Frozen, FrozenLine, Move, Operation, OperationKind, Origin, OverGrant, Reversal, Undone, What,
};
use crate::decision::{DecidedLine, Discount, FundingEntry, FundingReason};
use crate::document::Text;
use crate::loyalty::{FrozenLoyalty, TenderPart};
use crate::reason::Reasons;
use crate::request::Mode;
use crate::usage::{Charge, Quota};

/// The form of what is written now; what has a newer one can't be read.
const FORMAT: u8 = 1;

/// An authorization as it was opened, in its stored form: it is written once and never changed.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct StoredAuthorization<'a> {
    mode: Mode,
    #[serde(borrow)]
    lines: Vec<StoredLine<'a>>,
    #[serde(default, skip_serializing_if = "is_empty")]
    charged: Cow<'a, [Charge]>,
    #[serde(default, skip_serializing_if = "is_empty")]
    quotas: Cow<'a, [Quota]>,
    #[serde(default, skip_serializing_if = "is_empty")]
    over_granted: Cow<'a, [OverGrant]>,
    #[serde(default, skip_serializing_if = "is_nothing")]
    loyalty: Cow<'a, FrozenLoyalty>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct StoredLine<'a> {
    #[serde(borrow)]
    line_id: Cow<'a, str>,
    #[serde(borrow)]
    product: Cow<'a, str>,
    quantity: i64,
    gross: i64,
    payable: i64,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<StoredDiscount<'a>>,
    #[serde(default, skip_serializing_if = "has_none")]
    reasons: Reasons,
    #[serde(default, skip_serializing_if = "is_empty")]
    counted_by: Cow<'a, [Arc<str>]>,
    #[serde(default, skip_serializing_if = "is_empty")]
    tenders: Cow<'a, [TenderPart]>,
    #[serde(default, deserialize_with = "crate::decision::told", skip_serializing_if = "Option::is_none")]
    reference_price: Option<Option<i64>>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct StoredDiscount<'a> {
    #[serde(borrow)]
    benefit: Cow<'a, str>,
    version: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    grantor: Option<Cow<'a, str>>,
    public_name: Cow<'a, Text>,
    units: i64,
    amount: i64,
    #[serde(borrow)]
    funding: Vec<StoredFunding<'a>>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct StoredFunding<'a> {
    #[serde(borrow)]
    payer: Cow<'a, str>,
    amount: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<FundingReason>,
}

/// Something that happened to an authorization, in its stored form: it is written once and never changed.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct StoredEvent<'a> {
    format: u8,
    kind: StoredKind,
    at: Timestamp,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    terminal: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<Uuid>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_empty")]
    moves: Cow<'a, [Move]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    original_request_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<Undone>,
    #[serde(default, skip_serializing_if = "is_empty")]
    over_granted: Cow<'a, [OverGrant]>,
}

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind {
    Capture,
    Void,
    Refund,
    Expiry,
    Reversal,
}

/// Why something stored can't be read.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// It is not what it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("its format is {0}, and this program reads up to {FORMAT}")]
    Newer(u8),
    /// A reversal that does not say what it undid, or whether it did.
    #[error("a reversal without `original_request_id` or `result`")]
    Reversal,
}

impl<'a> StoredAuthorization<'a> {
    /// The authorization as it was opened.
    pub fn new(authorization: &'a Authorization) -> Self {
        Self {
            mode: authorization.mode,
            lines: authorization.lines.iter().map(StoredLine::new).collect(),
            charged: Cow::Borrowed(&authorization.charged),
            quotas: Cow::Borrowed(&authorization.quotas),
            over_granted: Cow::Borrowed(&authorization.over_granted),
            loyalty: Cow::Borrowed(&authorization.loyalty),
        }
    }

    /// The authorization as it was opened, before anything happened to it.
    pub fn open(self) -> Authorization {
        Authorization::frozen(Frozen {
            mode: self.mode,
            lines: self.lines.into_iter().map(StoredLine::frozen).collect(),
            charged: self.charged.into_owned(),
            quotas: self.quotas.into_owned(),
            over_granted: self.over_granted.into_owned(),
            loyalty: self.loyalty.into_owned(),
        })
    }
}

impl<'a> StoredLine<'a> {
    fn new(line: &'a FrozenLine) -> Self {
        let DecidedLine { line_id, gross, payable, discounts, reasons, reference_price } = &line.decided;
        Self {
            line_id: Cow::Borrowed(line_id),
            product: Cow::Borrowed(&line.product),
            quantity: line.quantity,
            gross: *gross,
            payable: *payable,
            discounts: discounts.iter().map(StoredDiscount::new).collect(),
            reasons: *reasons,
            counted_by: Cow::Borrowed(&line.counted_by),
            tenders: Cow::Borrowed(&line.tenders),
            reference_price: *reference_price,
        }
    }

    fn frozen(self) -> FrozenLine {
        let discounts = self.discounts.into_iter().map(StoredDiscount::discount).collect();
        FrozenLine {
            product: self.product.into(),
            quantity: self.quantity,
            decided: DecidedLine {
                line_id: self.line_id.into(),
                gross: self.gross,
                payable: self.payable,
                discounts,
                reasons: self.reasons,
                reference_price: self.reference_price,
            },
            counted_by: self.counted_by.into_owned(),
            tenders: self.tenders.into_owned(),
        }
    }
}

impl<'a> StoredDiscount<'a> {
    fn new(discount: &'a Discount) -> Self {
        let funding = |entry: &'a FundingEntry| StoredFunding {
            payer: Cow::Borrowed(&entry.payer),
            amount: entry.amount,
            reason: entry.reason,
        };
        Self {
            benefit: Cow::Borrowed(&discount.benefit),
            version: discount.version,
            grantor: discount.grantor.as_deref().map(Cow::Borrowed),
            public_name: Cow::Borrowed(&discount.public_name),
            units: discount.units,
            amount: discount.amount,
            funding: discount.funding.iter().map(funding).collect(),
        }
    }

    fn discount(self) -> Discount {
        let funding = |entry: StoredFunding<'_>| FundingEntry {
            payer: entry.payer.into(),
            amount: entry.amount,
            reason: entry.reason,
        };
        Discount {
            benefit: self.benefit.into(),
            version: self.version,
            grantor: self.grantor.map(Arc::from),
            public_name: Arc::new(self.public_name.into_owned()),
            units: self.units,
            amount: self.amount,
            funding: self.funding.into_iter().map(funding).collect(),
        }
    }
}

impl<'a> StoredEvent<'a> {
    /// What happened.
    pub fn new(event: &'a Event) -> Self {
        let Origin { at, terminal, request_id, reason } = &event.origin;
        let stored = Self {
            format: FORMAT,
            kind: StoredKind::Reversal,
            at: *at,
            terminal: terminal.as_deref().map(Cow::Borrowed),
            request_id: *request_id,
            reason: reason.as_deref().map(Cow::Borrowed),
            moves: Cow::default(),
            original_request_id: None,
            whole: false,
            result: None,
            over_granted: Cow::default(),
        };
        match &event.what {
            What::Operation(Operation { kind, moves }) => {
                Self { kind: StoredKind::of(*kind), moves: Cow::Borrowed(moves), ..stored }
            }
            What::Reversal(Reversal { original_request_id, whole, undone, over_granted }) => Self {
                original_request_id: Some(*original_request_id),
                whole: *whole,
                result: Some(*undone),
                over_granted: Cow::Borrowed(over_granted),
                ..stored
            },
        }
    }

    fn read(self) -> Result<(Origin, What), StoredError> {
        if self.format > FORMAT {
            return Err(StoredError::Newer(self.format));
        }
        let (terminal, reason) = (self.terminal.map(Arc::from), self.reason.map(Box::from));
        let origin = Origin { at: self.at, terminal, request_id: self.request_id, reason };
        let what = match self.kind.operation() {
            Some(kind) => What::Operation(Operation { kind, moves: self.moves.into_owned() }),
            None => What::Reversal(Reversal {
                original_request_id: self.original_request_id.ok_or(StoredError::Reversal)?,
                whole: self.whole,
                undone: self.result.ok_or(StoredError::Reversal)?,
                over_granted: self.over_granted.into_owned(),
            }),
        };
        Ok((origin, what))
    }
}

impl StoredKind {
    fn of(kind: OperationKind) -> Self {
        match kind {
            OperationKind::Capture => Self::Capture,
            OperationKind::Void => Self::Void,
            OperationKind::Refund => Self::Refund,
            OperationKind::Expiry => Self::Expiry,
        }
    }

    fn operation(self) -> Option<OperationKind> {
        match self {
            Self::Capture => Some(OperationKind::Capture),
            Self::Void => Some(OperationKind::Void),
            Self::Refund => Some(OperationKind::Refund),
            Self::Expiry => Some(OperationKind::Expiry),
            Self::Reversal => None,
        }
    }
}

impl Authorization {
    /// Adds something stored to the history, as it happened then.
    ///
    /// # Errors
    /// A newer format, or a reversal that says nothing.
    pub fn replay(&mut self, event: StoredEvent<'_>) -> Result<(), StoredError> {
        let (origin, mut what) = event.read()?;
        let beyond = match &mut what {
            What::Reversal(reversal) => std::mem::take(&mut reversal.over_granted),
            What::Operation(_) => Vec::new(),
        };
        let before = (!beyond.is_empty()).then(|| self.balance.clone());
        self.append(origin, what);
        if let Some(before) = before {
            self.bear_beyond(&before, beyond);
        }
        Ok(())
    }
}

#[allow(clippy::ptr_arg, reason = "serde hands over the field itself")]
fn is_empty<T: Clone>(list: &Cow<'_, [T]>) -> bool {
    list.is_empty()
}

#[allow(clippy::ptr_arg, reason = "serde hands over the field itself")]
fn is_nothing(loyalty: &Cow<'_, FrozenLoyalty>) -> bool {
    loyalty.is_empty()
}

fn has_none(reasons: &Reasons) -> bool {
    reasons.is_empty()
}
