//! What an answer says of loyalty.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::loyalty::coupons::CouponState;
use crate::loyalty::settle::{FrozenLoyalty, FrozenProgramme, Settlement, Settling, Share};

/// What became of a coupon.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CouponAnswer {
    /// Its campaign; none of one that is not known.
    pub campaign: Option<Arc<str>>,
    /// What became of it.
    pub state: CouponState,
}

/// A line with what points pay of it and what it earns.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SettledLine {
    /// What is paid in money.
    pub due: i64,
    /// What points pay.
    pub tender: Vec<TenderPart>,
    /// Points spent and earned, by programme.
    pub points: Vec<LinePoints>,
}

/// What points of a programme pay of a line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TenderPart {
    /// The programme's code.
    pub program: Arc<str>,
    /// Minor units.
    pub amount: i64,
    /// The programme's owner, who owes it.
    pub payer: Arc<str>,
}

/// Points of a line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LinePoints {
    /// The programme's code.
    pub program: Arc<str>,
    /// By tender and rewards.
    pub spent: i64,
    /// Earned.
    pub earned: i64,
}

/// What the answer says of a programme.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProgrammeAnswer {
    /// Its code.
    pub program: Arc<str>,
    /// All else; none of a programme that is not in play.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// Why less was redeemed than asked for.
    pub reasons: BTreeSet<&'static str>,
}

/// What a programme in play comes to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// The version that counts.
    pub version: i64,
    /// Before the request.
    pub balance_before: i64,
    /// Not active yet, before the request.
    pub pending_before: i64,
    /// As a tender.
    pub redeemed: Redeemed,
    /// What rewards cost.
    pub rewards: Vec<RewardAnswer>,
    /// After it; what a hold would earn is not in it.
    pub balance_after: i64,
    /// What is earned, or would be.
    pub earned: EarnedAnswer,
    /// The member's level.
    pub tier: Option<Box<str>>,
    /// The level above.
    pub next: Option<NextLevel>,
}

/// Points redeemed as a tender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Redeemed {
    /// Points.
    pub points: i64,
    /// Minor units.
    pub amount: i64,
}

/// What a reward cost.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RewardAnswer {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Units covered.
    pub units: i64,
    /// Points.
    pub points: i64,
}

/// Points that are earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EarnedAnswer {
    /// How many.
    pub points: i64,
    /// From when they can be spent; none if there are none.
    pub active_from: Option<Timestamp>,
    /// Until when; none is for ever.
    pub expires_at: Option<Timestamp>,
}

/// The level above.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NextLevel {
    /// Its code.
    pub tier: Box<str>,
    /// What is missing to it.
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
        let tiers = programme.written.tiers.as_ref();
        let next = tiers.and_then(|tiers| tiers.levels.get(member.reached.level));
        let standing = Standing {
            version: programme.written.version,
            balance_before: member.balance,
            pending_before: member.pending,
            redeemed: share.redeemed,
            rewards: rewards.collect(),
            balance_after: member.balance - share.spent() + comes,
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
            let reason = if is_here { "not_a_member" } else { "not_here" };
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
        });
        frozen.collect()
    }
}

impl Settlement {
    /// Adds what it says to the answer that a decision is.
    pub fn add_to(&self, answer: &mut Value) {
        let Some(answer) = answer.as_object_mut() else { return };
        let lines = answer.get_mut("lines").and_then(Value::as_array_mut);
        let lines = lines.into_iter().flatten().filter_map(Value::as_object_mut);
        for (line, settled) in lines.zip(&self.lines) {
            line.insert("due".to_owned(), json!(settled.due));
            line.insert("tender".to_owned(), json!(settled.tender));
            line.insert("points".to_owned(), json!(settled.points));
        }
        answer.insert("tender".to_owned(), json!(self.tender));
        answer.insert("due".to_owned(), json!(self.due));
        answer.insert("coupons".to_owned(), json!(self.coupons));
        answer.insert("loyalty".to_owned(), json!(self.loyalty));
    }
}
