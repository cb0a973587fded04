//! Loyalty, read slowly and naively from its normative page: points are moved one by one, levels are found day by day.

#![allow(clippy::cast_possible_truncation, reason = "the numbers of these worlds are small")]

mod account;
mod choose;
mod earning;
mod members;
mod operations;
mod tender;

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::lines::{self, Line};
use super::usage::Record;
use super::{Case, answer, candidates, facts, reasons, resolve, slots, spend, time};

use account::Account;
pub(crate) use choose::{may_be_given, take_chosen};
pub(crate) use members::{birthday, good_coupon, has_level};
pub(crate) use operations::statement_of;

/// What loyalty knows of a request.
pub(crate) struct Points<'a> {
    /// The programmes of which the holder is a member, that count and are in force, in order of code.
    members: Vec<Member<'a>>,
    /// Of each coupon presented: its campaign and what it is before it serves.
    coupons: Vec<(Value, &'static str)>,
    /// Turns of rewards so far.
    turns: RefCell<Vec<Turn>>,
}

struct Member<'a> {
    programme: &'a Value,
    account: usize,
    in_play: bool,
    balance: i128,
    pending: i128,
    owed: i128,
    /// 0 is none.
    level: usize,
    counted: i128,
}

/// The turn of a reward.
struct Turn {
    program: Value,
    benefit: Value,
    lacking: bool,
    /// Units and points by line.
    lines: Vec<(usize, i128, i128)>,
}

/// Everything that was recorded.
pub(crate) struct Ledger<'a> {
    catalogue: &'a Value,
    holders: &'a [Value],
    provider: &'a str,
    clock: Option<Timestamp>,
    usage: Vec<Record>,
    accounts: Vec<Account>,
    sold: Vec<Sold<'a>>,
    /// Uses of each coupon of the catalogue.
    used: Vec<i64>,
    reversed_before: Vec<Value>,
    /// Operations so far.
    operations: usize,
}

/// A sale or hold that was recorded.
struct Sold<'a> {
    id: Value,
    at: Timestamp,
    /// "held", "captured", "voided", "expired", "reversed".
    state: &'static str,
    was_hold: bool,
    /// Of each line its units, and of those how many were captured and refunded.
    lines: Vec<(i128, i128)>,
    line_ids: Vec<Value>,
    /// Every operation, undone ones as well.
    operations: Vec<Value>,
    /// Operations that stand: id, kind, units by line.
    history: Vec<(Value, &'static str, Vec<i128>)>,
    shares: Vec<Share<'a>>,
    /// Coupons taken, by their place in the catalogue, with the lines where they served.
    coupons: Vec<(usize, BTreeSet<usize>)>,
    coupons_stand: Vec<bool>,
}

/// What was frozen of a programme, and what is posted.
struct Share<'a> {
    programme: &'a Value,
    account: usize,
    holder: Value,
    /// Spent, earned, and paid for what is in scope, by line.
    lines: Vec<(i128, i128, i128)>,
    gave: Vec<Value>,
    posting: account::Posting,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(catalogue: &'a Value, holders: &'a [Value], provider: &'a str) -> Self {
        let used = vec![0; facts::list(&catalogue["coupons"]).len()];
        Ledger {
            catalogue,
            holders,
            provider,
            clock: None,
            usage: vec![],
            accounts: vec![],
            sold: vec![],
            used,
            reversed_before: vec![],
            operations: 0,
        }
    }

    /// The answer to a line of a file.
    pub(crate) fn take(&mut self, line: &'a Value) -> Value {
        if let Some(at) = line["occurred_at"].as_str() {
            self.pass(time::instant(at));
        }
        self.end_holds();
        if line["operation"].is_string() { self.operate(line) } else { self.decide(line) }
    }

    // 1: "T is the later of `occurred_at` and the engine's clock"; "The clock of `avis decide` is the latest `occurred_at` so far."
    fn pass(&mut self, at: Timestamp) {
        self.clock = Some(self.clock.map_or(at, |clock| clock.max(at)));
        self.end_holds();
    }

    fn now(&self) -> Timestamp {
        self.clock.unwrap()
    }

    fn decide(&mut self, request: &'a Value) -> Value {
        let mut case = resolve::resolve(self.catalogue, self.holders, self.provider, request);
        case.points = Some(self.points(&case, request));
        let candidates = candidates::candidates(&case);
        let mut lines: Vec<Line> = lines::listed(request).iter().map(Line::new).collect();
        for slot in slots::slots(&case, &candidates) {
            slots::take_slot(&case, &self.usage, &slot, &mut lines);
        }
        spend::take_spend_caps(&case, &self.usage, &candidates, &mut lines);
        reasons::add_reasons(&case, &candidates, &mut lines);
        let mut outcome = answer::outcome(&case, &candidates, &lines);
        let points = case.points.as_ref().unwrap();
        // 3: "what decision.md declines is `approved` all the same if a line is in the `scope` of a programme in play"
        let in_scope =
            |member: &&Member| lines::listed(request).iter().any(|line| covers(&member.programme["scope"], line));
        if outcome == "declined"
            && points.members.iter().filter(|member| member.in_play).any(|member| in_scope(&member))
        {
            outcome = "approved";
        }
        if outcome != "declined" {
            super::usage::record(&case, &candidates, &lines, &mut self.usage);
        }
        let settled = self.settle(&case, &lines, outcome);
        let mut answer = answer::answer(&case, outcome, &lines);
        settled.write(&case, &mut answer, self.now());
        if outcome != "declined" && !self.reversed_before.contains(&request["request_id"]) {
            self.record(&case, request, settled);
        }
        answer
    }

    fn points(&mut self, case: &Case<'a>, request: &'a Value) -> Points<'a> {
        let members = self.members(case);
        let coupons = self.coupons(case, request);
        Points { members, coupons, turns: RefCell::new(vec![]) }
    }

    fn settle(&self, case: &Case<'a>, lines: &[Line<'a>], outcome: &str) -> Settled<'a> {
        let points = case.points.as_ref().unwrap();
        let in_play = points.members.iter().filter(|member| member.in_play);
        let parts = in_play.map(|member| Part {
            programme: member.programme,
            lines: vec![(0, 0, 0); lines.len()],
            redeemed: (0, 0),
            reasons: BTreeSet::new(),
            gave: vec![],
        });
        let mut settled = Settled {
            parts: parts.collect(),
            due: lines.iter().map(|line| line.remaining).collect(),
            tenders: lines.iter().map(|_| vec![]).collect(),
            served: vec![BTreeSet::new(); points.coupons.len()],
        };
        choose::spend_on_rewards(case, &mut settled);
        if outcome != "declined" {
            for redemption in facts::list(&case.request["redeem"]).iter().filter(|one| one["reward"].is_null()) {
                tender::take(self, case, lines, redemption, &mut settled);
            }
            for place in 0..settled.parts.len() {
                earning::earn(self, case, lines, place, &mut settled);
            }
        }
        earning::serve_benefits(case, lines, &mut settled);
        settled
    }
}

