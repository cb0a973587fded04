//! What an operation posts: the difference between what stands of an authorization and what is posted of it, in the order in which
//! `docs/loyalty.md` tells it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::loyalty::ReturnsEarned;
use crate::loyalty::account::entry::Journal;
use crate::loyalty::account::use_of::{PaidShort, Source, Taken};
use crate::loyalty::account::{Account, AccountKey, Entry, LedgerAccount, Lot, LotState, Short, Stands, Use};
use crate::loyalty::dates::{PointDates, Terms};

/// Why something is posted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause<'a> {
    /// By which lots are judged.
    pub(crate) at: Timestamp,
    /// From when points count that are earned by it: of a sale when it took place, of a hold when it is captured.
    pub(crate) earned_at: Timestamp,
    /// The request that caused it.
    pub(crate) by: Uuid,
    pub(crate) is_refund: bool,
    /// Whether it is a sale or a capture, by which ends of lots slide.
    pub(crate) slides: bool,
    /// Whether what it spends waits in `reserved`.
    pub(crate) held: bool,
    /// The requests that it undoes.
    pub(crate) undone: &'a [Uuid],
    /// What the version says of the points that it gave.
    pub(crate) terms: &'a Terms,
}

/// What became of points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Posted {
    /// Spent points that came back.
    pub(crate) returned: i64,
    /// Earned points that were taken back.
    pub(crate) taken_back: i64,
    /// Earned points that could not be found.
    pub(crate) short: i64,
    /// Points spent anew that could not be found, at the owner's cost.
    pub(crate) over_granted: i64,
    pub(crate) entries: Vec<Entry>,
}

/// A transaction while it is made.
struct Posting<'a> {
    account: &'a mut Account,
    one: Use,
    cause: Cause<'a>,
    journal: Journal,
    posted: Posted,
}

impl Account {
    /// Opens what an authorization is to this account, with nothing posted yet, and says at which place.
    pub(crate) fn open(&mut self, one: Use) -> usize {
        self.uses.push(Use { recorded: self.operations + 1, ..one });
        self.uses.len() - 1
    }

    /// Posts what stands of an authorization now.
    pub(crate) fn post(&mut self, key: &AccountKey, place: usize, stands: Stands, cause: Cause<'_>) -> Posted {
        let Some(one) = self.uses.get(place).cloned() else { return Posted::default() };
        self.operations += 1;
        let number = self.operations;
        let was = one.stands;
        let mut posting = Posting { account: self, one, cause, journal: Journal::default(), posted: Posted::default() };
        posting.move_spent(was.spent, stands.spent);
        posting.give_back(was.spent - stands.spent);
        let restored = posting.restore(stands.earned - was.earned);
        posting.spend(stands.spent - was.spent);
        posting.take_back(was.earned - stands.earned);
        posting.earn(stands.earned - was.earned - restored);
        posting.slide(stands);
        let Posting { mut one, journal, posted, .. } = posting;
        (one.stands, one.held) = (stands, cause.held);
        if let Some(slot) = self.uses.get_mut(place) {
            *slot = one;
        }
        Posted { entries: journal.entries(key, number), ..posted }
    }
}

