//! The interface of ledgers: what is consumed is consumed here, atomically, once.

use std::sync::Arc;

use avis_core::authorization::{OperationBody, OperationKind, Refusal, ReversalBody};
use avis_core::loyalty::{AccountKey, Adjustment, Inquiry, Known};
use avis_core::offline::Granted;
use avis_core::{Charge, Decision, Faults, Fingerprint, IdentifierSecret, Need, Plan, Reading, Totals};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use uuid::{Builder, Uuid};

use crate::erasing::Erased;
use crate::revision::RulesRead;

/// Records what terminals ask, once.
pub trait Recording: Send + Sync {
    /// Hands a task over; the verdict comes when it is durable.
    ///
    /// # Errors
    /// At once if too many wait already, or the ledger was stopped.
    fn submit(&self, task: Task) -> Result<Pending, LedgerError>;

    /// Erases a person whom engines do not know any more: what decisions read of them goes, amounts stay under a subject that nobody
    /// can join with them, and seals hold. Reads the whole ledger, and may be repeated.
    ///
    /// # Errors
    /// A store that can't be read or written: nothing is erased then, or all of it.
    fn erase(&self, holder: &str) -> Result<Erased, LedgerError>;
}

/// What was recorded, as terminals read it back: of their own provider alone.
pub trait ReadBack: Send + Sync {
    /// A provider's authorization as it stands, with its history, as JSON.
    ///
    /// # Errors
    /// A store that can't be read.
    fn authorization(&self, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, LedgerError>;

    /// What a provider's request was answered, as JSON: the authorization as it stands, where it opened or changed one. None of a request
    /// about a person.
    ///
    /// # Errors
    /// A store that can't be read.
    fn request(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, LedgerError>;

    /// What the decision of a provider's authorization read, and which rules it read.
    ///
    /// # Errors
    /// A store that can't be read.
    fn reading(&self, provider: &str, id: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError>;
}

/// Consumes limits and keeps records. What it promises is held by the conformance suite in `tests/`:
///
/// - A decision and its record are one step: no limit that declines is exceeded, however many ask at once.
/// - What was answered is durable.
/// - One effect for one request id: a repeat is answered with the same bytes, whatever happened since; another meaning under
///   the same id is refused, and nothing is written.
/// - What is refused or fails leaves nothing; one task's failure is never another's.
/// - An operation moves what is left of the frozen parts; usage follows, in the window in which it was charged.
/// - What moves of what stands sold is written as a movement in the same step, never changed and never deleted: the sum of an
///   authorization's movements is what stands sold of it. Everything else that happened stands in its history, for good.
/// - What a terminal sold without a connection is kept as it was granted; what went beyond our decision is listed with who is
///   liable. What an engine answered meanwhile stays the answer to that request, under the id that it told.
/// - A reversal undoes its original whether it comes before, after or without it, once.
pub trait Ledger: Recording + ReadBack {
    /// What was used, in the order of the needs, as of the last commit.
    ///
    /// # Errors
    /// A store that can't be read.
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError>;

    /// What is known of a request's accounts of points and coupons, as of the last commit. Lots are judged at `now`, or at the time
    /// of the request if that is later.
    ///
    /// # Errors
    /// A store that can't be read.
    fn known(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, LedgerError>;

    /// The same as usage without waiting for any store, where memory is sure to be equal to the last commit; none where it must be read.
    fn usage_in_memory(&self, _: &[Need]) -> Option<Vec<Totals>> {
        None
    }

    /// What a sale would be given at this moment, where that is decided without the ledger that engines share; none where it is
    /// decided by what was used.
    ///
    /// # Errors
    /// A store that can't be read.
    fn decide_away(&self, _: &Plan) -> Option<Result<AwayDecision, LedgerError>> {
        None
    }

    /// What it counted so far.
    fn statistics(&self) -> Statistics;
}

/// A decision without the ledger that engines share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwayDecision {
    /// What is given.
    pub decision: Decision,
    /// Whether the ledger had told of all usage that it needed to know.
    pub was_told: bool,
}

/// A verdict on its way.
pub type Pending = oneshot::Receiver<Result<Verdict, LedgerError>>;

/// Something to be recorded.
#[derive(Debug)]
pub enum Task {
    /// Decide and record.
    Authorize(Box<NewAuthorization>),
    /// Keep what a terminal sold without a connection.
    Advise {
        /// The request, planned as of its time.
        new: Box<NewAuthorization>,
        /// What the terminal granted.
        granted: Vec<Granted>,
        /// By the terminal's clock.
        device_time: Timestamp,
        /// In the order in which the terminal sold.
        device_sequence: u64,
        /// What the terminal was answered already, if an engine stood in for the ledger.
        told: Option<OfflineAnswer>,
    },
    /// Capture, void or refund.
    Operate {
        /// Of the operation.
        key: IdempotencyKey,
        /// The terminal that asks for it.
        terminal: Arc<str>,
        /// On which authorization of the provider.
        authorization: Uuid,
        /// What to do.
        kind: OperationKind,
        /// With which units.
        body: OperationBody,
    },
    /// Undo a request, whether it arrived or not.
    Reverse {
        /// Of the reversal.
        key: IdempotencyKey,
        /// The terminal that asks for it.
        terminal: Arc<str>,
        /// What to undo.
        body: ReversalBody,
    },
    /// Change an account of points outside of sales.
    OfAccount(Box<AccountTask>),
    /// Take an id for a request about a person, which is answered elsewhere: no sale and no operation has it from then on.
    Claim(IdempotencyKey),
}

/// Something to be done to an account of points that no till asks for.
#[derive(Debug)]
pub struct AccountTask {
    /// Under which it is done once.
    pub key: IdempotencyKey,
    /// Whose points.
    pub account: AccountKey,
    /// What to do.
    pub change: AccountChange,
}

/// What is done to an account.
#[derive(Debug)]
pub enum AccountChange {
    /// Its owner gives points or takes some.
    Adjust {
        /// How many, by which terms.
        adjustment: Adjustment,
        /// Why, for the statement of the account.
        reason: Box<str>,
    },
    /// What has expired is booked, for reports: it changes no answer.
    BookExpiry,
}

impl AccountTask {
    /// A task under an id of its own.
    pub fn new(id: Uuid, account: AccountKey, change: AccountChange, secret: &IdentifierSecret) -> Self {
        // No provider is called so: its requests are none of a till's.
        let provider = format!("program:{}", account.program).into();
        let fingerprint = match &change {
            AccountChange::Adjust { adjustment, reason } => {
                Fingerprint::of_adjustment(id, &account, (adjustment.points, reason), secret)
            }
            AccountChange::BookExpiry => Fingerprint::of_adjustment(id, &account, (0, ""), secret),
        };
        Self { key: IdempotencyKey { provider, request_id: id, fingerprint }, account, change }
    }
}

impl Task {
    /// Under which it is answered once.
    pub fn key(&self) -> &IdempotencyKey {
        match self {
            Self::Authorize(new) | Self::Advise { new, .. } => &new.key,
            Self::Operate { key, .. } | Self::Reverse { key, .. } => key,
            Self::OfAccount(task) => &task.key,
            Self::Claim(key) => key,
        }
    }
}

/// What an engine answered in the ledger's stead: it stays the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineAnswer {
    /// Under which id it is to be recorded; none if it was declined.
    pub authorization: Option<Uuid>,
    /// JSON.
    pub body: Vec<u8>,
}

/// A request that was planned and is to be decided with the usage of that moment.
#[derive(Debug)]
pub struct NewAuthorization {
    /// Of the request.
    pub key: IdempotencyKey,
    /// What can apply, whatever is found out about points and coupons.
    pub plan: Box<Plan>,
    /// Which accounts of points and which coupons must be known before it is decided; none if none must be.
    pub inquiry: Option<Inquiry>,
    /// Whose till it is.
    pub terminal: Arc<str>,
    /// Which rules the plan read.
    pub rules: RulesRead,
    /// Whether that data may be too old.
    pub stale: bool,
    /// How long a hold waits for its capture.
    pub hold: SignedDuration,
}

impl NewAuthorization {
    /// The id of the authorization that it opens: the same wherever it is opened. Where an engine died with its answer and the
    /// terminal had to ask another one while the ledger was away, whichever answer it has names the one record.
    ///
    /// A UUID of version 7: in the order of the sales, so that partitions and indexes stay dense.
    pub(crate) fn authorization_id(&self) -> Uuid {
        let mut hasher = blake3::Hasher::new_derive_key("AVIS id of the authorization that a request opens");
        hasher.update(self.key.request_id.as_bytes()).update(self.key.provider.as_bytes());
        let mut random = [0; 10];
        hasher.finalize_xof().fill(&mut random);
        let millis = u64::try_from(self.plan.request().occurred_at.as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// Under which a request is answered once, and what it means.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// Ids are unique for each provider.
    pub provider: Arc<str>,
    /// The terminal's own.
    pub request_id: Uuid,
    /// Of its meaning.
    pub fingerprint: Fingerprint,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is recorded, now or before.
    Answered {
        /// JSON.
        body: Vec<u8>,
        /// Whether it was answered before.
        replayed: bool,
        /// Whether what was answered before was undone since, so that it stands no more.
        reversed: bool,
        /// What was consumed more by it, or less where it is negative; nothing by a repeat.
        usage: Vec<Charge>,
    },
    /// Nothing happened.
    Refused(Refused),
}

impl Verdict {
    /// What was answered before.
    pub fn repeated(body: Vec<u8>, reversed: bool) -> Self {
        Self::Answered { body, replayed: true, reversed, usage: Vec::new() }
    }
}

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What a terminal says it granted can't be.
    #[error(transparent)]
    Granted(#[from] Faults),
    /// The id was used for something else.
    #[error("this `request_id` was used for another request")]
    RequestIdReused,
    /// The provider has no such authorization.
    #[error("there is no such authorization")]
    NoSuchAuthorization,
    /// The authorization does not allow it.
    #[error(transparent)]
    Operation(#[from] Refusal),
    /// More points are to be taken than there are.
    #[error("the account has {balance} points")]
    TooMuch {
        /// What there is, less what is owed.
        balance: i64,
    },
    /// Neither a reversal nor a request about a person can be undone.
    #[error("the original is a reversal, or a request about a person")]
    NotReversible,
}

/// Tasks that may wait in all: more than a second's work; beyond it a refusal at once is kinder than an answer too late.
pub(crate) const WAITING_MAX: usize = 4096;

/// Why there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Too many wait already.
    #[error("too many requests wait for the ledger")]
    Overloaded,
    /// It was stopped.
    #[error("the ledger is stopped")]
    Stopped,
    /// The store failed. Nothing was recorded, or what was is answered to the same request again.
    #[error("the ledger's store failed: {0}")]
    Failed(String),
    /// The store could not be reached: surely nothing was recorded.
    #[error("the ledger's store is out of reach: {0}")]
    OutOfReach(String),
}

/// What a ledger counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Commits.
    pub batches: u64,
    /// Tasks in them.
    pub tasks: u64,
    /// Microseconds that tasks waited for their commit, in all.
    pub waited_us: u64,
    /// Commits that failed.
    pub failures: u64,
    /// Whether the newest commit failed.
    pub failing: bool,
    /// What requests appended and was sealed.
    pub sealed: u64,
    /// What is committed and not sealed yet, by whichever engine; on PostgreSQL counted up to 100,000.
    pub unsealed: u64,
}
