//! Who is a member of what, at which level, and what an answer says of it.

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Ledger, Member, Part, Sold, account};
use crate::oracle::conditions::Place;
use crate::oracle::{Case, facts, time};

/// The code of the version that counts is the highest that has begun; and it is in force.
fn counts(case: &Case, programme: &Value) -> bool {
    let zone = time::zone(programme);
    let begun = |version: &&Value| {
        time::from(&version["valid"]["from"], &time::zone(version)).is_none_or(|from| from <= case.at)
    };
    let versions = facts::list(&case.catalogue["programs"]).iter().filter(|other| other["code"] == programme["code"]);
    let highest = versions.filter(begun).map(|version| version["version"].as_i64()).max();
    let suspended = facts::list(&programme["suspensions"]).iter().any(|span| time::in_force(span, &zone, case.at));
    highest == Some(programme["version"].as_i64()) && time::in_force(&programme["valid"], &zone, case.at) && !suspended
}

fn covers_provider(case: &Case, programme: &Value) -> bool {
    let providers = &programme["scope"]["providers"];
    let known = facts::list(&case.catalogue["providers"]).iter().find(|provider| provider["code"] == case.provider);
    let tags = known.map_or(&[][..], |provider| facts::list(&provider["tags"]));
    if providers["codes"].is_array() {
        facts::list(&providers["codes"]).iter().any(|code| code == case.provider)
    } else if providers["tags"].is_array() {
        facts::list(&providers["tags"]).iter().any(|tag| tags.contains(tag))
    } else {
        true
    }
}

/// The membership of a holder in a programme that is in force at an instant.
pub(super) fn membership<'h>(holder: &'h Value, programme: &Value, at: Timestamp) -> Option<&'h Value> {
    let zone = time::zone(programme);
    let mut memberships = facts::list(&holder["memberships"]).iter();
    memberships.find(|one| one["program"] == programme["code"] && time::in_force(one, &zone, at))
}

/// "the account that the membership names, else the holder's own"; "the two kinds of names never meet"
pub(super) fn account_name(holder: &Value, membership: &Value) -> Value {
    if membership["account"].is_null() {
        json!(["own", holder["holder"]])
    } else {
        json!(["named", membership["account"]])
    }
}

