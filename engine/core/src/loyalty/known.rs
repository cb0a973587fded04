//! The first half: which accounts and coupons a request must know, and what they come to for it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::holder::Holder;
use crate::loyalty::account::{Account, AccountKey, AccountName, Use};
use crate::loyalty::coupons::{CouponState, PresentedCoupon};
use crate::loyalty::levels::Reached;
use crate::loyalty::rules::{LoyaltyRules, ProgrammeVersion};
use crate::loyalty::{Coupon, EarnLimit, LimitOf, LoyaltyRequest, Membership, Redemption, RedemptionOf};
use crate::rules::RuleSet;

/// Which accounts and coupons a request must know. A ledger locks them in this order.
#[derive(Clone, Debug)]
pub struct Inquiry {
    rules: Arc<RuleSet>,
    holder: Option<Arc<str>>,
    occurred_at: Timestamp,
    members: Vec<Asker>,
    coupons: Vec<PresentedCode>,
    redeem: Vec<Redemption>,
}

/// A programme of which the holder is a member.
#[derive(Clone, Debug)]
struct Asker {
    programme: usize,
    key: AccountKey,
    /// Whether its scope covers the provider.
    here: bool,
}

/// A coupon that is presented.
#[derive(Clone, Debug)]
struct PresentedCode {
    code: Box<str>,
    /// None of one that nobody knows.
    known: Option<Coupon>,
}

/// What loyalty knows of a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Known {
    /// By code.
    pub(crate) members: Vec<Member>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) coupons: Vec<PresentedCoupon>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) redeem: Vec<Redemption>,
    /// By which lots are judged.
    pub(crate) at: Timestamp,
    /// Whether nothing may be spent and no reward given, as without the ledger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) stand_in: bool,
    /// Whether accounts and coupons are still to be looked up: whatever they may decide is as good as true.
    #[serde(skip)]
    pub(crate) in_prospect: bool,
    /// Whether the accounts could not be looked up: who is a member is known, and neither level nor balance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_away: bool,
    /// Of a quote for which nothing could be looked up: the programmes of which the holder is a member, none of which is in play.
    #[serde(skip)]
    pub(crate) lost: Option<Vec<Box<str>>>,
}

/// A programme of which the holder is a member, and what the account comes to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Member {
    /// Its place among the programmes of the rules.
    #[serde(skip)]
    pub(crate) programme: usize,
    /// By which it is found in other rules.
    pub(crate) version: i64,
    pub(crate) key: AccountKey,
    /// Whether it is in play: its scope covers the provider.
    pub(crate) here: bool,
    pub(crate) balance: i64,
    pub(crate) pending: i64,
    pub(crate) owed: i64,
    pub(crate) reached: Reached,
    /// What limits of earning leave, in order.
    pub(crate) earn_left: Vec<i64>,
    /// What limits of redeeming leave, in order.
    pub(crate) redeem_left: Vec<i64>,
    /// What is left of the uses of each rule of earning; none is no bound.
    pub(crate) uses_left: Vec<Option<i64>>,
}

impl Member {
    pub(crate) fn available(&self) -> i64 {
        self.balance.max(0)
    }
}

/// Says which accounts and coupons a request at a provider must know; none where the rules have no loyalty and none is asked for.
pub fn inquire(
    rules: &Arc<RuleSet>,
    provider: &str,
    holder: Option<&Holder>,
    asked: &LoyaltyRequest,
) -> Option<Inquiry> {
    if rules.loyalty.is_none() && !asked.asks() {
        return None;
    }
    let at = asked.request.occurred_at;
    let memberships = holder.map_or(&[][..], |holder: &Holder| &holder.memberships);
    let holder = holder.map(|holder| holder.code.clone());
    let members = match &holder {
        Some(holder) if !memberships.is_empty() => members(rules, provider, (holder, memberships), at),
        // Who is in no programme looks at none.
        _ => Vec::new(),
    };
    Some(Inquiry {
        rules: rules.clone(),
        holder,
        occurred_at: at,
        members,
        coupons: asked
            .coupons
            .iter()
            .map(|code| PresentedCode { code: code.clone(), known: rules.coupon(code) })
            .collect(),
        redeem: asked.redeem.clone(),
    })
}

