//! What is earned on what is due.

use std::sync::Arc;

use crate::limits::RATE_WHOLE;
use crate::loyalty::rules::CompiledRule;
use crate::loyalty::settle::Settling;
use crate::loyalty::{Bonuses, Earn, Earns};
use crate::money::{multiples, split, split_exact};
use crate::trace::{LoyaltyStep, Recorder};
use crate::truth::Truth;

/// Points before they are cut; more is beyond any basket.
const ROUNDED_MAX: i128 = 1_000_000_000_000_000;

/// A line as a programme earns on it.
struct EarningLine {
    /// Minor units due for what is in scope.
    due: i64,
    /// Units paid for.
    units: i64,
    /// What money and unit give, in 1 / (per × 10000) points.
    base: i128,
    /// With the bonuses.
    exact: i128,
}

/// What a rule does on the lines.
struct Applied<'a> {
    rule: &'a CompiledRule,
    lines: Vec<usize>,
    /// Where it came about.
    gave: Vec<usize>,
}

impl Applied<'_> {
    /// What it gives before anything is rounded or cut, in 1 / (per × 10000) points: by this what is earned is split among rules.
    fn given(&self, earn: &Earn, lines: &[EarningLine]) -> i128 {
        let (whole, per) = (i128::from(RATE_WHOLE), i128::from(earn.per));
        let of_lines = |given: &dyn Fn(&EarningLine) -> i128| {
            self.gave.iter().filter_map(|place| lines.get(*place)).map(given).sum::<i128>()
        };
        match self.rule.rule.earns {
            Earns::Money(points) => of_lines(&|line| i128::from(points) * i128::from(line.due) * whole),
            Earns::Unit(points) => of_lines(&|line| i128::from(points) * i128::from(line.units) * per * whole),
            Earns::Bonus(rate) => of_lines(&|line| line.base * i128::from(rate)),
            Earns::Fixed(points) => i128::from(points) * per * whole,
        }
    }
}

impl Settling<'_> {
    /// Earns in the programme at a place.
    pub(super) fn earn<R: Recorder>(&mut self, at: usize, recorder: &mut R) {
        let Some(share) = self.shares.get(at) else { return };
        let earn = &share.programme.written.earn;
        let mut lines: Vec<EarningLine> =
            self.lines.iter().map(|line| earning_line(share.programme.scope(), line)).collect();
        let mut applied = self.applied(at, &lines, recorder);
        give_base(earn, &mut lines, &mut applied);
        give_bonuses(earn, &mut lines, &mut applied);
        let mut points = rounded(earn, &lines);
        give_fixed(&lines, &mut applied, &mut points);
        let total: i64 = points.iter().sum();
        let left = share.member.earn_left.iter().copied().min().unwrap_or(i64::MAX);
        let cut = total.min(earn.max_per_authorization).min(left);
        if cut < total {
            points = split(cut, &points).into_vec();
        }
        recorder.loyalty(|| LoyaltyStep::Earned {
            program: share.member.key.program.clone(),
            exact: lines.iter().map(|line| line.exact.to_string()).collect(),
            of: i128::from(earn.per) * i128::from(RATE_WHOLE),
            uncut: total,
            points: cut,
        });
        applied.retain(|applied| cut > 0 && !applied.gave.is_empty());
        let exact: Vec<i128> = applied.iter().map(|applied| applied.given(earn, &lines)).collect();
        let by_rule = split_exact(cut, &exact);
        let gave: Vec<(Arc<str>, usize, Vec<usize>)> = applied
            .into_iter()
            .filter_map(|applied| {
                let place = share.programme.rules.iter().position(|rule| rule.code == applied.rule.code)?;
                Some((applied.rule.code.clone(), place, applied.gave))
            })
            .collect();
        let asks_coupons = &share.programme.asks_coupons;
        for (_, place, lines) in &gave {
            let campaign = asks_coupons.iter().find(|(rule, _)| rule == place).map(|(_, campaign)| &**campaign);
            self.serve(campaign, lines.iter().copied());
        }
        let Some(share) = self.shares.get_mut(at) else { return };
        for (line, (points, earning)) in share.points.iter_mut().zip(points.iter().zip(&lines)) {
            (line.earned, line.measured) = (*points, earning.due);
        }
        share.gave = gave.into_iter().map(|(code, _, _)| code).collect();
        share.by_rule = by_rule;
    }

    /// The rules that apply, with their lines.
    fn applied<'r, R: Recorder>(&'r self, at: usize, lines: &[EarningLine], recorder: &mut R) -> Vec<Applied<'r>> {
        let Some(share) = self.shares.get(at) else { return Vec::new() };
        let mut applied = Vec::new();
        for (rule, uses_left) in share.programme.rules.iter().zip(&share.member.uses_left) {
            let is_used_up = uses_left.is_some_and(|left| left <= 0);
            let mut on = Vec::new();
            for (place, (line, earning)) in self.lines.iter().zip(lines).enumerate() {
                if earning.due <= 0 || !rule.rule.products.covers_product(line.asked.product.as_str()) {
                    continue;
                }
                let is_true = rule.when.as_ref().is_none_or(|when| {
                    self.plan.facts.answer(when, &share.programme.frame, Some(line.asked), recorder) == Truth::True
                });
                recorder.loyalty(|| LoyaltyStep::Rule {
                    program: share.member.key.program.clone(),
                    rule: rule.code.clone(),
                    line_id: line.asked.line_id.clone(),
                    applies: is_true && !is_used_up,
                    used_up: is_used_up,
                    when: None,
                });
                if is_true && !is_used_up {
                    on.push(place);
                }
            }
            applied.push(Applied { rule, lines: on, gave: Vec::new() });
        }
        applied
    }
}

