//! The interfaces of AVIS's stores, what they promise, and their adapters.

pub mod postgres;
pub mod sqlite;

mod answer;
mod clock;
mod ledger;
mod record;
mod recording;

pub use clock::{Clock, SystemClock};
pub use ledger::{Ledger, LedgerError, NewAuthorization, Pending, Refused, RequestKey, Statistics, Task, Verdict};
pub use record::{Advised, Record};
