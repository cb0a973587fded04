//! Writes a local snapshot aside, and puts it in its place when it is on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use avis_core::IdentifierSecret;
use jiff::Timestamp;

use super::format::{Header, PackedRow, Trailer, VERSION};
use super::packing::Packing;
use super::sealing_key;
use crate::revision::Head;
use crate::row::{Kind, Row, Scope};
use crate::store::{Store, StoreError, Stored};

/// Why a local snapshot was not written; the one before, if there is one, is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file can't be written.
    #[error("{0}: {1}")]
    Failed(PathBuf, io::Error),
}

/// A file that is hashed as it is written.
pub(super) struct Sealing {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    /// Bytes that were written.
    pub(super) length: u64,
}

impl Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

pub(super) fn write(
    path: &Path,
    store: &dyn Store,
    secret: &IdentifierSecret,
    now: Timestamp,
    pack: &mut dyn FnMut(&Row) -> Option<PackedRow>,
) -> Result<Head, NotWritten> {
    let aside = path.with_extension("new");
    let written = write_aside(&aside, store, secret, now, pack)
        .and_then(|head| put_in_place(&aside, path).map(|()| head).map_err(|error| failed(path, error)));
    if written.is_err() {
        // What is left behind is removed by the next.
        let _ = fs::remove_file(&aside);
    }
    written
}

fn failed(path: &Path, error: io::Error) -> NotWritten {
    NotWritten::Failed(path.to_owned(), error)
}

fn write_aside(
    aside: &Path,
    store: &dyn Store,
    secret: &IdentifierSecret,
    now: Timestamp,
    pack: &mut dyn FnMut(&Row) -> Option<PackedRow>,
) -> Result<Head, NotWritten> {
    let failed = |error| failed(aside, error);
    let file = create_private(aside).map_err(failed)?;
    let mut sealing = Sealing { file: BufWriter::new(file), hasher: sealing_key(secret).hasher(), length: 0 };
    let header = Header { version: VERSION, check_value: secret.check_value(), taken_at: now };
    sealing.write_all(&header.to_bytes()).map_err(failed)?;
    let mut packing = Packing::new(sealing, aside.parent().unwrap_or(Path::new("")));
    let mut rows = Ok(());
    let head = store.snapshot(&Scope::ALL, &mut |stored| {
        // After the first failure nothing more is written.
        if rows.is_ok() {
            let packed = match &stored {
                Stored::Row(row) if row.kind == Kind::Holder => pack(row),
                _ => None,
            };
            rows = packing.take(&stored, packed.as_ref());
        }
    })?;
    rows.map_err(failed)?;
    let (mut sealing, counted) = packing.end().map_err(failed)?;
    sealing.write_all(&Trailer { head, counted }.to_bytes()).map_err(failed)?;
    let Sealing { mut file, hasher, .. } = sealing;
    file.write_all(hasher.finalize().as_bytes()).map_err(failed)?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(head)
}

fn create_private(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn put_in_place(aside: &Path, path: &Path) -> io::Result<()> {
    fs::rename(aside, path)?;
    // The name is on disk only with its folder.
    #[cfg(unix)]
    File::open(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}
