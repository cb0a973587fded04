//! Reconciliation: what a provider's own file says beside what the ledger has (settlement 4).
//!
//! A function of sets: neither the order of rows nor that of movements changes what is found. A [`Sheet`] is read from the file by
//! a [`Profile`]; [`reconcile`] matches its rows with movements in passes (`matching/`) and says what each match comes to.

mod amounts;
mod csv;
mod file_row;
mod finding;
mod header;
mod matching;
mod profile;
mod row;
mod sheet;
mod times;
mod watch;

pub use amounts::{AmountField, Totals};
pub use csv::{CsvRows, DelimiterSearch, delimiter_of};
pub use file_row::{CellKind, Epoch, FileRow, time_of_serial};
pub use finding::{Dates, Finding, Held, Listed, MissingRow, Reconciliation, Status, reconcile};
pub use profile::{Format, Profile, TextEncoding};
pub use row::BadCell;
pub use sheet::{Sheet, SheetReader, Sums};
