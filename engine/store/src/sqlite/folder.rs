//! The one folder of an embedded AVIS, locked while it is used.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use avis_core::IdentifierSecret;

use crate::sqlite::private;

/// A folder that this process alone uses; free again when it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Whether files of it may be made anew, because the folder is being made.
    is_unfinished: bool,
    was_open_to_others: bool,
    lock: File,
}

/// Why a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process uses it.
    #[error("{0}: another process uses this folder; stop it first, or choose another folder")]
    Locked(PathBuf),
    /// There is no such folder.
    #[error("{0}: there is no such folder; `avis import` makes one (is a disk not mounted, or the name misspelt?)")]
    Missing(PathBuf),
    /// There is a folder, and no installation in it.
    #[error(
        "{0}: there is no installation in this folder; `avis import` makes one (is a disk not mounted, or the name misspelt?)"
    )]
    Empty(PathBuf),
    /// The making of the installation was interrupted.
    #[error("{0}: the making of this installation was interrupted; run the same `avis import` again")]
    Unfinished(PathBuf),
    /// What is in the folder is a backup: using it would change it.
    #[error("{0}: this is a backup; `avis restore --from` makes an installation of it")]
    Backup(PathBuf),
    /// A file of the installation is gone. Making it anew would forget what was in it.
    #[error("{0}: this file of the installation is missing; put it back, or restore a backup to another folder")]
    FileMissing(PathBuf),
    /// The identifier key is not one.
    #[error("{0}: expected 32 bytes")]
    NoKey(PathBuf),
    /// There is something that was written under a key, and no key.
    #[error("{0}: it is missing; put the `identifier.key` back under which the files beside it were written")]
    KeyMissing(PathBuf),
    /// Other users of the machine may read it, and it can't be closed to them.
    #[error(
        "{0}: others may read this folder, and it can't be closed to them: {1}; it must belong to the user that runs AVIS, with mode 0700"
    )]
    OpenToOthers(PathBuf, std::io::Error),
    /// It can't be made, read or written.
    #[error("{path}: {explained}", path = .0.display(), explained = explained(.1))]
    Unusable(PathBuf, std::io::Error),
}

