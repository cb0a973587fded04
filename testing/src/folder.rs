//! A folder of a server, and the account under which the server runs.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new folder that belongs to the account under which a server runs.
pub(crate) struct ServerFolder {
    path: PathBuf,
    /// Another account than ours: servers refuse to run as root.
    account: Option<(u32, u32)>,
}

impl ServerFolder {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("avis-{name}-{}-{number}", std::process::id()));
        // Of an earlier process of the same number.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        let is_root = std::fs::metadata(&path).unwrap().uid() == 0;
        let account = is_root.then(unprivileged);
        if let Some((user, group)) = account {
            chown(&path, Some(user), Some(group)).unwrap();
        }
        Self { path, account }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the server, for its eyes only.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path.join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = self.account {
            chown(&path, Some(user), Some(group)).unwrap();
        }
        path
    }

    /// A command under the server's account, in its folder.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path);
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }
}

/// The account of the packaged server, or one that owns nothing.
fn unprivileged() -> (u32, u32) {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let account = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
        Some((fields.next()?, fields.next()?))
    };
    account("postgres").or_else(|| account("nobody")).expect("an account `postgres` or `nobody`")
}