/// The programmes that count, of which somebody is a member.
fn members(
    rules: &RuleSet,
    provider: &str,
    (holder, memberships): (&Arc<str>, &[Membership]),
    at: Timestamp,
) -> Vec<Asker> {
    let provider = rules.provider(provider);
    let programmes = rules.loyalty.iter().flat_map(|loyalty| loyalty.programmes.iter().enumerate());
    let members = programmes.filter_map(|(place, programme)| {
        let key = programme.written.account_by(holder, memberships, at)?;
        let here = provider.covered_by(&programme.scope().providers);
        programme.in_force(at).then_some(Asker { programme: place, key, here })
    });
    members.collect()
}

impl Inquiry {
    /// The accounts, in order, each with the first service date of which its authorizations must be known; none if none must be.
    pub fn wanted(&self) -> impl Iterator<Item = (&AccountKey, Option<Date>)> {
        let programmes = self.rules.loyalty.as_deref().map_or(&[][..], |rules| &rules.programmes);
        self.members.iter().map(|member| {
            (&member.key, programmes.get(member.programme).and_then(|one| counted_since(one, self.occurred_at)))
        })
    }

    /// Whether nothing must be looked up.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.coupons.iter().all(|asked| asked.known.is_none())
    }

    /// What can come of it whatever is found out: for the needs of a plan, never for a decision.
    pub fn prospect(&self) -> Known {
        Known { in_prospect: true, ..self.known(self.occurred_at, |_| None, |_| 0) }
    }

    /// What is known before a ledger is asked: everything where nothing must be looked up.
    pub fn beforehand(&self) -> Known {
        if self.is_empty() { self.known(self.occurred_at, |_| None, |_| 0) } else { self.prospect() }
    }

    /// The coupons presented that are known, in order of campaign and code.
    pub fn coupons(&self) -> Vec<&Coupon> {
        let mut coupons: Vec<&Coupon> = self.coupons.iter().filter_map(|asked| asked.known.as_ref()).collect();
        coupons.sort_unstable_by_key(|coupon| (&coupon.campaign, &coupon.code));
        coupons.dedup_by_key(|coupon| &coupon.code);
        coupons
    }

    /// How many of the coupons presented nobody knows, or are another's: guessing is counted like that of identifiers.
    pub fn unknown_coupons(&self) -> usize {
        let is_unknown = |asked: &&PresentedCode| {
            let own = |coupon: &Coupon| coupon.holder.is_none() || coupon.holder.as_deref() == self.holder.as_deref();
            !asked.known.as_ref().is_some_and(own)
        };
        self.coupons.iter().filter(is_unknown).count()
    }

    /// What is known, with lots judged at the later of `now` and the time of the sale. `used` tells how many uses of a coupon
    /// stand.
    pub fn known<'a>(
        &self,
        now: Timestamp,
        account: impl Fn(&AccountKey) -> Option<&'a Account>,
        used: impl Fn(&Coupon) -> i64,
    ) -> Known {
        let at = now.max(self.occurred_at);
        if self.members.is_empty() && self.coupons.is_empty() && self.redeem.is_empty() {
            return Known::nothing(at);
        }
        let nothing = Account::default();
        let rules = self.rules.loyalty.as_deref();
        let member = |asker: &Asker| {
            let programme = rules?.programmes.get(asker.programme)?;
            let account = account(&asker.key).unwrap_or(&nothing);
            Some(self.member(asker, programme, account, at))
        };
        let members = self.members.iter().filter_map(member).collect();
        let campaigns = rules.map_or(&[][..], |rules: &LoyaltyRules| &rules.campaigns);
        let mut coupons: Vec<PresentedCoupon> = Vec::new();
        for PresentedCode { code, known } in &self.coupons {
            let campaign = known.as_ref().map(|coupon| &*coupon.campaign);
            let of = campaigns.iter().find(|of| campaign == Some(&*of.code));
            let held_out = of.is_some_and(|of| of.holds_out(|program| self.account_in(program)));
            let state = known.as_ref().map_or(CouponState::Unknown, |coupon| {
                coupon.state(used(coupon), (of, held_out), self.holder.as_deref(), self.occurred_at)
            });
            coupons.push(PresentedCoupon::new(code, campaign, (state, held_out), &coupons));
        }
        let redeem = self.redeem.clone();
        Known { members, coupons, redeem, at, stand_in: false, in_prospect: false, is_away: false, lost: None }
    }

    /// The account in a programme of which the holder is a member.
    fn account_in(&self, program: &str) -> Option<&AccountName> {
        let member = self.members.iter().find(|member| *member.key.program == *program)?;
        Some(&member.key.account)
    }

    fn member(&self, asker: &Asker, programme: &ProgrammeVersion, account: &Account, at: Timestamp) -> Member {
        let date = programme.terms.service_date(self.occurred_at);
        let holder = self.holder.as_deref();
        let left = |limit: &EarnLimit, of: fn(&Use) -> i64| {
            let holder = if limit.of == LimitOf::Holder { holder } else { None };
            limit.max.saturating_sub(account.sum(limit.window.around(date), holder, of)).max(0)
        };
        let (earn, redeem) = (&programme.written.earn, &programme.written.redeem);
        let uses_left = programme.rules.iter().map(|rule| {
            let uses = rule.rule.uses?;
            let gave = |one: &Use| i64::from(one.stands.earned_whole > 0 && one.gave.contains(&rule.code));
            Some(uses.max.saturating_sub(account.sum(uses.window.around(date), None, gave)))
        });
        let tiers = programme.written.tiers.as_ref();
        let reached = tiers.map(|tiers| tiers.reached_by(account, self.occurred_at, date));
        Member {
            programme: asker.programme,
            version: programme.written.version,
            key: asker.key.clone(),
            here: asker.here,
            balance: account.balance(at),
            pending: account.pending(at),
            owed: account.owed(),
            reached: reached.unwrap_or_default(),
            earn_left: earn.limits.iter().map(|limit| left(limit, |one| one.stands.earned_whole)).collect(),
            redeem_left: redeem
                .iter()
                .flat_map(|redeem| &redeem.limits)
                .map(|limit| left(limit, |one| one.stands.spent))
                .collect(),
            uses_left: uses_left.collect(),
        }
    }
}

