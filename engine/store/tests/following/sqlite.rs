//! The adapter on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::sqlite::{Folder, SqliteStore};
use rusqlite::Connection;

use crate::office::{Adapter, Followed};

pub(crate) struct Sqlite(PathBuf);

/// A new folder for each test.
pub(crate) fn adapter(test: &str) -> Sqlite {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("following").join(test);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    Sqlite(path)
}

impl Sqlite {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self) -> Connection {
        let file = Connection::open(self.0.join("registry.db")).unwrap();
        file.pragma_update(None, "foreign_keys", false).unwrap();
        file
    }
}

impl Adapter for Sqlite {
    fn open_under(&self, secret: &IdentifierSecret) -> Result<Box<dyn Followed>, String> {
        let folder = Arc::new(Folder::create(&self.0).unwrap());
        let store = SqliteStore::open(folder, secret).map_err(|error| error.to_string())?;
        Ok(Box::new(store))
    }

    fn tamper(&self, sql: &str) {
        assert!(self.file().execute(sql, []).unwrap() > 0, "{sql}");
    }

    fn everything(&self) -> Vec<u8> {
        let files = std::fs::read_dir(&self.0).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    fn begin_another_life(&self) {
        SqliteStore::begin_another_life(&Folder::create(&self.0).unwrap()).unwrap();
    }

    fn age(&self) {
        self.file().pragma_update(None, "user_version", 1_000).unwrap();
    }
}
