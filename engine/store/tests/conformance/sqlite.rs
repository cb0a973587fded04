//! The adapter on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{Clock, Ledger};

use crate::till::{Adapter, HOLD, TestClock, Till, secret};

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

#[test]
fn one_hold_that_cannot_be_read_holds_up_nobody() {
    let adapter = adapter("unreadable-hold");
    let clock = Arc::<TestClock>::default();
    let till = Till::open(&adapter, &clock);
    till.hold("half", 1);
    till.hold("three", 3);
    drop(till);
    let file = rusqlite::Connection::open(adapter.0.join("ledger.db")).unwrap();
    let broken = "UPDATE authorization SET record = '{' WHERE record LIKE '%half-benefit%'";
    assert_eq!(file.execute(broken, []).unwrap(), 1);
    drop(file);
    let till = Till::open(&adapter, &clock);
    clock.go(HOLD.as_secs());
    assert_eq!(till.sell("three", 3)["payable"], 0, "the other expired and gave back");
}
