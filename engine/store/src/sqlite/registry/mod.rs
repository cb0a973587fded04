//! What engines follow, on SQLite: one writes, others read beside it.

mod audit;
mod commit;
mod events;
mod follow;
mod history;
mod identifiers;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use avis_core::IdentifierSecret;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::revision::{Digest, Digests, Head, Revision, RowHasher};
use crate::row::Scope;
use crate::sqlite::Folder;
use crate::sqlite::schema::{self, OpenError};
use crate::store::StoreError;

const MIGRATIONS: [&str; 1] = [include_str!("../../../../../schema/sqlite/registry/0001.sql")];
const FILE: &str = "registry.db";

/// How long a change waits for another that is being written.
const WRITER_WAIT: Duration = Duration::from_secs(2);

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    reader: Mutex<Connection>,
    incarnation: Uuid,
    hasher: RowHasher,
    /// Locked as long as the store lives.
    _folder: Arc<Folder>,
}

/// The one connection that writes; taken while a change is being written.
#[derive(Debug)]
struct Writer {
    free: Mutex<Option<Connection>>,
    given_back: Condvar,
}

impl Writer {
    fn with<T>(&self, write: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, _) = self
            .given_back
            .wait_timeout_while(free, WRITER_WAIT, |free| free.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        let Some(mut connection) = free.take() else { return Err(StoreError::Busy) };
        drop(free);
        let written = write(&mut connection);
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        self.given_back.notify_one();
        written
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl SqliteStore {
    /// Opens the store of a folder.
    ///
    /// # Errors
    /// A file that can't be used, whose schema is newer than this program, or that was written under another secret.
    pub fn open(folder: Arc<Folder>, secret: &IdentifierSecret) -> Result<Self, OpenError> {
        let path = folder.file(FILE);
        let connection = schema::open(&path, &MIGRATIONS)?;
        let incarnation = incarnation(&connection, secret.check_value()).map_err(|error| match error {
            Some(error) => OpenError::Failed(path.clone(), error),
            None => OpenError::OtherKey(path.clone()),
        })?;
        let reader = Mutex::new(schema::open_to_read(&path)?);
        let writer = Writer { free: Mutex::new(Some(connection)), given_back: Condvar::new() };
        Ok(Self { path, writer, reader, incarnation, hasher: RowHasher::new(secret), _folder: folder })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        // A reading that panicked left nothing half-done.
        let mut connection = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        // Every statement of one reading sees one moment.
        let moment = connection.transaction()?;
        read(&moment)
    }
}

/// Which life of the store this is, begun if it is new; `Err(None)` if it was written under another key.
fn incarnation(connection: &Connection, check_value: [u8; 16]) -> Result<Uuid, Option<rusqlite::Error>> {
    let known = connection
        .query_row("SELECT incarnation, check_value FROM store", [], |row| {
            Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, [u8; 16]>(1)?))
        })
        .optional()?;
    match known {
        Some((incarnation, known)) if known == check_value => Ok(Uuid::from_bytes(incarnation)),
        Some(_) => Err(None),
        None => {
            let fresh = fresh_incarnation()?;
            let insert = "INSERT INTO store (incarnation, check_value) VALUES (?1, ?2)";
            connection.execute(insert, params![fresh.as_bytes(), check_value])?;
            Ok(fresh)
        }
    }
}

/// The head as a connection sees it.
fn head(connection: &Connection, incarnation: Uuid) -> Result<Head, rusqlite::Error> {
    let mut statement = connection
        .prepare_cached("SELECT number, rules, holders, terminals FROM revision ORDER BY number DESC LIMIT 1")?;
    let newest = statement.query_row([], |row| {
        let mut digests = Digests::default();
        for (column, scope) in [(1, Scope::Rules), (2, Scope::Holders), (3, Scope::Terminals)] {
            digests.set(scope, Digest::from_bytes(row.get(column)?));
        }
        Ok(Head { revision: Revision { incarnation, number: row.get(0)? }, digests })
    });
    let nothing_yet = Head { revision: Revision { incarnation, number: 0 }, digests: Digests::default() };
    Ok(newest.optional()?.unwrap_or(nothing_yet))
}

/// A new life of a store.
fn fresh_incarnation() -> Result<Uuid, rusqlite::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    Ok(uuid::Builder::from_random_bytes(random).into_uuid())
}

/// Begins another life of a copied store, in which the numbers of the old one mean nothing.
pub(super) fn begin_another_life(path: &std::path::Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::Failed(path.to_owned(), error);
    let connection = schema::open(path, &MIGRATIONS)?;
    let fresh = fresh_incarnation().map_err(failed)?;
    connection.execute("UPDATE store SET incarnation = ?1", [fresh.as_bytes()]).map(|_| ()).map_err(failed)
}
