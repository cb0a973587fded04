//! What engines follow, on SQLite, and beside it what is administration's own.

mod audit;
mod changes;
mod commit;
mod fleet;
mod follow;
mod history;
mod identifiers;
mod lookup;
mod records;

pub(super) use changes::altered;
pub(super) use history::rules_as_of;
pub(super) use records::list as records;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use avis_core::IdentifierSecret;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::revision::{Digest, Digests, Head, Revision, RowHasher};
use crate::row::Scope;
use crate::sqlite::Folder;
use crate::sqlite::file::DatabaseFile;
use crate::sqlite::schema::{self, OpenError};

/// Its name in the folder.
pub(super) const FILE: &str = "registry.db";

pub(super) const MIGRATIONS: [&str; 2] = [
    include_str!("../../../../../schema/sqlite/registry/0001.sql"),
    include_str!("../../../../../schema/sqlite/registry/0002.sql"),
];

pub(super) const ADMINISTRATION_MIGRATIONS: [&str; 1] =
    [include_str!("../../../../../schema/sqlite/administration/0001.sql")];
pub(super) const ADMINISTRATION_FILE: &str = "administration.db";

/// What engines follow in one file, and administration's own records in another: who reports or notes something there waits for
/// no import that is written here.
#[derive(Debug)]
pub struct SqliteStore {
    followed: DatabaseFile,
    administration: DatabaseFile,
    incarnation: Uuid,
    hasher: RowHasher,
    /// Whether the entry of a revision could not be appended with it.
    audit_is_behind: AtomicBool,
    /// Locked as long as the store lives.
    _folder: Arc<Folder>,
}

impl SqliteStore {
    /// Opens the store of a folder.
    ///
    /// # Errors
    /// A file that can't be used, whose schema is newer than this program, or that was written under another secret.
    pub fn open(folder: Arc<Folder>, secret: &IdentifierSecret) -> Result<Self, OpenError> {
        let path = folder.database(FILE)?;
        let writer = schema::open(&path, &MIGRATIONS)?;
        let incarnation = incarnation(&writer, secret.check_value()).map_err(|error| match error {
            Some(error) => OpenError::Failed(path.clone(), error),
            None => OpenError::OtherKey(path.clone()),
        })?;
        let followed = DatabaseFile::new(path, &MIGRATIONS, writer);
        let path = folder.database(ADMINISTRATION_FILE)?;
        let writer = schema::open(&path, &ADMINISTRATION_MIGRATIONS)?;
        let administration = DatabaseFile::new(path, &ADMINISTRATION_MIGRATIONS, writer);
        let store = Self {
            followed,
            administration,
            incarnation,
            hasher: RowHasher::new(secret),
            audit_is_behind: AtomicBool::new(false),
            _folder: folder,
        };
        store
            .append_revisions()
            .map_err(|error| OpenError::Unreadable(store.administration.path().to_owned(), error))?;
        Ok(store)
    }

    /// Begins another life of a store that was put back from a copy: the numbers of the old one mean nothing in it, and who
    /// followed it reads everything again.
    ///
    /// # Errors
    /// A file that can't be used, or whose schema is newer than this program.
    pub fn start_new_incarnation(folder: &Folder) -> Result<(), OpenError> {
        let path = folder.file(FILE);
        let connection = schema::open(&path, &MIGRATIONS)?;
        fresh_incarnation()
            .and_then(|fresh| connection.execute("UPDATE store SET incarnation = ?1", [fresh.as_bytes()]))
            .map(|_| ())
            .map_err(|error| OpenError::Failed(path, error))
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
    let mut statement = connection.prepare_cached(
        "SELECT number, rules, holders, terminals, coupons FROM revision ORDER BY number DESC LIMIT 1",
    )?;
    let newest = statement.query_row([], |row| {
        let mut digests = Digests::default();
        for (column, scope) in (1..).zip(Scope::ALL) {
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
