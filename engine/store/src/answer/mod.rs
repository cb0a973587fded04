//! Answers as terminals read them: an authorization as it stands, and the operation that just took place.

mod operation;

use std::borrow::Cow;

use avis_core::authorization::{FrozenLine, Origin, Remaining, Reversal, State, Undone};
use avis_core::loyalty::{CouponAnswer, PointsMoved, ProgrammeAnswer, SettledLine, Settlement};
use avis_core::offline::OverGrant;
use avis_core::{DecidedLine, Decision, Outcome, Reason, Reasons};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};
use uuid::Uuid;

use self::operation::Done;
use crate::ledger::NewAuthorization;
use crate::record::{Advised, Record};

/// An authorization as it stands, or a declined request, of which `authorization_id`, `state` and `recorded_at` are null.
#[derive(Serialize, ToSchema)]
#[schema(as = Authorization)]
pub struct AuthorizationAnswer<'a> {
    /// Names it from then on; null if it is declined.
    #[schema(required)]
    authorization_id: Option<Uuid>,
    /// Of the request that was authorized.
    request_id: Uuid,
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
    #[serde(flatten)]
    #[schema(inline)]
    points: Option<Points<'a>>,
    /// In the order of the request.
    lines: Vec<Line<'a>>,
    /// Why something is left to pay, sorted; those of all lines and of the person.
    #[schema(value_type = Vec<Reason>)]
    reasons: Reasons,
    /// Where only one can be said to the person; null if nothing is left to pay or there is no reason.
    #[schema(required)]
    main_reason: Option<Reason>,
    /// There if identifiers of several people were presented (`identifier_mismatch`): the place in `identifiers`, from 0, of the one whose
    /// person counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    named_by: Option<u8>,
    /// When a hold ends by itself; null unless it is held.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    expires_at: Option<Timestamp>,
    /// When it became durable; null if it is declined.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    recorded_at: Option<Timestamp>,
    /// When it took place, by the terminal; where an authorization is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    occurred_at: Option<Timestamp>,
    /// The terminal that sold; where an authorization is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terminal: Option<&'a str>,
    /// There if it was sold without a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    advice: Option<Advice<'a>>,
    /// What just happened; in the answer to a capture, a void, a refund or a reversal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    operation: Option<Done<'a>>,
    /// Every operation and reversal, in order, for good; where an authorization is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<Done<'a>>>,
}

/// A line as it was decided, and what is left of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorizedLine)]
struct Line<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    decided: &'a DecidedLine,
    #[serde(flatten)]
    #[schema(inline)]
    points: Option<Cow<'a, SettledLine>>,
    /// What was sold, as a path; where an authorization is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    product: Option<&'a str>,
    /// What is held or sold and not given back; in every answer but that to the authorization itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    left: Option<Rest>,
}

/// What points pay of what is payable, and what the request or the operation did to them.
#[derive(Serialize, ToSchema)]
struct Points<'a> {
    /// Of what is payable, what points pay, in minor units; where there are programmes.
    #[schema(minimum = 0)]
    tender: i64,
    /// Of what is payable, what is paid in money, in minor units; where there are programmes.
    #[schema(minimum = 0)]
    due: i64,
    /// Of each coupon presented; where there are programmes, but not in the answer to an operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    coupons: Option<&'a [CouponAnswer]>,
    /// The programmes in play, and others that the request names; in the answer to an operation, what it did to their points; where there are programmes.
    loyalty: Vec<Programme<'a>>,
}

/// What is said of a programme: what it comes to in a decision, or what an operation did to its points.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Programme<'a> {
    Decided(&'a ProgrammeAnswer),
    Moved(&'a PointsMoved),
}

/// What an authorization keeps of a sale without a connection.
#[derive(Serialize, ToSchema)]
#[schema(as = Advised)]
struct Advice<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    advised: &'a Advised,
    /// What was granted beyond what would have been decided.
    over_granted: &'a [OverGrant],
}

/// How much of a record an answer tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What was decided.
    Decided,
    /// And what is left.
    Left,
    /// And everything else that is kept.
    All,
}

/// What is held or sold and not given back of a line.
#[derive(Serialize, ToSchema)]
struct Rest {
    /// How many.
    #[schema(minimum = 0)]
    units: i64,
    /// What was payable for them, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// What the person paid for them in money, in minor units; where there are programmes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// What was given on them, in minor units.
    #[schema(minimum = 0)]
    discount: i64,
}

/// The answer to a request whose reversal came first: it has no effect.
#[derive(Serialize, ToSchema)]
pub struct ReversedBefore {
    /// None was opened.
    #[schema(schema_with = nothing)]
    authorization_id: (),
    /// As in the request.
    request_id: Uuid,
    outcome: ReversedOutcome,
    /// There is none.
    #[schema(schema_with = nothing)]
    state: (),
    /// Never.
    #[schema(schema_with = nothing)]
    recorded_at: (),
}

/// Undone before it came.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReversedOutcome {
    Reversed,
}

/// The answer to a reversal that found no authorization.
#[derive(Serialize, ToSchema)]
pub struct NothingReversed<'a> {
    /// There is none.
    #[schema(schema_with = nothing)]
    authorization_id: (),
    /// Of the request that was to be undone.
    request_id: Uuid,
    /// There is none.
    #[schema(schema_with = nothing)]
    state: (),
    operation: Done<'a>,
}

fn nothing() -> Object {
    ObjectBuilder::new().schema_type(Type::Null).build()
}

