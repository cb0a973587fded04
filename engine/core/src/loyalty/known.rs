//! The first half: which accounts and coupons a request must know, and what they come to for it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::holder::Holder;
use crate::loyalty::account::{Account, AccountKey, AccountName, Use};
use crate::loyalty::coupons::{CouponRecord, CouponState, PresentedCoupon};
use crate::loyalty::levels::{Reached, reached};
use crate::loyalty::rules::{LoyaltyRules, ProgrammeVersion};
use crate::loyalty::{EarnLimit, LimitOf, LoyaltyRequest, Membership, Redemption, RedemptionOf, TierMeasure};
use crate::plan::LocalMoment;
use crate::rules::RuleSet;
use crate::span::Moment;

/// Which accounts and coupons a request must know. A ledger locks them in this order.
#[derive(Debug)]
pub struct Inquiry {
    rules: Arc<RuleSet>,
    holder: Option<Arc<str>>,
    occurred_at: Timestamp,
    members: Vec<Asker>,
    coupons: Vec<Box<str>>,
    redeem: Vec<Redemption>,
}

/// A programme of which the holder is a member.
#[derive(Debug)]
struct Asker {
    programme: usize,
    key: AccountKey,
    /// Whether its scope covers the provider.
    here: bool,
}

/// What loyalty knows of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// By code.
    pub(crate) members: Vec<Member>,
    pub(crate) coupons: Vec<PresentedCoupon>,
    pub(crate) redeem: Vec<Redemption>,
    /// By which lots are judged.
    pub(crate) at: Timestamp,
    /// Whether nothing may be spent and no reward given, as without the ledger.
    pub(crate) stand_in: bool,
}

/// A programme of which the holder is a member, and what the account comes to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    /// Its place among the programmes of the rules.
    pub(crate) programme: usize,
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
    memberships: &[Membership],
    asked: &LoyaltyRequest,
) -> Option<Inquiry> {
    if rules.loyalty.is_none() && !asked.asks() {
        return None;
    }
    let at = asked.request.occurred_at;
    let holder = holder.map(|holder| holder.code.clone());
    let programmes = rules.loyalty.iter().flat_map(|loyalty| loyalty.programmes.iter().enumerate());
    let provider = rules.provider(provider);
    let members = programmes.filter(|(_, programme)| programme.in_force(at)).filter_map(|(place, programme)| {
        let moment = Moment { instant: at, date: LocalMoment::of(at, &programme.terms.zone).moment.date };
        let of_it = |one: &&Membership| *one.program == *programme.frame.code && one.span.holds_at(&moment);
        let membership = memberships.iter().find(of_it)?;
        let account = match &membership.account {
            Some(account) => AccountName::Named(account.clone()),
            None => AccountName::Own(holder.clone()?),
        };
        let key = AccountKey { program: programme.frame.code.clone(), account };
        Some(Asker { programme: place, key, here: provider.covered_by(&programme.scope().providers) })
    });
    let members = members.collect();
    Some(Inquiry {
        rules: rules.clone(),
        holder,
        occurred_at: at,
        members,
        coupons: asked.coupons.clone(),
        redeem: asked.redeem.clone(),
    })
}

impl Inquiry {
    /// The accounts, in order.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountKey> {
        self.members.iter().map(|member| &member.key)
    }

    /// The codes of coupons presented, in their normal form.
    pub fn coupons(&self) -> &[Box<str>] {
        &self.coupons
    }

    /// What is known, with lots judged at the later of `now` and the time of the sale.
    pub fn known<'a>(
        self,
        now: Timestamp,
        account: impl Fn(&AccountKey) -> Option<&'a Account>,
        coupon: impl Fn(&str) -> Option<CouponRecord<'a>>,
    ) -> Known {
        let at = now.max(self.occurred_at);
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
        for code in &self.coupons {
            let record = coupon(code);
            let state = match &record {
                None => CouponState::Unknown,
                Some(record) => record.state(campaigns, self.holder.as_deref(), self.occurred_at),
            };
            coupons.push(PresentedCoupon::new(code, record.map(|record| record.campaign), state, &coupons));
        }
        Known { members, coupons, redeem: self.redeem, at, stand_in: false }
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
        let reached = match &programme.written.tiers {
            None => Reached { level: 0, counted: 0 },
            Some(tiers) => {
                let of: fn(&Use) -> i64 = match tiers.measure {
                    TierMeasure::Points => |one| one.stands.earned,
                    TierMeasure::Spend => |one| one.stands.measured,
                };
                reached(tiers, &account.measured_before(self.occurred_at, of), date)
            }
        };
        Member {
            programme: asker.programme,
            key: asker.key.clone(),
            here: asker.here,
            balance: account.balance(at),
            pending: account.pending(at),
            owed: account.owed(),
            reached,
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

impl Known {
    /// What is known where the ledger is away: nothing is spent, earning goes on.
    pub fn standing_in(self) -> Self {
        Self { stand_in: true, ..self }
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
