//! The adapter on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use avis_store::sqlite::{Archive, Folder, FolderRecords, OpenError, SqliteLedger, SqliteReports};
use avis_store::{Accounts, BrokenSeal, Clock, Ledger, LedgerError, Movements, Recorded, Reports, Task};
use uuid::Uuid;

use crate::compared::Compared;
use crate::erasing::hex;
use crate::recorded::Readable;
use crate::reports::Reported;
use crate::rows::{Dialect, Tables};
use crate::sealed::{Sealed, verified};
use crate::till::{Adapter, HOLD, TestClock, Till, id_of, new_id, secret};

pub(crate) struct Sqlite(PathBuf);

/// A new folder for each test.
pub(crate) fn adapter(test: &str) -> Sqlite {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance").join(test);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    Sqlite(path)
}

/// Changes a ledger's file behind its back.
pub(crate) fn change(folder: &Path, statement: &str, id: Uuid) {
    let id = format!("x'{}'", id.simple());
    let statement = statement.replace("avis.", "").replace("{id}", &id).replace("{{}}", "{}");
    let file = rusqlite::Connection::open(folder.join("ledger.db")).unwrap();
    file.busy_timeout(Duration::from_secs(10)).unwrap();
    assert!(file.execute(&statement, []).unwrap() > 0, "{statement}");
}

/// Takes all seals of a ledger's file away, so that everything is sealed anew.
pub(crate) fn queue_again(folder: &Path) {
    let file = rusqlite::Connection::open(folder.join("ledger.db")).unwrap();
    file.execute_batch(
        "INSERT INTO unsealed (authorization_id, event) SELECT authorization_id, event FROM seal; DELETE FROM seal;
         UPDATE seal_head SET position = 0, link = zeroblob(32)",
    )
    .unwrap();
}

/// Changes what is added up of a folder's ledger.
pub(crate) fn change_tally(folder: &Path, statement: &str) {
    let file = rusqlite::Connection::open(folder.join("tally.db")).unwrap();
    assert!(file.execute(statement, []).unwrap() > 0, "{statement}");
}

impl Sealed for Sqlite {
    fn movements(&self) -> Box<dyn Movements> {
        Box::new(Archive::open(&self.0).unwrap())
    }

    fn change(&self, statement: &str, id: Uuid) {
        change(&self.0, statement, id);
    }

    fn queue_again(&self) {
        queue_again(&self.0);
    }
}

impl Readable for Sqlite {
    fn recorded(&self) -> Box<dyn Recorded> {
        Box::new(FolderRecords::new(&self.0))
    }
}

impl Reported for Sqlite {
    fn reports(&self) -> Box<dyn Reports> {
        Box::new(SqliteReports::new(&self.0))
    }

    fn accounts(&self) -> Box<dyn Accounts> {
        Box::new(SqliteReports::new(&self.0))
    }

    fn change_tally(&self, statement: &str) {
        change_tally(&self.0, statement);
    }
}

impl Adapter for Sqlite {
    fn open(&self, clock: Arc<dyn Clock>) -> Box<dyn Ledger> {
        let folder = Arc::new(Folder::create(&self.0).unwrap());
        Box::new(Compared::new(SqliteLedger::open(folder, &secret(), clock).unwrap()))
    }
}

impl Tables for Sqlite {
    fn dialect(&self) -> Dialect {
        DIALECT
    }

    fn rows(&self, query: &str) -> Vec<Vec<String>> {
        rows_of(&self.0.join("ledger.db"), query)
    }

