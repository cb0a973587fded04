//! What terminals read of an authorization and of what happened to it.

use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};

use super::advice::{Advised, OverGrant};
use super::decision::{Discount, Outcome, Reason};
use super::loyalty::{CouponAnswer, LinePoints, Programme, TenderPart};

/// One field that is not as expected.
#[derive(ToSchema)]
pub(crate) struct Fault {
    /// JSON pointer to it; empty for the whole document.
    pointer: String,
    /// What was expected there.
    detail: String,
}

/// An authorization as it stands, or a declined request, of which `authorization_id`, `state` and `recorded_at` are null.
#[derive(ToSchema)]
pub(super) struct Authorization {
    /// Names it from then on; null if it is declined.
    #[schema(format = "uuid", required)]
    authorization_id: Option<String>,
    /// Of the request that was authorized.
    #[schema(format = "uuid")]
    request_id: String,
    outcome: Outcome,
    /// Null if it is declined.
    #[schema(required)]
    state: Option<State>,
    /// Of the data that was read.
    #[schema(minimum = 0)]
    revision: u64,
    /// Whether newer data was known to exist.
    stale: bool,
    /// Of all lines as authorized, before discounts, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// Of all lines as authorized, in minor units.
    #[schema(minimum = 0)]
    discount: i64,
    /// Of all lines as authorized, after discounts, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// Of it, what points pay, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    tender: Option<i64>,
    /// Of it, what is paid in money, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// Of each coupon presented; where there are programmes, but not in the answer to an operation.
    #[schema(nullable = false)]
    coupons: Option<Vec<CouponAnswer>>,
    /// The programmes in play, and others that the request names; in the answer to an operation, what it did to their points; where there are programmes.
    #[schema(nullable = false)]
    loyalty: Option<Vec<Programme>>,
    /// In the order of the request.
    lines: Vec<AuthorizedLine>,
    /// Why something is left to pay, sorted; those of all lines and of the person.
    reasons: Vec<Reason>,
    /// Where only one can be said to the person; null if nothing is left to pay or there is no reason.
    #[schema(required)]
    main_reason: Option<Reason>,
    /// When a hold ends by itself; null unless it is held.
    #[schema(format = "date-time", required)]
    expires_at: Option<String>,
    /// When it became durable; null if it is declined.
    #[schema(format = "date-time", required)]
    recorded_at: Option<String>,
    /// When it took place, by the terminal; where an authorization is read.
    #[schema(format = "date-time", nullable = false)]
    occurred_at: Option<String>,
    /// The terminal that sold; where an authorization is read.
    #[schema(nullable = false)]
    terminal: Option<String>,
    /// There if it was sold without a connection.
    #[schema(nullable = false)]
    advice: Option<Advised>,
    /// What just happened; in the answer to a capture, a void, a refund or a reversal.
    #[schema(nullable = false)]
    operation: Option<Operation>,
    /// Every operation and reversal, in order, for good; where an authorization is read.
    #[schema(nullable = false)]
    history: Option<Vec<Operation>>,
}

/// Where an authorization stands: a hold waits as `held`; a sale is `captured`, `partly_refunded` or `refunded`; `voided` was
/// called off, `expired` was held too long, `reversed` was undone by its request's id.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum State {
    Held,
    Captured,
    PartlyRefunded,
    Refunded,
    Voided,
    Expired,
    Reversed,
}

/// A line as it was decided, and what is left of it.
#[derive(ToSchema)]
pub(super) struct AuthorizedLine {
    /// As in the request.
    line_id: String,
    /// Before discounts, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// After them, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// In the order in which they were taken.
    discounts: Vec<Discount>,
    /// Why the line is not fully discounted, sorted.
    reasons: Vec<Reason>,
    /// What is paid of it in money, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// What points pay of it; where there are programmes.
    #[schema(nullable = false)]
    tender: Option<Vec<TenderPart>>,
    /// What it spends and earns; where there are programmes.
    #[schema(nullable = false)]
    points: Option<Vec<LinePoints>>,
    /// What was sold, as a path; where an authorization is read.
    #[schema(nullable = false)]
    product: Option<String>,
    /// What is held or sold and not given back; in every answer but that to the authorization itself.
    #[schema(nullable = false)]
    left: Option<Rest>,
}