impl Posting<'_> {
    fn lot(&mut self, place: usize) -> Option<&mut Lot> {
        self.account.lots.get_mut(place)
    }

    /// What is spent stands in `reserved` while it is held, else in `redeemed`.
    fn move_spent(&mut self, was: i64, now: i64) {
        let bucket = |held| if held { LedgerAccount::Reserved } else { LedgerAccount::Redeemed };
        self.journal.enter(bucket(self.one.held), -was);
        self.journal.enter(bucket(self.cause.held), now);
    }

    /// 1. Spent points come back to where they were taken from, the last first.
    fn give_back(&mut self, points: i64) {
        let mut left = points.max(0);
        self.posted.returned = left;
        while left > 0 {
            let Some(last) = self.one.spent_from.last_mut() else { break };
            let (source, part) = (last.source, left.min(last.points));
            last.points -= part;
            if last.points == 0 {
                self.one.spent_from.pop();
            }
            left -= part;
            if source == Source::Granted {
                self.journal.enter(LedgerAccount::Issued, part);
            } else {
                let rest = self.pay_shorts(part, source);
                self.come(rest, source);
            }
        }
    }

    /// Points that come back are taken for what could not be found since, the oldest first.
    fn pay_shorts(&mut self, points: i64, source: Source) -> i64 {
        let mut left = points;
        for (place, short) in self.account.shorts.iter_mut().enumerate() {
            let paid = left.min(short.open);
            if paid > 0 && short.recoverable && self.one.recorded < short.operation {
                short.open -= paid;
                left -= paid;
                self.journal.enter(LedgerAccount::Issued, paid);
                self.one.paid_shorts.push(PaidShort { by: self.cause.by, short: place, points: paid, source });
            }
        }
        left
    }

    /// Points come: what is owed first, the rest to where they belong.
    fn come(&mut self, points: i64, source: Source) {
        let rest = self.pay_owed(points);
        if rest == 0 {
            return;
        }
        let at = self.cause.at;
        match source {
            Source::Lot(place) => match self.lot(place) {
                Some(lot) if lot.state(at) != LotState::Expired => {
                    lot.left += rest;
                    self.journal.enter_lot(place, rest);
                }
                _ => self.come_to_new_lot(rest),
            },
            _ => self.come_to_new_lot(rest),
        }
    }

    fn pay_owed(&mut self, points: i64) -> i64 {
        let paid = points.min(self.account.owed);
        self.account.owed -= paid;
        self.journal.enter(LedgerAccount::Owed, paid);
        points - paid
    }

    /// For a lot that has expired meanwhile a new one gets its points.
    fn come_to_new_lot(&mut self, points: i64) {
        let at = self.cause.at;
        let dates = PointDates { active_from: at, expires_at: Some(self.cause.terms.expired_again(at)) };
        let place = self.account.lots.add(Lot::of(points, at, dates));
        self.journal.enter_lot(place, points);
    }

    /// What was taken as expired goes back so.
    fn come_expired(&mut self, points: i64, place: usize) {
        let Some(lot) = self.lot(place) else { return };
        if let Some(booked) = &mut lot.booked {
            *booked += points;
            self.journal.enter(LedgerAccount::Expired, points);
        } else {
            lot.left += points;
            self.journal.enter_lot(place, points);
        }
    }

    /// 2. Earned points stand again: back where they were taken from, the last first, but what could not be found is found again
    ///    first. Says how many.
    fn restore(&mut self, points: i64) -> i64 {
        let mut left = points.max(0);
        for taken in self.one.taken_back.iter_mut().rev() {
            let Source::Short(place) = taken.source else { continue };
            if let Some(short) = self.account.shorts.get_mut(place) {
                let cancelled = left.min(taken.points).min(short.open);
                short.open -= cancelled;
                taken.points -= cancelled;
                left -= cancelled;
            }
        }
        self.one.taken_back.retain(|taken| taken.points > 0);
        while left > 0 {
            let Some(last) = self.one.taken_back.last_mut() else { break };
            let (source, part) = (last.source, left.min(last.points));
            last.points -= part;
            if last.points == 0 {
                self.one.taken_back.pop();
            }
            left -= part;
            self.journal.enter(LedgerAccount::Issued, -part);
            match (source, self.one.own_lot) {
                (Source::Expired(place), _) => self.come_expired(part, place),
                (Source::Short(_) | Source::Owed, Some(own)) => self.come(part, Source::Lot(own)),
                (source, _) => self.come(part, source),
            }
        }
        points.max(0) - left
    }

    /// 3. Spent points are taken from active lots. What is spent anew because a return is undone opens the shorts again that the
    ///    return paid, and takes pending points as well.
    fn spend(&mut self, points: i64) {
        let mut left = points.max(0);
        left -= self.open_shorts_again(left);
        for state in [LotState::Active, LotState::Pending] {
            if state == LotState::Active || !self.cause.undone.is_empty() {
                left -= self.take_in_order(state, left, Taking::Spent);
            }
        }
        if left == 0 {
            return;
        }
        let source = if self.cause.terms.returns.earned == ReturnsEarned::Unlimited {
            self.account.owed += left;
            self.journal.enter(LedgerAccount::Owed, -left);
            Source::Owed
        } else {
            self.posted.over_granted = left;
            self.journal.enter(LedgerAccount::Issued, -left);
            Source::Granted
        };
        self.one.spent_from.push(Taken { source, points: left });
    }

    fn open_shorts_again(&mut self, points: i64) -> i64 {
        let mut left = points;
        for paid in self.one.paid_shorts.iter_mut().rev().filter(|paid| self.cause.undone.contains(&paid.by)) {
            let part = left.min(paid.points);
            if let Some(short) = self.account.shorts.get_mut(paid.short)
                && part > 0
            {
                short.open += part;
                paid.points -= part;
                left -= part;
                self.journal.enter(LedgerAccount::Issued, -part);
                self.one.spent_from.push(Taken { source: paid.source, points: part });
            }
        }
        self.one.paid_shorts.retain(|paid| paid.points > 0);
        points - left
    }

    /// Takes points from lots of one state in order, and says how many.
    fn take_in_order(&mut self, state: LotState, points: i64, taking: Taking) -> i64 {
        let mut left = points;
        for place in self.account.in_order(state, self.cause.at) {
            if left == 0 {
                break;
            }
            left -= self.take_from(place, left, taking);
        }
        points - left
    }

    fn take_from(&mut self, place: usize, most: i64, taking: Taking) -> i64 {
        let at = self.cause.at;
        let Some(lot) = self.lot(place) else { return 0 };
        let (part, is_expired) = (most.min(lot.left), lot.state(at) == LotState::Expired);
        lot.left -= part;
        let booked = lot.booked.as_mut().map_or(0, |booked| {
            let part = (most - part).min(*booked);
            *booked -= part;
            part
        });
        self.journal.enter_lot(place, -part);
        self.journal.enter(LedgerAccount::Expired, -booked);
        let points = part + booked;
        if points > 0 {
            let source = if is_expired { Source::Expired(place) } else { Source::Lot(place) };
            let taken = Taken { source, points };
            match taking {
                Taking::Spent => self.one.spent_from.push(taken),
                Taking::Back => self.one.taken_back.push(taken),
            }
        }
        points
    }

    /// 4. Earned points are taken back: from their own lot, then from pending and active ones; what lacks is owed or short.
    fn take_back(&mut self, points: i64) {
        let points = points.max(0);
        if points == 0 {
            return;
        }
        let returns = self.cause.terms.returns.earned;
        // Sparing active points is for refunds alone.
        let spares_active = returns == ReturnsEarned::OnlyPending && self.cause.is_refund;
        let mut left = points;
        if let Some(own) = self.one.own_lot {
            let at = self.cause.at;
            let is_active = self.lot(own).is_some_and(|lot| lot.state(at) == LotState::Active);
            if !(is_active && spares_active) {
                left -= self.take_from(own, left, Taking::Back);
            }
        }
        left -= self.take_in_order(LotState::Pending, left, Taking::Back);
        if !spares_active {
            left -= self.take_in_order(LotState::Active, left, Taking::Back);
        }
        let found = points - left;
        if left > 0 && returns == ReturnsEarned::Unlimited {
            self.account.owed += left;
            self.journal.enter(LedgerAccount::Owed, -left);
            self.one.taken_back.push(Taken { source: Source::Owed, points: left });
        } else if left > 0 {
            let place = self.account.shorts.len();
            self.account.shorts.push(Short {
                authorization: self.one.authorization,
                operation: self.account.operations,
                open: left,
                recoverable: !spares_active,
            });
            self.one.taken_back.push(Taken { source: Source::Short(place), points: left });
            self.posted.short = left;
        }
        self.posted.taken_back = points - self.posted.short;
        let owed = self.posted.taken_back - found;
        self.journal.enter(LedgerAccount::Issued, found + owed);
    }

    /// 5. Earned points make the authorization's lot; more of them, when it is captured anew, join it.
    fn earn(&mut self, points: i64) {
        if points <= 0 {
            return;
        }
        self.journal.enter(LedgerAccount::Issued, -points);
        if let Some(own) = self.one.own_lot {
            return self.come(points, Source::Lot(own));
        }
        let earned_at = self.cause.earned_at;
        let lot = Lot::of(0, earned_at, self.cause.terms.dates(earned_at));
        let gone = lot.state(self.cause.at) == LotState::Expired;
        let place = self.account.lots.add(lot);
        self.one.own_lot = Some(place);
        // What comes too late to be spent pays nothing.
        if gone { self.come_expired(points, place) } else { self.come(points, Source::Lot(place)) }
    }

    /// A sale or a capture of which points stand gives every lot that has not expired the end that its own points get.
    fn slide(&mut self, stands: Stands) {
        let terms = self.cause.terms;
        if !self.cause.slides || !terms.slides() || (stands.spent == 0 && stands.earned == 0) {
            return;
        }
        let Some(end) = terms.expires_at(terms.service_date(self.cause.earned_at)) else { return };
        for (place, lot) in self.account.lots.iter_mut() {
            let ends_before = lot.expires_at.is_some_and(|before| before < end);
            if ends_before && lot.state(self.cause.at) != LotState::Expired {
                lot.expires_at = Some(end);
                self.journal.slide(place);
            }
        }
    }
}

/// For what points are taken.
#[derive(Clone, Copy)]
enum Taking {
    Spent,
    Back,
}