/// A request that opened no authorization.
pub(crate) fn declined(new: &NewAuthorization, decision: &Decision, settlement: Option<&Settlement>) -> Vec<u8> {
    let settled = |place: usize| settlement.and_then(|settlement| settlement.lines.get(place));
    let lines = decision.lines.iter().enumerate().map(|(place, decided)| Line {
        decided,
        points: settled(place).map(Cow::Borrowed),
        product: None,
        left: None,
    });
    written(&AuthorizationAnswer {
        authorization_id: None,
        request_id: new.key.request_id,
        outcome: decision.outcome,
        state: None,
        revision: new.rules.revision,
        stale: new.stale,
        gross: decision.gross,
        discount: decision.discount,
        payable: decision.payable,
        points: settlement.map(|Settlement { tender, due, coupons, loyalty, .. }| Points {
            tender: *tender,
            due: *due,
            coupons: Some(coupons),
            loyalty: loyalty.iter().map(Programme::Decided).collect(),
        }),
        lines: lines.collect(),
        reasons: decision.reasons,
        main_reason: decision.main_reason,
        named_by: decision.named_by,
        expires_at: None,
        recorded_at: None,
        occurred_at: None,
        terminal: None,
        advice: None,
        operation: None,
        history: None,
    })
}

/// An authorization that was just made.
pub(crate) fn authorized(record: &Record) -> Vec<u8> {
    written(&AuthorizationAnswer::of(record, Extent::Decided))
}

/// An authorization after the operation or reversal at the end of its history.
pub(crate) fn changed(record: &Record, moved: &[PointsMoved]) -> Vec<u8> {
    let operation = record.authorization.history().last().map(|event| Done::of(record, event));
    let answer = AuthorizationAnswer::of(record, Extent::Left);
    let loyalty = || moved.iter().map(Programme::Moved).collect();
    let points = answer.points.map(|points| Points { coupons: None, loyalty: loyalty(), ..points });
    written(&AuthorizationAnswer { operation, points, ..answer })
}

/// The answer to a reversal that found no authorization. It stands in no history: what is kept of its origin is kept here.
pub(crate) fn reversed_nothing(origin: &Origin, original_request_id: Uuid, undone: Undone) -> Vec<u8> {
    let reversal = Reversal { original_request_id, whole: true, undone, over_granted: Vec::new() };
    let operation = Done::of_nothing(origin, &reversal);
    written(&NothingReversed { authorization_id: (), request_id: original_request_id, state: (), operation })
}

/// The answer to a request whose reversal came first.
pub(crate) fn came_too_late(request_id: Uuid) -> Vec<u8> {
    let outcome = ReversedOutcome::Reversed;
    written(&ReversedBefore { authorization_id: (), request_id, outcome, state: (), recorded_at: () })
}

/// An authorization as it stands, with its history.
pub(crate) fn read_back(record: &Record) -> Vec<u8> {
    let history = record.authorization.history().iter().map(|event| Done::kept(record, event));
    written(&AuthorizationAnswer { history: Some(history.collect()), ..AuthorizationAnswer::of(record, Extent::All) })
}

impl<'a> AuthorizationAnswer<'a> {
    fn of(record: &'a Record, extent: Extent) -> Self {
        let authorization = &record.authorization;
        let decided = || authorization.lines.iter().map(|line| &line.decided);
        let (gross, payable) = (decided().map(|line| line.gross).sum(), decided().map(|line| line.payable).sum());
        let told = record.told.as_ref();
        let sides = authorization.lines.iter().zip(authorization.balance().lines()).enumerate();
        let lines = sides.map(|(place, (line, left))| Line {
            decided: &line.decided,
            points: told.map(|_| {
                let points = authorization.loyalty.points_of(place);
                Cow::Owned(SettledLine { due: line.due(), tender: line.tenders.clone(), points })
            }),
            product: (extent == Extent::All).then_some(&*line.product),
            left: (extent != Extent::Decided).then(|| Rest::of(left, told.is_some())),
        });
        let due = authorization.lines.iter().map(FrozenLine::due).sum();
        Self {
            authorization_id: Some(record.id),
            request_id: record.request_id,
            outcome: record.outcome,
            state: Some(authorization.state()),
            revision: record.rules.revision,
            stale: record.stale,
            gross,
            discount: gross - payable,
            payable,
            points: told.map(|told| Points {
                tender: payable - due,
                due,
                coupons: Some(&told.coupons),
                loyalty: told.loyalty.iter().map(Programme::Decided).collect(),
            }),
            lines: lines.collect(),
            reasons: record.reasons,
            main_reason: record.reasons.main(payable),
            named_by: record.named_by,
            expires_at: record.expires_at.filter(|_| authorization.state() == State::Held),
            recorded_at: Some(record.recorded_at),
            occurred_at: (extent == Extent::All).then_some(record.occurred_at),
            terminal: (extent == Extent::All).then_some(&*record.terminal),
            advice: record.advice.as_ref().map(|advised| Advice { advised, over_granted: &authorization.over_granted }),
            operation: None,
            history: None,
        }
    }
}

impl Rest {
    fn of(left: &Remaining, in_points: bool) -> Self {
        let payable = left.payable();
        let discount = left.parts.iter().sum::<i64>() - payable;
        Self { units: left.units, payable, due: in_points.then(|| left.due()), discount }
    }
}

/// These types have no keys that JSON can't write.
fn written(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
