//! What is earned (3, "Earning"), and which coupons serve (5).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Ledger, Settled, Share, covers, members, split};
use crate::oracle::conditions::{self, Place};
use crate::oracle::lines::Line;
use crate::oracle::{Case, facts, time};

impl Ledger<'_> {
    /// What stands of an account in the window of a limit around t, by service date; holds count as if captured whole.
    pub(super) fn in_window(
        &self,
        programme: &Value,
        account: usize,
        limit: &Value,
        case: &Case,
        of: impl Fn(&Share, usize) -> i128,
    ) -> i128 {
        let (first, last) = time::window(&limit["window"], time::service_date(programme, case.at));
        let mut sum = 0;
        for sold in &self.sold {
            for share in sold.shares.iter().filter(|share| share.account == account) {
                let date = time::service_date(share.programme, sold.at);
                let own = limit["scope"] != "holder" || share.holder == case.holder.unwrap()["holder"];
                if own && first <= date && date <= last {
                    sum += sold.stands(|place| of(share, place));
                }
            }
        }
        sum
    }

    /// "each authorization of which earned points stand uses it once"
    fn uses(&self, programme: &Value, account: usize, rule: &Value, case: &Case) -> i64 {
        let (first, last) = time::window(&rule["uses"]["window"], time::service_date(programme, case.at));
        let mut uses = 0;
        for sold in &self.sold {
            for share in sold.shares.iter().filter(|share| share.account == account) {
                let date = time::service_date(share.programme, sold.at);
                let stands = sold.stands(|place| share.lines[place].1) > 0;
                if stands && share.gave.contains(&rule["code"]) && first <= date && date <= last {
                    uses += 1;
                }
            }
        }
        uses
    }
}

pub(super) fn earn(ledger: &Ledger, case: &Case, lines: &[Line], place: usize, settled: &mut Settled) {
    let points = case.points.as_ref().unwrap();
    let programme = settled.parts[place].programme;
    let member = points.members.iter().find(|one| one.programme["code"] == programme["code"]).unwrap();
    let earn = &programme["earn"];
    let per = i128::from(earn["per"].as_i64().unwrap_or(100));
    let (m, u) = paid(case, lines, programme, &settled.due);
    let applies = |rule: &Value, at: usize| {
        let here = Place { case, benefit: programme, line: lines[at].line };
        let used_up = !rule["uses"].is_null()
            && ledger.uses(programme, member.account, rule, case) >= rule["uses"]["max"].as_i64().unwrap();
        let is_true = rule["when"].is_null() || conditions::truth(&here, &rule["when"]) == Some(true);
        m[at] > 0 && covers(rule, lines[at].line) && is_true && !used_up
    };
    let rules = facts::list(&earn["rules"]);
    let mut came_about: Vec<(usize, usize)> = vec![];
    let n: Vec<i128> = (0..lines.len())
        .map(|at| {
            let rules: Vec<(usize, &Value)> = rules.iter().enumerate().filter(|(_, rule)| applies(rule, at)).collect();
            let (n, gave) = exactly(earn, &rules, per, m[at], u[at]);
            came_about.extend(gave.into_iter().map(|number| (number, at)));
            n
        })
        .collect();
    let mut got = if earn["rounding"]["on"] == "line" {
        n.iter().map(|n| round(earn, *n, per * 10_000)).collect()
    } else {
        split(round(earn, n.iter().sum(), per * 10_000), &n)
    };
    for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| !rule["fixed"].is_null()) {
        let weights: Vec<i128> = (0..lines.len()).map(|at| if applies(rule, at) { m[at] } else { 0 }).collect();
        for (at, share) in split(facts::number(&rule["fixed"]), &weights).into_iter().enumerate() {
            got[at] += share;
            if weights[at] > 0 {
                came_about.push((number, at));
            }
        }
    }
    let total = cut(ledger, case, programme, member.account, &got);
    if total < got.iter().sum() {
        got = split(total, &got);
    }
    for at in 0..lines.len() {
        settled.parts[place].lines[at].1 = got[at];
        settled.parts[place].lines[at].2 = m[at];
    }
    if total == 0 {
        return;
    }
    for (number, at) in came_about {
        let code = &rules[number]["code"];
        if !settled.parts[place].gave.contains(code) {
            settled.parts[place].gave.push(code.clone());
        }
        serve(case, &rules[number]["when"], at, &mut settled.served);
    }
}

