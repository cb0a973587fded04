//! The one folder of an embedded AVIS: made when it is missing, locked while it is used.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use avis_core::IdentifierSecret;

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
    /// The identifier key is not one.
    #[error("{0}: expected 32 bytes")]
    NoKey(PathBuf),
    /// There is something that was written under a key, and no key.
    #[error("{0}: it is missing; put the `identifier.key` back under which the files beside it were written")]
    KeyMissing(PathBuf),
    /// It can't be made or written.
    #[error("{0}: {1}; expected a folder that this process may make and write")]
    Unusable(PathBuf, std::io::Error),
}

impl Folder {
    /// Opens a folder, which is made if it is missing.
    ///
    /// # Errors
    /// A folder that another process uses, or that can't be written.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        let mut folders = DirBuilder::new();
        folders.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        folders.create(path).map_err(unusable)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"));
        let lock = lock.map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The secret under which identifiers are hashed here, made at the first start, for its owner's eyes only.
    ///
    /// # Errors
    /// A file that can't be read or made, or that is no key; one that is missing beside what was written under it.
    pub fn identifier_secret(&self) -> Result<IdentifierSecret, FolderError> {
        match Self::secret_of(&self.path) {
            Err(FolderError::KeyMissing(path)) if !WRITTEN_UNDER_IT.iter().any(|name| self.file(name).exists()) => {
                let unusable = |error| FolderError::Unusable(path.clone(), error);
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes).map_err(|error| unusable(std::io::Error::other(error)))?;
                write_key(&path, &bytes).map_err(unusable)?;
                Ok(IdentifierSecret::new(bytes))
            }
            known => known,
        }
    }

    /// The secret of a folder that somebody else may use.
    ///
    /// # Errors
    /// A file that is not there, can't be read, or is no key.
    pub fn secret_of(folder: &Path) -> Result<IdentifierSecret, FolderError> {
        let path = folder.join("identifier.key");
        match std::fs::read(&path) {
            Ok(bytes) => {
                let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| FolderError::NoKey(path))?;
                Ok(IdentifierSecret::new(bytes))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(FolderError::KeyMissing(path)),
            Err(error) => Err(FolderError::Unusable(path, error)),
        }
    }

    /// Writes a file that nobody else may read.
    ///
    /// # Errors
    /// A file that can't be written.
    pub fn write_private(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.file(name);
        write_key(&path, bytes).map_err(|error| FolderError::Unusable(path, error))
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// What is of no use without the key.
const WRITTEN_UNDER_IT: [&str; 4] = ["ledger.db", "registry.db", "journal.db", "store.snapshot"];

/// Whole or not at all, and on disk before anything is hashed under it.
pub(super) fn write_key(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// The names in a folder are on disk, too.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // Elsewhere a folder can't be opened, and a name is written with its file.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_key_is_made_once_and_for_its_owner() {
        let path = std::env::temp_dir().join(format!("avis-key-{}", std::process::id()));
        let folder = Folder::open(&path).unwrap();
        let made = folder.identifier_secret().unwrap();
        assert_eq!(folder.identifier_secret().unwrap().check_value(), made.check_value());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.file("identifier.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(folder.file("identifier.key"), b"short").unwrap();
        assert!(matches!(folder.identifier_secret(), Err(FolderError::NoKey(_))));
        std::fs::remove_dir_all(&path).unwrap();
    }

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
