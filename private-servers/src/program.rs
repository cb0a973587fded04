//! The programs of servers, and where they are found.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::ServerError;

/// A program that a private server needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Makes the files of a PostgreSQL server.
    Initdb,
    /// Starts and stops it.
    PgCtl,
    /// Asks it.
    Psql,
    /// Copies it while it runs.
    PgBasebackup,
    /// The Redis server.
    RedisServer,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Initdb, Self::PgCtl, Self::Psql, Self::PgBasebackup, Self::RedisServer];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initdb => "initdb",
            Self::PgCtl => "pg_ctl",
            Self::Psql => "psql",
            Self::PgBasebackup => "pg_basebackup",
            Self::RedisServer => "redis-server",
        }
    }

    /// The package of Debian and its like that brings it.
    pub fn package(self) -> &'static str {
        match self {
            Self::Initdb | Self::PgCtl | Self::Psql | Self::PgBasebackup => "postgresql",
            Self::RedisServer => "redis-server",
        }
    }

    /// Where it is: on the path, or in the folders of its package.
    ///
    /// # Errors
    /// It is nowhere.
    pub fn find(self) -> Result<PathBuf, ServerError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        // Where the packages of Debian put the server; the latest version first.
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
        versions
            .sort_by_key(|path| path.parent().and_then(Path::file_name).and_then(OsStr::to_str)?.parse::<u32>().ok());
        folders.extend(versions.into_iter().rev());
        let found = folders.into_iter().map(|folder| folder.join(self.name())).find(|path| path.is_file());
        found.ok_or(ServerError::Missing(self))
    }
}
