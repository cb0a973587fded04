//! Double entry: what each operation enters, summing to zero in each account.

use crate::loyalty::account::AccountKey;

/// An account of the ledger of a programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerAccount {
    /// What the owner issued; zero or less.
    Issued,
    /// What is left of lots.
    Points,
    /// Spent by holds.
    Reserved,
    /// Spent.
    Redeemed,
    /// Booked as expired.
    Expired,
    /// What members owe; zero or less.
    Owed,
    /// Gifts, opening balances and corrections.
    Adjusted,
}

impl LedgerAccount {
    /// Whether it is what an account has or owes.
    pub fn is_of_the_account(self) -> bool {
        matches!(self, Self::Points | Self::Owed)
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Points => "points",
            Self::Reserved => "reserved",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Owed => "owed",
            Self::Adjusted => "adjusted",
        }
    }
}

/// One entry of a transaction. It is only ever added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of which account of which programme.
    pub key: AccountKey,
    /// The number of the operation in that account.
    pub transaction: u64,
    /// Where.
    pub ledger_account: LedgerAccount,
    /// The place of the lot, of entries on points.
    pub lot: Option<usize>,
    /// How many.
    pub points: i64,
}

/// Entries of one transaction, gathered while it is made.
#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<(LedgerAccount, Option<usize>, i64)>);

impl Journal {
    pub(crate) fn enter(&mut self, account: LedgerAccount, points: i64) {
        self.put(account, None, points);
    }

    pub(crate) fn enter_lot(&mut self, lot: usize, points: i64) {
        self.put(LedgerAccount::Points, Some(lot), points);
    }

    fn put(&mut self, account: LedgerAccount, lot: Option<usize>, points: i64) {
        match self.0.iter_mut().find(|(known, of, _)| *known == account && *of == lot) {
            Some((_, _, sum)) => *sum += points,
            None => self.0.push((account, lot, points)),
        }
    }

    /// A slide is an entry of zero.
    pub(crate) fn slide(&mut self, lot: usize) {
        self.0.push((LedgerAccount::Points, Some(lot), 0));
    }

    pub(crate) fn entries(self, key: &AccountKey, transaction: u64) -> Vec<Entry> {
        let entry =
            |(ledger_account, lot, points)| Entry { key: key.clone(), transaction, ledger_account, lot, points };
        let moved = self.0.into_iter().filter(|(account, _, points)| *points != 0 || *account == LedgerAccount::Points);
        moved.map(entry).collect()
    }
}
