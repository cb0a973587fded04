//! Files that hold personal data are for their owner alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Makes a folder, and those above it that are missing, which its owner alone may enter.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut folders = DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders.create(path)
}

/// Options that make a file which its owner alone may read and write.
pub(super) fn create_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes an empty file unless it exists, and opens it.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    create_options().truncate(false).open(path)
}

/// Held while a database is made, so that nobody of this process has it open when the descriptor that made it is closed.
static MAKING: Mutex<()> = Mutex::new(());

/// Makes an empty database unless it exists; what exists is not opened. What SQLite keeps beside it gets its permissions.
pub(super) fn make_file(path: &Path) -> io::Result<()> {
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    match create_options().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Closes a folder and the files in it to everybody but their owner; returns whether anything was open to others.
///
/// # Errors
/// A folder or file of another owner that is open to others.
#[cfg(unix)]
pub(super) fn close_to_others(folder: &Path) -> io::Result<bool> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    const OTHERS: u32 = 0o077;
    let close = |path: &Path| {
        let mode = std::fs::metadata(path)?.permissions().mode();
        if mode & OTHERS == 0 {
            return Ok(false);
        }
        std::fs::set_permissions(path, Permissions::from_mode(mode & 0o7700))?;
        Ok::<bool, io::Error>(true)
    };
    let mut was_open = close(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            match close(&entry.path()) {
                Ok(closed) => was_open |= closed,
                // A process that serves the folder removes files of its own.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(was_open)
}

/// Elsewhere than on Unix the system's own rules hold.
#[cfg(not(unix))]
pub(super) fn close_to_others(_folder: &Path) -> io::Result<bool> {
    Ok(false)
}
