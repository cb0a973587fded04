//! What the files of a folder say of themselves, found out without changing anything.

use std::fmt::Write;
use std::path::Path;

use avis_core::IdentifierSecret;
use rusqlite::{Connection, OpenFlags};

use crate::sqlite::schema::{self, OpenError};
use crate::sqlite::{journal, ledger, registry, tally};

/// The schema of a file: the version that it has, and the one that this AVIS makes of it at the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaVersion {
    /// As it is written; zero where nothing is yet.
    pub found: u32,
    /// The latest that is known here.
    pub known: u32,
}

/// A file of SQLite in a folder, and whether it can be used.
#[derive(Debug)]
pub struct ExaminedFile {
    /// Its name in the folder.
    pub name: &'static str,
    /// Its schema, or why opening it would be refused.
    pub schema: Result<SchemaVersion, OpenError>,
}

/// The files without which an embedded installation is not whole.
pub const OF_AN_INSTALLATION: [&str; 3] = [registry::FILE, registry::ADMINISTRATION_FILE, ledger::FILE];

/// The file that may be deleted while nobody serves the folder: it is made again of the ledger.
pub const MADE_OF_THE_LEDGER: &str = tally::FILE;

/// A file that a folder may have.
struct Known {
    name: &'static str,
    migrations: &'static [&'static str],
    /// The table that says under which identifier key the file was written, if anything in it was.
    key_table: Option<&'static str>,
}

const KNOWN: [Known; 5] = [
    Known { name: registry::FILE, migrations: &registry::MIGRATIONS, key_table: Some("store") },
    Known { name: registry::ADMINISTRATION_FILE, migrations: &registry::ADMINISTRATION_MIGRATIONS, key_table: None },
    Known { name: ledger::FILE, migrations: &ledger::MIGRATIONS, key_table: Some("identifier_key") },
    Known { name: tally::FILE, migrations: &tally::MIGRATIONS, key_table: None },
    Known { name: journal::FILE, migrations: &journal::MIGRATIONS, key_table: Some("identifier_key") },
];

/// Looks at those files of a folder that are there. Neither a file nor its log is made or changed.
///
/// A file that a process uses, or whose log waits beside it, is read together with its log. Of one that nobody uses all pages are read. Without a secret it is not compared with
/// that of the files.
pub fn examine(folder: &Path, is_used: bool, secret: Option<&IdentifierSecret>) -> Vec<ExaminedFile> {
    let there = KNOWN.iter().filter(|known| folder.join(known.name).exists());
    let look = |known: &Known| ExaminedFile { name: known.name, schema: schema_of(folder, known, is_used, secret) };
    there.map(look).collect()
}

fn schema_of(
    folder: &Path,
    known: &Known,
    is_used: bool,
    secret: Option<&IdentifierSecret>,
) -> Result<SchemaVersion, OpenError> {
    let &Known { name, migrations, key_table } = known;
    let path = &folder.join(name);
    let failed = |error| OpenError::Failed(path.to_owned(), error);
    // What SQLite reads a log with would be made where it is missing; where it is there, reading leaves both files as they are.
    let has_log = ["-wal", "-shm"].iter().all(|end| folder.join(format!("{name}{end}")).exists());
    let connection = if is_used || has_log {
        schema::open_to_read(path, migrations)?
    } else {
        open_unchanged(path).map_err(failed)?
    };
    let found = schema::version(&connection, path, migrations)?;
    if !is_used {
        check_pages(&connection, path)?;
    }
    if let Some((secret, table)) = secret.zip(key_table).filter(|_| found > 0) {
        let written_under = schema::known_key(&connection, table).map_err(failed)?;
        if written_under.is_some_and(|known| known != secret.check_value()) {
            return Err(OpenError::OtherKey(path.to_owned()));
        }
    }
    Ok(SchemaVersion { found, known: u32::try_from(migrations.len()).unwrap_or(u32::MAX) })
}

/// Goes through all pages of a file, which takes as long as reading it.
fn check_pages(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let told: Result<String, _> = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match told {
        Ok(told) if told == "ok" => Ok(()),
        // In front of what it found it says in which database.
        Ok(told) => Err(OpenError::Damaged(path.to_owned(), told.lines().last().unwrap_or_default().to_owned())),
        Err(error) => Err(OpenError::Damaged(path.to_owned(), error.to_string())),
    }
}

/// Opens a file that nobody writes, as if it could not change: SQLite makes no files beside it then.
fn open_unchanged(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => address.push(char::from(*byte)),
            // Writing to a string can't fail.
            _ => _ = write!(address, "%{byte:02X}"),
        }
    }
    address.push_str("?immutable=1");
    Connection::open_with_flags(address, flags)
}
