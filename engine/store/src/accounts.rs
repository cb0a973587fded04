//! Accounts of points as those who look after them read them: statements, and what is due to be booked.

use avis_core::loyalty::{Account, AccountKey, Lot};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::movements::MovementsError;

/// Accounts of points, read beside the engines that write them. What it promises is held by the conformance suite: an account is as
/// its entries make it, also as of an earlier moment.
pub trait Accounts: Send + Sync {
    /// An account as of the last commit: lots that have not expired at `now`, and what counts of its authorizations from a service
    /// date on.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn account(&self, key: &AccountKey, since: Option<Date>, now: Timestamp) -> Result<Account, MovementsError>;

    /// An account as it was at an earlier moment: its lots and what it owed, and nothing else.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn account_at(&self, key: &AccountKey, at: Timestamp) -> Result<Account, MovementsError>;

    /// What happened to an account, the newest first, before the operation of a number.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn operations(
        &self,
        key: &AccountKey,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<AccountOperation>, MovementsError>;
}

/// Something that happened to an account, with its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountOperation {
    /// Counts the operations on the account from 1.
    pub number: u64,
    /// As of when.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The authorization of which it is, or the event of the account itself.
    pub of: Uuid,
    /// By which event of the authorization; 0 is its opening.
    pub event: i64,
    /// What the account's own event says, as JSON; none of what is of an authorization.
    pub own: Option<String>,
    /// In their order.
    pub entries: Vec<AccountEntry>,
}

/// An entry of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEntry {
    /// The word of the account of the ledger.
    pub ledger_account: String,
    /// The number of the lot, of entries on points.
    pub lot: Option<i64>,
    /// How many.
    pub points: i64,
    /// From when the lot is active.
    pub active_from: Option<Timestamp>,
    /// Until when, as of this entry.
    pub expires_at: Option<Timestamp>,
}

/// A row of an entry, with what its operation says.
pub(crate) struct OperationRow {
    pub(crate) number: i64,
    pub(crate) at: Timestamp,
    pub(crate) recorded_at: Timestamp,
    pub(crate) of: Uuid,
    pub(crate) event: i64,
    pub(crate) own: Option<String>,
    pub(crate) entry: AccountEntry,
}

/// Operations of their rows, which come together.
pub(crate) fn operations(rows: impl IntoIterator<Item = OperationRow>) -> Vec<AccountOperation> {
    let mut operations: Vec<AccountOperation> = Vec::new();
    for OperationRow { number, at, recorded_at, of, event, own, entry } in rows {
        let number = number.unsigned_abs();
        match operations.last_mut() {
            Some(last) if last.number == number => last.entries.push(entry),
            _ => operations.push(AccountOperation { number, at, recorded_at, of, event, own, entries: vec![entry] }),
        }
    }
    operations
}

/// A lot as it was, from what its entries sum to.
pub(crate) fn lot_of_entries(
    (earned_at, active_from): (Timestamp, Timestamp),
    expires_at: Option<Timestamp>,
    left: i64,
) -> Lot {
    Lot { earned_at, active_from, expires_at, left, booked: None }
}
