//! What an answer says of loyalty.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::loyalty::coupons::CouponState;
use crate::loyalty::settle::{FrozenLoyalty, FrozenProgramme, Settlement, Settling, Share};

/// What became of a coupon that was presented, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CouponAnswer {
    /// Its campaign's code; null of one that nobody knows.
    #[schema(required)]
    pub campaign: Option<Arc<str>>,
    /// What became of it.
    pub state: CouponState,
}

/// What points make of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettledLine {
    /// What is paid of it in money, in minor units; where there are programmes.
    #[schema(minimum = 0)]
    pub due: i64,
    /// What points pay of it; where there are programmes.
    pub tender: Vec<TenderPart>,
    /// What it spends and earns; where there are programmes.
    pub points: Vec<LinePoints>,
}

/// What points pay of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenderPart {
    /// The programme's code.
    pub program: Arc<str>,
    /// In minor units.
    #[schema(minimum = 1)]
    pub amount: i64,
    /// The programme's owner, who owes it.
    pub payer: Arc<str>,
}

/// Points of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinePoints {
    /// The programme's code.
    pub program: Arc<str>,
    /// By tender and rewards.
    #[schema(minimum = 0)]
    pub spent: i64,
    /// Earned; of a hold, what it will earn.
    #[schema(minimum = 0)]
    pub earned: i64,
}

/// A programme in play; of one that the request names and that is not in play, its code and reasons alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProgrammeDecided)]
pub struct ProgrammeAnswer {
    /// Its code.
    pub program: Arc<str>,
    // Without a description of its own: its fields stand beside the others.
    #[allow(missing_docs, reason = "its fields say what they are")]
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub standing: Option<Standing>,
    /// Why less was redeemed than asked for.
    pub reasons: BTreeSet<ProgrammeReason>,
}

/// `not_a_member`: the holder is none. `not_here`: there is no such programme now at this provider. `not_enough_points`: less were
/// there than asked for. `limit_reached`: a limit of redeeming cut them. `below_minimum`: too few to be redeemed. `not_for_this`:
/// they pay for nothing here. `points_unavailable`: the ledger is away.
// By the order of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgrammeReason {
    /// Too few points to be redeemed.
    BelowMinimum,
    /// A limit of redeeming cut them.
    LimitReached,
    /// The holder is no member.
    NotAMember,
    /// Less were there than asked for.
    NotEnoughPoints,
    /// They pay for nothing here.
    NotForThis,
    /// There is no such programme now at this provider.
    NotHere,
    /// The ledger is away.
    PointsUnavailable,
}

impl ProgrammeReason {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::BelowMinimum => "below_minimum",
            Self::LimitReached => "limit_reached",
            Self::NotAMember => "not_a_member",
            Self::NotEnoughPoints => "not_enough_points",
            Self::NotForThis => "not_for_this",
            Self::NotHere => "not_here",
            Self::PointsUnavailable => "points_unavailable",
        }
    }
}

/// What a programme in play comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// The version that counts.
    #[schema(minimum = 1)]
    pub version: i64,
    /// What the member could spend before, less what is owed; null while the ledger is away.
    #[schema(required)]
    pub balance_before: Option<i64>,
    /// What could not be spent yet; null while the ledger is away.
    #[schema(required, minimum = 0)]
    pub pending_before: Option<i64>,
    /// As a tender.
    pub redeemed: Redeemed,
    /// What rewards cost.
    pub rewards: Vec<RewardAnswer>,
    /// What the member can spend afterwards; what a hold would earn is not in it. Null while the ledger is away.
    #[schema(required)]
    pub balance_after: Option<i64>,
    /// What is earned, or would be.
    pub earned: EarnedAnswer,
    /// The member's level; null of none, and while the ledger is away.
    pub tier: Option<Box<str>>,
    /// The level above; null of the highest, and while the ledger is away.
    pub next: Option<NextLevel>,
}

/// Points redeemed as a tender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Redeemed {
    /// How many.
    #[schema(minimum = 0)]
    pub points: i64,
    /// What they pay, in minor units.
    #[schema(minimum = 0)]
    pub amount: i64,
}

/// What a reward cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RewardAnswer {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Units covered.
    #[schema(minimum = 1)]
    pub units: i64,
    /// Points.
    #[schema(minimum = 0)]
    pub points: i64,
}

/// Points that are earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EarnedAnswer {
    /// How many.
    #[schema(minimum = 0)]
    pub points: i64,
    /// From when they can be spent; null if there are none.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub active_from: Option<Timestamp>,
    /// Until when; null is for ever.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<Timestamp>,
}

/// The level above.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextLevel {
    /// Its code.
    pub tier: Box<str>,
    /// What is missing to it.
    #[schema(minimum = 0)]
    pub missing: i64,
}