impl<'a> Ledger<'a> {
    pub(super) fn members(&mut self, case: &Case<'a>) -> Vec<Member<'a>> {
        let Some(holder) = case.holder else { return vec![] };
        let now = self.now();
        let catalogue: &'a Value = self.catalogue;
        let mut members = vec![];
        for programme in facts::list(&catalogue["programs"]).iter().filter(|programme| counts(case, programme)) {
            let Some(membership) = membership(holder, programme, case.at) else { continue };
            let account = self.account(&programme["code"], &account_name(holder, membership));
            let (level, counted) = self.level(programme, account, case.at);
            let of = &self.accounts[account];
            members.push(Member {
                programme,
                account,
                in_play: covers_provider(case, programme),
                balance: of.balance(now),
                pending: of.pending(now),
                owed: of.owed,
                level,
                counted,
            });
        }
        members.sort_by_key(|member| member.programme["code"].as_str().unwrap().to_owned());
        members
    }

    pub(super) fn account(&mut self, program: &Value, name: &Value) -> usize {
        let key = json!([program, name]);
        match self.accounts.iter().position(|account| account.key == key) {
            Some(place) => place,
            None => {
                self.accounts.push(account::Account::new(key));
                self.accounts.len() - 1
            }
        }
    }

    /// What stands recorded of an account: of each captured authorization before t, its service date and its measure.
    fn measured(&self, programme: &Value, account: usize, t: Timestamp) -> Vec<(Date, i128)> {
        let mut found = vec![];
        for sold in self.sold.iter().filter(|sold| sold.at < t && sold.state == "captured") {
            for share in sold.shares.iter().filter(|share| share.account == account) {
                let measured = if programme["tiers"]["measure"] == "points" {
                    sold.stands(|place| share.lines[place].1)
                } else {
                    sold.stands(|place| share.lines[place].2)
                };
                found.push((time::service_date(share.programme, sold.at), measured));
            }
        }
        found
    }

    // 4: "Tiers"
    pub(super) fn level(&self, programme: &Value, account: usize, t: Timestamp) -> (usize, i128) {
        let tiers = &programme["tiers"];
        if tiers.is_null() {
            return (0, 0);
        }
        let measured = self.measured(programme, account, t);
        let q = |(first, last): (Date, Date)| -> i128 {
            measured.iter().filter(|(date, _)| first <= *date && *date <= last).map(|(_, amount)| amount).sum()
        };
        let level = |amount: i128| {
            facts::list(&tiers["levels"]).iter().filter(|level| facts::number(&level["min"]) <= amount).count()
        };
        let today = time::service_date(programme, t);
        let window = |date: Date| time::window(&tiers["window"], date);
        let grace = tiers["grace_days"].as_i64().unwrap_or(0);
        let now = q(window(today));
        if facts::kind(&tiers["window"]) == "lifetime" {
            return (level(now), now);
        }
        if facts::kind(&tiers["window"]) == "rolling" {
            let days = (0..=grace).map(|back| today.saturating_sub(Span::new().days(back)));
            return (days.map(|day| level(q(window(day)))).max().unwrap(), now);
        }
        let at_once = tiers["upgrade"] != "next_period";
        let mut day = measured.iter().map(|(date, _)| *date).min().unwrap_or(today).min(today);
        let (mut base, mut before) = (0, 0);
        // "At the end of each": the period that contains the day, as long as it is not that of t.
        while window(day) != window(today) {
            let reached = level(q(window(day)));
            let held = if at_once { base.max(reached) } else { base };
            base = if tiers["downgrade"] == "one_step" { reached.max(held.max(1) - 1) } else { reached };
            before = held;
            day = window(day).1.tomorrow().unwrap();
        }
        let mut held = if at_once { base.max(level(now)) } else { base };
        // "within the first grace_days days of a period at least what was held before"
        let mut graced = window(today).0;
        for _ in 0..grace {
            if graced == today {
                held = held.max(before);
            }
            graced = graced.tomorrow().unwrap();
        }
        (held, now)
    }

    /// "It is *good* if known, in both `valid` at `occurred_at`, its holder's if personal, and used less than `uses` times."
    pub(super) fn coupons(&self, case: &Case, request: &Value) -> Vec<(Value, &'static str)> {
        let mut seen: Vec<String> = vec![];
        let mut found = vec![];
        for presented in facts::list(&request["coupons"]) {
            let code = normal(presented);
            let twice = seen.contains(&code);
            let (campaign, state) = self.coupon(case, &code);
            let state = if twice && state != "unknown" { "used" } else { state };
            seen.push(code);
            found.push((campaign, state));
        }
        found
    }

    /// A member of the programme that the campaign names is held out by the account.
    fn is_held_out(&self, case: &Case, campaign: &Value) -> bool {
        let hold_out = &campaign["hold_out"];
        let programmes = facts::list(&case.catalogue["programs"]).iter();
        let programme = programmes.filter(|one| one["code"] == hold_out["program"]).find(|one| counts(case, one));
        let (Some(holder), Some(programme)) = (case.holder, programme) else { return false };
        membership(holder, programme, case.at)
            .is_some_and(|one| is_in_share(hold_out, &campaign["code"], &account_name(holder, one)))
    }

    fn coupon(&self, case: &Case, code: &str) -> (Value, &'static str) {
        let coupons = facts::list(&case.catalogue["coupons"]);
        let Some(place) = coupons.iter().position(|coupon| normal(&coupon["code"]) == code) else {
            return (Value::Null, "unknown");
        };
        let coupon = &coupons[place];
        let campaigns = facts::list(&case.catalogue["campaigns"]);
        let campaign = campaigns.iter().find(|campaign| campaign["code"] == coupon["campaign"]).unwrap();
        let zone = time::zone(campaign);
        if !coupon["holder"].is_null() && case.holder.is_none_or(|holder| holder["holder"] != coupon["holder"]) {
            return (Value::Null, "unknown");
        }
        let in_force =
            time::in_force(&campaign["valid"], &zone, case.at) && time::in_force(&coupon["valid"], &zone, case.at);
        let state = if !in_force || self.is_held_out(case, campaign) {
            "not_now"
        } else if campaign["uses"].as_i64().is_some_and(|uses| self.used[place] >= uses) {
            "used"
        } else {
            "not_needed"
        };
        (campaign["code"].clone(), state)
    }
}

/// "the first 8 bytes, as a number, of SHA-256 of the campaign's code, the programme's and the account's name, a line each"
fn is_in_share(hold_out: &Value, campaign: &Value, name: &Value) -> bool {
    let kind = if name[0] == "own" { "holder" } else { "account" };
    let [campaign, program, name] = [campaign, &hold_out["program"], &name[1]].map(|code| code.as_str().unwrap());
    let digest = Sha256::digest([campaign, "\n", program, "\n", kind, ":", name].concat());
    let number = u64::from_be_bytes(digest[..8].try_into().unwrap());
    number % 10_000 < hold_out["share"].as_u64().unwrap()
}

pub(super) fn normal(code: &Value) -> String {
    let kept = code.as_str().unwrap().chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    kept.collect::<String>().to_uppercase()
}

/// `tier`: "false where there is no such programme or level; unknown without a holder"
pub(crate) fn has_level(place: &Place, program: &Value, at_least: &Value) -> Option<bool> {
    place.case.holder?;
    let Some(points) = &place.case.points else { return Some(false) };
    let Some(member) = points.members.iter().find(|member| member.programme["code"] == *program) else {
        return Some(false);
    };
    if at_least.is_null() {
        return Some(true);
    }
    let levels = facts::list(&member.programme["tiers"]["levels"]);
    let wanted = levels.iter().position(|level| level["code"] == *at_least);
    Some(wanted.is_some_and(|wanted| member.level > wanted))
}

/// The first good coupon of a campaign that is presented.
pub(crate) fn good_coupon(case: &Case, campaign: &Value) -> Option<usize> {
    let coupons = &case.points.as_ref()?.coupons;
    coupons.iter().position(|(of, state)| of == campaign && *state == "not_needed")
}

// "the local date is the birthday (of 29 February: 1 March in a common year), or in its month"
pub(crate) fn birthday(place: &Place, month: bool) -> Option<bool> {
    let birth: Date = place.case.holder?["birth_date"].as_str()?.parse().unwrap();
    let today = time::local_date(place.case.at, &time::zone(place.benefit));
    if month {
        return Some(birth.month() == today.month());
    }
    let leap_born = (birth.month(), birth.day()) == (2, 29) && !today.in_leap_year();
    let day = if leap_born { (3, 1) } else { (birth.month(), birth.day()) };
    Some(day == (today.month(), today.day()))
}

impl Sold<'_> {
    // 6: "there stands ⌊n·c/Q⌋ − ⌊n·r/Q⌋"
    pub(super) fn stands(&self, n: impl Fn(usize) -> i128) -> i128 {
        let mut sum = 0;
        for (place, (whole, captured)) in self.lines.iter().enumerate() {
            let refunds = self.history.iter().filter(|(_, kind, _)| *kind == "refund");
            let refunded: i128 = refunds.map(|(_, _, units)| units[place]).sum();
            sum += n(place) * captured / whole - n(place) * refunded / whole;
        }
        if ["held", "captured"].contains(&self.state) { sum } else { 0 }
    }
}

