//! What happens to an account outside of sales: adjustments, and expiry as it is booked for reports.

use jiff::Timestamp;

use crate::loyalty::account::entry::Journal;
use crate::loyalty::account::{Account, AccountKey, Entry, LedgerAccount, Lot, LotState};
use crate::loyalty::dates::{PointDates, Terms};

/// An adjustment takes more than there is. Nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected at least {}, the account has {balance} points", -(*.balance).max(0))]
pub struct TooMuch {
    /// What there is.
    pub balance: i64,
}

impl Account {
    /// A gift, an opening balance or a correction.
    pub(crate) fn adjust(
        &mut self,
        key: &AccountKey,
        points: i64,
        terms: &Terms,
        at: Timestamp,
    ) -> Result<Vec<Entry>, TooMuch> {
        let balance = self.balance(at);
        if points < 0 && -points > balance.max(0) {
            return Err(TooMuch { balance });
        }
        self.operations += 1;
        let mut journal = Journal::default();
        journal.enter(LedgerAccount::Adjusted, -points);
        if points > 0 {
            let paid = points.min(self.owed);
            self.owed -= paid;
            journal.enter(LedgerAccount::Owed, paid);
            let dates = PointDates { active_from: at, expires_at: terms.expires_at(terms.service_date(at)) };
            let number = self.lots.add(Lot::of(points - paid, at, dates));
            journal.enter_lot(number, points - paid);
        } else {
            let mut left = -points;
            for place in self.in_order(LotState::Active, at) {
                let Some(lot) = self.lots.get_mut(place) else { continue };
                let part = left.min(lot.left);
                lot.left -= part;
                left -= part;
                journal.enter_lot(place, -part);
            }
        }
        Ok(journal.entries(key, self.operations))
    }

    /// Books what has expired, for reports; it changes no answer.
    pub fn book_expiry(&mut self, key: &AccountKey, at: Timestamp) -> Vec<Entry> {
        self.operations += 1;
        let mut journal = Journal::default();
        let expired = self.lots.iter_mut().filter(|(_, lot)| lot.state(at) == LotState::Expired);
        for (place, lot) in expired {
            let points = std::mem::take(&mut lot.left);
            *lot.booked.get_or_insert(0) += points;
            journal.enter_lot(place, -points);
            journal.enter(LedgerAccount::Expired, points);
        }
        journal.entries(key, self.operations)
    }
}