/// What a request comes to in points, while it is made.
struct Settled<'a> {
    parts: Vec<Part<'a>>,
    due: Vec<i128>,
    tenders: Vec<Vec<Value>>,
    /// The lines where each coupon presented served.
    served: Vec<BTreeSet<usize>>,
}

struct Part<'a> {
    programme: &'a Value,
    /// Spent, earned, and paid for what is in scope, by line.
    lines: Vec<(i128, i128, i128)>,
    redeemed: (i128, i128),
    reasons: BTreeSet<&'static str>,
    gave: Vec<Value>,
}

impl Part<'_> {
    fn spent(&self) -> i128 {
        self.lines.iter().map(|line| line.0).sum()
    }

    fn earned(&self) -> i128 {
        self.lines.iter().map(|line| line.1).sum()
    }
}

impl Settled<'_> {
    // 8: "On the wire"
    fn write(&self, case: &Case, answer: &mut Value, now: Timestamp) {
        let points = case.points.as_ref().unwrap();
        let tender: i128 = self.parts.iter().map(|part| part.redeemed.1).sum();
        let due: i128 = self.due.iter().sum();
        answer["tender"] = json!(tender as i64);
        answer["due"] = json!(due as i64);
        let coupons = points.coupons.iter().zip(&self.served);
        let coupons = coupons.map(|((campaign, state), served)| {
            json!({"campaign": campaign, "state": if served.is_empty() { state } else { "taken" }})
        });
        answer["coupons"] = coupons.collect();
        for (place, line) in answer["lines"].as_array_mut().unwrap().iter_mut().enumerate() {
            line["due"] = json!(self.due[place] as i64);
            line["tender"] = json!(self.tenders[place]);
            let of = |part: &Part| {
                let (spent, earned, _) = part.lines[place];
                json!({"program": part.programme["code"], "spent": spent as i64, "earned": earned as i64})
            };
            let some = self.parts.iter().filter(|part| part.lines[place].0 != 0 || part.lines[place].1 != 0);
            line["points"] = some.map(of).collect();
        }
        let mut loyalty: Vec<Value> = self.parts.iter().map(|part| members::of_part(case, part, now)).collect();
        loyalty.extend(members::of_others(case));
        answer["loyalty"] = json!(loyalty);
    }
}

/// Does the scope of a programme, of a rule or of `redeem` cover the product of a line?
fn covers(scope: &Value, line: &Value) -> bool {
    let one_of = |paths: &Value| facts::list(paths).iter().any(|path| facts::path_covers(path, &line["product"]));
    (scope["products"].is_null() || one_of(&scope["products"])) && !one_of(&scope["except_products"])
}

/// By largest remainder, ties in line order.
fn split(total: i128, weights: &[i128]) -> Vec<i128> {
    let whole: i128 = weights.iter().sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i128> = weights.iter().map(|weight| total * weight / whole).collect();
    while shares.iter().sum::<i128>() < total {
        // The one furthest below its exact share; of equals the first.
        let short = |place: usize| total * weights[place] - shares[place] * whole;
        let next = (0..weights.len()).max_by_key(|place| (short(*place), std::cmp::Reverse(*place))).unwrap();
        shares[next] += 1;
    }
    shares
}
