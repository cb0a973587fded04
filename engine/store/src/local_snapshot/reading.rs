//! Reads a file while another thread checks what was read of it, so that neither waits for the other.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

use avis_core::DerivedKey;

use super::format::{CHECKSUM_LENGTH, HEADER_LENGTH};

/// Bytes that are read, and then checked, at a time: few enough to be near both processors, many for one message.
const PART_BYTES: usize = 1024 * 1024;

/// A file of which the header was read.
pub(super) struct Opened {
    source: File,
    length: usize,
    pub(super) header: [u8; HEADER_LENGTH],
}

impl Opened {
    /// # Errors
    /// A file that can't be read, or is shorter than a header.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let mut source = File::open(path)?;
        let length = usize::try_from(source.metadata()?.len()).map_err(io::Error::other)?;
        let mut header = [0; HEADER_LENGTH];
        source.read_exact(&mut header)?;
        Ok(Self { source, length, header })
    }

    /// All bytes; none if they are not as they were sealed under a key.
    ///
    /// # Errors
    /// A file that can't be read or ends early; no thread.
    pub(super) fn read_sealed(self, key: &DerivedKey) -> io::Result<Option<Vec<u8>>> {
        let Self { mut source, length, header } = self;
        let mut file = vec![0; length];
        let (begin, rest) = file.split_at_mut_checked(HEADER_LENGTH).ok_or(ErrorKind::UnexpectedEof)?;
        begin.copy_from_slice(&header);
        let (sealed, checksum) = rest.split_last_chunk_mut::<CHECKSUM_LENGTH>().ok_or(ErrorKind::UnexpectedEof)?;
        let is_whole = thread::scope(|scope| -> io::Result<bool> {
            let (parts, to_check) = channel::<&[u8]>();
            let mut hasher = key.hasher();
            hasher.update(&header);
            let check = move || {
                for part in to_check {
                    hasher.update(part);
                }
                hasher.finalize()
            };
            let checking = thread::Builder::new().name("avis-sealed".to_owned()).spawn_scoped(scope, check)?;
            for part in sealed.chunks_mut(PART_BYTES) {
                source.read_exact(part)?;
                // Who checks takes all of them.
                let _ = parts.send(part);
            }
            source.read_exact(checksum)?;
            drop(parts);
            Ok(checking.join().is_ok_and(|seal| seal == *checksum))
        })?;
        Ok(is_whole.then_some(file))
    }
}
