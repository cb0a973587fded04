//! What an answer says of a decision, and of what points make of it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::decision::{DecidedLine, Decision, Outcome};
use crate::loyalty::{CouponAnswer, ProgrammeAnswer, SettledLine, Settlement};
use crate::reason::{Reason, Reasons};

/// A decision as answers say it.
#[derive(Serialize, ToSchema)]
pub struct DecisionAnswer<'a> {
    outcome: Outcome,
    /// Of all lines, before discounts, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// Of all lines, in minor units.
    #[schema(minimum = 0)]
    discount: i64,
    /// Of all lines, after discounts, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    #[serde(flatten)]
    #[schema(inline)]
    points: Option<PointsAnswer<'a>>,
    /// In the order of the request.
    lines: Vec<LineAnswer<'a>>,
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
}

/// A line as it was decided, and what points make of it.
#[derive(Serialize, ToSchema)]
#[schema(as = QuotedLine)]
struct LineAnswer<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    decided: &'a DecidedLine,
    #[serde(flatten)]
    #[schema(inline)]
    settled: Option<&'a SettledLine>,
}

/// What points pay of what is payable, and what becomes of coupons and programmes.
#[derive(Serialize, ToSchema)]
struct PointsAnswer<'a> {
    /// Of what is payable, what points pay, in minor units; where there are programmes.
    #[schema(minimum = 0)]
    tender: i64,
    /// Of what is payable, what is paid in money, in minor units; where there are programmes.
    #[schema(minimum = 0)]
    due: i64,
    /// Of each coupon presented; where there are programmes.
    coupons: &'a [CouponAnswer],
    /// The programmes in play, and others that the request names; where there are programmes.
    loyalty: &'a [ProgrammeAnswer],
}

impl<'a> DecisionAnswer<'a> {
    /// A decision with what points make of it; nothing is said of points where loyalty was not asked.
    pub fn new(decision: &'a Decision, settlement: Option<&'a Settlement>) -> Self {
        let line = |(place, decided)| LineAnswer { decided, settled: settlement.and_then(|all| all.lines.get(place)) };
        Self {
            outcome: decision.outcome,
            gross: decision.gross,
            discount: decision.discount,
            payable: decision.payable,
            points: settlement.map(|Settlement { tender, due, coupons, loyalty, .. }| PointsAnswer {
                tender: *tender,
                due: *due,
                coupons,
                loyalty,
            }),
            lines: decision.lines.iter().enumerate().map(line).collect(),
            reasons: decision.reasons,
            main_reason: decision.main_reason,
            named_by: decision.named_by,
        }
    }
}
