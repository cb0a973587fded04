//! What steps read, and what they have entered.

use std::sync::Arc;

use avis_core::loyalty::{Account, AccountKey};
use avis_core::movement::Movement;
use avis_core::offline::{OverGrant, OverGrantKey, OverGranted};
use avis_core::{Charge, Fingerprint, Need, Reading, Totals};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{AccountEvent, CouponUse, Panicked, Posted, Wanted};
use crate::ledger::IdempotencyKey;
use crate::record::Record;

/// What a step reads: everything as the steps before it left it.
pub(crate) trait Books {
    /// Why they can't be read, or why what is read can't be decided.
    type Error: From<Panicked>;

    /// What is known of a provider's request.
    fn request(&self, provider: &str, id: Uuid) -> Result<Option<Known>, Self::Error>;

    /// A provider's record; another provider's is as good as none.
    fn record(&self, provider: &str, id: Uuid) -> Result<Option<Record>, Self::Error>;

    /// What was used, in the order of the needs.
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, Self::Error>;

    /// An account of points, with what is wanted of it.
    fn account(&self, key: &AccountKey, wanted: Wanted) -> Result<Account, Self::Error>;

    /// How many uses of a coupon stand.
    fn coupon_uses(&self, campaign: &str, code: &str) -> Result<i64, Self::Error>;

    /// What was over-granted to a holder by a benefit on one service date.
    fn over_granted(&self, key: &OverGrantKey) -> Result<OverGranted, Self::Error>;
}

/// A request that was answered, or whose reversal came first.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// None while only its reversal has come.
    pub(crate) answered: Option<Answered>,
    pub(crate) reversed: bool,
}

/// What a request meant, and what was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) kind: RequestKind,
    /// What it opened or changed; none where it did neither.
    pub(crate) authorization: Option<Uuid>,
    /// JSON.
    pub(crate) body: Vec<u8>,
}

/// What a request asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// A sale or hold, also one without a connection.
    Authorize,
    /// A capture, void or refund.
    Operate,
    /// The undoing of another request.
    Reverse,
    /// Something outside of sales: what happened to an account of points, or a request about a person.
    Account,
}

impl RequestKind {
    /// The word in the tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Operate => "operate",
            Self::Reverse => "reverse",
            Self::Account => "account",
        }
    }

    /// The kind of a word in the tables.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Authorize, Self::Operate, Self::Reverse, Self::Account].into_iter().find(|kind| kind.word() == word)
    }
}

impl Known {
    /// Whether this very request was answered without opening an authorization.
    pub(super) fn is_declined(&self, key: &IdempotencyKey) -> bool {
        let declined = |answered: &Answered| {
            let authorize = answered.kind == RequestKind::Authorize;
            authorize && answered.authorization.is_none() && answered.fingerprint == key.fingerprint
        };
        !self.reversed && self.answered.as_ref().is_some_and(declined)
    }
}

/// What a step enters into the books.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) provider: Arc<str>,
    pub(crate) request_id: Uuid,
    /// What is kept of the request; whether it is reversed stays as it is.
    pub(crate) answered: Answered,
    /// Another request of the provider that is reversed by it, known or not.
    pub(crate) reversed: Option<Uuid>,
    pub(crate) record: Option<Recorded>,
    /// What is consumed more, or less where it is negative.
    pub(crate) usage: Vec<Charge>,
    /// What moved of what stands sold.
    pub(crate) movement: Option<Box<Posting>>,
    /// What stands over-granted of the lines and benefits of which it changed; it takes the place of what is listed of the same.
    pub(crate) listed: Vec<Listed>,
    /// What is posted to accounts of points.
    pub(crate) posted: Vec<Posted>,
    /// Coupons that are used once more, or once less.
    pub(crate) coupons: Vec<CouponUse>,
    /// What happened to an account outside of sales.
    pub(crate) account_event: Option<AccountEvent>,
}

/// A record that is written.
#[derive(Clone, Debug)]
pub(crate) enum Recorded {
    /// With what its decision read.
    New(Box<Record>, Box<Reading>),
    /// One more event stands at the end of its history.
    Changed(Box<Record>),
}

/// A movement with everything that its rows say.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    pub(crate) authorization: Uuid,
    /// Counts the movements of the authorization from 1.
    pub(crate) number: u32,
    /// By which event of the authorization it moved, counted from 1; 0 is its opening.
    pub(crate) event: usize,
    pub(crate) provider: Arc<str>,
    /// The terminal that sent the request.
    pub(crate) terminal: Arc<str>,
    pub(crate) request_id: Uuid,
    /// What a reversal undid.
    pub(crate) original_request_id: Option<Uuid>,
    pub(crate) holder: Option<Arc<str>>,
    pub(crate) occurred_at: Timestamp,
    pub(crate) recorded_at: Timestamp,
    /// The provider's day of `occurred_at`.
    pub(crate) natural_date: Date,
    /// The provider's day on which the authorization itself took place.
    pub(crate) authorized_on: Date,
    pub(crate) territory: Option<Arc<str>>,
    pub(crate) movement: Movement,
}

/// What stands over-granted of a line and benefit, with who is liable; nothing of it stands where both amounts are zero.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) authorization: Uuid,
    pub(crate) over_grant: OverGrant,
    /// Towards whose caps it counts if it is new; none where it is the provider's alone.
    pub(crate) holder: Option<Arc<str>>,
    pub(crate) date: Date,
}

impl Entry {
    /// An answer, and nothing else yet.
    pub(super) fn of(key: &IdempotencyKey, kind: RequestKind, authorization: Option<Uuid>, body: Vec<u8>) -> Self {
        Self {
            provider: key.provider.clone(),
            request_id: key.request_id,
            answered: Answered { fingerprint: key.fingerprint, kind, authorization, body },
            reversed: None,
            record: None,
            usage: Vec::new(),
            movement: None,
            listed: Vec::new(),
            posted: Vec::new(),
            coupons: Vec::new(),
            account_event: None,
        }
    }
}

impl Listed {
    /// What went beyond in a record, under the keys towards whose caps it counts.
    pub(super) fn of(record: &Record, over_grant: &OverGrant, keys: &[OverGrantKey]) -> Self {
        // What is the provider's alone counts towards nobody's caps: the day of the sale in UTC will do.
        let key = keys.iter().find(|key| key.benefit == over_grant.benefit);
        let date = key.map_or_else(|| jiff::tz::TimeZone::UTC.to_datetime(record.occurred_at).date(), |key| key.date);
        let holder = key.map(|key| key.holder.clone());
        Self { authorization: record.id, over_grant: over_grant.clone(), holder, date }
    }

    /// Whether nothing of it stands.
    pub(crate) fn is_nothing(&self) -> bool {
        self.over_grant.grantor == 0 && self.over_grant.provider == 0
    }
}