/// What is held or sold and not given back of a line.
#[derive(ToSchema)]
pub(super) struct Rest {
    /// How many.
    #[schema(minimum = 0)]
    units: i64,
    /// What was payable for them, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// What the person paid for them in money, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// What was given on them, in minor units.
    #[schema(minimum = 0)]
    discount: i64,
}

/// Something that happened to an authorization, with what moved by line and payer.
#[derive(ToSchema)]
pub(super) struct Operation {
    kind: OperationKind,
    /// Of the operation; null for an expiry, which nobody asked for.
    #[schema(format = "uuid", required)]
    request_id: Option<String>,
    /// What a reversal undid.
    #[schema(format = "uuid", nullable = false)]
    original_request_id: Option<String>,
    /// What became of a reversal.
    #[schema(nullable = false)]
    result: Option<ReversalResult>,
    /// Of all lines that moved, in minor units; none of a reversal.
    #[schema(minimum = 0, nullable = false)]
    gross: Option<i64>,
    /// The payers' part of it, in minor units; none of a reversal.
    #[schema(minimum = 0, nullable = false)]
    discount: Option<i64>,
    /// The person's part of it, in minor units; none of a reversal.
    #[schema(minimum = 0, nullable = false)]
    payable: Option<i64>,
    /// Of that, what moves in money, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// What moved; empty for a reversal.
    lines: Vec<MovedLine>,
    /// The terminal that sent the request; in a history.
    #[schema(nullable = false)]
    terminal: Option<String>,
    /// Why, in the terminal's words; in a history.
    #[schema(nullable = false, max_length = 200)]
    reason: Option<String>,
    /// When it became durable; in a history.
    #[schema(format = "date-time", nullable = false)]
    recorded_at: Option<String>,
    /// There and true if it was reversed; in a history.
    #[schema(nullable = false)]
    undone: Option<bool>,
    /// Of a reversal: what counts again beyond a limit that others have used up meanwhile; the provider is liable.
    #[schema(nullable = false)]
    over_granted: Option<Vec<OverGrant>>,
}

/// What happened. An `expiry` is a hold that was not captured in time.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum OperationKind {
    Capture,
    Void,
    Refund,
    Expiry,
    Reversal,
}

/// Undone now, or by a reversal before this one.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum ReversalResult {
    Reversed,
    AlreadyReversed,
}

/// What moved of a line.
#[derive(ToSchema)]
pub(super) struct MovedLine {
    /// As in the request that was authorized.
    line_id: String,
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
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// The payers' parts, one entry each.
    funding: Vec<MovedShare>,
}

/// The part of one payer.
#[derive(ToSchema)]
pub(super) struct MovedShare {
    /// The payer's code.
    payer: String,
    /// In minor units.
    #[schema(minimum = 1)]
    amount: i64,
}

/// The answer to a request whose reversal came first: it has no effect.
#[derive(ToSchema)]
pub(super) struct ReversedBefore {
    /// None was opened.
    #[schema(schema_with = nothing)]
    authorization_id: (),
    /// As in the request.
    #[schema(format = "uuid")]
    request_id: String,
    outcome: ReversedOutcome,
    /// There is none.
    #[schema(schema_with = nothing)]
    state: (),
    /// Never.
    #[schema(schema_with = nothing)]
    recorded_at: (),
}

/// Undone before it came.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum ReversedOutcome {
    Reversed,
}

/// The answer to a reversal that found no authorization.
#[derive(ToSchema)]
pub(super) struct NothingReversed {
    /// There is none.
    #[schema(schema_with = nothing)]
    authorization_id: (),
    /// Of the request that was to be undone.
    #[schema(format = "uuid")]
    request_id: String,
    /// There is none.
    #[schema(schema_with = nothing)]
    state: (),
    operation: Operation,
}

fn nothing() -> Object {
    ObjectBuilder::new().schema_type(Type::Null).build()
}
