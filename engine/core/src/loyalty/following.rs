//! What becomes of points when something becomes of an authorization: what stands of it is posted, whoever keeps the accounts.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::authorization::{Authorization, Balance, FrozenLine, State};
use crate::loyalty::account::{Account, AccountKey, Cause, Entry, Stands, Use};
use crate::loyalty::settle::{FrozenLoyalty, FrozenPoints, FrozenProgramme, TakenCoupon};
use crate::loyalty::{LinePoints, OnRefund};
use crate::request::{Mode, Request};

/// What an operation did to the points of a programme.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct PointsMoved {
    /// The programme's code.
    pub program: Arc<str>,
    /// Spent points that came back.
    #[schema(minimum = 0)]
    pub returned: i64,
    /// Earned points that were taken back.
    #[schema(minimum = 0)]
    pub taken_back: i64,
    /// Earned points that could not be found.
    #[schema(minimum = 0)]
    pub short: i64,
    /// Points spent anew that could not be found, at the owner's cost.
    #[schema(minimum = 0)]
    pub over_granted: i64,
    /// What the member can spend now, less what is owed.
    pub balance_after: i64,
}

/// What happens to an authorization.
#[derive(Clone, Debug)]
pub struct Happening {
    /// By which lots are judged.
    pub at: Timestamp,
    earned_at: Timestamp,
    by: Uuid,
    is_refund: bool,
    slides: bool,
    undone: Vec<Uuid>,
}

impl Happening {
    /// It is recorded, at an instant by the clock.
    pub fn opened(request: &Request, now: Timestamp) -> Self {
        let plain = Self::plain(now.max(request.occurred_at), request.request_id);
        Self { earned_at: request.occurred_at, slides: request.mode == Mode::Sale, ..plain }
    }

    /// It is called off, or ends as a hold.
    pub fn plain(at: Timestamp, by: Uuid) -> Self {
        Self { at, earned_at: at, by, is_refund: false, slides: false, undone: Vec::new() }
    }

    /// It is captured.
    pub fn captured(at: Timestamp, by: Uuid) -> Self {
        Self { slides: true, ..Self::plain(at, by) }
    }

    /// Units are given back.
    pub fn refunded(at: Timestamp, by: Uuid) -> Self {
        Self { is_refund: true, ..Self::plain(at, by) }
    }

    /// Requests are undone, by their ids.
    pub fn reversed(at: Timestamp, by: Uuid, undone: Vec<Uuid>) -> Self {
        Self { undone, ..Self::plain(at, by) }
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
    /// Of each line; nothing of what was voided, undone, or ended as a hold.
    fn of(lines: &[FrozenLine], balance: &Balance) -> Vec<Self> {
        let of_line = |(line, left): (&FrozenLine, &crate::authorization::Remaining)| {
            let (captured, refunded) = match balance.state() {
                State::Held => (line.quantity, 0),
                State::Captured | State::PartlyRefunded | State::Refunded => {
                    (left.units + left.refunded_units(), left.refunded_units())
                }
                State::Voided | State::Expired | State::Reversed => (0, 0),
            };
            Self { of: line.quantity, captured, refunded }
        };
        lines.iter().zip(balance.lines()).map(of_line).collect()
    }

    /// What stands of a frozen number: that of the captured units, less that of the refunded ones.
    fn stands(self, frozen: i64) -> i64 {
        let part = |units| crate::money::proportion(frozen, units, self.of);
        part(self.captured) - part(self.refunded)
    }
}

impl FrozenLoyalty {
    /// The programmes in play.
    pub fn programmes(&self) -> &[FrozenProgramme] {
        &self.programmes
    }

    /// The coupons that it used.
    pub fn coupons(&self) -> &[TakenCoupon] {
        &self.coupons
    }

    /// What a line spent and earned, by programme; programmes of which it did neither are left out.
    pub fn points_of(&self, line: usize) -> Vec<LinePoints> {
        let of = |programme: &FrozenProgramme| {
            let points = programme.lines.get(line).filter(|points| points.spent > 0 || points.earned > 0)?;
            let program = programme.key.program.clone();
            Some(LinePoints { program, spent: points.spent, earned: points.earned })
        };
        self.programmes.iter().filter_map(of).collect()
    }

