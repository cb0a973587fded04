//! The second half: after benefits what points pay, and what is earned on what is then due.

mod answer;
mod earning;
mod tender;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::decide::RewardTurn;
use crate::decision::{DecidedLine, Decision, Outcome};
use crate::loyalty::account::AccountKey;
use crate::loyalty::coupons::CouponState;
use crate::loyalty::dates::Terms;
use crate::loyalty::known::{Known, Member};
use crate::loyalty::rules::{ProgrammeVersion, campaign_asked};
use crate::loyalty::{CostsPer, OnRefund, RedemptionOf};
use crate::plan::{LoyaltyFacts, Plan};
use crate::request::Line;
use crate::trace::Recorder;

pub use answer::{
    CouponAnswer, EarnedAnswer, LinePoints, NextLevel, ProgrammeAnswer, ProgrammeReason, Redeemed, RewardAnswer,
    SettledLine, Standing, TenderPart,
};

/// What a decision comes to with points: who pays what is payable, and what is earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What points pay, in minor units.
    pub tender: i64,
    /// What is paid in money.
    pub due: i64,
    /// Of each coupon presented, in order.
    pub coupons: Vec<CouponAnswer>,
    /// In the order of the request.
    pub lines: Vec<SettledLine>,
    /// The programmes in play, and others that the request names.
    pub loyalty: Vec<ProgrammeAnswer>,
    /// What an authorization keeps of it.
    pub(crate) frozen: FrozenLoyalty,
}

/// What an authorization keeps of loyalty, frozen with the versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FrozenLoyalty {
    pub(crate) programmes: Vec<FrozenProgramme>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) coupons: Vec<TakenCoupon>,
}

/// What an authorization keeps of a programme.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FrozenProgramme {
    pub(crate) key: AccountKey,
    pub(crate) holder: Arc<str>,
    pub(crate) occurred_at: Timestamp,
    pub(crate) service_date: Date,
    pub(crate) terms: Arc<Terms>,
    pub(crate) lines: Vec<FrozenPoints>,
    /// Rules that gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) gave: Vec<Arc<str>>,
    /// How many points each of them gave: together what is earned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) by_rule: Vec<i64>,
}

/// Points of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct FrozenPoints {
    pub(crate) spent: i64,
    pub(crate) earned: i64,
    /// Minor units due for what is in scope.
    pub(crate) measured: i64,
}

/// A coupon that an authorization used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TakenCoupon {
    pub(crate) campaign: Arc<str>,
    pub(crate) code: Box<str>,
    pub(crate) on_refund: OnRefund,
    /// Where it served.
    pub(crate) lines: BTreeSet<usize>,
}

impl Settlement {
    /// Of who is in no programme, and presents and asks for nothing: everything is paid in money.
    fn in_money(decision: &Decision) -> Self {
        let line = |line: &DecidedLine| SettledLine { due: line.payable, tender: Vec::new(), points: Vec::new() };
        Self {
            tender: 0,
            due: decision.lines.iter().map(|line| line.payable).sum(),
            coupons: Vec::new(),
            lines: decision.lines.iter().map(line).collect(),
            loyalty: Vec::new(),
            frozen: FrozenLoyalty::default(),
        }
    }
}

/// A settlement in the making.
struct Settling<'a> {
    plan: &'a Plan,
    known: &'a Known,
    rewards: &'a [RewardTurn],
    lines: Vec<LineInPlay<'a>>,
    /// One for each programme in play.
    shares: Vec<Share<'a>>,
    /// Where each coupon presented served.
    served: Vec<BTreeSet<usize>>,
}

/// A line while points pay for it.
struct LineInPlay<'a> {
    asked: &'a Line,
    payable: i64,
    due: i64,
    tenders: Vec<TenderPart>,
    /// Units that rewards covered.
    rewarded: i64,
}

/// What one programme in play comes to.
struct Share<'a> {
    member: &'a Member,
    programme: &'a ProgrammeVersion,
    points: Vec<FrozenPoints>,
    redeemed: Redeemed,
    reasons: BTreeSet<ProgrammeReason>,
    gave: Vec<Arc<str>>,
    by_rule: Vec<i64>,
}

impl Share<'_> {
    fn spent(&self) -> i64 {
        self.points.iter().map(|line| line.spent).sum()
    }

    fn earned(&self) -> i64 {
        self.points.iter().map(|line| line.earned).sum()
    }
}

/// Settles a decision; none where loyalty knows nothing of the request.
pub(crate) fn settle<R: Recorder>(
    plan: &Plan,
    decision: &mut Decision,
    rewards: &[RewardTurn],
    recorder: &mut R,
) -> Option<Settlement> {
    let known = match &plan.facts.loyalty {
        LoyaltyFacts::NotAsked => return None,
        LoyaltyFacts::Known(known) if !known.is_nothing() => known,
        LoyaltyFacts::Known(_) | LoyaltyFacts::Nothing { .. } => return Some(Settlement::in_money(decision)),
    };
    let mut settling = Settling::new(plan, known, decision, rewards);
    if decision.outcome == Outcome::Declined && settling.is_in_scope() {
        decision.outcome = Outcome::Approved;
    }
    settling.spend_on_rewards();
    if decision.outcome != Outcome::Declined {
        for place in 0..known.redeem.len() {
            settling.tender(place, recorder);
        }
        for place in 0..settling.shares.len() {
            settling.earn(place, recorder);
        }
    }
    settling.serve_benefits(decision);
    Some(settling.close(decision.outcome == Outcome::Declined))
}

