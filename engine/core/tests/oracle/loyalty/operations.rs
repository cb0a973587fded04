//! Recording, operations, and the passing of time (6).

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::account::{Posting, Why};
use super::{Ledger, Settled, Share, Sold, members};
use crate::oracle::{Case, facts};

const EXPIRY: &str = "the end of a hold";

impl<'a> Ledger<'a> {
    pub(super) fn record(&mut self, case: &Case<'a>, request: &'a Value, settled: Settled<'a>) {
        let is_hold = request["mode"] == "hold";
        let points = case.points.as_ref().unwrap();
        let share = |part: super::Part<'a>| {
            let member = points.members.iter().find(|one| one.programme["code"] == part.programme["code"]).unwrap();
            Share {
                programme: part.programme,
                account: member.account,
                holder: case.holder.unwrap()["holder"].clone(),
                lines: part.lines,
                gave: part.gave,
                posting: Posting::default(),
            }
        };
        let presented = facts::list(&request["coupons"]);
        let taken = settled.served.iter().enumerate().filter(|(_, lines)| !lines.is_empty()).map(|(place, lines)| {
            let code = members::normal(&presented[place]);
            let coupons = facts::list(&case.catalogue["coupons"]);
            (coupons.iter().position(|coupon| members::normal(&coupon["code"]) == code).unwrap(), lines.clone())
        });
        let coupons: Vec<_> = taken.collect();
        let lines = facts::list(&request["lines"]).iter().map(|line| facts::number(&line["quantity"]));
        let sold = Sold {
            id: request["request_id"].clone(),
            at: case.at,
            state: if is_hold { "held" } else { "captured" },
            was_hold: is_hold,
            lines: lines.map(|units| (units, units)).collect(),
            line_ids: facts::list(&request["lines"]).iter().map(|line| line["line_id"].clone()).collect(),
            history: vec![],
            operations: vec![],
            shares: settled.parts.into_iter().map(share).collect(),
            coupons_stand: vec![false; coupons.len()],
            coupons,
        };
        self.sold.push(sold);
        let place = self.sold.len() - 1;
        self.operations += 1;
        for share in &mut self.sold[place].shares {
            self.accounts[share.account].open(&mut share.posting, self.operations);
        }
        self.operations -= 1;
        let (now, id) = (self.now(), request["request_id"].clone());
        self.post(place, &id, now, case.at, (false, !is_hold), &[]);
    }

    /// Posts what stands now, and answers for each programme.
    fn post(
        &mut self,
        place: usize,
        by: &Value,
        t: Timestamp,
        earned_at: Timestamp,
        (is_refund, slides): (bool, bool),
        undone: &[Value],
    ) -> Vec<Value> {
        self.operations += 1;
        let mut answers = vec![];
        let sold = &mut self.sold[place];
        for number in 0..sold.shares.len() {
            let spent = sold.stands(|place| sold.shares[number].lines[place].0);
            let earned = sold.stands(|place| sold.shares[number].lines[place].1);
            // "of `earned` nothing while held"
            let earned = if sold.state == "held" { 0 } else { earned };
            let share = &mut sold.shares[number];
            let why = Why {
                programme: share.programme,
                t,
                earned_at,
                number: self.operations,
                by,
                is_refund,
                slides,
                undone,
            };
            let mut answer = self.accounts[share.account].post(&mut share.posting, spent, earned, &why);
            answer["program"] = share.programme["code"].clone();
            answers.push(answer);
        }
        for (number, (coupon, lines)) in sold.coupons.iter().enumerate() {
            let campaign = &facts::list(&self.catalogue["coupons"])[*coupon]["campaign"];
            let campaigns = facts::list(&self.catalogue["campaigns"]);
            let keeps = campaigns.iter().any(|one| one["code"] == *campaign && one["on_refund"] == "keep");
            let refunded = |line: usize| -> i128 {
                let refunds = sold.history.iter().filter(|(_, kind, _)| *kind == "refund");
                refunds.map(|(_, _, units)| units[line]).sum()
            };
            let unit_stands = |line: &usize| sold.lines[*line].1 - if keeps { 0 } else { refunded(*line) } > 0;
            let stands = ["held", "captured"].contains(&sold.state) && lines.iter().any(unit_stands);
            self.used[*coupon] += i64::from(stands) - i64::from(sold.coupons_stand[number]);
            sold.coupons_stand[number] = stands;
        }
        answers
    }

    // "A hold ends as of its own `expires_at`, however late that is noticed."
    pub(super) fn end_holds(&mut self) {
        loop {
            let end = |sold: &Sold| sold.at.checked_add(Span::new().minutes(30)).unwrap();
            let now = self.now();
            let over = self.sold.iter().enumerate().filter(|(_, sold)| sold.state == "held" && end(sold) <= now);
            let Some((place, at)) =
                over.map(|(place, sold)| (place, end(sold))).min_by_key(|(place, at)| (*at, *place))
            else {
                return;
            };
            self.sold[place].state = "expired";
            self.sold[place].history.push((json!(EXPIRY), "expiry", vec![]));
            self.post(place, &json!(EXPIRY), at, at, (false, false), &[]);
        }
    }

    pub(super) fn operate(&mut self, line: &'a Value) -> Value {
        let (kind, by) = (line["operation"].as_str().unwrap(), &line["request_id"]);
        match kind {
            "clock" => return json!({}),
            "adjustment" => return self.adjust(line),
            "statement" => return self.statement(line),
            _ => {}
        }
        let original = &line["original_request_id"];
        let found = self
            .sold
            .iter()
            .position(|sold| sold.id == *original || kind == "reversal" && sold.operations.contains(original));
        let Some(place) = found else {
            if kind == "reversal" {
                self.reversed_before.push(original.clone());
                return json!({"state": "reversed", "loyalty": []});
            }
            return json!({"code": "not_found"});
        };
        let undone = match self.change(place, kind, line) {
            Ok(undone) => undone,
            Err(code) => return json!({"code": code}),
        };
        let now = self.now();
        let loyalty = self.post(place, by, now, now, (kind == "refund", kind == "capture"), &undone);
        json!({"state": self.sold[place].word(), "loyalty": loyalty})
    }

    /// Changes what stands, and says which operations are undone.
    fn change(&mut self, place: usize, kind: &str, line: &Value) -> Result<Vec<Value>, &'static str> {
        let sold = &mut self.sold[place];
        let ids = sold.line_ids.clone();
        let refunds = sold.history.iter().any(|(_, kind, _)| *kind == "refund");
        let refunded: Vec<i128> = (0..sold.lines.len())
            .map(|at| sold.history.iter().filter(|(_, kind, _)| *kind == "refund").map(|(_, _, units)| units[at]).sum())
            .collect();
        let left: Vec<i128> =
            sold.lines.iter().zip(&refunded).map(|((_, captured), refunded)| captured - refunded).collect();
        let named = facts::list(&line["lines"]);
        let mut units = if named.is_empty() { left.clone() } else { vec![0; left.len()] };
        let allowed = match kind {
            "capture" => sold.state == "held",
            "refund" => sold.state == "captured" && left.iter().sum::<i128>() > 0,
            "void" => sold.state == "held" || sold.state == "captured" && !refunds,
            _ => true,
        };
        if !allowed {
            return Err("not_in_state");
        }
        for one in named {
            let Some(at) = ids.iter().position(|id| *id == one["line_id"]) else { return Err("invalid_request") };
            units[at] = facts::number(&one["units"]);
            if units[at] > left[at] {
                return Err("invalid_request");
            }
        }
        let id = line["request_id"].clone();
        if kind != "reversal" {
            sold.operations.push(id.clone());
        }
        match kind {
            "capture" => {
                sold.state = "captured";
                for (at, units) in units.iter().enumerate() {
                    sold.lines[at].1 = *units;
                }
                sold.history.push((id, "capture", units));
            }
            "refund" => sold.history.push((id, "refund", units)),
            "void" => {
                sold.state = "voided";
                sold.history.push((id, "void", vec![]));
            }
            _ => return Ok(sold.reverse(&line["original_request_id"])),
        }
        Ok(vec![])
    }

    fn adjust(&mut self, line: &Value) -> Value {
        let now = self.now();
        let Some((programme, account)) =
            self.accounts_of(&line["holder"]).into_iter().find(|(one, _)| one["code"] == line["program"])
        else {
            return json!({"code": "not_a_member"});
        };
        match self.accounts[account].adjust(programme, facts::number(&line["points"]), now) {
            None => json!({"code": "not_enough_points"}),
            Some(()) => {
                json!({"loyalty": [{"program": line["program"], "balance_after": self.accounts[account].balance(now) as i64}]})
            }
        }
    }

    fn statement(&mut self, line: &Value) -> Value {
        let now = self.now();
        let mut programmes = vec![];
        for (programme, account) in self.accounts_of(&line["holder"]) {
            let (level, counted) = self.level(programme, account, now);
            let (tier, next) = members::tier_and_next(programme, level, counted);
            let of = &self.accounts[account];
            programmes.push(json!({"program": programme["code"], "balance": of.balance(now) as i64,
                "pending": of.pending(now) as i64, "owed": of.owed as i64, "tier": tier, "next": next, "lots": of.lots(now)}));
        }
        json!({"loyalty": programmes})
    }

    /// The programmes of which somebody is a member now, with the accounts, in order of code.
    fn accounts_of(&mut self, holder: &Value) -> Vec<(&'a Value, usize)> {
        let holders: &'a [Value] = self.holders;
        let Some(holder) = holders.iter().find(|one| one["holder"] == *holder) else { return vec![] };
        let case = Case {
            catalogue: self.catalogue,
            provider: self.provider,
            request: &Value::Null,
            at: self.now(),
            holder: Some(holder),
            schemes: vec![],
            identifier_reasons: vec![],
            named_by: None,
            points: None,
        };
        self.members(&case).into_iter().map(|member| (member.programme, member.account)).collect()
    }
}