/// The first service date that limits, uses and tiers of a programme ask for.
fn counted_since(programme: &ProgrammeVersion, at: Timestamp) -> Option<Date> {
    let date = programme.terms.service_date(at);
    let written = &programme.written;
    let limits = written.earn.limits.iter().chain(written.redeem.iter().flat_map(|redeem| &redeem.limits));
    let uses = programme.rules.iter().filter_map(|rule| rule.rule.uses.as_ref()).map(|uses| uses.window);
    let limited = limits.map(|limit| limit.window).chain(uses).map(|window| window.around(date).from).min();
    let tiers = written.tiers.as_ref().map(|tiers| tiers.counted_since(date));
    limited.into_iter().chain(tiers).min()
}

impl Known {
    /// Of who is in no programme, and presents and asks for nothing.
    pub(crate) fn nothing(at: Timestamp) -> Self {
        let (members, coupons, redeem) = (Vec::new(), Vec::new(), Vec::new());
        Self { members, coupons, redeem, at, stand_in: false, in_prospect: false, is_away: false, lost: None }
    }

    /// Whether it is [`Known::nothing`].
    pub(crate) fn tells_nothing(&self) -> bool {
        self.is_nothing() && !(self.stand_in || self.in_prospect || self.is_away) && self.lost.is_none()
    }

