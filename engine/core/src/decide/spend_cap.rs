//! Spend caps, last of all: what a holder pays in a window is counted, and the rest is free.

use crate::decide::{Entrant, Offer, Till};
use crate::document::Effect;
use crate::trace::{Recorder, Turn};

impl<'a, R: Recorder> Till<'a, R> {
    /// Line by line, on each line by priority and code.
    pub(super) fn spend_caps(&mut self) {
        let all = self.entrants.iter();
        let caps: Vec<(Entrant<'a>, i64)> =
            all.filter_map(|entrant| Some((*entrant, spend_cap_amount(&entrant.version.effect)?))).collect();
        if caps.is_empty() {
            return;
        }
        for line in 0..self.lines.len() {
            let eligible = || caps.iter().filter(|(entrant, _)| entrant.candidate.eligible.contains(line));
            for (entrant, most) in eligible() {
                self.cap(*entrant, *most, line);
            }
            let paid = self.line(line).remaining;
            for (entrant, _) in eligible() {
                let account = self.account_mut(*entrant);
                account.spent = account.spent.saturating_add(paid);
            }
        }
    }

    fn cap(&mut self, entrant: Entrant<'a>, most: i64, line: usize) {
        let spent = self.account(entrant).spent_so_far();
        let account = self.line(line);
        let (remaining, units) = (account.remaining, account.asked.quantity);
        if account.has_nothing_left() {
            return self.pass(entrant, line, Turn::NothingLeft);
        }
        let amount = (spent.saturating_add(remaining) - most).clamp(0, remaining);
        self.apply(entrant, line, Offer { units, amount, trimmed: false, free: false });
    }
}

/// The amount of a spend cap; others have none.
fn spend_cap_amount(effect: &Effect) -> Option<i64> {
    match effect {
        Effect::SpendCap { amount, .. } => Some(*amount),
        _ => None,
    }
}
