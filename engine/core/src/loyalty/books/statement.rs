//! What a member has, and what an owner gives or takes.

use std::sync::Arc;

use jiff::Timestamp;

use crate::loyalty::account::{Account, AccountKey, AccountName};
use crate::loyalty::books::{Books, OperationRefused};
use crate::loyalty::levels::reached;
use crate::loyalty::{Membership, NextLevel, ProgrammeVersion, TierMeasure};
use crate::plan::LocalMoment;
use crate::rules::RuleSet;
use crate::span::Moment;

/// What a member has in a programme.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProgrammeStatement {
    /// The programme's code.
    pub program: Arc<str>,
    /// What can be spent, less what is owed.
    pub balance: i64,
    /// What can't be spent yet.
    pub pending: i64,
    /// What is owed.
    pub owed: i64,
    /// The level.
    pub tier: Option<Box<str>>,
    /// The level above.
    pub next: Option<NextLevel>,
    /// Points that have not expired, in the order in which they go.
    pub lots: Vec<LotAnswer>,
}

/// Points that came together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LotAnswer {
    /// How many are left.
    pub points: i64,
    /// When they were earned.
    pub earned_at: Timestamp,
    /// From when they can be spent.
    pub active_from: Timestamp,
    /// Until when; none is for ever.
    pub expires_at: Option<Timestamp>,
}

impl Books {
    /// What a member has in each programme now.
    pub fn statement(&self, rules: &RuleSet, holder: &Arc<str>, memberships: &[Membership]) -> Vec<ProgrammeStatement> {
        let at = self.clock.unwrap_or(Timestamp::MIN);
        let programmes = rules.loyalty.iter().flat_map(|loyalty| &loyalty.programmes);
        let own = programmes.filter_map(|programme| Some((programme, account_of(programme, holder, memberships, at)?)));
        let nothing = Account::default();
        own.map(|(programme, key)| {
            let account = self.accounts.get(&key).unwrap_or(&nothing);
            of_programme(programme, key.program, account, at)
        })
        .collect()
    }

    /// Gives a member points, or takes some.
    ///
    /// # Errors
    /// No membership now, or more to be taken than there is.
    pub fn adjust(
        &mut self,
        rules: &RuleSet,
        program: &str,
        holder: &Arc<str>,
        memberships: &[Membership],
        points: i64,
    ) -> Result<i64, OperationRefused> {
        let at = self.clock.unwrap_or(Timestamp::MIN);
        let mut programmes = rules.loyalty.iter().flat_map(|loyalty| &loyalty.programmes);
        let named = programmes.find(|programme| *programme.frame.code == *program && programme.in_force(at));
        let programme = named.ok_or(OperationRefused::NotAMember)?;
        let key = account_of(programme, holder, memberships, at).ok_or(OperationRefused::NotAMember)?;
        let account = self.accounts.entry(key.clone()).or_default();
        let entries = account.adjust(&key, points, &programme.terms, at)?;
        let balance = account.balance(at);
        self.keep(entries);
        Ok(balance)
    }
}

/// The account of a holder in a programme that counts; none if the holder is no member.
fn account_of(
    programme: &ProgrammeVersion,
    holder: &Arc<str>,
    memberships: &[Membership],
    at: Timestamp,
) -> Option<AccountKey> {
    if !programme.in_force(at) {
        return None;
    }
    let moment = Moment { instant: at, date: LocalMoment::of(at, &programme.terms.zone).moment.date };
    let of_it = |one: &&Membership| *one.program == *programme.frame.code && one.span.holds_at(&moment);
    let membership = memberships.iter().find(of_it)?;
    let account = membership.account.clone().map_or_else(|| AccountName::Own(holder.clone()), AccountName::Named);
    Some(AccountKey { program: programme.frame.code.clone(), account })
}

fn of_programme(
    programme: &ProgrammeVersion,
    program: Arc<str>,
    account: &Account,
    at: Timestamp,
) -> ProgrammeStatement {
    let (mut tier, mut next) = (None, None);
    if let Some(tiers) = &programme.written.tiers {
        let measured = account.measured_before(at, |one| match tiers.measure {
            TierMeasure::Points => one.stands.earned,
            TierMeasure::Spend => one.stands.measured,
        });
        let reached = reached(tiers, &measured, programme.terms.service_date(at));
        tier = tiers.code(reached.level).map(Into::into);
        let above = tiers.levels.get(reached.level);
        next = above.map(|level| NextLevel { tier: level.code.clone(), missing: (level.min - reached.counted).max(0) });
    }
    let lots = account.lots(at).into_iter().map(|lot| LotAnswer {
        points: lot.left,
        earned_at: lot.earned_at,
        active_from: lot.active_from,
        expires_at: lot.expires_at,
    });
    ProgrammeStatement {
        program,
        balance: account.balance(at),
        pending: account.pending(at),
        owed: account.owed(),
        tier,
        next,
        lots: lots.collect(),
    }
}
