//! Statements of what a grantor owes a provider for a period (settlement 3).

mod ceiling;
mod changes;
mod file;
mod issuing;
mod period;
mod posted;
mod sealed;

use std::sync::Arc;

use crate::movement::Cause;

pub use changes::{Began, Change, Changes, Stake};
pub use file::{Adjustment, DatedStatement, SettlementFile, Settling, adjustment_note};
pub use issuing::Earlier;
pub use period::{Period, PeriodRefused};
pub use sealed::Sealed;

/// What a grantor owes a provider for a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Counts the issued statements of the pair from 1; none of a draft.
    pub number: Option<u32>,
    /// Who pays.
    pub grantor: Arc<str>,
    /// Who sold.
    pub provider: Arc<str>,
    /// Business days of the provider.
    pub period: Period,
    /// In their order.
    pub lines: Vec<Line>,
    /// What earlier statements of the pair came to and was not paid when this one was issued, in minor units.
    pub opening: i128,
}

/// Why a line is in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Of authorizations that began in the period.
    Accrued,
    /// Of authorizations that began before it.
    Correction,
    /// What goes beyond the contract's ceiling, taken off.
    Ceiling,
    /// What a dispute about an earlier statement ended in.
    Adjustment,
}

impl Part {
    /// The word in the sealed file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accrued => "accrued",
            Self::Correction => "correction",
            Self::Ceiling => "ceiling",
            Self::Adjustment => "adjustment",
        }
    }
}

/// A line of a statement. The order of its fields is that of lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Why it is here.
    pub part: Part,
    /// The month in which the authorizations began; of a ceiling the month or year of its window.
    pub month: Option<Box<str>>,
    /// The benefit's code.
    pub benefit: Option<Arc<str>>,
    /// The benefit's version.
    pub version: Option<i64>,
    /// Whose benefit it is.
    pub benefit_grantor: Option<Arc<str>>,
    /// Who bears the amount.
    pub payer: Option<Arc<str>>,
    /// Why the payer bears it; empty for the benefit's own funding.
    pub cause: &'static str,
    /// The version of the contract that counts.
    pub contract: Option<i64>,
    /// Of a ceiling its window, of an adjustment the line it is about and the reason.
    pub note: Option<Box<str>>,
    /// What the grantor owes for it, in minor units.
    pub reimbursed: i128,
    /// The contract's rate in basis points, where the grantor is the payer.
    pub rate: Option<i64>,
    /// Authorizations in which it stands above zero at the end, less those in which it did at the beginning.
    pub uses: i64,
    /// Units that the discounts cover.
    pub units: i128,
    /// What the payer bears, in minor units.
    pub amount: i128,
}

impl Line {
    /// A line of no benefit: a ceiling or an adjustment.
    fn of_pair(part: Part, reimbursed: i128, note: Box<str>) -> Self {
        Self {
            part,
            month: None,
            benefit: None,
            version: None,
            benefit_grantor: None,
            payer: None,
            cause: Cause::Funding.word(),
            contract: None,
            note: Some(note),
            reimbursed,
            rate: None,
            uses: 0,
            units: 0,
            amount: 0,
        }
    }

    fn is_of_zeros(&self) -> bool {
        self.uses == 0 && self.units == 0 && self.amount == 0 && self.reimbursed == 0
    }
}

impl Statement {
    /// What the grantor owes for the period, in minor units.
    pub fn total(&self) -> i128 {
        self.lines.iter().map(|line| line.reimbursed).sum()
    }

    /// What the grantor owes in all, in minor units.
    pub fn balance(&self) -> i128 {
        self.opening + self.total()
    }
}
