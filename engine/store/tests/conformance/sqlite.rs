//! The adapter on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{Clock, Ledger, LedgerError};

use crate::rows::{Dialect, Tables};
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
        let folder = Arc::new(Folder::create(&self.0).unwrap());
        Box::new(SqliteLedger::open(folder, &secret(), clock).unwrap())
    }
}

impl Tables for Sqlite {
    fn dialect(&self) -> Dialect {
        DIALECT
    }

    fn rows(&self, query: &str) -> Vec<Vec<String>> {
        rows_of(&self.0.join("ledger.db"), query)
    }
}

/// The rows of a query, beside the ledger that has the file open.
pub(crate) fn rows_of(file: &Path, query: &str) -> Vec<Vec<String>> {
    use rusqlite::types::ValueRef;
    let file = rusqlite::Connection::open(file).unwrap();
    let mut statement = file.prepare(query).unwrap();
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("{other:?}"),
    };
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| Ok(text(row.get_ref(column)?))).collect();
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

pub(crate) const DIALECT: Dialect = Dialect {
    schema: "",
    authorization: "lower(hex(authorization_id))",
    month: "strftime('%Y-%m', date * 86400, 'unixepoch')",
};

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

/// F22, F34: the queue is bounded, and what was refused or came to nothing was not recorded.
#[test]
fn beyond_a_full_queue_a_refusal_comes_at_once() {
    let adapter = adapter("full-queue");
    let till = Till::new(&adapter);
    let file = rusqlite::Connection::open(adapter.0.join("ledger.db")).unwrap();
    // Somebody else holds the file, and nothing is written.
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    let submitted: Vec<_> = (0..6_000).map(|_| till.ledger.submit(till.sale(new_id(), "sale", "gift", 1))).collect();
    assert!(submitted.iter().any(|pending| matches!(pending, Err(LedgerError::Overloaded))));
    file.execute_batch("ROLLBACK").unwrap();
    let answered = submitted.into_iter().flatten().filter_map(|pending| pending.blocking_recv().unwrap().ok()).count();
    assert_eq!(till.sell("gift", 1)["payable"], 50, "it goes on");
    let records: usize = file.query_row("SELECT count(*) FROM authorization", [], |row| row.get(0)).unwrap();
    assert_eq!(records, answered + 1);
}
