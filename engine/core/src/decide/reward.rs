//! Benefits that cost points, or that choose their units: in no slot, each in a turn of its own.

use std::sync::Arc;

use crate::decide::{Entrant, Till};
use crate::loyalty::{ChooseOrder, Costs, CostsPer, ForEvery};
use crate::money::split;
use crate::rules::{Id, Reward, Version};
use crate::trace::Recorder;

/// The turn of a benefit that costs points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RewardTurn {
    pub(crate) program: Arc<str>,
    pub(crate) version: Id<Version>,
    pub(crate) benefit: Arc<str>,
    /// Where it gave something, with the units covered and the points that they cost.
    pub(crate) lines: Vec<RewardedLine>,
}

/// What a reward covers of a line, and what that costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RewardedLine {
    pub(crate) line: usize,
    pub(crate) units: i64,
    pub(crate) points: i64,
}

impl RewardTurn {
    pub(crate) fn points(&self) -> i64 {
        self.lines.iter().map(|line| line.points).sum()
    }

    pub(crate) fn units(&self) -> i64 {
        self.lines.iter().map(|line| line.units).sum()
    }
}

impl<'a, R: Recorder> Till<'a, R> {
    /// Takes the units that it may, in its order.
    pub(super) fn choose(&mut self, entrant: Entrant<'a>, reward: &'a Reward) {
        let every = reward.choose.as_ref().and_then(|choose| choose.every.as_ref());
        let mut budget = every.map_or(i64::MAX, |every| self.bought(entrant, every) / every.of * every.units);
        if let Some(costs) = &reward.costs {
            budget = budget.min(self.affordable(entrant, costs));
        }
        self.account_mut(entrant).budget = budget;
        if entrant.version.effect.is_basket() {
            if budget > 0 {
                self.basket(entrant);
            }
        } else {
            let order = reward.choose.as_ref().map_or(ChooseOrder::Request, |choose| choose.order);
            for line in self.lines_by(order, entrant) {
                if self.account(entrant).budget_left() <= 0 {
                    break;
                }
                self.take_turn(entrant, line);
            }
        }
        if let Some(costs) = &reward.costs {
            self.pay_points(entrant, costs);
        }
    }

    /// Units bought of what so many are given for.
    fn bought(&self, entrant: Entrant<'a>, every: &ForEvery) -> i64 {
        let counts = |(place, product): (usize, &str)| match &every.products {
            Some(products) => products.covers_product(product),
            None => entrant.candidate.eligible.contains(place),
        };
        let lines = self.lines.iter().enumerate();
        lines
            .filter(|(place, line)| counts((*place, line.asked.product.as_str())))
            .map(|(_, line)| line.asked.quantity)
            .sum()
    }

    /// The units that the points available pay for, and that were asked for; notes its turn.
    fn affordable(&mut self, entrant: Entrant<'a>, costs: &Costs) -> i64 {
        let Some(known) = self.plan.facts.loyalty.known() else { return 0 };
        let Some(member) = known.member(&costs.program) else { return 0 };
        let spent = |turn: &RewardTurn| if turn.program == member.key.program { turn.points() } else { 0 };
        let available = (member.available() - self.rewards.iter().map(spent).sum::<i64>()).max(0);
        let asked = known.asked_units(&costs.program, &entrant.version.code);
        let units = match costs.per {
            CostsPer::Unit => (available / costs.points).min(asked.unwrap_or(i64::MAX)),
            CostsPer::Use if available >= costs.points => i64::MAX,
            CostsPer::Use => 0,
        };
        self.rewards.push(RewardTurn {
            program: member.key.program.clone(),
            version: entrant.candidate.version,
            benefit: entrant.version.code.clone(),
            lines: Vec::new(),
        });
        units
    }

    /// Eligible lines with something left.
    fn lines_by(&self, order: ChooseOrder, entrant: Entrant<'a>) -> Vec<usize> {
        let left = |place: &usize| {
            let line = self.lines.get(*place);
            line.map_or((0, 1), |line| (i128::from(line.remaining), i128::from(line.asked.quantity)))
        };
        let mut lines: Vec<usize> = entrant.candidate.eligible.iter().filter(|place| left(place).0 > 0).collect();
        let by_price = |one: &usize, other: &usize| {
            let ((one, one_units), (other, other_units)) = (left(one), left(other));
            (one * other_units).cmp(&(other * one_units))
        };
        match order {
            ChooseOrder::Request => {}
            ChooseOrder::Cheapest => lines.sort_by(by_price),
            ChooseOrder::Dearest => lines.sort_by(|one, other| by_price(other, one)),
        }
        lines
    }

    /// What it gave costs points: each unit, or the use, split by the discounts.
    fn pay_points(&mut self, entrant: Entrant<'a>, costs: &Costs) {
        let gave = |(place, line): (usize, &super::LineAccount<'a>)| {
            let discounts = line.discounts.iter().filter(|discount| discount.benefit == entrant.version.code);
            discounts.map(|discount| (place, discount.units, discount.amount)).next()
        };
        let given: Vec<(usize, i64, i64)> = self.lines.iter().enumerate().filter_map(gave).collect();
        let amounts: Vec<i64> = given.iter().map(|(_, _, amount)| *amount).collect();
        let points: Vec<i64> = match costs.per {
            CostsPer::Unit => given.iter().map(|(_, units, _)| costs.points.saturating_mul(*units)).collect(),
            CostsPer::Use => split(costs.points, &amounts).into_vec(),
        };
        let lines = given.iter().zip(points).map(|((line, units, _), points)| RewardedLine {
            line: *line,
            units: *units,
            points,
        });
        // There is none where the account is not known.
        let own = |turn: &&mut RewardTurn| turn.version == entrant.candidate.version;
        if let Some(turn) = self.rewards.last_mut().filter(own) {
            turn.lines = lines.collect();
        }
    }
}
