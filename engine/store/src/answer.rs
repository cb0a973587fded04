//! Answers as terminals read them: an authorization as it stands, and the operation that just took place.

use std::borrow::Cow;
use std::sync::Arc;

use avis_core::authorization::{
    Event, FrozenLine, Move, Operation, OverGrant, Remaining, Reversal, State, Undone, What,
};
use avis_core::loyalty::{LinePoints, PointsMoved, SettledLine, Settlement, TenderPart};
use avis_core::{DecidedLine, Decision, Outcome, Reason, Reasons};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
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
    #[serde(flatten)]
    points: Option<Points<'a>>,
    lines: Vec<Line<'a>>,
    reasons: Reasons,
    main_reason: Option<Reason>,
    expires_at: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terminal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<Advice<'a>>,
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
    #[serde(flatten)]
    points: Option<LineInPoints<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<Rest>,
}

/// What points pay of what is payable, and what the request or the operation did to them.
#[derive(Serialize)]
struct Points<'a> {
    tender: i64,
    due: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupons: Option<Cow<'a, Value>>,
    loyalty: Cow<'a, Value>,
}

/// What points pay of a line, and what it spends and earns.
#[derive(Serialize)]
struct LineInPoints<'a> {
    due: i64,
    tender: &'a [TenderPart],
    points: Cow<'a, [LinePoints]>,
}

/// How a sale without a connection came about, and what went beyond our own decision.
#[derive(Serialize)]
struct Advice<'a> {
    #[serde(flatten)]
    advised: &'a Advised,
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

/// What is held or sold and not given back.
#[derive(Serialize)]
struct Rest {
    units: i64,
    payable: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
    discount: i64,
}

/// Something that happened to an authorization, with the amounts of an operation by line and payer.
#[derive(Serialize)]
struct Done<'a> {
    kind: &'static str,
    request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    totals: Option<Totals>,
    lines: Vec<Moved<'a>>,
    #[serde(skip_serializing_if = "<[OverGrant]>::is_empty")]
    over_granted: &'a [OverGrant],
    #[serde(flatten)]
    origin: Option<Kept<'a>>,
}

/// What an operation moved in all, in minor units.
#[derive(Serialize)]
struct Totals {
    gross: i64,
    discount: i64,
    payable: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
}

/// What only a history tells of an event.
#[derive(Serialize)]
struct Kept<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    terminal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    undone: bool,
}

#[derive(Serialize)]
struct Moved<'a> {
    line_id: &'a str,
    units: i64,
    gross: i64,
    payable: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
    funding: Vec<Share<'a>>,
}

#[derive(Serialize)]
struct Share<'a> {
    payer: &'a Arc<str>,
    amount: i64,
}