    /// Whether nothing of it is kept.
    pub fn is_empty(&self) -> bool {
        self.programmes.is_empty() && self.coupons.is_empty()
    }
}

impl TakenCoupon {
    /// The campaign's code.
    pub fn campaign(&self) -> &Arc<str> {
        &self.campaign
    }

    /// The coupon's, as it was looked up.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether its use stands: while a unit stands where it served, refunded ones as well where uses are kept.
    pub fn stands(&self, lines: &[FrozenLine], balance: &Balance) -> bool {
        let units = Units::of(lines, balance);
        let stands = |line: &usize| {
            units.get(*line).is_some_and(|units| match self.on_refund {
                OnRefund::GiveBack => units.captured > units.refunded,
                OnRefund::Keep => units.captured > 0,
            })
        };
        self.lines.iter().any(stands)
    }
}

impl FrozenProgramme {
    /// Whose points they are.
    pub fn key(&self) -> &AccountKey {
        &self.key
    }

    /// Posts to its account what stands now of an authorization, which the account knows by `id`.
    pub fn follow(
        &self,
        (id, authorization): (Uuid, &Authorization),
        account: &mut Account,
        happening: &Happening,
    ) -> (PointsMoved, Vec<Entry>) {
        let known = account.uses.iter().rposition(|one| one.authorization == id);
        let place = known.unwrap_or_else(|| account.open(self.opened(id)));
        let cause = Cause {
            at: happening.at,
            earned_at: happening.earned_at,
            by: happening.by,
            is_refund: happening.is_refund,
            slides: happening.slides,
            held: authorization.state() == State::Held,
            undone: &happening.undone,
            terms: &self.terms,
        };
        let stands = self.stands(authorization);
        let posted = account.post(&self.key, place, stands, cause);
        if let Some(one) = account.uses.get_mut(place) {
            one.by_rule = crate::money::split(stands.earned, &self.by_rule).into_vec();
        }
        let moved = PointsMoved {
            program: self.key.program.clone(),
            returned: posted.returned,
            taken_back: posted.taken_back,
            short: posted.short,
            over_granted: posted.over_granted,
            balance_after: account.balance(happening.at),
        };
        (moved, posted.entries)
    }

    /// What it is to its account before anything is posted.
    fn opened(&self, authorization: Uuid) -> Use {
        Use {
            authorization,
            holder: self.holder.clone(),
            occurred_at: self.occurred_at,
            service_date: self.service_date,
            recorded: 0,
            gave: self.gave.clone(),
            by_rule: Vec::new(),
            stands: Stands::default(),
            held: false,
            own_lot: None,
            spent_from: Vec::new(),
            taken_back: Vec::new(),
            paid_shorts: Vec::new(),
        }
    }

    fn stands(&self, authorization: &Authorization) -> Stands {
        let units = Units::of(&authorization.lines, authorization.balance());
        let sum = |of: fn(&FrozenPoints) -> i64| {
            units.iter().zip(&self.lines).map(|(units, points)| units.stands(of(points))).sum::<i64>()
        };
        let state = authorization.state();
        let held = state == State::Held;
        let captured = matches!(state, State::Captured | State::PartlyRefunded | State::Refunded);
        let earned = sum(|points| points.earned);
        Stands {
            spent: sum(|points| points.spent),
            earned: if held { 0 } else { earned },
            earned_whole: earned,
            measured: if held { 0 } else { sum(|points| points.measured) },
            paid: if held { 0 } else { self.paid(authorization) },
            captured,
        }
    }

    /// What is left of what its points paid.
    fn paid(&self, authorization: &Authorization) -> i64 {
        let lines = authorization.lines.iter().zip(authorization.balance().lines());
        let tenders = lines.flat_map(|(line, left)| line.tenders.iter().zip(left.tendered()));
        tenders.filter(|(tender, _)| tender.program == self.key.program).map(|(_, left)| left).sum()
    }
}
