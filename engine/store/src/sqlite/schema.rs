//! Opens a file of SQLite and brings its schema up to date.
//!
//! A file that is there is opened by SQLite alone: whoever closes another descriptor of it drops the locks of the whole process on it
//! (POSIX), and the next program that opens it for writing takes itself for the last one, and deletes the log under this one.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, params};

use crate::schema_step;
use crate::sqlite::counted;
use crate::sqlite::folder::FolderError;
use crate::sqlite::private;
use crate::store::StoreError;

/// Why a store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file was written by a later AVIS.
    #[error(
        "{path}: its schema is of version {found}, this AVIS knows {known}; start the AVIS that wrote it, or a later one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest that is known here.
        known: u32,
    },
    /// The file's tables were made by other steps than this program's: by a build before the first release.
    #[error(
        "{path}: its tables were made by another build of AVIS, step {version} of their schema is not the one known here; \
         export what is in it with that build, and import it into a new folder"
    )]
    OtherSchema {
        /// The file.
        path: PathBuf,
        /// The first step that is not as it is known here.
        version: u32,
    },
    /// The file was written under another identifier key.
    #[error("{0}: it was written under another identifier key; put the `identifier.key` of that time back")]
    OtherKey(PathBuf),
    /// The folder of the file can't be used, or the file is gone.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The file can't be read or written.
    #[error("{0}: {1}")]
    Failed(PathBuf, rusqlite::Error),
    /// Pages of the file are not what SQLite wrote.
    #[error("{0}: it is damaged: {1}")]
    Damaged(PathBuf, String),
    /// The system has no thread to give for writing.
    #[error("{0}: no thread can be started that writes it: {1}")]
    NoThread(PathBuf, std::io::Error),
    /// What is in the file can't be used.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, StoreError),
}

/// What SQLite could not do with a file. Where its folder can't be written, the system says why, and SQLite only that it is so.
fn failed(path: &Path, error: rusqlite::Error) -> OpenError {
    let of_the_system = matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen));
    match path.parent().filter(|_| of_the_system).map(|folder| (folder, unwritable(folder))) {
        Some((folder, Some(reason))) => FolderError::Unusable(folder.to_owned(), reason).into(),
        _ => OpenError::Failed(path.to_owned(), error),
    }
}

/// Why no file can be made in a folder; none if one can.
fn unwritable(folder: &Path) -> Option<std::io::Error> {
    let probe = folder.join("probe");
    match private::create_file(&probe) {
        Ok(_) => {
            // It is empty, and means nothing if it stays.
            let _ = std::fs::remove_file(probe);
            None
        }
        Err(error) => Some(error),
    }
}

/// How long a statement waits for another connection's lock.
const BUSY: Duration = Duration::from_secs(2);

/// What the log of a file keeps of its size after a long transaction.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// Statements that a connection keeps prepared: a sale with points runs some 30 different ones, and what is forgotten before its turn
/// comes again is prepared anew each time.
const PREPARED_MAX: usize = 96;

/// Opens for writing: every commit is on disk when it returns. Migrations that are missing are run, each whole or not at all.
pub(super) fn open(path: &Path, migrations: &[&str]) -> Result<Connection, OpenError> {
    let failed = |error| failed(path, error);
    let unusable = |error| FolderError::Unusable(path.to_owned(), error);
    private::make_file(path).map_err(unusable)?;
    let mut connection = Connection::open(path).and_then(counted::watched).map_err(failed)?;
    // What can't be written is opened for reading by SQLite, and found out much later.
    if connection.is_readonly("main").map_err(failed)? {
        return Err(unusable(ErrorKind::PermissionDenied.into()).into());
    }
    set_up(&connection).map_err(failed)?;
    let found = version(&connection, path, migrations)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT).map_err(failed)?;
    for (version, migration) in (1..).zip(migrations).skip_while(|(version, _)| *version <= found) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
        // Who opened it at the same time may have run it meanwhile.
        let now: u32 = step.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
        if now >= version {
            continue;
        }
        step.execute_batch(STEPS).map_err(failed)?;
        step.execute_batch(migration).map_err(failed)?;
        let note = "INSERT INTO schema_step (version, digest) VALUES (?1, ?2)";
        step.execute(note, params![version, schema_step::digest(migration)]).map_err(failed)?;
        step.pragma_update(None, "user_version", version).map_err(failed)?;
        step.commit().map_err(failed)?;
    }
    Ok(connection)
}

/// Opens a file that is open for writing already, for what need not be on disk when a commit returns: it is there with the next
/// commit that must be.
pub(super) fn open_beside(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path).and_then(counted::watched)?;
    set_up(&connection)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// What holds for every connection.
