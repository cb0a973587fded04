//! What points pay (3, "Tender").

use serde_json::{Value, json};

use super::{Ledger, Settled, covers, split};
use crate::oracle::conditions::{self, Place};
use crate::oracle::lines::Line;
use crate::oracle::{Case, facts};

pub(super) fn take(ledger: &Ledger, case: &Case, lines: &[Line], redemption: &Value, settled: &mut Settled) {
    let points = case.points.as_ref().unwrap();
    let Some(place) = settled.parts.iter().position(|part| part.programme["code"] == redemption["program"]) else {
        return;
    };
    let member = points.members.iter().find(|one| one.programme["code"] == redemption["program"]).unwrap();
    let programme = member.programme;
    let redeem = &programme["redeem"];
    let rooms = rooms(case, lines, programme, &settled.due);
    let room: i128 = rooms.iter().sum();
    let part = &mut settled.parts[place];
    if room == 0 {
        part.reasons.insert("not_for_this");
        return;
    }
    let value = |n: i128| n * facts::number(&redeem["amount"]) / facts::number(&redeem["points"]);
    let step = i128::from(redeem["step"].as_i64().unwrap_or(1));
    let min = i128::from(redeem["min"].as_i64().unwrap_or(0));
    let share = i128::from(redeem["max_share"].as_i64().unwrap_or(10_000));
    let payable: i128 = lines.iter().map(|line| line.remaining).sum();
    let ceiling = room.min(payable * share / 10_000);
    let rewards = part.spent();
    let available = member.balance.max(0) - rewards;
    let left = facts::list(&redeem["limits"])
        .iter()
        .map(|limit| {
            let spent = ledger.in_window(programme, member.account, limit, case, |share, place| share.lines[place].0);
            (facts::number(&limit["max"]) - spent - rewards).max(0)
        })
        .min();
    let asked = redemption["points"].as_i64().map(i128::from);
    let mut n = asked.map_or(available, |asked| asked.min(available));
    if asked.is_some_and(|asked| available < asked) {
        part.reasons.insert("not_enough_points");
    }
    if left.is_some_and(|left| left < n) {
        part.reasons.insert("limit_reached");
    }
    n = left.map_or(n, |left| left.min(n));
    n -= n % step;
    while value(n) > ceiling {
        n -= step;
    }
    if n < min || value(n) == 0 {
        part.reasons.extend(why_nothing(redeem, available, left));
        return;
    }
    // "for the least multiple of `step`, not below `min`, whose value is v"
    while n - step >= min && value(n - step) == value(n) {
        n -= step;
    }
    part.redeemed = (n, value(n));
    let amounts = split(value(n), &rooms);
    for (at, points) in split(n, &amounts).into_iter().enumerate() {
        part.lines[at].0 += points;
        settled.due[at] -= amounts[at];
        if amounts[at] > 0 {
            let tender =
                json!({"program": programme["code"], "amount": amounts[at] as i64, "payer": programme["owner"]});
            settled.tenders[at].push(tender);
        }
    }
}

/// Of each line what is left to pay of it, where `redeem` covers it.
fn rooms(case: &Case, lines: &[Line], programme: &Value, due: &[i128]) -> Vec<i128> {
    let redeem = &programme["redeem"];
    let room = |at: usize| {
        let place = Place { case, benefit: programme, line: lines[at].line };
        let when = &redeem["when"];
        let is_true = when.is_null() || conditions::truth(&place, when) == Some(true);
        if !redeem.is_null() && covers(redeem, lines[at].line) && is_true { due[at] } else { 0 }
    };
    (0..lines.len()).map(room).collect()
}

/// Why nothing is redeemed.
fn why_nothing(redeem: &Value, available: i128, left: Option<i128>) -> Vec<&'static str> {
    let step = i128::from(redeem["step"].as_i64().unwrap_or(1));
    let mut least = i128::from(redeem["min"].as_i64().unwrap_or(0));
    // "the least multiple of `step` that is not below `min` and worth a cent"
    while least * facts::number(&redeem["amount"]) / facts::number(&redeem["points"]) == 0 {
        least += step;
    }
    let reasons = [("not_enough_points", available < least), ("limit_reached", left.is_some_and(|left| left < least))];
    let lacking: Vec<&str> = reasons.iter().filter(|(_, lacks)| *lacks).map(|(reason, _)| *reason).collect();
    if lacking.is_empty() { vec!["below_minimum"] } else { lacking }
}
