//! An amount off the whole basket, spread over its lines by what is left to pay.

use crate::decide::offer::wanted_units;
use crate::decide::{Entrant, Offer, Till};
use crate::document::{Effect, PerWhat};
use crate::money::{proportion, split};
use crate::trace::{Recorder, Turn};

/// A line's part in the spreading.
struct Weighed {
    line: usize,
    units: i64,
    weight: i64,
}

impl<'a, R: Recorder> Till<'a, R> {
    /// Spreads a basket effect over its eligible lines.
    pub(super) fn basket(&mut self, entrant: Entrant<'a>) {
        let Effect::AmountOff { amount, per: PerWhat::Basket } = entrant.version.effect else { return };
        let weighed = self.weigh(entrant);
        let weights: Vec<i64> = weighed.iter().map(|line| line.weight).collect();
        let account = *self.account(entrant);
        let bound = entrant.version.max_discount.per_authorization.map_or(i64::MAX, |most| most - account.discount);
        let given = amount.min(weights.iter().sum()).min(bound).max(0);
        let total = given.min(account.discount_left());
        for (line, share) in weighed.iter().zip(split(total, &weights)) {
            self.apply(entrant, line.line, Offer { units: line.units, amount: share, trimmed: total < given });
        }
    }

    /// The lines on which its turn comes, companions counted down in line order.
    fn weigh(&mut self, entrant: Entrant<'a>) -> Vec<Weighed> {
        let mut weighed = Vec::new();
        let mut companions = 0;
        for line in entrant.candidate.eligible.iter() {
            let exhausted = self.account(entrant).is_exhausted();
            let account = self.line(line);
            let turn = if account.remaining == 0 {
                Err(Turn::NothingLeft)
            } else if exhausted {
                Err(Turn::LimitReached)
            } else {
                match wanted_units(entrant.version, account, companions) {
                    0 => Err(Turn::NoCompanionsLeft),
                    units => Ok(units),
                }
            };
            match turn {
                Err(turn) => self.pass(entrant, line, turn),
                Ok(units) => {
                    let account = self.line(line);
                    let weight = proportion(account.remaining, units, account.asked.quantity);
                    if account.asked.passenger == crate::request::LineFor::Companion {
                        companions += units;
                    }
                    weighed.push(Weighed { line, units, weight });
                }
            }
        }
        weighed
    }
}
