//! Backups: whole copies of an installation as of one moment, with a manifest by which a torn or changed one is recognised.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_core::IdentifierSecret;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{AlteredRows, Audit, Broken};
use crate::sqlite::archive::{ADMINISTRATION, Archive, ArchiveError, LEDGER, REGISTRY, RowCounts, Summary};
use crate::sqlite::folder::{Folder, FolderError, KEY, MANIFEST, sync_folder, write_key};
use crate::sqlite::private;
use crate::sqlite::registry::SqliteStore;
use crate::sqlite::schema::OpenError;
use crate::store::StoreError;

/// The form of manifests that this program writes, and the newest that it can read.
const FORMAT: u32 = 1;

/// Bytes that are copied at once.
const CHUNK: usize = 64 * 1024;

/// Why an installation can't be backed up, or a backup can't be restored. No folder is made then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A database can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The folder can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A database can't be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The copied store can't be read.
    #[error("the restored store can't be read: {0}")]
    Store(#[from] StoreError),
    /// A database can't be copied.
    #[error("{0}: it can't be copied: {1}")]
    Copy(PathBuf, rusqlite::Error),
    /// There is no such folder.
    #[error("{0}: there is no such folder (is a disk not mounted, or the name misspelt?)")]
    Missing(PathBuf),
    /// The source has no manifest.
    #[error(
        "{0}: this folder is not a backup: it has no `backup.json`; a folder that was served is copied by `avis backup`, not by hand"
    )]
    NotBackup(PathBuf),
    /// The manifest is of a later program, or not one.
    #[error("{0}: expected the manifest of a backup, of format 1 at most: {1}")]
    Manifest(PathBuf, String),
    /// A file is missing, or not as it was when the backup was made.
    #[error("{0}: this file of the backup is {1}; restore another backup")]
    Damaged(PathBuf, &'static str),
    /// The audit of what was restored does not hold.
    #[error("the audit of this backup was changed afterwards, at {0}; restore another backup")]
    Broken(Broken),
    /// The copy would be in the folder that is copied.
    #[error("{0}: expected a folder outside of the installation")]
    Inside(PathBuf),
    /// A copy would overwrite something.
    #[error("{0}: expected a folder that is not there yet")]
    Exists(PathBuf),
    /// A copy was begun and never finished.
    #[error("{0}: left by a copy that was never finished; remove it first")]
    Unfinished(PathBuf),
    /// The copy can't be written.
    #[error("{0}: {1}")]
    Write(PathBuf, io::Error),
}

/// What a backup holds.
#[derive(Clone, Debug)]
pub struct Content {
    /// When it was made.
    pub made_at: Timestamp,
    /// Of the store.
    pub incarnation: Uuid,
    /// The newest revision of the store.
    pub revision: u64,
    /// Rows that engines follow, by kind.
    pub rows: RowCounts,
    /// What the ledger holds.
    pub ledger: Summary,
    /// Rows that engines follow and that are not what was committed.
    pub altered: AlteredRows,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    made_at: Timestamp,
    files: BTreeMap<String, Copied>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Copied {
    bytes: u64,
    blake3: String,
}

/// Copies ledger, store and administration's records, each as of one moment, with the key under which they were written, to a new folder: whole, or not at
/// all under its name. A process that serves the folder goes on.
///
/// # Errors
/// A folder without an installation; a copy that exists, lies inside of it or can't be written; a key that is not the one under
/// which the installation was written.
pub fn back_up(folder: &Path, to: &Path, made_at: Timestamp) -> Result<Content, BackupError> {
    Folder::examine(folder)?;
    refuse_inside(folder, to)?;
    let connections = Archive::open(folder)?.connections()?;
    let key = key(folder, &connections)?;
    whole(to, |part| {
        let failed = |error| BackupError::Write(part.to_owned(), error);
        write_key(&part.join(KEY), &key).map_err(failed)?;
        let mut files = BTreeMap::new();
        for (connection, name) in &connections {
            let copy = part.join(name);
            connection
                .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
                .map_err(|error| BackupError::Copy(folder.join(name), error))?;
            private::close_to_others(part).map_err(failed)?;
            let file = File::open(&copy).map_err(failed)?;
            // On disk before anybody relies on it.
            file.sync_all().map_err(failed)?;
            files.insert((*name).to_owned(), copied(file, io::sink()).map_err(failed)?);
        }
        let manifest = Manifest { format: FORMAT, made_at, files };
        let json = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
        let content = content(part, made_at)?;
        write_key(&part.join(MANIFEST), &json).map_err(failed)?;
        Ok(content)
    })
}

/// Makes a new folder of a backup, and goes through the whole audit of what it holds. The store begins a new incarnation: whoever
/// followed the old one reads everything again, since the same numbers may mean something else from now on.
///
/// # Errors
/// A folder that exists, or that can't be written; a source that is not a whole backup, or that was changed since.
pub fn restore(backup: &Path, to: &Path) -> Result<Content, BackupError> {
    let manifest = manifest(backup)?;
    whole(to, |part| {
        let failed = |error| BackupError::Write(part.to_owned(), error);
        let key = std::fs::read(backup.join(KEY)).map_err(|_| BackupError::Damaged(backup.join(KEY), "missing"))?;
        write_key(&part.join(KEY), &key).map_err(failed)?;
        for name in [LEDGER, ADMINISTRATION, REGISTRY] {
            let source = backup.join(name);
            let damaged = |what| BackupError::Damaged(source.clone(), what);
            let expected = manifest.files.get(name).ok_or_else(|| damaged("not in its manifest"))?;
            let from = File::open(&source).map_err(|_| damaged("missing"))?;
            let mut file = private::create_file(&part.join(name)).map_err(failed)?;
            if copied(from, &mut file).map_err(failed)? != *expected {
                return Err(damaged("not as it was when the backup was made"));
            }
            file.sync_all().map_err(failed)?;
        }
        verify(part)?;
        content(part, manifest.made_at)
    })
}

/// Begins a new incarnation, and goes through the audit.
fn verify(part: &Path) -> Result<(), BackupError> {
    let folder = Arc::new(Folder::open(part)?);
    SqliteStore::start_new_incarnation(&folder)?;
    let secret = folder.identifier_secret()?;
    match SqliteStore::open(folder, &secret)?.verify(None)? {
        Some(broken) => Err(BackupError::Broken(broken)),
        None => Ok(()),
    }
}

fn manifest(backup: &Path) -> Result<Manifest, BackupError> {
    let path = backup.join(MANIFEST);
    let json = match std::fs::read(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let told = if backup.is_dir() { BackupError::NotBackup } else { BackupError::Missing };
            return Err(told(backup.to_owned()));
        }
        Err(error) => return Err(FolderError::Unusable(path, error).into()),
    };
    let manifest: Manifest =
        serde_json::from_slice(&json).map_err(|error| BackupError::Manifest(path.clone(), error.to_string()))?;
    if manifest.format > FORMAT {
        return Err(BackupError::Manifest(path, format!("it is of format {}", manifest.format)));
    }
    Ok(manifest)
}

