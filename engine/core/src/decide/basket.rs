//! An amount off the whole basket, spread over its lines by what is left to pay.

use crate::decide::offer::{part, wanted_units};
use crate::decide::{Entrant, Offer, Till};
use crate::document::{Effect, PerWhat};
use crate::money::split;
use crate::request::LineFor;
use crate::trace::{Recorder, Turn};

/// A line's part in the spreading.
struct Weighed {
    line: usize,
    units: i64,
    weight: i64,
    /// Whether its slot's bound left nothing of a weight.
    bounded: bool,
}

impl<'a, R: Recorder> Till<'a, R> {
    /// Spreads a basket effect over its eligible lines.
    pub(super) fn basket(&mut self, entrant: Entrant<'a>) {
        let Effect::AmountOff { amount, per: PerWhat::Basket } = entrant.version.effect else { return };
        let weighed = self.weigh(entrant);
        let weights: Vec<i64> = weighed.iter().map(|line| line.weight).collect();
        let account = *self.account(entrant);
        let bound = entrant.version.max_discount.per_authorization.map_or(i64::MAX, |most| most - account.discount);
        let by_rule = amount.min(weights.iter().sum());
        let given = by_rule.min(bound).max(0);
        let total = given.min(account.discount_left());
        for (line, share) in weighed.iter().zip(split(total, &weights)) {
            if line.bounded || (given == 0 && by_rule > 0 && line.weight > 0) {
                self.pass(entrant, line.line, Turn::Bounded);
                continue;
            }
            let offer = Offer { units: line.units, amount: share, trimmed: total < given, free: false };
            self.apply(entrant, line.line, offer);
        }
    }

    /// The lines on which its turn comes, companions counted down in line order.
    fn weigh(&mut self, entrant: Entrant<'a>) -> Vec<Weighed> {
        let mut weighed = Vec::new();
        let mut companions = 0;
        for line in entrant.candidate.eligible.iter() {
            match self.turn_of_basket(entrant, line, companions) {
                Err(turn) => self.pass(entrant, line, turn),
                Ok(units) => {
                    let account = self.line(line);
                    let full = part(account.remaining, account, units);
                    let refined = entrant.version.refined.as_deref();
                    let weight = refined.map_or(full, |refined| full.min(self.left_of_slot(refined, line)));
                    if account.asked.passenger == LineFor::Companion {
                        companions += units;
                    }
                    weighed.push(Weighed { line, units, weight, bounded: weight == 0 && full > 0 });
                }
            }
        }
        weighed
    }

    /// The units that it covers on a line, or why it is passed over.
    fn turn_of_basket(&self, entrant: Entrant<'a>, line: usize, companions: i64) -> Result<i64, Turn> {
        let account = self.line(line);
        if account.remaining == 0 {
            return Err(if account.has_nothing_left() { Turn::NothingLeft } else { Turn::NothingToGive });
        }
        let refined = entrant.version.refined.as_deref();
        if let Some(refined) = refined {
            self.looks_at(entrant, refined, line)?;
        }
        if self.account(entrant).is_exhausted() {
            return Err(Turn::LimitReached);
        }
        match wanted_units(entrant.version, account, companions) {
            0 => Err(Turn::NoCompanionsLeft),
            units => Ok(units),
        }
    }
}
