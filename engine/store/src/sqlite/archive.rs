//! A folder's ledger for reading, beside the process that writes it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use avis_core::{IdentifierSecret, Reading};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::record::Record;
use crate::row::Row;
use crate::sqlite::folder::{Folder, FolderError, sync_folder, write_key};
use crate::sqlite::ledger;
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
    /// A copy was begun and never finished.
    #[error("{0}: left by a copy that was never finished; remove it first")]
    Unfinished(PathBuf),
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
        let connection = schema::open_to_read(&folder.join(LEDGER), &ledger::MIGRATIONS)?;
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
        Ok(registry::rules_as_of(&self.registry()?, revision)?)
    }

    fn registry(&self) -> Result<Connection, OpenError> {
        schema::open_to_read(&self.folder.join(REGISTRY), &registry::MIGRATIONS)
    }

    /// Copies ledger and store, each as of one moment, with the key under which they were written, to a new folder: whole, or
    /// not at all under its name.
    ///
    /// # Errors
    /// A folder that is there already, or that can't be written; a key that is not the one under which they were written.
    pub fn back_up(&self, to: &Path) -> Result<(), ArchiveError> {
        let registry = self.registry()?;
        let key = self.key(&registry)?;
        whole(to, |part| {
            let failed = |error| ArchiveError::Write(part.to_owned(), error);
            write_key(&part.join(KEY), &key).map_err(failed)?;
            // The ledger first: whatever revision its records name, the store has come to it by then.
            for (connection, name) in [(&self.connection, LEDGER), (&registry, REGISTRY)] {
                let copy = part.join(name);
                connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
                // On disk before anybody relies on it.
                OpenOptions::new().read(true).open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
            }
            Ok(())
        })
    }

    /// The key of the folder, which is the one under which the ledger and the store were written.
    fn key(&self, registry: &Connection) -> Result<[u8; 32], ArchiveError> {
        let path = self.folder.join(KEY);
        let bytes = std::fs::read(&path).map_err(|error| ArchiveError::Write(path.clone(), error))?;
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| FolderError::NoKey(path))?;
        let written_under = IdentifierSecret::new(bytes).check_value();
        for (connection, table, name) in [(&self.connection, "identifier_key", LEDGER), (registry, "store", REGISTRY)] {
            let query = format!("SELECT check_value FROM {table}");
            let noted: Option<[u8; 16]> = connection.query_row(&query, [], |row| row.get(0)).optional()?;
            if noted.is_some_and(|noted| noted != written_under) {
                return Err(OpenError::OtherKey(self.folder.join(name)).into());
            }
        }
        Ok(bytes)
    }
}

const LEDGER: &str = "ledger.db";
const REGISTRY: &str = "registry.db";
const KEY: &str = "identifier.key";

/// Makes a new folder of a backup. What is restored begins another life: who followed the old one must read everything again,
/// since the same numbers may mean something else from now on.
///
/// # Errors
/// A folder that is there already, or that can't be written; a backup that is not whole.
pub fn restore(backup: &Path, to: &Path) -> Result<(), ArchiveError> {
    for name in [LEDGER, REGISTRY, KEY] {
        std::fs::metadata(backup.join(name)).map_err(|error| ArchiveError::NoBackup(backup.to_owned(), error))?;
    }
    whole(to, |part| {
        let failed = |error| ArchiveError::Write(part.to_owned(), error);
        for name in [LEDGER, REGISTRY] {
            let copy = part.join(name);
            std::fs::copy(backup.join(name), &copy).map_err(failed)?;
            OpenOptions::new().write(true).open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
        }
        SqliteStore::begin_another_life(&Folder::open(part)?)?;
        let key = std::fs::read(backup.join(KEY)).map_err(failed)?;
        write_key(&part.join(KEY), &key).map_err(failed)
    })
}

/// Fills a new folder under another name, and gives it its own once all of it is on disk: nobody takes a part for the whole.
fn whole(to: &Path, fill: impl FnOnce(&Path) -> Result<(), ArchiveError>) -> Result<(), ArchiveError> {
    let failed = |error| ArchiveError::Write(to.to_owned(), error);
    if to.exists() {
        return Err(ArchiveError::Exists(to.to_owned()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    make_new(&part)?;
    if let Err(error) = fill(&part) {
        // It was made here a moment ago, and is of no use.
        let _ = std::fs::remove_dir_all(&part);
        return Err(error);
    }
    std::fs::rename(&part, to).map_err(failed)?;
    match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent).map_err(failed),
        _ => sync_folder(Path::new(".")).map_err(failed),
    }
}

fn make_new(folder: &Path) -> Result<(), ArchiveError> {
    if folder.exists() {
        return Err(ArchiveError::Unfinished(folder.to_owned()));
    }
    let mut folders = std::fs::DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders.create(folder).map_err(|error| ArchiveError::Write(folder.to_owned(), error))
}
