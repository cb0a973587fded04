//! What engines follow, on SQLite: one writes, others read beside it.

mod audit;
mod commit;
mod events;
mod fleet;
mod follow;
mod history;
mod identifiers;

pub(super) use history::rules_as_of;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use avis_core::IdentifierSecret;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::revision::{Digest, Digests, Head, Revision, RowHasher};
use crate::row::Scope;
use crate::sqlite::Folder;
use crate::sqlite::schema::{self, OpenError};
use crate::store::StoreError;

/// Its name in the folder.
pub(super) const FILE: &str = "registry.db";

pub(super) const MIGRATIONS: [&str; 1] = [include_str!("../../../../../schema/sqlite/registry/0001.sql")];

/// How long a change waits for another that is being written.
const WRITER_WAIT: Duration = Duration::from_secs(2);

/// Idle connections that are kept for the next reading.
const READERS_MAX: usize = 4;

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
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
        let Some(connection) = free.take() else { return Err(StoreError::Busy) };
        drop(free);
        let mut taken = Taken { writer: self, connection: Some(connection) };
        taken.connection.as_mut().map_or(Err(StoreError::Busy), write)
    }
}

/// The writing connection while it is taken; given back also if the source of the rows panics.
struct Taken<'a> {
    writer: &'a Writer,
    connection: Option<Connection>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.writer.free.lock().unwrap_or_else(PoisonError::into_inner) = self.connection.take();
        self.writer.given_back.notify_one();
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
        let path = folder.database(FILE)?;
        let connection = schema::open(&path, &MIGRATIONS)?;
        let incarnation = incarnation(&connection, secret.check_value()).map_err(|error| match error {
            Some(error) => OpenError::Failed(path.clone(), error),
            None => OpenError::OtherKey(path.clone()),
        })?;
        let writer = Writer { free: Mutex::new(Some(connection)), given_back: Condvar::new() };
        let readers = Mutex::default();
        Ok(Self { path, writer, readers, incarnation, hasher: RowHasher::new(secret), _folder: folder })
    }

    /// Begins another life of a store that was put back from a copy: the numbers of the old one mean nothing in it, and who
    /// followed it reads everything again.
    ///
    /// # Errors
    /// A file that can't be used, or whose schema is newer than this program.
    pub fn begin_another_life(folder: &Folder) -> Result<(), OpenError> {
        let path = folder.file(FILE);
        let connection = schema::open(&path, &MIGRATIONS)?;
        fresh_incarnation()
            .and_then(|fresh| connection.execute("UPDATE store SET incarnation = ?1", [fresh.as_bytes()]))
            .map(|_| ())
            .map_err(|error| OpenError::Failed(path, error))
    }

    /// Reads on a connection of its own, so that who reads long or slowly holds up nobody.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle_readers().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                schema::open_to_read(&self.path, &MIGRATIONS).map_err(|error| StoreError::Failed(error.to_string()))?
            }
        };
        // Every statement of one reading sees one moment.
        let moment = connection.transaction()?;
        let was_read = read(&moment);
        drop(moment);
        let mut idle = self.idle_readers();
        if idle.len() < READERS_MAX {
            idle.push(connection);
        }
        was_read
    }

    fn idle_readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A list is whole also where somebody panicked.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
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
