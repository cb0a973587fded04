//! A folder's ledger for reading, beside the process that writes it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use avis_core::Reading;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::record::Record;
use crate::sqlite::folder::write_key;
use crate::sqlite::schema::{self, OpenError};

/// The ledger of a folder, for reading. No lock is taken: who serves the folder goes on.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    connection: Connection,
}

/// What a ledger holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Authorizations by state, in the order of the words.
    pub authorizations: Vec<(String, i64)>,
    /// Request ids that were used.
    pub requests: i64,
    /// Minor units over-granted offline that grantors bear, and that providers bear.
    pub over_granted: (i64, i64),
}

/// Why a ledger can't be read or copied.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is no ledger, or it can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It can't be read.
    #[error("the ledger can't be read: {0}")]
    Read(#[from] rusqlite::Error),
    /// A record is not what it should be.
    #[error("a record can't be read: {0}")]
    Record(#[from] serde_json::Error),
    /// A copy would overwrite something.
    #[error("{0}: expected a folder that is not there yet")]
    Exists(PathBuf),
    /// The copy can't be written.
    #[error("{0}: {1}")]
    Write(PathBuf, std::io::Error),
}

impl Archive {
    /// Opens the ledger of a folder.
    ///
    /// # Errors
    /// A folder without a ledger.
    pub fn open(folder: &Path) -> Result<Self, ArchiveError> {
        let connection = schema::open_to_read(&folder.join("ledger.db"))?;
        Ok(Self { folder: folder.to_owned(), connection })
    }

    /// Counts what is there.
    ///
    /// # Errors
    /// A ledger that can't be read.
    pub fn summary(&self) -> Result<Summary, ArchiveError> {
        let mut states =
            self.connection.prepare("SELECT state, count(*) FROM authorization GROUP BY state ORDER BY state")?;
        let authorizations = states.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let requests = self.connection.query_row("SELECT count(*) FROM request", [], |row| row.get(0))?;
        let over_granted = self.connection.query_row(
            "SELECT coalesce(sum(grantor), 0), coalesce(sum(provider), 0) FROM over_grant",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Summary { authorizations, requests, over_granted })
    }

    /// A record with what its decision read.
    ///
    /// # Errors
    /// A ledger or a record that can't be read.
    pub fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, ArchiveError> {
        let query = "SELECT record, reading FROM authorization WHERE id = ?1";
        let texts = self
            .connection
            .query_row(query, [id.as_bytes()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        let Some((record, reading)) = texts.optional()? else { return Ok(None) };
        Ok(Some((serde_json::from_str(&record)?, serde_json::from_str(&reading)?)))
    }

    /// Copies the ledger as of one moment, with the key under which it was written, to a new folder.
    ///
    /// # Errors
    /// A folder that is there already, or that can't be written.
    pub fn back_up(&self, to: &Path) -> Result<(), ArchiveError> {
        if to.exists() {
            return Err(ArchiveError::Exists(to.to_owned()));
        }
        let failed = |error| ArchiveError::Write(to.to_owned(), error);
        std::fs::create_dir_all(to).map_err(failed)?;
        let key = std::fs::read(self.folder.join("identifier.key")).map_err(failed)?;
        write_key(&to.join("identifier.key"), &key).map_err(failed)?;
        let copy = to.join("ledger.db");
        self.connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        // On disk before anybody relies on it.
        OpenOptions::new().read(true).open(&copy).and_then(|file| file.sync_all()).map_err(failed)
    }
}
