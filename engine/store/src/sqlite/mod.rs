//! Stores in one folder of SQLite files: nothing to install.

mod accounts;
mod archive;
mod backup;
mod counted;
mod examine;
mod file;
mod folder;
mod journal;
mod ledger;
mod movements;
mod private;
mod registry;
mod reports;
mod schema;
mod tally;
mod turns;

pub use archive::{Archive, ArchiveError, FolderRecords, RowCounts, Summary};
pub use backup::{BackupError, Content, back_up, restore};
pub use counted::statements_run;
pub use examine::{ExaminedFile, MADE_OF_THE_LEDGER, OF_AN_INSTALLATION, SchemaVersion, examine};
pub use folder::{Folder, FolderError};
pub use journal::SqliteJournal;
pub(crate) use journal::{Entries, JournalError, Sale, Sequence};
pub use ledger::SqliteLedger;
pub use registry::SqliteStore;
pub use reports::SqliteReports;
pub use schema::OpenError;
