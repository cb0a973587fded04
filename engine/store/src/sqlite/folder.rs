//! The one folder of an embedded AVIS: made when it is missing, locked while it is used.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// A folder that this process alone uses; free again when it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Why a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process uses it.
    #[error("{0}: another process uses this folder; stop it first, or choose another folder")]
    Locked(PathBuf),
    /// It can't be made or written.
    #[error("{0}: {1}")]
    Unusable(PathBuf, std::io::Error),
}

impl Folder {
    /// Opens a folder, which is made if it is missing.
    ///
    /// # Errors
    /// A folder that another process uses, or that can't be written.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        std::fs::create_dir_all(path).map_err(unusable)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"));
        let lock = lock.map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let path = std::env::temp_dir().join(format!("avis-folder-{}", std::process::id()));
        let first = Folder::open(&path).unwrap();
        assert!(matches!(Folder::open(&path), Err(FolderError::Locked(_))));
        drop(first);
        drop(Folder::open(&path).unwrap());
        assert!(matches!(Folder::open(&path.join("lock")), Err(FolderError::Unusable(..))), "a file is no folder");
        std::fs::remove_dir_all(&path).unwrap();
    }
}
