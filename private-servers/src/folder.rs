//! A folder of a server, and the account under which the server runs.

use std::ffi::OsStr;
use std::fs::{DirBuilder, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ServerError;
use crate::watchdog::{SHELL, Watchdog};

/// A new folder that belongs to the account under which a server runs.
pub(crate) struct ServerFolder {
    path: PathBuf,
    /// Another account than ours: servers refuse to run as root.
    account: Option<Account>,
}

#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl ServerFolder {
    pub(crate) fn new(name: &str) -> Result<Self, ServerError> {
        let path = new_folder(name)?;
        let is_root = std::fs::metadata(&path).map_err(ServerError::of(&path))?.uid() == 0;
        let account = if is_root { Some(Account::unprivileged()?) } else { None };
        let folder = Self { path, account };
        folder.hand_over(&folder.path)?;
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the server, for its eyes only.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, ServerError> {
        let path = self.path.join(name);
        // What was there before may be read by others.
        let _ = std::fs::remove_file(&path);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.and_then(|mut file| file.write_all(content)).map_err(ServerError::of(&path))?;
        self.hand_over(&path)?;
        Ok(path)
    }

    fn hand_over(&self, path: &Path) -> Result<(), ServerError> {
        let Some(Account { user, group }) = self.account else { return Ok(()) };
        chown(path, Some(user), Some(group)).map_err(ServerError::of(path))
    }

    /// A command under the server's account, in its folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        // What they say is read, or shown to who reads English.
        command.current_dir(&self.path).env("LC_ALL", "C");
        if let Some(Account { user, group }) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    /// Who clears up under that account; see [`Watchdog::start`].
    pub(crate) fn watchdog(&self, begin: &str, end: &str, arguments: &[&OsStr]) -> Result<Watchdog, ServerError> {
        Watchdog::start(self.command(SHELL), &self.path, (begin, end), arguments)
    }
}

/// A folder that was not there before, for its owner's eyes only, under a name that nobody can know beforehand.
///
/// # Errors
/// It can't be made.
pub fn new_folder(name: &str) -> Result<PathBuf, ServerError> {
    // The hasher's keys are random, and of this process alone.
    let random = RandomState::new().hash_one(std::process::id());
    let path = std::env::temp_dir().join(format!("avis-{name}-{random:016x}"));
    DirBuilder::new().mode(0o700).create(&path).map_err(ServerError::of(&path))?;
    Ok(path)
}

impl Account {
    /// That of the packaged server, or one that owns nothing.
    fn unprivileged() -> Result<Self, ServerError> {
        let file = Path::new("/etc/passwd");
        let accounts = std::fs::read_to_string(file).map_err(ServerError::of(file))?;
        let account = |name: &str| {
            let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2).map(|field| field.parse().ok());
            Some(Self { user: fields.next()??, group: fields.next()?? })
        };
        account("postgres").or_else(|| account("nobody")).ok_or(ServerError::NoAccount)
    }
}