/// "M = due of a line in `scope`, else 0; U = floor((Q − its units that rewards covered, not below 0) × M / payable)"
fn paid(case: &Case, lines: &[Line], programme: &Value, due: &[i128]) -> (Vec<i128>, Vec<i128>) {
    let turns = case.points.as_ref().unwrap().turns.borrow();
    let (mut m, mut u) = (vec![], vec![]);
    for (at, line) in lines.iter().enumerate() {
        let covered: i128 =
            turns.iter().flat_map(|turn| &turn.lines).filter(|line| line.0 == at).map(|line| line.1).sum();
        m.push(if covers(&programme["scope"], line.line) { due[at] } else { 0 });
        u.push(if m[at] == 0 { 0 } else { (line.quantity - covered).max(0) * m[at] / line.remaining });
    }
    (m, u)
}

/// N of a line, and the rules that came about for it.
fn exactly(earn: &Value, rules: &[(usize, &Value)], per: i128, m: i128, u: i128) -> (i128, Vec<usize>) {
    let (mut s, mut gave, mut bonuses): (i128, Vec<usize>, Vec<(i128, usize)>) = (0, vec![], vec![]);
    for (number, rule) in rules {
        let part = i128::from(rule["money"].as_i64().unwrap_or(0)) * m
            + i128::from(rule["unit"].as_i64().unwrap_or(0)) * u * per;
        if part > 0 {
            gave.push(*number);
        }
        s += part;
        if let Some(bonus) = rule["bonus"].as_i64() {
            bonuses.push((i128::from(bonus), *number));
        }
    }
    if earn["bonuses"] == "best" {
        let best = bonuses.iter().map(|(bonus, _)| *bonus).max();
        bonuses.retain(|(bonus, _)| Some(*bonus) == best);
        bonuses.truncate(1);
    }
    if s > 0 {
        gave.extend(bonuses.iter().map(|(_, number)| *number));
    }
    (s * (10_000 + bonuses.iter().map(|(bonus, _)| bonus).sum::<i128>()), gave)
}

/// "The total is cut to max_per_authorization (10^12 at most) and to what each limit leaves"
fn cut(ledger: &Ledger, case: &Case, programme: &Value, account: usize, got: &[i128]) -> i128 {
    let earn = &programme["earn"];
    let mut total: i128 = got.iter().sum();
    total = total.min(i128::from(earn["max_per_authorization"].as_i64().unwrap_or(1_000_000_000_000)));
    for limit in facts::list(&earn["limits"]) {
        let earned = ledger.in_window(programme, account, limit, case, |share, place| share.lines[place].1);
        total = total.min((facts::number(&limit["max"]) - earned).max(0));
    }
    total
}

/// An exact number of points as a fraction, to a multiple of the increment.
fn round(earn: &Value, numerator: i128, denominator: i128) -> i128 {
    let increment = i128::from(earn["rounding"]["increment"].as_i64().unwrap_or(1));
    let unit = denominator * increment;
    let (down, rest) = (numerator / unit, numerator % unit);
    let up = match earn["rounding"]["mode"].as_str().unwrap_or("down") {
        "down" => false,
        "up" => rest > 0,
        "half_up" => 2 * rest >= unit,
        "half_even" => 2 * rest > unit || 2 * rest == unit && down % 2 == 1,
        other => panic!("mode {other}"),
    };
    (down + i128::from(up)) * increment
}

// 5: "It is *taken* … when a benefit whose `when` has the leaf gave a discount"
pub(super) fn serve_benefits(case: &Case, lines: &[Line], settled: &mut Settled) {
    for (at, line) in lines.iter().enumerate() {
        for discount in &line.discounts {
            serve(case, &discount.benefit["when"], at, &mut settled.served);
        }
    }
}

fn serve(case: &Case, when: &Value, at: usize, served: &mut [BTreeSet<usize>]) {
    if let Some(place) = campaign(when).and_then(|campaign| members::good_coupon(case, campaign)) {
        served[place].insert(at);
    }
}

/// The campaign that a condition asks for; a coupon stands under `all` alone.
fn campaign(when: &Value) -> Option<&Value> {
    if !when["coupon"].is_null() {
        return Some(&when["coupon"]["campaign"]);
    }
    facts::list(&when["all"]).iter().find_map(campaign)
}
