//! What the owner of a programme sees of a member, and gives or takes.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::holder::Holder;
use crate::loyalty::account::{Account, AccountKey, AccountName, Entry, TooMuch};
use crate::loyalty::dates::Terms;
use crate::loyalty::{Membership, NextLevel, Programme};
use crate::plan::LocalMoment;
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

/// Points that an owner gives to an account, or takes from it where they are negative.
#[derive(Clone, Debug)]
pub struct Adjustment {
    /// How many.
    pub points: i64,
    terms: Terms,
}

impl Adjustment {
    /// Makes it in the account of a key at an instant.
    ///
    /// # Errors
    /// It takes more than there is.
    pub fn apply(&self, key: &AccountKey, account: &mut Account, at: Timestamp) -> Result<Vec<Entry>, TooMuch> {
        account.adjust(key, self.points, &self.terms, at)
    }
}

impl Programme {
    /// The version that counts at an instant: the highest that has begun.
    pub fn counting<'p>(versions: impl IntoIterator<Item = &'p Self>, at: Timestamp) -> Option<&'p Self> {
        let begun = |one: &&Self| one.valid.resolve(&one.time_zone).from.is_none_or(|from| from <= at);
        versions.into_iter().filter(begun).max_by_key(|one| one.version)
    }

    /// Whether a version that counts is in force at an instant.
    pub fn in_force(&self, at: Timestamp) -> bool {
        let suspended = self.suspensions.iter().any(|suspended| suspended.span.resolve(&self.time_zone).contains(at));
        self.valid.resolve(&self.time_zone).contains(at) && !suspended
    }

    /// The account of a holder who is a member at an instant.
    pub fn account_of(&self, holder: &Holder, at: Timestamp) -> Option<AccountKey> {
        self.account_by(&holder.code, &holder.memberships, at)
    }

    /// The account of who has these memberships at an instant.
    pub fn account_by(&self, holder: &Arc<str>, memberships: &[Membership], at: Timestamp) -> Option<AccountKey> {
        let mut of_it = memberships.iter().filter(|one| *one.program == *self.code).peekable();
        // Most are of other programmes, for which no local date is looked up.
        of_it.peek()?;
        let moment = Moment { instant: at, date: LocalMoment::of(at, &self.time_zone).moment.date };
        Some(self.key(holder, of_it.find(|one| one.span.holds_at(&moment))?))
    }

    /// The account of a holder who was a member: that of the membership that was written last. What was earned lives on.
    pub fn former_account_of(&self, holder: &Holder) -> Option<AccountKey> {
        let last = holder.memberships.iter().rev().find(|one| *one.program == *self.code)?;
        Some(self.key(&holder.code, last))
    }

    fn key(&self, holder: &Arc<str>, membership: &Membership) -> AccountKey {
        let own = || AccountName::Own(holder.clone());
        let account = membership.account.clone().map_or_else(own, AccountName::Named);
        AccountKey { program: (&*self.code).into(), account }
    }

    /// Points given to an account, or taken from it, with what this version says of points that come now.
    pub fn adjustment(&self, points: i64) -> Adjustment {
        Adjustment { points, terms: Terms::of(self) }
    }

    /// From which service date on authorizations count for the level at an instant; none where there are no levels.
    pub fn level_since(&self, at: Timestamp) -> Option<Date> {
        let date = Terms::of(self).service_date(at);
        self.tiers.as_ref().map(|tiers| tiers.counted_since(date))
    }

    /// What an account comes to at an instant, with everything known of it that counts for its level.
    pub fn statement(&self, account: &Account, at: Timestamp) -> ProgrammeStatement {
        let (mut tier, mut next) = (None, None);
        if let Some(tiers) = &self.tiers {
            let reached = tiers.reached_by(account, at, Terms::of(self).service_date(at));
            tier = tiers.code(reached.level).map(Into::into);
            let above = tiers.levels.get(reached.level);
            next = above
                .map(|level| NextLevel { tier: level.code.clone(), missing: (level.min - reached.counted).max(0) });
        }
        let lots = account.lots(at).into_iter().map(|lot| LotAnswer {
            points: lot.left,
            earned_at: lot.earned_at,
            active_from: lot.active_from,
            expires_at: lot.expires_at,
        });
        ProgrammeStatement {
            program: (&*self.code).into(),
            balance: account.balance(at),
            pending: account.pending(at),
            owed: account.owed(),
            tier,
            next,
            lots: lots.collect(),
        }
    }
}