    fn texts(&self, table: &str) -> Vec<String> {
        self.rows(&format!("SELECT * FROM {table}")).into_iter().map(|row| row.join("|")).collect()
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
        ValueRef::Blob(bytes) => hex(bytes),
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

/// Bytes that are no text, no id and no link, wherever they stand: verification goes through all the same.
#[test]
fn a_damaged_row_is_told_and_the_rest_is_gone_through() {
    let adapter = adapter("damaged-rows");
    let till = Till::new(&adapter);
    let [text, named, moved, sealed] = [(); 4].map(|()| id_of(&till.sell("gift", 1)));
    till.sell("gift", 1);
    assert_eq!(verified(&adapter).whole, 5);
    for (damage, id) in [
        ("UPDATE authorization SET record = CAST(x'ff' AS TEXT) WHERE id = {id}", text),
        ("UPDATE authorization SET id = x'01' WHERE id = {id}", named),
        ("UPDATE movement SET request_id = x'01' WHERE authorization_id = {id}", moved),
        ("UPDATE seal SET link = x'01' WHERE authorization_id = {id}", sealed),
    ] {
        change(&adapter.0, damage, id);
    }
    let found = verified(&adapter);
    let changed = |authorization| BrokenSeal::Changed { authorization, event: 0 };
    for expected in [changed(text), changed(named), changed(moved), changed(sealed)] {
        assert!(found.broken.contains(&expected), "{expected}: {found:?}");
    }
    assert!(found.broken.contains(&BrokenSeal::Nameless { table: "authorization" }), "{found:?}");
    change(
        &adapter.0,
        "UPDATE seal SET authorization_id = x'01', provider = CAST(x'ff' AS TEXT) WHERE position = 5",
        text,
    );
    let expected = BrokenSeal::Changed { authorization: Uuid::nil(), event: 0 };
    assert!(verified(&adapter).broken.contains(&expected));
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

/// Quotes read usage from memory, and what was sold before they ask is in it.
#[test]
fn usage_that_was_read_once_is_answered_from_memory_and_follows_sales() {
    let adapter = adapter("usage-in-memory");
    let clock = Arc::<TestClock>::default();
    let till = Till::open(&adapter, &clock);
    let Task::Authorize(new) = till.sale(new_id(), "sale", "three", 1) else { panic!("a sale authorizes") };
    let needs = new.plan.needs();
    let in_memory =
        || till.ledger.usage_in_memory(needs).map(|used| used.iter().map(|sum| sum.units).collect::<Vec<_>>());
    assert_eq!(in_memory(), None, "nobody read it yet");
    till.ledger.usage(needs).unwrap();
    assert_eq!(in_memory(), Some(vec![0]));
    till.sell("three", 1);
    assert_eq!(in_memory(), Some(vec![1]));
    till.hold("three", 2);
    assert_eq!(in_memory(), Some(vec![3]));
    clock.go(HOLD.as_secs());
    // Any commit lets the hold expire.
    till.sell("gift", 1);
    assert_eq!(in_memory(), Some(vec![1]), "what expired was given back");
}

/// Many sell and many ask at the same time; in the end, and whenever it is asked, memory tells what the tables do.
#[test]
fn readings_that_cross_commits_leave_nothing_wrong_in_memory() {
    let adapter = adapter("usage-crossing");
    let till = Till::new(&adapter);
    let Task::Authorize(new) = till.sale(new_id(), "sale", "half", 1) else { panic!("a sale authorizes") };
    let needs = new.plan.needs();
    std::thread::scope(|threads| {
        let sell = || (0..100).for_each(|_| drop(till.sell("half", 1)));
        let sellers = [threads.spawn(sell), threads.spawn(sell)];
        let mut before = 0;
        while !sellers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let used = till.ledger.usage_in_memory(needs).unwrap_or_else(|| till.ledger.usage(needs).unwrap());
            assert!(used[0].uses >= before, "a sale that was seen is gone");
            before = used[0].uses;
        }
    });
    till.ledger.usage(needs).unwrap();
    assert_eq!(till.ledger.usage_in_memory(needs).unwrap()[0].uses, 200);
}

/// A deployment west of the ocean sells on the day before.
#[test]
fn the_days_of_records_and_movements_are_those_of_the_deployments_time_zone() {
    let adapter = adapter("sqlite-days");
    let clock = Arc::new(TestClock::in_zone("America/Los_Angeles"));
    let till = Till::open(&adapter, &clock);
    let sold = till.sell("gift", 2);
    clock.go(2 * 3600);
    till.answer(crate::till::operation(avis_core::authorization::OperationKind::Refund, &sold, None));
    let days =
        rows_of(&adapter.0.join("ledger.db"), "SELECT authorized_on, natural_date FROM movement ORDER BY number");
    // 22:12 on the 17th, and past midnight on the 18th: 20774 and 20775 days after 1 January 1970.
    assert_eq!(days, [["20774", "20774"], ["20774", "20775"]]);
}

/// What moved before movements told where holders lived stays sealed as it was, and is of no territory.
#[test]
fn a_ledger_of_the_schema_before_is_brought_up_to_date_and_its_seals_hold() {
    let adapter = adapter("sqlite-older");
    let till = Till::new(&adapter);
    till.sell("gift", 2);
    assert!(verified(&adapter).is_whole());
    drop(till);
    let file = rusqlite::Connection::open(adapter.0.join("ledger.db")).unwrap();
    let back = "DROP TABLE erased_unit; DROP TABLE erasure; DROP INDEX movement_by_holder; ALTER TABLE movement DROP COLUMN territory; DROP INDEX seal_by_provider;
                ALTER TABLE seal DROP COLUMN provider; ALTER TABLE seal DROP COLUMN natural_date; DROP INDEX entry_by_provider;
                CREATE INDEX entry_by_grantor ON entry (grantor, benefit, provider, date); PRAGMA user_version = 1;
                DELETE FROM schema_step WHERE version >= 2";
    file.execute_batch(back).unwrap();
    let older = Archive::open(&adapter.0).unwrap().each_movement(&mut |_| Ok(())).unwrap_err();
    assert!(older.to_string().contains("its schema is of version 1, this AVIS needs 5"), "{older}");
    let till = Till::new(&adapter);
    till.sell("gift", 1);
    let found = verified(&adapter);
    assert!(found.is_whole() && found.whole == 2, "{found:?}");
}

/// Builds before the first release had other tables under the same numbers.
#[test]
fn a_ledger_whose_tables_other_steps_made_is_refused_by_name_and_left_alone() {
    let adapter = adapter("sqlite-other-build");
    drop(Till::new(&adapter));
    let path = adapter.0.join("ledger.db");
    for other in ["UPDATE schema_step SET digest = 'other' WHERE version = 1", "DROP TABLE schema_step"] {
        rusqlite::Connection::open(&path).unwrap().execute_batch(other).unwrap();
        let before = std::fs::read(&path).unwrap();
        let folder = Arc::new(Folder::create(&adapter.0).unwrap());
        let refused = SqliteLedger::open(folder, &secret(), Arc::<TestClock>::default()).err().unwrap();
        assert!(matches!(&refused, OpenError::OtherSchema { version: 1, path: named } if *named == path), "{refused}");
        let refused = Archive::open(&adapter.0).err().unwrap().to_string();
        assert!(refused.contains("ledger.db: its tables were made by another build of AVIS"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
