//! Rewards and choices (3).

use serde_json::Value;

use super::{Settled, Turn, covers, split};
use crate::oracle::lines::Line;
use crate::oracle::usage::Record;
use crate::oracle::{Case, basket, discount, eligibility, facts, funding};

/// Is a benefit with `costs` a candidate? "only if its programme is in play and it is automatic or asked for"
pub(crate) fn may_be_given(case: &Case, benefit: &Value) -> bool {
    let costs = &benefit["costs"];
    if costs.is_null() {
        return true;
    }
    let Some(points) = &case.points else { return false };
    let in_play = points.members.iter().any(|one| one.in_play && one.programme["code"] == costs["program"]);
    in_play && (costs["automatic"] == true || asked(case, benefit).is_some())
}

/// The units asked for of a reward.
fn asked(case: &Case, benefit: &Value) -> Option<i128> {
    let mut asked = facts::list(&case.request["redeem"]).iter();
    let found = asked.find(|one| one["program"] == benefit["costs"]["program"] && one["reward"] == benefit["code"])?;
    Some(i128::from(found["units"].as_i64().unwrap_or(1)))
}

/// Takes a benefit with `costs` or `choose`.
pub(crate) fn take_chosen<'a>(case: &Case<'a>, usage: &[Record], benefit: &'a Value, lines: &mut [Line<'a>]) {
    let eligible: Vec<usize> =
        (0..lines.len()).filter(|place| eligibility::is_eligible(case, benefit, lines[*place].line)).collect();
    let mut budget = i128::MAX;
    let every = &benefit["choose"]["every"];
    if !every.is_null() {
        let whole = every["products"].is_null() && every["except_products"].is_null();
        let of = |place: &usize| if whole { eligible.contains(place) } else { covers(every, lines[*place].line) };
        let n: i128 = (0..lines.len()).filter(of).map(|place| lines[place].quantity).sum();
        budget = n / facts::number(&every["of"]) * facts::number(&every["units"]);
    }
    let costs = &benefit["costs"];
    if !costs.is_null() {
        budget = budget.min(turn(case, benefit));
    }
    let before: Vec<i128> = lines.iter().map(|line| line.remaining).collect();
    if facts::is_basket_effect(benefit) {
        if budget > 0 {
            basket::take_basket_effect(case, usage, benefit, lines);
        }
    } else {
        take_lines(case, usage, benefit, lines, &eligible, budget);
    }
    if !costs.is_null() {
        pay(case, benefit, lines, &before);
    }
}

/// Notes the turn of a reward, and says for how many units there are points.
fn turn(case: &Case, benefit: &Value) -> i128 {
    let (costs, points) = (&benefit["costs"], case.points.as_ref().unwrap());
    let member = points.members.iter().find(|one| one.programme["code"] == costs["program"]).unwrap();
    let price = facts::number(&costs["points"]);
    let mut turns = points.turns.borrow_mut();
    let mut available = member.balance.max(0);
    for turn in turns.iter().filter(|turn| turn.program == costs["program"]) {
        available -= turn.lines.iter().map(|line| line.2).sum::<i128>();
    }
    let asked = asked(case, benefit);
    let per_use = costs["per"] == "use";
    let wanted = if per_use { asked.map(|_| 1) } else { asked };
    let lacking = wanted.is_some_and(|wanted| available < price * wanted);
    turns.push(Turn { program: costs["program"].clone(), benefit: benefit["code"].clone(), lacking, lines: vec![] });
    match (per_use, available >= price) {
        (true, true) => i128::MAX,
        (true, false) => 0,
        (false, _) => asked.unwrap_or(i128::MAX).min(available / price),
    }
}

fn take_lines<'a>(
    case: &Case<'a>,
    usage: &[Record],
    benefit: &'a Value,
    lines: &mut [Line<'a>],
    eligible: &[usize],
    mut budget: i128,
) {
    let mut left: Vec<usize> = eligible.iter().copied().filter(|place| lines[*place].remaining > 0).collect();
    while budget > 0 && !left.is_empty() {
        // The next by its order: of equals the first.
        let mut next = 0;
        for other in 1..left.len() {
            let (one, two) = (&lines[left[next]], &lines[left[other]]);
            let (one, two) = (one.remaining * two.quantity, two.remaining * one.quantity);
            let sooner = match benefit["choose"]["order"].as_str() {
                Some("cheapest") => two < one,
                Some("dearest") => two > one,
                _ => false,
            };
            if sooner {
                next = other;
            }
        }
        let place = left.remove(next);
        let given = lines[place].discounts.len();
        if let Some(offer) = discount::look_at_most(case, usage, benefit, lines, place, budget) {
            funding::take(case, usage, benefit, lines, place, &offer);
        }
        if lines[place].discounts.len() > given {
            budget -= lines[place].discounts[given].units;
        }
    }
}

/// "It costs points × covered on each line"; "Per use … costs points once if it gave, split by its discounts."
fn pay(case: &Case, benefit: &Value, lines: &[Line], before: &[i128]) {
    let price = facts::number(&benefit["costs"]["points"]);
    let gave: Vec<i128> = lines.iter().zip(before).map(|(line, before)| before - line.remaining).collect();
    let units = |place: usize| lines[place].discounts.last().map_or(0, |discount| discount.units);
    let of_use = split(price, &gave);
    let mut turns = case.points.as_ref().unwrap().turns.borrow_mut();
    for place in (0..lines.len()).filter(|place| gave[*place] > 0) {
        let points = if benefit["costs"]["per"] == "use" { of_use[place] } else { price * units(place) };
        turns.last_mut().unwrap().lines.push((place, units(place), points));
    }
}

/// What rewards cost, and what is said of those asked for.
pub(super) fn spend_on_rewards(case: &Case, settled: &mut Settled) {
    let turns = case.points.as_ref().unwrap().turns.borrow();
    for part in &mut settled.parts {
        for turn in turns.iter().filter(|turn| turn.program == part.programme["code"]) {
            for (place, _, points) in &turn.lines {
                part.lines[*place].0 += points;
            }
        }
        let asked = facts::list(&case.request["redeem"]).iter().filter(|one| one["program"] == part.programme["code"]);
        for redemption in asked.filter(|one| !one["reward"].is_null()) {
            let turn =
                turns.iter().find(|turn| turn.program == redemption["program"] && turn.benefit == redemption["reward"]);
            match turn {
                None => drop(part.reasons.insert("not_for_this")),
                Some(turn) if turn.lacking => drop(part.reasons.insert("not_enough_points")),
                Some(turn) if turn.lines.is_empty() => drop(part.reasons.insert("not_for_this")),
                Some(_) => {}
            }
        }
    }
}