impl Sold<'_> {
    fn word(&self) -> &'static str {
        let refunds: i128 = self.history.iter().filter(|one| one.1 == "refund").flat_map(|one| &one.2).sum();
        let captured: i128 = self.lines.iter().map(|line| line.1).sum();
        match self.state {
            "captured" if self.history.iter().all(|one| one.1 != "refund") => "captured",
            "captured" if refunds == captured => "refunded",
            "captured" => "partly_refunded",
            other => other,
        }
    }

    /// "the original is undone whatever it was"; "what was undone was never made"
    fn reverse(&mut self, original: &Value) -> Vec<Value> {
        if self.id == *original {
            let undone = self.history.iter().map(|one| one.0.clone()).collect();
            if self.state != "reversed" {
                self.history.clear();
            }
            self.state = "reversed";
            return undone;
        }
        let Some(at) = self.history.iter().position(|one| one.0 == *original) else { return vec![] };
        let mut undone = vec![self.history[at].0.clone()];
        match self.history[at].1 {
            "refund" => drop(self.history.remove(at)),
            // After a capture its refunds, too.
            "capture" => {
                undone.extend(self.history[at + 1..].iter().filter(|one| one.1 == "refund").map(|one| one.0.clone()));
                self.history.retain(|one| one.1 != "refund" && one.0 != *original);
                for line in &mut self.lines {
                    line.1 = line.0;
                }
            }
            _ => drop(self.history.remove(at)),
        }
        if self.state != "reversed" {
            let has = |kind| self.history.iter().any(|one| one.1 == kind);
            self.state = if has("void") {
                "voided"
            } else if has("expiry") {
                "expired"
            } else if self.was_hold && !has("capture") {
                "held"
            } else {
                "captured"
            };
        }
        undone
    }
}

/// A statement as the engine gives it, in the form of this reading: points of the same dates together.
pub(crate) fn statement_of(answer: &Value) -> Value {
    let mut answer = answer.clone();
    for programme in answer["loyalty"].as_array_mut().into_iter().flatten() {
        let mut lots: Vec<Value> = vec![];
        for lot in facts::list(&programme["lots"]) {
            // The engine keeps points of one moment in one lot, this reading in many.
            let own = if lot.is_array() {
                lot.clone()
            } else {
                json!([lot["earned_at"], lot["active_from"], lot["expires_at"], lot["points"]])
            };
            match lots.last_mut() {
                Some(last) if last[0] == own[0] && last[1] == own[1] && last[2] == own[2] => {
                    last[3] = json!(last[3].as_i64().unwrap() + own[3].as_i64().unwrap());
                }
                _ => lots.push(own),
            }
        }
        if !lots.is_empty() || programme["lots"].is_array() {
            programme["lots"] = json!(lots);
        }
    }
    answer
}