fn earning_line(scope: &crate::document::Scope, line: &super::LineInPlay<'_>) -> EarningLine {
    let due = if scope.covers_product(line.asked.product.as_str()) { line.due } else { 0 };
    let paid_for = (line.asked.quantity - line.rewarded).max(0);
    let units = if due > 0 { crate::money::proportion(paid_for, due, line.payable) } else { 0 };
    EarningLine { due, units, base: 0, exact: 0 }
}

fn give_base(earn: &Earn, lines: &mut [EarningLine], applied: &mut [Applied<'_>]) {
    for applied in applied {
        for place in &applied.lines {
            let Some(line) = lines.get_mut(*place) else { continue };
            let given = match applied.rule.rule.earns {
                Earns::Money(points) => i128::from(points) * i128::from(line.due),
                Earns::Unit(points) => i128::from(points) * i128::from(line.units) * i128::from(earn.per),
                Earns::Bonus(_) | Earns::Fixed(_) => 0,
            };
            line.base += given;
            if given > 0 {
                applied.gave.push(*place);
            }
        }
    }
}

/// Of the best bonus of a line alone it is said that it gave; of equals the first.
fn give_bonuses(earn: &Earn, lines: &mut [EarningLine], applied: &mut [Applied<'_>]) {
    for (place, line) in lines.iter_mut().enumerate() {
        let mut bonuses: Vec<(&mut Applied<'_>, i64)> = applied
            .iter_mut()
            .filter(|applied| applied.lines.contains(&place))
            .filter_map(|applied| match applied.rule.rule.earns {
                Earns::Bonus(rate) => Some((applied, rate)),
                Earns::Money(_) | Earns::Unit(_) | Earns::Fixed(_) => None,
            })
            .collect();
        if earn.bonuses == Bonuses::Best {
            bonuses.sort_by_key(|(_, rate)| std::cmp::Reverse(*rate));
            bonuses.truncate(1);
        }
        let sum: i64 = bonuses.iter().map(|(_, rate)| rate).sum();
        line.exact = line.base * i128::from(RATE_WHOLE + sum);
        if line.base > 0 {
            bonuses.into_iter().for_each(|(applied, _)| applied.gave.push(place));
        }
    }
}

/// Each line by itself, or all together and then split.
fn rounded(earn: &Earn, lines: &[EarningLine]) -> Vec<i64> {
    let increment = i128::from(earn.increment.max(1));
    let unit = i128::from(earn.per) * i128::from(RATE_WHOLE) * increment;
    let round = |exact: i128| {
        let points = (multiples(exact, unit, earn.mode) * increment).min(ROUNDED_MAX);
        i64::try_from(points).unwrap_or(i64::MAX)
    };
    let exact: Vec<i128> = lines.iter().map(|line| line.exact).collect();
    if earn.by_line { exact.into_iter().map(round).collect() } else { split_exact(round(exact.iter().sum()), &exact) }
}

fn give_fixed(lines: &[EarningLine], applied: &mut [Applied<'_>], points: &mut [i64]) {
    for applied in applied {
        let Earns::Fixed(fixed) = applied.rule.rule.earns else { continue };
        let due = |place: &usize| lines.get(*place).map_or(0, |line| line.due);
        let weights: Vec<i64> = applied.lines.iter().map(due).collect();
        for (place, share) in applied.lines.iter().zip(split(fixed, &weights)) {
            if let Some(points) = points.get_mut(*place) {
                *points += share;
            }
        }
        applied.gave.clone_from(&applied.lines);
    }
}
