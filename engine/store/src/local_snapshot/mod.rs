//! A file beside an engine with everything it follows, so that it can start while the store is away, and needn't hammer it
//! when it is there.
//!
//! The file is a copy, never the truth: who loaded it goes on with the store by `changes_after`, which refuses it if the store
//! has begun another life meanwhile.

mod format;
mod names;
mod packed;
mod packing;
mod reading;
mod write;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use avis_core::{DerivedKey, IdentifierSecret};
use jiff::{SignedDuration, Timestamp};

use crate::revision::{Head, Revision};
use crate::row::{Kind, Row, Scope};
use crate::store::{Commit, Committed, Store, StoreError, Stored};
use format::{CHECKSUM_LENGTH, Counted, HEADER_LENGTH, Header, TRAILER_LENGTH, Trailer, VERSION};
use packed::Behind;

pub use format::{Entry, PackedRow};
pub use packed::PackedHolders;
pub use write::NotWritten;

/// A local snapshot that was found whole: a store of one state, for reading.
#[derive(Debug)]
pub struct LocalSnapshot {
    path: PathBuf,
    /// The bytes that were checked, whatever is put in the file's place meanwhile.
    file: Vec<u8>,
    head: Head,
    counted: Counted,
    /// Where what is behind the entries stands.
    behind: Behind,
    taken_at: Timestamp,
}

/// Why a local snapshot is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LocalSnapshotError {
    /// There is none.
    #[error("{0}: there is no local snapshot")]
    Missing(PathBuf),
    /// It is torn, was changed, or never was one.
    #[error("{0}: it is no whole local snapshot")]
    Damaged(PathBuf),
    /// It was written under another identifier key.
    #[error("{0}: it was written under another identifier key")]
    OtherKey(PathBuf),
    /// It was written by an earlier or a later program.
    #[error("{path}: its format is of version {found}, this AVIS reads {known}")]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The one that is read here.
        known: u32,
    },
    /// It was written by an earlier program that did not know all that this one follows.
    #[error("{0}: it lacks rows that the program that wrote it did not know")]
    Incomplete(PathBuf),
    /// It is older than is allowed, or from so far ahead that the clock can't be right.
    #[error("{path}: it was taken at {taken_at}, further from now than is allowed")]
    TooOld {
        /// The file.
        path: PathBuf,
        /// When it was taken.
        taken_at: Timestamp,
    },
    /// The file can't be read.
    #[error("{0}: {1}")]
    Failed(PathBuf, io::Error),
}

/// The key under which files are sealed.
fn sealing_key(secret: &IdentifierSecret) -> DerivedKey {
    secret.derived("avis seal of local snapshots")
}

impl LocalSnapshot {
    /// Writes everything that a store has now, whole or not at all: what stood under the path before stands there until the new
    /// file is on disk. For its owner's eyes only. One at a time for a path; rows go through, so memory stays small.
    ///
    /// # Errors
    /// A store that can't be read, a file that can't be written.
    pub fn write(
        path: &Path,
        store: &dyn Store,
        secret: &IdentifierSecret,
        now: Timestamp,
    ) -> Result<Head, NotWritten> {
        write::write(path, store, secret, now, &mut |_| None)
    }

    /// As [`LocalSnapshot::write`], with those holders packed that `pack` packs; the others stand as rows.
    ///
    /// # Errors
    /// A store that can't be read, a file that can't be written.
    pub fn write_packed(
        path: &Path,
        store: &dyn Store,
        secret: &IdentifierSecret,
        now: Timestamp,
        pack: &mut dyn FnMut(&Row) -> Option<PackedRow>,
    ) -> Result<Head, NotWritten> {
        write::write(path, store, secret, now, pack)
    }