impl<'a> Settling<'a> {
    fn new(plan: &'a Plan, known: &'a Known, decision: &Decision, rewards: &'a [RewardTurn]) -> Self {
        let rewarded = |place: usize| {
            let lines = rewards.iter().flat_map(|turn| &turn.lines);
            lines.filter(|line| line.line == place).map(|line| line.units).sum()
        };
        let lines = plan.facts.request.lines.iter().zip(&decision.lines).enumerate();
        let lines = lines.map(|(place, (asked, decided))| LineInPlay {
            asked,
            payable: decided.payable,
            due: decided.payable,
            tenders: Vec::new(),
            rewarded: rewarded(place),
        });
        let lines: Vec<LineInPlay<'a>> = lines.collect();
        let programmes = plan.facts.rules.loyalty.as_ref().map_or(&[][..], |loyalty| &loyalty.programmes);
        let here = known.members.iter().filter(|member| member.here);
        let shares = here.filter_map(|member| {
            Some(Share {
                member,
                programme: programmes.get(member.programme)?,
                points: vec![FrozenPoints::default(); lines.len()],
                redeemed: Redeemed::default(),
                reasons: BTreeSet::new(),
                gave: Vec::new(),
                by_rule: Vec::new(),
            })
        });
        let shares = shares.collect();
        Self { plan, known, rewards, lines, shares, served: vec![BTreeSet::new(); known.coupons.len()] }
    }

    /// Whether a line is in the scope of a programme in play.
    fn is_in_scope(&self) -> bool {
        let covers = |share: &Share<'_>| {
            self.lines.iter().any(|line| share.programme.scope().covers_product(line.asked.product.as_str()))
        };
        self.shares.iter().any(covers)
    }

    fn share(&mut self, program: &str) -> Option<&mut Share<'a>> {
        self.shares.iter_mut().find(|share| *share.member.key.program == *program)
    }

    /// What rewards cost, and why those asked for gave less or nothing.
    fn spend_on_rewards(&mut self) {
        for turn in self.rewards {
            let Some(share) = self.share(&turn.program) else { continue };
            for rewarded in &turn.lines {
                if let Some(line) = share.points.get_mut(rewarded.line) {
                    line.spent += rewarded.points;
                }
            }
        }
        for redemption in &self.known.redeem {
            let RedemptionOf::Reward { benefit, .. } = &redemption.of else { continue };
            let reason = if self.known.stand_in {
                Some(ProgrammeReason::PointsUnavailable)
            } else {
                self.obstacle_to(&redemption.program, benefit)
            };
            if let Some(share) = self.share(&redemption.program) {
                share.reasons.extend(reason);
            }
        }
    }

    /// Why a reward that was asked for gave less or nothing, if it did. What was available at its turn decides first, whether or
    /// not it was eligible for a line.
    fn obstacle_to(&self, program: &str, benefit: &str) -> Option<ProgrammeReason> {
        let Some((reward, costs)) = self.plan.reward(program, benefit) else {
            return Some(ProgrammeReason::NotForThis);
        };
        let wanted = match costs.per {
            CostsPer::Unit => self.known.asked_units(program, benefit).unwrap_or(1),
            CostsPer::Use => 1,
        };
        let of_programme = self.rewards.iter().filter(|turn| *turn.program == *program);
        // Versions stand in the order of their turns.
        let spent: i64 = of_programme.filter(|turn| turn.version < reward).map(RewardTurn::points).sum();
        let available = self.known.member(program).map_or(0, |member| (member.available() - spent).max(0));
        let gave = self.rewards.iter().any(|turn| turn.version == reward && !turn.lines.is_empty());
        if available < costs.points.saturating_mul(wanted) {
            Some(ProgrammeReason::NotEnoughPoints)
        } else {
            (!gave).then_some(ProgrammeReason::NotForThis)
        }
    }

    /// Notes the coupons by which benefits gave a discount.
    fn serve_benefits(&mut self, decision: &Decision) {
        if self.known.coupons.is_empty() {
            return;
        }
        for (place, line) in decision.lines.iter().enumerate() {
            for discount in &line.discounts {
                let version = self.plan.facts.rules.version(&discount.benefit, discount.version);
                let campaign = version.and_then(|version| version.when.as_ref()).and_then(campaign_asked);
                self.serve(campaign, [place]);
            }
        }
    }

    fn serve(&mut self, campaign: Option<&str>, lines: impl IntoIterator<Item = usize>) {
        let coupon = campaign.and_then(|campaign| self.known.good_coupon(campaign));
        if let Some(served) = coupon.and_then(|coupon| self.served.get_mut(coupon)) {
            served.extend(lines);
        }
    }

    fn taken_coupons(&self) -> Vec<TakenCoupon> {
        let campaigns = self.plan.facts.rules.loyalty.iter().flat_map(|loyalty| &loyalty.campaigns);
        let on_refund = |code: &str| {
            let mut named = campaigns.clone().filter(|campaign| *campaign.code == *code);
            named.next().map_or(OnRefund::GiveBack, |campaign| campaign.on_refund)
        };
        let served = self.known.coupons.iter().zip(&self.served).filter(|(_, lines)| !lines.is_empty());
        let taken = served.filter_map(|(coupon, lines)| {
            let campaign = coupon.campaign.clone()?;
            let on_refund = on_refund(&campaign);
            Some(TakenCoupon { campaign, code: coupon.code().into(), on_refund, lines: lines.clone() })
        });
        taken.collect()
    }

    fn coupon_answers(&self) -> Vec<CouponAnswer> {
        let state = |state: CouponState, lines: &BTreeSet<usize>| {
            if lines.is_empty() { state } else { CouponState::Taken }
        };
        let coupons = self.known.coupons.iter().zip(&self.served);
        let answer = coupons.map(|(coupon, lines)| CouponAnswer {
            campaign: coupon.campaign.clone(),
            state: state(coupon.state, lines),
        });
        answer.collect()
    }
}