    /// Whether nobody is a member, and nothing is presented or asked for.
    pub(crate) fn is_nothing(&self) -> bool {
        self.members.is_empty() && self.coupons.is_empty() && self.redeem.is_empty()
    }

    /// What is known while the ledger is away: no points and no level, earning as who has none, and of coupons those alone that may be
    /// used as often as anybody likes.
    pub fn away(inquiry: &Inquiry, now: Timestamp) -> Self {
        let mut known = inquiry.known(now, |_| None, |_| i64::MAX);
        for coupon in known.coupons.iter_mut().filter(|coupon| coupon.state == CouponState::Used) {
            // How often it was used is not known.
            coupon.state = CouponState::NotNow;
        }
        Self { is_away: true, ..known.standing_in() }
    }

    /// The same where nothing may be spent: earning goes on.
    pub fn standing_in(self) -> Self {
        Self { stand_in: true, ..self }
    }

    /// What is known of a request whose accounts and coupons can't be looked up now: no points, no good coupon, unknown levels.
    pub fn lost(inquiry: &Inquiry) -> Self {
        let mut known = Self::away(inquiry, inquiry.occurred_at);
        known.coupons.iter_mut().for_each(PresentedCoupon::put_off);
        let programmes = known.members.drain(..).filter(|member| member.here).map(|member| member.key.program);
        let programmes = programmes.map(|program| (&*program).into()).collect();
        Self { lost: Some(programmes), ..known }
    }

    /// The coupons presented and what was to be redeemed.
    pub(crate) fn asked(&self) -> (Vec<Box<str>>, Vec<Redemption>) {
        (self.coupons.iter().map(|coupon| coupon.code().into()).collect(), self.redeem.clone())
    }

    /// The same for rules that have the same programmes, perhaps in other places.
    pub(crate) fn placed_in(self, rules: &RuleSet) -> Self {
        let programmes = rules.loyalty.as_deref().map_or(&[][..], |rules| &rules.programmes);
        let place = |member: Member| {
            let same =
                |one: &ProgrammeVersion| one.frame.code == member.key.program && one.written.version == member.version;
            Some(Member { programme: programmes.iter().position(same)?, ..member })
        };
        Self { members: self.members.into_iter().filter_map(place).collect(), ..self }
    }

    pub(crate) fn member(&self, program: &str) -> Option<&Member> {
        self.members.iter().find(|member| *member.key.program == *program)
    }

    /// The good coupon of a campaign that counts: the first one presented.
    pub(crate) fn good_coupon(&self, campaign: &str) -> Option<usize> {
        self.coupons.iter().position(|coupon| coupon.counts_for(campaign))
    }

