//! Stores on PostgreSQL, shared by many engines.

mod accounts;
mod config;
mod database;
mod encryption;
mod ledger;
mod migration;
mod movements;
mod registry;
mod reports;
mod tally;

pub use config::{Config, ConfigError, Encryption};
pub use database::Database;
pub use ledger::{DatabaseRecords, PostgresLedger, over_granted, record};
pub use migration::{ExaminedDatabase, OpenError, examine, migrate};
pub use movements::PostgresMovements;
pub use registry::PostgresStore;