/// Copies a file, and says how long it is and what it hashes to.
fn copied(mut from: impl Read, mut to: impl Write) -> io::Result<Copied> {
    let (mut hasher, mut bytes, mut chunk) = (blake3::Hasher::new(), 0, vec![0; CHUNK]);
    loop {
        let count = from.read(&mut chunk)?;
        let Some(read) = chunk.get(..count).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        to.write_all(read)?;
        bytes += read.len() as u64;
    }
    Ok(Copied { bytes, blake3: hasher.finalize().to_hex().to_string() })
}

fn content(folder: &Path, made_at: Timestamp) -> Result<Content, BackupError> {
    let archive = Archive::open(folder)?;
    let (incarnation, revision, rows) = archive.followed()?;
    let altered = archive.altered(&Folder::secret_of(folder)?)?;
    Ok(Content { made_at, incarnation, revision, rows, ledger: archive.summary()?, altered })
}

/// The key of the folder, which is the one under which the ledger and the store were written.
fn key(folder: &Path, connections: &[(Connection, &str)]) -> Result<[u8; 32], BackupError> {
    let path = folder.join(KEY);
    let bytes = std::fs::read(&path).map_err(|error| BackupError::Write(path.clone(), error))?;
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| FolderError::NoKey(path))?;
    let written_under = IdentifierSecret::new(bytes).check_value();
    // Nothing of administration is hashed under it.
    for (connection, name) in connections.iter().filter(|(_, name)| *name != ADMINISTRATION) {
        let table = if *name == LEDGER { "identifier_key" } else { "store" };
        let query = format!("SELECT check_value FROM {table}");
        let noted = connection.query_row(&query, [], |row| row.get::<_, [u8; 16]>(0)).optional();
        let noted = noted.map_err(|error| BackupError::Copy(folder.join(name), error))?;
        if noted.is_some_and(|noted| noted != written_under) {
            return Err(OpenError::OtherKey(folder.join(name)).into());
        }
    }
    Ok(bytes)
}

/// Refuses a copy in the folder that is copied.
fn refuse_inside(folder: &Path, to: &Path) -> Result<(), BackupError> {
    let Ok(folder) = folder.canonicalize() else { return Ok(()) };
    let to = std::path::absolute(to).map_err(|error| BackupError::Write(to.to_owned(), error))?;
    let existing = to.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    match existing {
        Some(existing) if existing.starts_with(&folder) => Err(BackupError::Inside(to)),
        _ => Ok(()),
    }
}

/// Fills a new folder under another name, and gives it its own once all of it is on disk: nobody takes a part for the whole.
fn whole<T>(to: &Path, fill: impl FnOnce(&Path) -> Result<T, BackupError>) -> Result<T, BackupError> {
    let failed = |error| BackupError::Write(to.to_owned(), error);
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    if part.exists() {
        return Err(BackupError::Unfinished(part));
    }
    private::create_folder(&part).map_err(|error| BackupError::Write(part.clone(), error))?;
    let filled = fill(&part).inspect_err(|_| {
        // It was made here a moment ago, and is of no use.
        let _ = std::fs::remove_dir_all(&part);
    })?;
    std::fs::rename(&part, to).map_err(failed)?;
    match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent).map_err(failed)?,
        _ => sync_folder(Path::new(".")).map_err(failed)?,
    }
    Ok(filled)
}
