//! One file of SQLite: one connection writes, others read beside it.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::sqlite::schema;
use crate::store::StoreError;

/// How long a writer waits for another: as long as many rows take that are written as one revision.
const WRITER_WAIT: Duration = Duration::from_secs(30);

/// Idle connections that are kept for the next reading.
const READERS_MAX: usize = 4;

/// A file with its connections.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    migrations: &'static [&'static str],
    /// Closed before the writer: the last to close puts the log into the file, which only a writer can.
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Option<Connection>>,
    given_back: Condvar,
}

/// The writing connection while it is taken; given back also if whoever writes panics.
struct Taken<'a> {
    file: &'a DatabaseFile,
    connection: Option<Connection>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.file.writer.lock().unwrap_or_else(PoisonError::into_inner) = self.connection.take();
        self.file.given_back.notify_one();
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl DatabaseFile {
    /// A file under the connection that writes it.
    pub(super) fn new(path: PathBuf, migrations: &'static [&'static str], writer: Connection) -> Self {
        let writer = Mutex::new(Some(writer));
        Self { path, migrations, writer, given_back: Condvar::new(), readers: Mutex::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes, once nobody else does.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let free = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, _) = self
            .given_back
            .wait_timeout_while(free, WRITER_WAIT, |free| free.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = free.take() else { return Err(StoreError::Busy) };
        drop(free);
        let mut taken = Taken { file: self, connection: Some(connection) };
        taken.connection.as_mut().map_or(Err(StoreError::Busy), write)
    }

    /// Reads on a connection of its own, so that who reads long or slowly holds up nobody. Every statement sees one moment.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.on_a_reader(|connection| {
            let moment = connection.transaction()?;
            read(&moment)
        })
    }

    /// Reads by a single statement, which sees one moment without more, on a connection of its own.
    pub(super) fn read_at_once<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.on_a_reader(|connection| read(connection))
    }

    fn on_a_reader<T>(&self, read: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle_readers().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path, self.migrations)
                .map_err(|error| StoreError::Failed(error.to_string()))?,
        };
        let was_read = read(&mut connection);
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
