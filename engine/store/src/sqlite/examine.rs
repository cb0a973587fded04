//! What the files of a folder say of themselves, found out without changing anything.

use std::fmt::Write;
use std::path::Path;

use avis_core::IdentifierSecret;
use rusqlite::{Connection, OpenFlags};

use crate::sqlite::schema::{self, OpenError};
use crate::sqlite::{journal, ledger, registry};

/// The schema of a file: the version that it has, and the one that this AVIS makes of it at the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaVersion {
    /// As it is written; zero where it stands only in the log beside the file, after a crash.
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
pub const OF_AN_INSTALLATION: [&str; 2] = [registry::FILE, ledger::FILE];

/// Looks at those files of a folder that are there. Neither a file nor its log is made, changed or locked.
///
/// While a process uses the folder the files are read beside it. Otherwise only what is in the files counts: what waits in their
/// logs is put into them by the next start. Without a secret it is not compared with that of the files.
pub fn examine(folder: &Path, is_used: bool, secret: Option<&IdentifierSecret>) -> Vec<ExaminedFile> {
    let files: [(&str, &[&str]); 3] = [
        (registry::FILE, &registry::MIGRATIONS),
        (ledger::FILE, &ledger::MIGRATIONS),
        (journal::FILE, &journal::MIGRATIONS),
    ];
    let there = files.into_iter().filter(|(name, _)| folder.join(name).exists());
    let look = |(name, migrations): (&'static str, &[&str])| {
        let path = folder.join(name);
        ExaminedFile { name, schema: schema_of(&path, migrations, is_used, secret) }
    };
    there.map(look).collect()
}

fn schema_of(
    path: &Path,
    migrations: &[&str],
    is_used: bool,
    secret: Option<&IdentifierSecret>,
) -> Result<SchemaVersion, OpenError> {
    let failed = |error| OpenError::Failed(path.to_owned(), error);
    let connection =
        if is_used { schema::open_to_read(path, migrations)? } else { open_unchanged(path).map_err(failed)? };
    let found = schema::version(&connection, path, migrations)?;
    if let Some(secret) = secret.filter(|_| found > 0) {
        let known = schema::known_key(&connection).map_err(failed)?;
        if known.is_some_and(|known| known != secret.check_value()) {
            return Err(OpenError::OtherKey(path.to_owned()));
        }
    }
    Ok(SchemaVersion { found, known: u32::try_from(migrations.len()).unwrap_or(u32::MAX) })
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
