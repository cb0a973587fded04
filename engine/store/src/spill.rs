//! Bytes that are written once and read once: in memory while they are few, then in a private file that nobody else can open.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that wait until they are read.
pub(crate) struct Spill {
    folder: PathBuf,
    /// So many bytes are kept in memory.
    memory_max: usize,
    file: Option<File>,
    /// What is not in the file.
    memory: Vec<u8>,
}

impl Spill {
    /// None yet; what is more than a little is kept in a file of a folder, which goes with it.
    pub(crate) fn new(folder: &Path, memory_max: usize) -> Self {
        Self { folder: folder.to_owned(), memory_max, file: None, memory: Vec::new() }
    }

    /// All of them, from the first on.
    ///
    /// # Errors
    /// A file that can't be written or read.
    pub(crate) fn into_reader(mut self) -> io::Result<Box<dyn Read + Send>> {
        if self.file.is_some() {
            self.write_out()?;
        }
        Ok(match self.file {
            Some(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(BufReader::with_capacity(self.memory_max, file))
            }
            None => Box::new(Cursor::new(self.memory)),
        })
    }

    #[cfg(test)]
    pub(crate) fn is_in_file(&self) -> bool {
        self.file.is_some()
    }

    fn write_out(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(unnamed_file(&self.folder)?),
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        Ok(())
    }
}

impl Write for Spill {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.memory.extend_from_slice(bytes);
        if self.memory.len() >= self.memory_max {
            self.write_out()?;
        }
        Ok(bytes.len())
    }

    /// Nobody reads them before all of them are there.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that only this process can open, and that is gone with it, however it ends. Who is killed before it lost its name leaves it
/// empty.
///
/// # Errors
/// A folder in which none can be made.
pub fn unnamed_file(folder: &Path) -> io::Result<File> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let path = folder.join(format!("avis-staged-{:032x}", u128::from_le_bytes(random)));
    let mut options = OpenOptions::new();
    options.create_new(true).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // FILE_FLAG_DELETE_ON_CLOSE
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, 0x0400_0000);
    let file = options.open(&path)?;
    #[cfg(unix)]
    std::fs::remove_file(&path)?;
    Ok(file)
}
