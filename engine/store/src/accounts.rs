//! Accounts of points as those who look after them read them: statements, and what is due to be booked.

use avis_core::loyalty::{Account, AccountKey, AccountName, Lot};
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

    /// Accounts behind one in the order of programmes and names, of which lots that ended after one moment and by another have points
    /// that are not booked as expired.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn due(
        &self,
        ended: (Timestamp, Timestamp),
        behind: Option<&AccountKey>,
        most: usize,
    ) -> Result<Vec<AccountKey>, MovementsError>;

    /// What happened in a programme from a moment until another, of each of some spans, as of one moment. What expired is read by the
    /// ends of lots, whether it is booked or not.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn figures(&self, program: &str, spans: &[(Timestamp, Timestamp)]) -> Result<Vec<PointsFigures>, MovementsError>;

    /// What stands of authorizations of service dates from one to another, both included, by month and provider; of what is held
    /// nothing.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn by_provider(&self, program: &str, dates: (Date, Date)) -> Result<Vec<PointsAtProvider>, MovementsError>;

    /// What the rules of a programme gave of what stands earned, as [`Accounts::by_provider`], by month and rule.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn by_rule(&self, program: &str, dates: (Date, Date)) -> Result<Vec<PointsOfRule>, MovementsError>;

    /// What points of any programme paid at a provider, as [`Accounts::by_provider`], by month and programme; none of what is nothing.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn tenders(&self, provider: &str, dates: (Date, Date)) -> Result<Vec<PointsPaid>, MovementsError>;

    /// What is left of lots that have not expired at a moment, pending ones too, by their ends; none is never.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn liability(&self, program: &str, now: Timestamp) -> Result<Vec<(Option<Timestamp>, i64)>, MovementsError>;

    /// What stands bought on service dates from one to another, both included, by account: of at most so many accounts of a programme
    /// of which something was recorded, behind one in the order of their names.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn bought(
        &self,
        program: &str,
        dates: (Date, Date),
        behind: Option<&AccountKey>,
        most: usize,
    ) -> Result<Vec<Bought>, MovementsError>;
}

/// What stands bought by the members of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    /// The account.
    pub key: AccountKey,
    /// Minor units paid for what is in the scope of the programme.
    pub spend: i64,
    /// Authorizations of which something paid stands.
    pub purchases: i64,
}

/// What happened in a programme in a span of time, in points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointsFigures {
    /// Accounts of which something was earned, spent, given or taken; that points ended is nothing of that.
    pub active: i64,
    /// Earned, less what was taken back.
    pub earned: i64,
    /// Spent, less what came back.
    pub spent: i64,
    /// Given by the owner, less what it took.
    pub adjusted: i64,
    /// Points of which the last day was in it: they end at the beginning of the next one.
    pub expired: i64,
}

/// What stands of what a provider sold in a month to members of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsAtProvider {
    /// Of service dates, as `2026-11`.
    pub month: String,
    /// Who sold.
    pub provider: String,
    /// Accounts.
    pub active: i64,
    /// Authorizations of which something paid, earned or spent stands.
    pub purchases: i64,
    /// Minor units paid in money for what is in the scope of the programme.
    pub spend: i64,
    /// Points.
    pub earned: i64,
    /// Points, by tender and rewards.
    pub spent: i64,
    /// Minor units that points paid, which the owner of the programme owes to the provider.
    pub paid: i64,
}

/// What points of a programme paid at a provider in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsPaid {
    /// Of service dates, as `2026-11`.
    pub month: String,
    /// The programme's code.
    pub program: String,
    /// Minor units, which the owner of the programme owes to the provider.
    pub paid: i64,
}

/// What stands of what a rule gave in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsOfRule {
    /// Of service dates, as `2026-11`.
    pub month: String,
    /// The rule's code.
    pub rule: String,
    /// Accounts to which it gave.
    pub active: i64,
    /// Authorizations in which it gave something that stands.
    pub purchases: i64,
    /// Its part of the points.
    pub earned: i64,
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

/// The account of a name as the tables write it; none of what is no name.
pub(crate) fn key_of(program: &str, text: &str) -> Option<AccountKey> {
    let account = match text.split_once(':')? {
        ("account", name) => AccountName::Named(name.into()),
        ("holder", code) => AccountName::Own(code.into()),
        _ => return None,
    };
    Some(AccountKey { program: program.into(), account })
}
