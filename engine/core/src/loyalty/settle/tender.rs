//! What points pay.

use crate::loyalty::settle::answer::{ProgrammeReason, TenderPart};
use crate::loyalty::settle::{Settling, Share};
use crate::loyalty::{Redeem, RedemptionOf};
use crate::money::{proportion, split};
use crate::trace::{LoyaltyStep, Recorder};
use crate::truth::Truth;

/// What a tender comes to, and why not to more.
struct Tendered {
    points: i64,
    amount: i64,
    reasons: Vec<ProgrammeReason>,
}

impl Settling<'_> {
    /// Takes what an entry of the request redeems as a tender.
    pub(super) fn tender<R: Recorder>(&mut self, place: usize, recorder: &mut R) {
        let Some(redemption) = self.known.redeem.get(place) else { return };
        let asked = match redemption.of {
            RedemptionOf::Points(points) => Some(points),
            RedemptionOf::Max => None,
            RedemptionOf::Reward { .. } => return,
        };
        let Some(at) = self.shares.iter().position(|share| *share.member.key.program == *redemption.program) else {
            return;
        };
        let rooms = self.rooms(at, recorder);
        let payable = self.lines.iter().map(|line| line.payable).fold(0, i64::saturating_add);
        let Some(share) = self.shares.get_mut(at) else { return };
        let tendered = if self.known.stand_in {
            Tendered { points: 0, amount: 0, reasons: vec![ProgrammeReason::PointsUnavailable] }
        } else {
            tendered(share, asked, &rooms, payable)
        };
        share.reasons.extend(&tendered.reasons);
        recorder.loyalty(|| LoyaltyStep::Tender {
            program: share.member.key.program.clone(),
            asked,
            available: share.member.available() - share.spent(),
            room: rooms.iter().sum(),
            points: tendered.points,
            amount: tendered.amount,
            reasons: tendered.reasons.clone(),
        });
        self.pay(at, &tendered, &rooms);
    }

    /// Of each line, what is left to pay of it with points of a programme.
    fn rooms<R: Recorder>(&self, at: usize, recorder: &mut R) -> Vec<i64> {
        let nothing = vec![0; self.lines.len()];
        let Some(share) = self.shares.get(at) else { return nothing };
        let Some(redeem) = &share.programme.written.redeem else { return nothing };
        let room = |line: &super::LineInPlay<'_>| {
            let when = share.programme.redeem_when.as_ref();
            let mut is_true =
                |when| self.plan.facts.answer(when, &share.programme.frame, Some(line.asked), recorder) == Truth::True;
            if redeem.products.covers_product(line.asked.product.as_str()) && when.is_none_or(&mut is_true) {
                line.due
            } else {
                0
            }
        };
        self.lines.iter().map(room).collect()
    }

    fn pay(&mut self, at: usize, tendered: &Tendered, rooms: &[i64]) {
        let Some(share) = self.shares.get_mut(at) else { return };
        share.redeemed.points += tendered.points;
        share.redeemed.amount += tendered.amount;
        let amounts = split(tendered.amount, rooms);
        let points = split(tendered.points, &amounts);
        for (place, (amount, points)) in amounts.iter().zip(points).enumerate() {
            if let Some(line) = share.points.get_mut(place) {
                line.spent += points;
            }
            if let Some(line) = self.lines.get_mut(place).filter(|_| *amount > 0) {
                line.due -= amount;
                line.tenders.push(TenderPart {
                    program: share.member.key.program.clone(),
                    amount: *amount,
                    payer: share.programme.owner.clone(),
                });
            }
        }
    }
}

/// The points that are taken and what they pay. Points that buy no cent stay.
fn tendered(share: &Share<'_>, asked: Option<i64>, rooms: &[i64], payable: i64) -> Tendered {
    let nothing = |reasons| Tendered { points: 0, amount: 0, reasons };
    let room = rooms.iter().copied().fold(0, i64::saturating_add);
    let Some(redeem) = share.programme.written.redeem.as_ref().filter(|_| room > 0) else {
        return nothing(vec![ProgrammeReason::NotForThis]);
    };
    let spent = share.spent();
    let available = (share.member.available() - spent).max(0);
    let limit = share.member.redeem_left.iter().map(|left| (left - spent).max(0)).min().unwrap_or(i64::MAX);
    let wanted = asked.unwrap_or(i64::MAX);
    let mut reasons = Vec::new();
    if asked.is_some_and(|asked| available < asked) {
        reasons.push(ProgrammeReason::NotEnoughPoints);
    }
    if limit < wanted.min(available) {
        reasons.push(ProgrammeReason::LimitReached);
    }
    let ceiling = room.min(proportion(payable, redeem.max_share, crate::limits::RATE_WHOLE));
    let most = redeem.stepped(wanted.min(available).min(limit));
    let points = if redeem.value(most) > ceiling { redeem.most_within(ceiling) } else { most };
    let amount = redeem.value(points);
    if points < redeem.min || amount == 0 {
        reasons.extend(why_nothing(redeem, available, limit));
        return nothing(reasons);
    }
    Tendered { points: redeem.least_worth(amount), amount, reasons }
}

/// Why nothing is redeemed.
fn why_nothing(redeem: &Redeem, available: i64, limit: i64) -> Vec<ProgrammeReason> {
    let least = redeem.least_worth(1);
    let lacks = [(ProgrammeReason::NotEnoughPoints, available < least), (ProgrammeReason::LimitReached, limit < least)];
    let reasons: Vec<ProgrammeReason> = lacks.iter().filter(|(_, lacks)| *lacks).map(|(reason, _)| *reason).collect();
    if reasons.is_empty() { vec![ProgrammeReason::BelowMinimum] } else { reasons }
}
