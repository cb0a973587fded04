//! Settlement: what is owed for what was sold, from movements, contracts and earlier statements.
//!
//! Everything is a pure function of its input: no clock and no order of movements changes a result. Amounts are minor units, sums
//! are `i128`, rates basis points. What it means is told in `docs/settlement.md`.

mod contract;
mod day;
mod month;
mod movement;
mod one_by_one;
pub mod reconcile;
pub mod reports;
mod statement;
mod written;

pub use contract::{Ceiling, Contract, ContractRounding, Contracts, Per, due};
pub use day::{DayClose, Difference, Total, TotalDifference, Totals, difference};
pub use month::{Month, NoMonth};
pub use movement::{MovementId, PostedMovement};
pub use one_by_one::OneByOne;
pub use statement::{
    Adjustment, Began, Change, Changes, DatedStatement, Earlier, Line, Part, Period, PeriodRefused, Sealed,
    SettlementFile, Settling, Stake, Statement, adjustment_note,
};
pub use written::Money;