impl Settling<'_> {
    pub(super) fn close(self, declined: bool) -> Settlement {
        let is_hold = self.plan.facts.request.mode == crate::request::Mode::Hold;
        let mut loyalty: Vec<ProgrammeAnswer> = self.shares.iter().map(|share| self.answer(share, is_hold)).collect();
        loyalty.extend(self.others());
        let frozen = FrozenLoyalty {
            programmes: if declined { Vec::new() } else { self.frozen() },
            coupons: self.taken_coupons(),
        };
        let coupons = self.coupon_answers();
        let points = |place: usize| {
            let of = |share: &Share<'_>| {
                let points = share.points.get(place).filter(|points| points.spent > 0 || points.earned > 0)?;
                let program = share.member.key.program.clone();
                Some(LinePoints { program, spent: points.spent, earned: points.earned })
            };
            self.shares.iter().filter_map(of).collect()
        };
        let points: Vec<Vec<LinePoints>> = (0..self.lines.len()).map(points).collect();
        let due = self.lines.iter().map(|line| line.due).sum();
        let tender = self.shares.iter().map(|share| share.redeemed.amount).sum();
        let lines = self.lines.into_iter().zip(points);
        let lines = lines.map(|(line, points)| SettledLine { due: line.due, tender: line.tenders, points }).collect();
        Settlement { tender, due, coupons, lines, loyalty, frozen }
    }

    fn answer(&self, share: &Share<'_>, is_hold: bool) -> ProgrammeAnswer {
        let (member, programme) = (share.member, share.programme);
        let dates = programme.terms.dates(self.plan.facts.request.occurred_at);
        let earned = share.earned();
        let comes = if is_hold {
            0
        } else if self.known.at < dates.active_from {
            // Points that are not active yet pay what is owed all the same.
            earned.min(member.owed)
        } else if dates.expires_at.is_some_and(|end| self.known.at >= end) {
            0
        } else {
            earned
        };
        let of_programme = self.rewards.iter().filter(|turn| turn.program == member.key.program);
        let rewards = of_programme.filter(|turn| !turn.lines.is_empty()).map(|turn| RewardAnswer {
            benefit: turn.benefit.clone(),
            units: turn.units(),
            points: turn.points(),
        });
        // What the account comes to is not told where it could not be looked up.
        let looked_up = |points: i64| (!self.known.is_away).then_some(points);
        let tiers = programme.written.tiers.as_ref().filter(|_| !self.known.is_away);
        let next = tiers.and_then(|tiers| tiers.levels.get(member.reached.level));
        let standing = Standing {
            version: programme.written.version,
            balance_before: looked_up(member.balance),
            pending_before: looked_up(member.pending),
            redeemed: share.redeemed,
            rewards: rewards.collect(),
            balance_after: looked_up(member.balance - share.spent() + comes),
            earned: EarnedAnswer {
                points: earned,
                active_from: (earned > 0).then_some(dates.active_from),
                expires_at: dates.expires_at.filter(|_| earned > 0),
            },
            tier: tiers.and_then(|tiers| tiers.code(member.reached.level)).map(Into::into),
            next: next.map(|level| NextLevel {
                tier: level.code.clone(),
                missing: (level.min - member.reached.counted).max(0),
            }),
        };
        let reasons = share.reasons.clone();
        ProgrammeAnswer { program: member.key.program.clone(), standing: Some(standing), reasons }
    }

    /// Programmes that the request names and that are not in play.
    fn others(&self) -> Vec<ProgrammeAnswer> {
        let mut others: Vec<ProgrammeAnswer> = Vec::new();
        let at = self.plan.facts.request.occurred_at;
        for redemption in &self.known.redeem {
            let in_play = self.shares.iter().any(|share| *share.member.key.program == *redemption.program);
            if in_play || others.iter().any(|other| *other.program == *redemption.program) {
                continue;
            }
            let programmes = self.plan.facts.rules.loyalty.iter().flat_map(|loyalty| &loyalty.programmes);
            let is_here = programmes
                .filter(|programme| *programme.frame.code == *redemption.program && programme.in_force(at))
                .any(|programme| self.plan.provider.covered_by(&programme.scope().providers));
            let is_lost = self.known.lost.iter().flatten().any(|program| *program == redemption.program);
            let reason = match (is_here, is_lost) {
                (false, _) => ProgrammeReason::NotHere,
                (true, true) => ProgrammeReason::PointsUnavailable,
                (true, false) => ProgrammeReason::NotAMember,
            };
            others.push(ProgrammeAnswer {
                program: (&*redemption.program).into(),
                standing: None,
                reasons: BTreeSet::from([reason]),
            });
        }
        others
    }

    fn frozen(&self) -> Vec<FrozenProgramme> {
        let Some(holder) = self.plan.facts.holder() else { return Vec::new() };
        let occurred_at = self.plan.facts.request.occurred_at;
        let frozen = self.shares.iter().map(|share| FrozenProgramme {
            key: share.member.key.clone(),
            holder: holder.code.clone(),
            occurred_at,
            service_date: share.programme.terms.service_date(occurred_at),
            terms: share.programme.terms.clone(),
            lines: share.points.clone(),
            gave: share.gave.clone(),
            by_rule: share.by_rule.clone(),
        });
        frozen.collect()
    }
}
