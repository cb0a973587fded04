//! The adapter on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{Clock, Ledger};

use crate::till::{Adapter, secret};

pub(crate) struct Sqlite(PathBuf);

/// A new folder for each test.
pub(crate) fn adapter(test: &str) -> Sqlite {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance").join(test);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    Sqlite(path)
}

impl Adapter for Sqlite {
    fn open(&self, clock: Arc<dyn Clock>) -> Box<dyn Ledger> {
        let folder = Arc::new(Folder::open(&self.0).unwrap());
        Box::new(SqliteLedger::open(folder, &secret(), clock).unwrap())
    }
}