    /// Opens a file and checks every byte of it before anything of it is believed.
    ///
    /// # Errors
    /// A file that is missing, torn, changed, of another key, of another format or of an older program's knowledge, or that
    /// was taken longer than `age_max` ago.
    pub fn open(
        path: &Path,
        secret: &IdentifierSecret,
        now: Timestamp,
        age_max: SignedDuration,
    ) -> Result<Self, LocalSnapshotError> {
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => LocalSnapshotError::Missing(path.to_owned()),
            ErrorKind::UnexpectedEof => LocalSnapshotError::Damaged(path.to_owned()),
            _ => LocalSnapshotError::Failed(path.to_owned(), error),
        };
        let opened = reading::Opened::new(path).map_err(failed)?;
        let damaged = || LocalSnapshotError::Damaged(path.to_owned());
        let Header { version, check_value, taken_at } = Header::read(&opened.header).ok_or_else(damaged)?;
        if version != VERSION {
            return Err(LocalSnapshotError::OtherFormat { path: path.to_owned(), found: version, known: VERSION });
        }
        if check_value != secret.check_value() {
            return Err(LocalSnapshotError::OtherKey(path.to_owned()));
        }
        let file = opened.read_sealed(&sealing_key(secret)).map_err(failed)?.ok_or_else(damaged)?;
        let (trailer, behind) = read_end(&file).ok_or_else(damaged)?;
        // From so far ahead nobody can say how old it is.
        if now.duration_since(taken_at).abs() > age_max {
            return Err(LocalSnapshotError::TooOld { path: path.to_owned(), taken_at });
        }
        let Trailer { head, counted } = trailer;
        let snapshot = Self { path: path.to_owned(), file, head, counted, behind, taken_at };
        if counted.unknown > 0 && snapshot.lacks_rows().map_err(failed)? {
            return Err(LocalSnapshotError::Incomplete(path.to_owned()));
        }
        Ok(snapshot)
    }

    /// When it was taken, by the clock of who wrote it.
    pub fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// Whether there are rows of which only the kind was kept, and this program knows that kind.
    fn lacks_rows(&self) -> io::Result<bool> {
        let mut lacks = false;
        self.each(|entry| lacks |= entry.is_missing())?;
        Ok(lacks)
    }

    /// Hands out everything in its order, and tells of which state of the store it is.
    ///
    /// # Errors
    /// A file that can't be read to its end.
    pub fn entries(&self, sink: &mut dyn FnMut(Entry)) -> Result<Head, StoreError> {
        let read = self.each(sink);
        read.map_err(|error| StoreError::Failed(format!("{}: {error}", self.path.display())))?;
        Ok(self.head)
    }

    fn each(&self, mut sink: impl FnMut(Entry)) -> io::Result<()> {
        let entries = self.file.get(..self.behind.places.start).unwrap_or_default();
        let mut place = HEADER_LENGTH;
        while place < entries.len() {
            sink(Entry::read(entries, &mut place)?);
        }
        Ok(())
    }

    /// The packed holders, in the bytes of the file.
    pub fn into_packed(self) -> PackedHolders {
        PackedHolders::new(self.file, self.behind, self.counted)
    }
}

/// What stands at the end of a file that is as it was sealed, and where what stands before that begins; none if there is no room for it.
fn read_end(file: &[u8]) -> Option<(Trailer, Behind)> {
    let (sealed, _) = file.split_last_chunk::<CHECKSUM_LENGTH>()?;
    let (before, trailer) = sealed.split_last_chunk::<TRAILER_LENGTH>()?;
    let trailer = Trailer::read(trailer)?;
    let behind = Behind::of(&trailer.counted, HEADER_LENGTH, before.len())?;
    Some((trailer, behind))
}

/// A store that stands still: nothing comes after its head, and nothing is written to it. It hands out rows only where no holder is
/// packed.
impl Store for LocalSnapshot {
    fn head(&self) -> Result<Head, StoreError> {
        Ok(self.head)
    }

    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        let mut is_packed = false;
        let head = self.entries(&mut |entry| match entry {
            Entry::Stored(Stored::Row(row)) if !scopes.contains(&row.kind.scope()) => {}
            Entry::Stored(stored) => sink(stored),
            Entry::Word(_) | Entry::Packed { .. } => is_packed = true,
        })?;
        if is_packed && scopes.contains(&Kind::Holder.scope()) {
            return Err(StoreError::Failed("the holders of a local snapshot are packed".to_owned()));
        }
        Ok(head)
    }

    fn changes_after(&self, revision: Revision, _: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.head.check(revision)?;
        if revision == self.head.revision {
            Ok(self.head)
        } else {
            Err(StoreError::Failed("a local snapshot does not tell how it came about".to_owned()))
        }
    }

    fn commit(&self, _: Commit<'_>) -> Result<Committed, StoreError> {
        Err(StoreError::Failed("a local snapshot is not written to".to_owned()))
    }
}