impl Folder {
    /// Opens the folder of an existing installation.
    ///
    /// # Errors
    /// A folder that does not exist, in which there is no installation, that another process uses, or that can't be written.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        Self::exists(path)?;
        let folder = Self::lock(path)?;
        if folder.is_unfinished { Err(FolderError::Unfinished(path.to_owned())) } else { Ok(folder) }
    }

    /// Whether [`Folder::open`] would find a whole installation. Nothing is made, changed or locked.
    ///
    /// # Errors
    /// As of [`Folder::open`], but for another process that uses the folder.
    pub fn examine(path: &Path) -> Result<(), FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        Self::exists(path)?;
        if path.join(MANIFEST).try_exists().map_err(unusable)? {
            return Err(FolderError::Backup(path.to_owned()));
        }
        let is_unfinished = path.join(UNFINISHED).try_exists().map_err(unusable)?;
        if is_unfinished { Err(FolderError::Unfinished(path.to_owned())) } else { Ok(()) }
    }

    /// Whether there is a folder with an installation in it, whole or not.
    fn exists(path: &Path) -> Result<(), FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        match std::fs::metadata(path) {
            Ok(found) if !found.is_dir() => return Err(unusable(ErrorKind::NotADirectory.into())),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(FolderError::Missing(path.to_owned())),
            Err(error) => return Err(unusable(error)),
        }
        if Self::is_installation(path)? { Ok(()) } else { Err(FolderError::Empty(path.to_owned())) }
    }

    /// Opens a folder for an installation. Where there is none, one is being made until [`Folder::finish`].
    ///
    /// # Errors
    /// A folder that another process uses, or that can't be written.
    pub fn create(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        private::create_folder(path).map_err(unusable)?;
        let mut folder = Self::lock(path)?;
        // The key alone may have been put here for a node of a cluster.
        if !folder.is_unfinished && !is_written_under_a_key(path) {
            folder.write_private(UNFINISHED, b"")?;
            folder.is_unfinished = true;
        }
        Ok(folder)
    }

    /// Whether there is an installation in a folder, also one whose making was interrupted.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn is_installation(path: &Path) -> Result<bool, FolderError> {
        holds_anything(path).map_err(|error| FolderError::Unusable(path.to_owned(), error))
    }

    fn lock(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        if path.join(MANIFEST).try_exists().map_err(unusable)? {
            return Err(FolderError::Backup(path.to_owned()));
        }
        let lock = private::create_file(&path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let was_open_to_others =
            private::close_to_others(path).map_err(|error| FolderError::OpenToOthers(path.to_owned(), error))?;
        let is_unfinished = path.join(UNFINISHED).try_exists().map_err(unusable)?;
        Ok(Self { path: path.to_owned(), is_unfinished, was_open_to_others, lock })
    }

    /// Whether an installation is being made here.
    pub fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// Whether other users of the machine could read the folder or a file in it, until it was opened now.
    pub fn was_open_to_others(&self) -> bool {
        self.was_open_to_others
    }

    /// Declares the installation whole: from now on a file that is missing is an error.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn finish(&self) -> Result<(), FolderError> {
        let path = self.file(UNFINISHED);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(FolderError::Unusable(path, error)),
            _ => sync_folder(&self.path).map_err(|error| FolderError::Unusable(self.path.clone(), error)),
        }
    }

    /// The path of a database, which exists unless the installation is being made.
    ///
    /// # Errors
    /// A file that is gone.
    pub(super) fn database(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.file(name);
        match path.try_exists() {
            Ok(false) if !self.is_unfinished => Err(FolderError::FileMissing(path)),
            Ok(_) => Ok(path),
            Err(error) => Err(FolderError::Unusable(path, error)),
        }
    }

    /// Whether a process uses a folder now. Nothing is made or changed.
    ///
    /// # Errors
    /// A lock that can't be read.
    pub fn is_used(path: &Path) -> Result<bool, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        let lock = match File::open(path.join("lock")) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            opened => opened.map_err(unusable)?,
        };
        // Shared, and free again at once: two who only look don't see each other.
        match lock.try_lock_shared() {
            Ok(()) => lock.unlock().map(|()| false).map_err(unusable),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The secret under which identifiers are hashed here, made at the first start, for its owner's eyes only.
    ///
    /// # Errors
    /// A file that can't be read or made, or that is no key; one that is missing beside what was written under it.
    pub fn identifier_secret(&self) -> Result<IdentifierSecret, FolderError> {
        match Self::secret_of(&self.path) {
            Err(FolderError::KeyMissing(path)) if self.is_unfinished && !is_written_under_a_key(&self.path) => {
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
        let path = folder.join(KEY);
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

    /// Its own path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Folder {
    /// Unlocks the folder itself: closing the file isn't enough while a process that was forked a moment ago has it open, too.
    fn drop(&mut self) {
        // What can't be unlocked is free with the last process that has it open.
        let _ = self.lock.unlock();
    }
}

/// What the system says of a folder or a file in it, and what can be done about it.
fn explained(error: &std::io::Error) -> String {
    let what_to_do = match error.kind() {
        ErrorKind::PermissionDenied => {
            "the user that runs AVIS may not; run it as the folder's owner, or give the folder to it"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "it is on a disk that can only be read; mount it for writing, or copy the folder"
        }
        ErrorKind::NotADirectory => "a folder was expected here, and not a file",
        ErrorKind::IsADirectory => "a file was expected here, and not a folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "there is no room left; make some, nothing was changed",
        ErrorKind::NotFound => "it, or the folder in which it is to be made, is not there",
        _ => return error.to_string(),
    };
    format!("{error}: {what_to_do}")
}

/// The key under which identifiers are hashed.
pub(super) const KEY: &str = "identifier.key";

/// What makes a folder a backup.
pub(super) const MANIFEST: &str = "backup.json";

/// The databases of an installation and what is made of them: of no use without the key.
const WRITTEN_UNDER_IT: [&str; 5] = ["ledger.db", "registry.db", "administration.db", "journal.db", "store.snapshot"];

/// Present while an installation is being made.
const UNFINISHED: &str = "unfinished";

fn is_written_under_a_key(folder: &Path) -> bool {
    WRITTEN_UNDER_IT.iter().any(|name| folder.join(name).exists())
}

/// Whether there is an installation in a folder, whole or in parts, or the key of one.
fn holds_anything(folder: &Path) -> std::io::Result<bool> {
    let mut found = [KEY, UNFINISHED].iter().chain(&WRITTEN_UNDER_IT).map(|name| folder.join(name).try_exists());
    found.try_fold(false, |known, found| Ok(known | found?))
}

/// Whole or not at all, and on disk before anything is hashed under it.
pub(super) fn write_key(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_extension("new");
    let mut file = private::create_options().truncate(true).open(&aside)?;
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
        let folder = Folder::create(&path).unwrap();
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
        let first = Folder::create(&path).unwrap();
        assert!(matches!(Folder::open(&path), Err(FolderError::Locked(_))));
        assert!(Folder::is_used(&path).unwrap());
        // As a process that is forked now has it, until it runs its program.
        let inherited = first.lock.try_clone().unwrap();
        drop(first);
        assert!(!Folder::is_used(&path).unwrap());
        drop(inherited);
        assert!(!Folder::is_used(&path.join("nowhere")).unwrap());
        drop(Folder::create(&path).unwrap());
        assert!(matches!(Folder::open(&path.join("lock")), Err(FolderError::Unusable(..))), "a file is no folder");
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn only_the_making_of_an_installation_makes_its_files() {
        let path = std::env::temp_dir().join(format!("avis-making-{}", std::process::id()));
        assert!(matches!(Folder::open(&path), Err(FolderError::Missing(_))));
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(Folder::open(&path), Err(FolderError::Empty(_))));
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0, "who only looks leaves nothing");
        let folder = Folder::create(&path).unwrap();
        let database = folder.database("ledger.db").unwrap();
        std::fs::write(&database, "").unwrap();
        drop(folder);
        assert!(matches!(Folder::open(&path), Err(FolderError::Unfinished(_))));
        Folder::create(&path).unwrap().finish().unwrap();
        let folder = Folder::open(&path).unwrap();
        folder.database("ledger.db").unwrap();
        std::fs::remove_file(&database).unwrap();
        assert!(matches!(folder.database("ledger.db"), Err(FolderError::FileMissing(missing)) if missing == database));
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_and_its_files_are_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("avis-closed-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let open = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        open(&path, 0o755);
        let folder = Folder::create(&path).unwrap();
        assert!(folder.was_open_to_others());
        let file = folder.file("registry.db-wal");
        std::fs::write(&file, "").unwrap();
        open(&file, 0o644);
        drop(folder);
        let folder = Folder::create(&path).unwrap();
        assert!(folder.was_open_to_others());
        assert_eq!([mode(&path), mode(&file), mode(&folder.file("lock"))], [0o700, 0o600, 0o600]);
        drop(folder);
        assert!(!Folder::create(&path).unwrap().was_open_to_others());
        std::fs::remove_dir_all(&path).unwrap();
    }
}
