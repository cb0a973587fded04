//! An authorization in the books, and what stands of it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::authorization::{Authorization, State};
use crate::loyalty::account::{Cause, Stands, Use};
use crate::loyalty::books::{Books, PointsMoved};
use crate::loyalty::settle::{FrozenPoints, FrozenProgramme};
use crate::loyalty::{FrozenLoyalty, OnRefund};
use crate::request::{Mode, Request};

/// An authorization with what it keeps of loyalty.
#[derive(Debug)]
pub(super) struct Sold {
    pub(super) request_id: Uuid,
    /// When it ends if it is held then.
    pub(super) ends: Timestamp,
    pub(super) authorization: Authorization,
    pub(super) frozen: FrozenLoyalty,
    /// For each programme, its place in the account.
    pub(super) uses: Vec<usize>,
    /// Whether the use of each coupon stands.
    pub(super) coupons: Vec<bool>,
}

/// What happens to an authorization.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    /// By which lots are judged.
    pub(super) at: Timestamp,
    pub(super) earned_at: Timestamp,
    pub(super) by: Uuid,
    pub(super) is_refund: bool,
    pub(super) slides: bool,
    pub(super) undone: Vec<Uuid>,
}

impl Happening {
    /// It was recorded, at an instant.
    pub(super) fn opened(request: &Request, at: Timestamp) -> Self {
        let plain = Self::plain(at, request.request_id);
        Self { earned_at: request.occurred_at, slides: request.mode == Mode::Sale, ..plain }
    }

    pub(super) fn plain(at: Timestamp, by: Uuid) -> Self {
        Self { at, earned_at: at, by, is_refund: false, slides: false, undone: Vec::new() }
    }
}

impl FrozenProgramme {
    /// What it is to its account before anything is posted.
    pub(super) fn opened(&self, authorization: Uuid) -> Use {
        Use {
            authorization,
            holder: self.holder.clone(),
            occurred_at: self.occurred_at,
            service_date: self.service_date,
            recorded: 0,
            terms: self.terms.clone(),
            gave: self.gave.clone(),
            stands: Stands::default(),
            held: false,
            own_lot: None,
            spent_from: Vec::new(),
            taken_back: Vec::new(),
            paid_shorts: Vec::new(),
        }
    }
}

/// Units of a line that were captured, or are held, and of those the ones that were given back.
#[derive(Clone, Copy)]
struct Units {
    of: i64,
    captured: i64,
    refunded: i64,
}

impl Units {
    /// What stands of a frozen number: that of the captured units, less that of the refunded ones.
    fn stands(self, frozen: i64) -> i64 {
        let part = |units| crate::money::proportion(frozen, units, self.of);
        part(self.captured) - part(self.refunded)
    }
}

impl Sold {
    /// Of each line; nothing of what was voided, undone, or ended as a hold.
    fn units(&self) -> Vec<Units> {
        let authorization = &self.authorization;
        let state = authorization.state();
        let of_line = |(place, line): (usize, &crate::authorization::FrozenLine)| {
            let left = authorization.left(place);
            let (captured, refunded) = match state {
                State::Held => (line.quantity, 0),
                State::Captured | State::PartlyRefunded | State::Refunded => {
                    (left.units + left.refunded_units(), left.refunded_units())
                }
                State::Voided | State::Expired | State::Reversed => (0, 0),
            };
            Units { of: line.quantity, captured, refunded }
        };
        authorization.lines.iter().enumerate().map(of_line).collect()
    }

    /// What stands in a programme.
    fn stands(&self, programme: &FrozenProgramme) -> Stands {
        let units = self.units();
        let sum = |of: fn(&FrozenPoints) -> i64| {
            units.iter().zip(&programme.lines).map(|(units, points)| units.stands(of(points))).sum::<i64>()
        };
        let state = self.authorization.state();
        let held = state == State::Held;
        let captured = matches!(state, State::Captured | State::PartlyRefunded | State::Refunded);
        let earned = sum(|points| points.earned);
        Stands {
            spent: sum(|points| points.spent),
            earned: if held { 0 } else { earned },
            earned_whole: earned,
            measured: if held { 0 } else { sum(|points| points.measured) },
            captured,
        }
    }

    /// Whether the use of a coupon stands: while a unit stands where it served, refunded ones as well where uses are kept.
    fn coupon_stands(&self, coupon: usize) -> bool {
        let Some(coupon) = self.frozen.coupons.get(coupon) else { return false };
        let units = self.units();
        let stands = |line: &usize| {
            units.get(*line).is_some_and(|units| match coupon.on_refund {
                OnRefund::GiveBack => units.captured > units.refunded,
                OnRefund::Keep => units.captured > 0,
            })
        };
        coupon.lines.iter().any(stands)
    }
}

impl Books {
    /// Posts what stands now of an authorization, in every programme, and of its coupons.
    pub(super) fn post(&mut self, place: usize, happening: &Happening) -> Vec<PointsMoved> {
        let Some(sold) = self.sold.get_mut(place) else { return Vec::new() };
        let held = sold.authorization.state() == State::Held;
        let cause = Cause {
            at: happening.at,
            earned_at: happening.earned_at,
            by: happening.by,
            is_refund: happening.is_refund,
            slides: happening.slides,
            held,
            undone: &happening.undone,
        };
        let mut moved = Vec::new();
        let mut entries = Vec::new();
        for (programme, own) in sold.frozen.programmes.iter().zip(&sold.uses) {
            let Some(account) = self.accounts.get_mut(&programme.key) else { continue };
            let posted = account.post(&programme.key, *own, sold.stands(programme), cause);
            moved.push(PointsMoved {
                program: programme.key.program.clone(),
                returned: posted.returned,
                taken_back: posted.taken_back,
                short: posted.short,
                over_granted: posted.over_granted,
                balance_after: account.balance(happening.at),
            });
            entries.extend(posted.entries);
        }
        let stands: Vec<bool> = (0..sold.coupons.len()).map(|coupon| sold.coupon_stands(coupon)).collect();
        for ((taken, stood), stands) in sold.frozen.coupons.iter().zip(&mut sold.coupons).zip(stands) {
            if let Some((_, used)) = self.coupons.get_mut(&taken.code) {
                *used += i64::from(stands) - i64::from(*stood);
            }
            *stood = stands;
        }
        self.keep(entries);
        moved
    }
}