fn set_up(connection: &Connection) -> Result<(), rusqlite::Error> {
    // Else a statement with a bound `LIMIT` is planned anew each time that something is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_MAX);
    connection.busy_timeout(BUSY)
}

/// The steps that made the tables of a file.
const STEPS: &str = "CREATE TABLE IF NOT EXISTS schema_step (version INTEGER PRIMARY KEY, digest TEXT NOT NULL) STRICT";

/// The version of a file's schema; one that is newer than this program, or was made by other steps, is refused before anything is
/// touched.
pub(super) fn version(connection: &Connection, path: &Path, migrations: &[&str]) -> Result<u32, OpenError> {
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    let found = found.map_err(|error| failed(path, error))?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    let ran = steps_run(connection).map_err(|error| failed(path, error))?;
    match schema_step::other(migrations, found, |version| ran.get(&version).cloned()) {
        Some(version) => Err(OpenError::OtherSchema { path: path.to_owned(), version }),
        None => Ok(found),
    }
}

/// Which steps were run, by their versions; none where nothing tells.
fn steps_run(connection: &Connection) -> rusqlite::Result<HashMap<u32, String>> {
    let is_told = "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'schema_step'";
    if !connection.query_row(is_told, [], |row| row.get(0))? {
        return Ok(HashMap::new());
    }
    let mut steps = connection.prepare("SELECT version, digest FROM schema_step")?;
    steps.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Notes under which identifier key a file is written, or refuses another.
pub(super) fn check_key(connection: &Connection, path: &Path, check_value: [u8; 16]) -> Result<(), OpenError> {
    let failed = |error| failed(path, error);
    match known_key(connection, "identifier_key").map_err(failed)? {
        Some(known) if check_value == known => Ok(()),
        Some(_) => Err(OpenError::OtherKey(path.to_owned())),
        None => {
            let insert = "INSERT INTO identifier_key (check_value) VALUES (?1)";
            connection.execute(insert, [check_value]).map(|_| ()).map_err(failed)
        }
    }
}

/// What tells the identifier key under which a file is written; none if it has taken none yet.
pub(super) fn known_key(connection: &Connection, table: &str) -> rusqlite::Result<Option<[u8; 16]>> {
    connection.query_row(&format!("SELECT check_value FROM {table}"), [], |row| row.get(0)).optional()
}

/// Opens for reading beside the one that writes.
pub(super) fn open_to_read(path: &Path, migrations: &[&str]) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error| failed(path, error);
    let connection = Connection::open_with_flags(path, flags).and_then(counted::watched);
    let connection = connection.map_err(|error| unopened(path, error))?;
    set_up(&connection).map_err(failed)?;
    version(&connection, path, migrations)?;
    Ok(connection)
}

/// SQLite says of a file only that it can't open it; the system says why.
fn unopened(path: &Path, error: rusqlite::Error) -> OpenError {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => FolderError::FileMissing(path.to_owned()).into(),
        Err(error) => FolderError::Unusable(path.to_owned(), error).into(),
        Ok(_) => failed(path, error),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    /// Whether a process has a lock on a file.
    #[cfg(target_os = "linux")]
    fn is_locked(path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let inode = format!(":{}", std::fs::metadata(path).unwrap().ino());
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let mut locked = locks.lines().filter_map(|lock| lock.split_whitespace().nth(5));
        locked.any(|file| file.ends_with(&inode))
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_is_opened_again_stays_locked() {
        let folder = std::env::temp_dir().join(format!("avis-locks-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("locks.db");
        let migrations = ["CREATE TABLE one (number INTEGER PRIMARY KEY)"];
        let writer = open(&path, &migrations).unwrap();
        assert!(is_locked(&path));
        drop(open_to_read(&path, &migrations).unwrap());
        assert!(is_locked(&path), "after a reader");
        drop(open(&path, &migrations).unwrap());
        assert!(is_locked(&path), "after another writer");
        drop(writer);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_statement_is_planned_once_whatever_is_bound_to_it() {
        let folder = std::env::temp_dir().join(format!("avis-plans-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let connection = open(&folder.join("plans.db"), &["CREATE TABLE one (number INTEGER PRIMARY KEY)"]).unwrap();
        let mut statement = connection.prepare("SELECT number FROM one ORDER BY number LIMIT ?1").unwrap();
        for most in 1..5 {
            assert_eq!(statement.query_map([most], |row| row.get::<_, i64>(0)).unwrap().count(), 0);
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        drop(statement);
        drop(connection);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