/// A request that opened no authorization.
pub(crate) fn declined(new: &NewAuthorization, decision: &Decision, settlement: Option<&Settlement>) -> Vec<u8> {
    let settled = |place: usize| settlement.and_then(|settlement| settlement.lines.get(place));
    let lines = decision.lines.iter().enumerate().map(|(place, decided)| Line {
        decided,
        points: settled(place).map(LineInPoints::settled),
        product: None,
        left: None,
    });
    written(&Answer {
        authorization_id: None,
        request_id: new.key.request_id,
        outcome: decision.outcome,
        state: None,
        revision: new.rules.revision,
        stale: new.stale,
        gross: decision.gross,
        discount: decision.discount,
        payable: decision.payable,
        points: settlement.map(Points::settled),
        lines: lines.collect(),
        reasons: decision.reasons,
        main_reason: decision.main_reason,
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
    written(&Answer::of(record, Extent::Decided))
}

/// An authorization after the operation or reversal at the end of its history.
pub(crate) fn changed(record: &Record, moved: &[PointsMoved]) -> Vec<u8> {
    let operation = record.authorization.history().last().map(|event| Done::of(record, event));
    let answer = Answer::of(record, Extent::Left);
    let points = answer.points.map(|points| Points { coupons: None, loyalty: Cow::Owned(json!(moved)), ..points });
    written(&Answer { operation, points, ..answer })
}

/// The answer to a reversal that found no authorization.
pub(crate) fn reversed_nothing(request_id: Uuid, original_request_id: Uuid, undone: Undone) -> Vec<u8> {
    #[derive(Serialize)]
    struct Nothing<'a> {
        authorization_id: Option<Uuid>,
        request_id: Uuid,
        state: Option<State>,
        operation: Done<'a>,
    }
    let reversal = Reversal { original_request_id, whole: true, undone, over_granted: Vec::new() };
    let operation = Done { request_id: Some(request_id), ..Done::reversal(&reversal) };
    written(&Nothing { authorization_id: None, request_id: original_request_id, state: None, operation })
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
    let history = record.authorization.history().iter().map(|event| Done {
        origin: Some(Kept {
            terminal: event.origin.terminal.as_deref(),
            reason: event.origin.reason.as_deref(),
            recorded_at: event.origin.at,
            undone: event.undone,
        }),
        ..Done::of(record, event)
    });
    written(&Answer { history: Some(history.collect()), ..Answer::of(record, Extent::All) })
}

impl<'a> Answer<'a> {
    fn of(record: &'a Record, extent: Extent) -> Self {
        let authorization = &record.authorization;
        let decided = || authorization.lines.iter().map(|line| &line.decided);
        let (gross, payable) = (decided().map(|line| line.gross).sum(), decided().map(|line| line.payable).sum());
        let told = record.told.as_ref();
        let sides = authorization.lines.iter().zip(authorization.balance().lines()).enumerate();
        let lines = sides.map(|(place, (line, left))| Line {
            decided: &line.decided,
            points: told.map(|_| LineInPoints {
                due: line.due(),
                tender: &line.tenders,
                points: authorization.loyalty.points_of(place).into(),
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
                coupons: Some(Cow::Borrowed(&told.coupons)),
                loyalty: Cow::Borrowed(&told.loyalty),
            }),
            lines: lines.collect(),
            reasons: record.reasons,
            main_reason: record.reasons.main(payable),
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

impl<'a> Points<'a> {
    fn settled(settlement: &Settlement) -> Self {
        let Settlement { tender, due, coupons, loyalty, .. } = settlement;
        let (coupons, loyalty) = (Some(Cow::Owned(json!(coupons))), Cow::Owned(json!(loyalty)));
        Self { tender: *tender, due: *due, coupons, loyalty }
    }
}

impl<'a> LineInPoints<'a> {
    fn settled(line: &'a SettledLine) -> Self {
        Self { due: line.due, tender: &line.tender, points: Cow::Borrowed(&line.points) }
    }
}

impl Rest {
    fn of(left: &Remaining, in_points: bool) -> Self {
        let payable = left.payable();
        let discount = left.parts.iter().sum::<i64>() - payable;
        Self { units: left.units, payable, due: in_points.then(|| left.due()), discount }
    }
}

impl<'a> Done<'a> {
    fn of(record: &'a Record, event: &'a Event) -> Self {
        let done = match &event.what {
            What::Operation(operation) => Self::operation(record, operation),
            What::Reversal(reversal) => Self::reversal(reversal),
        };
        Self { request_id: event.origin.request_id, ..done }
    }

    fn operation(record: &'a Record, operation: &Operation) -> Self {
        let (lines, in_points) = (&record.authorization.lines, record.told.is_some());
        let moved = |moved: &Move| Some(Moved::of(lines.get(moved.line)?, moved, in_points));
        let moved: Vec<Moved<'a>> = operation.moves.iter().filter_map(moved).collect();
        let (gross, payable) = (moved.iter().map(|line| line.gross).sum(), moved.iter().map(|line| line.payable).sum());
        let due = in_points.then(|| moved.iter().filter_map(|line| line.due).sum());
        let totals = Some(Totals { gross, discount: gross - payable, payable, due });
        Self { totals, lines: moved, ..Self::named(operation.kind.word()) }
    }

    fn reversal(reversal: &'a Reversal) -> Self {
        Self {
            original_request_id: Some(reversal.original_request_id),
            result: Some(reversal.undone.word()),
            over_granted: &reversal.over_granted,
            ..Self::named("reversal")
        }
    }

    fn named(kind: &'static str) -> Self {
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

impl<'a> Moved<'a> {
    fn of(line: &'a FrozenLine, moved: &Move, in_points: bool) -> Self {
        let (parts, paid) = (&moved.parts, line.first_entry());
        // One payer, one entry, as in the line itself.
        let mut funding: Vec<Share<'a>> = Vec::new();
        for (entry, amount) in line.funding().zip(parts.iter().skip(paid)).filter(|(_, amount)| **amount > 0) {
            match funding.iter_mut().find(|share| *share.payer == entry.payer) {
                Some(share) => share.amount += amount,
                None => funding.push(Share { payer: &entry.payer, amount: *amount }),
            }
        }
        let (line_id, payable) = (&*line.decided.line_id, parts.iter().take(paid).sum());
        let due = parts.first().copied().filter(|_| in_points);
        Self { line_id, units: moved.units, gross: parts.iter().sum(), payable, due, funding }
    }
}

/// These types have no keys that JSON can't write.
fn written(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
