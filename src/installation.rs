//! What stands in one folder: the store, the ledger, the key, opened together.

use std::path::Path;
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::sqlite::{Folder, SqliteLedger, SqliteStore};
use avis_store::{Clock, SystemClock};

use crate::failure::Failure;

/// An opened folder, locked as long as it lives.
pub(crate) struct Installation {
    pub(crate) folder: Arc<Folder>,
    pub(crate) secret: IdentifierSecret,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Installation {
    /// Opens a folder, which is made if it is missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        Self::of(Folder::open(folder).map_err(Failure::of)?)
    }

    /// Opens what is in a folder.
    pub(crate) fn of(folder: Folder) -> Result<Self, Failure> {
        let folder = Arc::new(folder);
        let secret = folder.identifier_secret().map_err(Failure::of)?;
        let store = Arc::new(SqliteStore::open(folder.clone(), &secret).map_err(Failure::of)?);
        Ok(Self { folder, secret, store, clock: Arc::new(SystemClock::default()) })
    }

    /// Opens the ledger, too, and begins to write.
    pub(crate) fn ledger(&self) -> Result<SqliteLedger, Failure> {
        SqliteLedger::open(self.folder.clone(), &self.secret, self.clock.clone()).map_err(Failure::of)
    }
}
