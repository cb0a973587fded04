//! The adapter on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{Clock, Ledger};

use crate::till::{Adapter, HOLD, TestClock, Till, new_id, secret};

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

#[test]
fn sums_beyond_all_numbers_stay_at_the_edge() {
    let till = Till::new(&adapter("edge"));
    let huge = |number: u32| {
        till.request("bus", &serde_json::json!({
            "request_id": new_id(), "occurred_at": format!("2026-11-{:02}T08:12:00+02:00", 1 + number % 20), "currency": "EUR",
            "lines": [{"line_id": "1", "product": "half", "quantity": 1_000_000, "unit_price": 1_000_000_000_000_i64}],
        }))
    };
    for number in 0..60 {
        assert_eq!(till.answer(huge(number))["outcome"], "approved");
    }
    assert_eq!(till.sell("half", 1)["payable"], 50);
}