/// What an answer says of a programme in play.
pub(super) fn of_part(case: &Case, part: &Part, now: Timestamp) -> Value {
    let points = case.points.as_ref().unwrap();
    let member = points.members.iter().find(|member| member.programme["code"] == part.programme["code"]).unwrap();
    let (from, until) = account::dates(part.programme, case.at);
    let earned = part.earned();
    let comes = if case.request["mode"] == "hold" {
        0
    } else if now < from {
        earned.min(member.owed)
    } else if until.is_some_and(|until| until <= now) {
        0
    } else {
        earned
    };
    let turns = points.turns.borrow();
    let rewards: Vec<Value> = turns
        .iter()
        .filter(|turn| turn.program == part.programme["code"] && !turn.lines.is_empty())
        .map(|turn| {
            let sum = |of: fn(&(usize, i128, i128)) -> i128| turn.lines.iter().map(of).sum::<i128>() as i64;
            json!({"benefit": turn.benefit, "units": sum(|line| line.1), "points": sum(|line| line.2)})
        })
        .collect();
    let (tier, next) = tier_and_next(part.programme, member.level, member.counted);
    json!({
        "program": part.programme["code"], "version": part.programme["version"],
        "balance_before": member.balance as i64, "pending_before": member.pending as i64,
        "redeemed": {"points": part.redeemed.0 as i64, "amount": part.redeemed.1 as i64}, "rewards": rewards,
        "balance_after": (member.balance - part.spent() + comes) as i64,
        "earned": {"points": earned as i64, "active_from": if earned > 0 { json!(from) } else { Value::Null },
                   "expires_at": if earned > 0 { json!(until) } else { Value::Null }},
        "tier": tier, "next": next, "reasons": part.reasons,
    })
}

pub(super) fn tier_and_next(programme: &Value, level: usize, counted: i128) -> (Value, Value) {
    let levels = facts::list(&programme["tiers"]["levels"]);
    let tier = if level == 0 { Value::Null } else { levels[level - 1]["code"].clone() };
    let next = levels.get(level).map_or(
        Value::Null,
        |next| json!({"tier": next["code"], "missing": (facts::number(&next["min"]) - counted).max(0) as i64}),
    );
    (tier, next)
}

/// "and of others that `redeem` names the code and `reasons` alone"
pub(super) fn of_others(case: &Case) -> Vec<Value> {
    let points = case.points.as_ref().unwrap();
    let mut others: Vec<Value> = vec![];
    for redemption in facts::list(&case.request["redeem"]) {
        let program = &redemption["program"];
        let in_play = points.members.iter().any(|member| member.in_play && member.programme["code"] == *program);
        if in_play || others.iter().any(|other| other["program"] == *program) {
            continue;
        }
        let mut programmes = facts::list(&case.catalogue["programs"]).iter().filter(|one| one["code"] == *program);
        let here = programmes.any(|programme| counts(case, programme) && covers_provider(case, programme));
        others.push(json!({"program": program, "reasons": [if here { "not_a_member" } else { "not_here" }]}));
    }
    others
}