    /// The units asked for of a reward; none if it is not asked for.
    pub(crate) fn asked_units(&self, program: &str, reward: &str) -> Option<i64> {
        let asked = self.redeem.iter().filter(|redemption| *redemption.program == *program);
        asked
            .filter_map(|redemption| match &redemption.of {
                RedemptionOf::Reward { benefit, units } if **benefit == *reward => Some(*units),
                _ => None,
            })
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Catalogue;
    use crate::holder::WrittenHolder;
    use crate::{IdentifierVerdict, Person, Totals, plan_loyal};
    use serde_json::{Value, json};

    /// What is answered to who is a member or none while the ledger is away, of a ticket of 10.00 with two coupons and 5 points asked
    /// for. The shop gives 1.00 to who is gold, 2.00 to who is not, 0.50 to members.
    fn answered(is_member: bool, known: fn(&Inquiry) -> Known) -> Value {
        let offer = |code: &str, amount: i64, when: Value| {
            json!({"code": code, "version": 1, "grantor": "shop", "name": {"lv": "n", "en": "n"}, "priority": amount,
                "scope": {"providers": {"all": true}, "products": ["shop"]}, "when": when, "effect": {"amount_off": {"amount": amount, "per": "line"}}})
        };
        let gold = json!({"tier": {"program": "club", "at_least": "gold"}});
        let catalogue = json!({
            "currency": "EUR", "providers": [{"code": "shop-1", "tags": []}],
            "programs": [{
                "code": "club", "version": 1, "owner": "shop", "name": {"lv": "n", "en": "n"}, "scope": {"providers": {"all": true}},
                "earn": {"per": 100, "rules": [{"code": "base", "money": 1}]}, "redeem": {"points": 1, "amount": 1},
                "tiers": {"measure": "points", "window": {"year": {}}, "levels": [{"code": "gold", "min": 100}]},
            }],
            "campaigns": [{"code": "spring", "owner": "shop", "valid": {}, "uses": 1}],
            "coupons": [{"campaign": "spring", "code": "AB12-CD"}],
            "benefits": [offer("gold", 100, gold.clone()), offer("not-gold", 200, json!({"not": gold})),
                offer("members", 50, json!({"tier": {"program": "club"}}))],
        });
        let rules = Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap()));
        let memberships = if is_member { json!([{"program": "club", "consent": "terms"}]) } else { json!([]) };
        let written = json!({"holder": "h", "memberships": memberships});
        let holder = Arc::new(WrittenHolder::from_value(&written).unwrap().holder);
        let asked = LoyaltyRequest::from_value(&json!({
            "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "mode": "sale", "occurred_at": "2026-11-18T08:12:00+02:00",
            "currency": "EUR", "identifiers": [{"scheme": "card", "value": "1"}], "coupons": ["AB12-CD", "ZZ99-ZZ"],
            "redeem": [{"program": "club", "points": 5}],
            "lines": [{"line_id": "1", "product": "shop.bread", "quantity": 1, "unit_price": 1000}],
        }))
        .unwrap();
        let inquiry = inquire(&rules, "shop-1", Some(&holder), &asked).unwrap();
        let person = Person { holder: Some(holder), identifiers: vec![IdentifierVerdict::Resolved] };
        let plan = plan_loyal(rules, "shop-1", person, asked.request, Some(known(&inquiry))).unwrap();
        let (decision, settlement) = plan.decide_loyal(&plan.usage(|_| Totals::default()));
        let settlement = settlement.unwrap();
        json!({"payable": decision.payable, "due": settlement.due, "loyalty": settlement.loyalty, "coupons": settlement.coupons})
    }

    fn away(inquiry: &Inquiry) -> Known {
        Known::away(inquiry, inquiry.occurred_at)
    }

    /// Who is gold may be taken for who is not, or the other way round: neither is given.
    #[test]
    fn while_the_ledger_is_away_no_level_is_told_or_decides_and_membership_does() {
        let answer = answered(true, away);
        assert_eq!((&answer["payable"], &answer["due"]), (&json!(950), &json!(950)), "{answer}");
        let club = &answer["loyalty"][0];
        for field in ["balance_before", "pending_before", "balance_after", "tier", "next"] {
            assert_eq!(club.get(field), Some(&Value::Null), "{field}: {club}");
        }
        assert_eq!((&club["reasons"], &club["earned"]["points"]), (&json!(["points_unavailable"]), &json!(9)));
        assert_eq!(answer["coupons"][0]["state"], "not_now");
        // Who is no member is not gold, whatever an account would say.
        assert_eq!(answered(false, away)["payable"], 800);
    }

    #[test]
    fn a_quote_for_which_nothing_could_be_looked_up_tells_a_member_so_and_each_coupon() {
        let answer = answered(true, Known::lost);
        assert_eq!(answer["payable"], 1000, "{answer}");
        assert_eq!(answer["loyalty"], json!([{"program": "club", "reasons": ["points_unavailable"]}]));
        assert_eq!(answered(false, Known::lost)["loyalty"], json!([{"program": "club", "reasons": ["not_a_member"]}]));
        let coupons = json!([{"campaign": "spring", "state": "not_now"}, {"campaign": null, "state": "unknown"}]);
        assert_eq!(answer["coupons"], coupons);
    }
}
