//! A folder's ledger for reading, beside the process that writes it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use avis_core::Reading;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::record::Record;
use crate::row::Row;
use crate::sqlite::folder::{Folder, FolderError, write_key};
use crate::sqlite::registry::{self, SqliteStore};
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
    /// The folder can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It can't be read.
    #[error("the ledger can't be read: {0}")]
    Read(#[from] rusqlite::Error),
    /// A record is not what it should be.
    #[error("a record can't be read: {0}")]
    Record(#[from] serde_json::Error),
    /// Something is missing in a backup.
    #[error("{0}: expected the folder of a backup, with `identifier.key`, `ledger.db` and `registry.db`: {1}")]
    NoBackup(PathBuf, std::io::Error),
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
        let connection = schema::open_to_read(&folder.join(LEDGER))?;
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

    /// The rules as they were at a revision.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn rules_as_of(&self, revision: u64) -> Result<Vec<Row>, ArchiveError> {
        let registry = schema::open_to_read(&self.folder.join(REGISTRY))?;
        Ok(registry::rules_as_of(&registry, revision)?)
    }

    /// Copies ledger and store, each as of one moment, with the key under which they were written, to a new folder.
    ///
    /// # Errors
    /// A folder that is there already, or that can't be written.
    pub fn back_up(&self, to: &Path) -> Result<(), ArchiveError> {
        let failed = |error| ArchiveError::Write(to.to_owned(), error);
        make_new(to)?;
        let key = std::fs::read(self.folder.join("identifier.key")).map_err(failed)?;
        write_key(&to.join("identifier.key"), &key).map_err(failed)?;
        // The ledger first: whatever revision its records name, the store has come to it by then.
        let registry = schema::open_to_read(&self.folder.join(REGISTRY))?;
        for (connection, name) in [(&self.connection, LEDGER), (&registry, REGISTRY)] {
            let copy = to.join(name);
            connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
            // On disk before anybody relies on it.
            OpenOptions::new().read(true).open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
        }
        Ok(())
    }
}

const LEDGER: &str = "ledger.db";
const REGISTRY: &str = "registry.db";

/// Makes a new folder of a backup. What is restored begins another life: who followed the old one must read everything again,
/// since the same numbers may mean something else from now on.
///
/// # Errors
/// A folder that is there already, or that can't be written; a backup that is not whole.
pub fn restore(backup: &Path, to: &Path) -> Result<(), ArchiveError> {
    let copied = [LEDGER, REGISTRY];
    for name in copied.iter().chain(&["identifier.key"]) {
        std::fs::metadata(backup.join(name)).map_err(|error| ArchiveError::NoBackup(backup.to_owned(), error))?;
    }
    let failed = |error| ArchiveError::Write(to.to_owned(), error);
    make_new(to)?;
    for name in copied {
        std::fs::copy(backup.join(name), to.join(name)).map_err(failed)?;
    }
    SqliteStore::begin_another_life(&Folder::open(to)?)?;
    // Last: a folder without its key is not taken for whole.
    let key = std::fs::read(backup.join("identifier.key")).map_err(failed)?;
    write_key(&to.join("identifier.key"), &key).map_err(failed)
}

fn make_new(folder: &Path) -> Result<(), ArchiveError> {
    if folder.exists() {
        return Err(ArchiveError::Exists(folder.to_owned()));
    }
    let mut folders = std::fs::DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders.create(folder).map_err(|error| ArchiveError::Write(folder.to_owned(), error))
}
