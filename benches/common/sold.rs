//! A folder whose ledger holds so many sealed sales, written by SQL: what reports read is measured, not how it came there.

use std::path::Path;
use std::sync::Arc;

use avis_store::sqlite::{Folder, SqliteLedger, SqliteReports, SqliteStore};
use avis_store::{Clock, Days, SystemClock};
use jiff::civil::Date;
use rusqlite::{Connection, params};

use super::secret;

/// The first day on which something is sold.
pub(crate) const FIRST: Date = Date::constant(2025, 1, 1);
/// The first day of the last 30.
pub(crate) const LAST_MONTH: Date = Date::constant(2026, 11, 1);

/// Days since 1970 of the first day.
const FIRST_NUMBER: i64 = 20_089;

/// Sales over so many days, each of one line and one discount: of 5 providers, 12 benefits of 4 grantors, to people in 40 territories.
#[derive(Clone, Copy)]
pub(crate) struct Sold {
    pub(crate) sales: usize,
    pub(crate) days: usize,
    pub(crate) providers: usize,
}

/// A folder with a ledger that is open.
pub(crate) struct SoldFolder {
    pub(crate) ledger: SqliteLedger,
    pub(crate) rows: Connection,
    pub(crate) book: Book,
}

/// What reports read of it.
pub(crate) struct Book {
    pub(crate) reports: SqliteReports,
    registry: SqliteStore,
    clock: SystemClock,
}

impl SoldFolder {
    pub(crate) fn new(path: &Path, sold: Sold) -> Self {
        let folder = Arc::new(Folder::create(path).unwrap());
        let registry = SqliteStore::open(folder.clone(), &secret()).unwrap();
        drop(SqliteLedger::open(folder.clone(), &secret(), Arc::new(SystemClock::default())).unwrap());
        let mut rows = Connection::open(path.join("ledger.db")).unwrap();
        write(&mut rows, sold);
        let ledger = SqliteLedger::open(folder, &secret(), Arc::new(SystemClock::default())).unwrap();
        let book = Book { reports: SqliteReports::new(path), registry, clock: SystemClock::default() };
        Self { ledger, rows, book }
    }
}

impl Book {
    pub(crate) fn days(&self) -> Days<'_> {
        let (registry, reports) = (&self.registry, &self.reports);
        Days { registry, reports, day: self.clock.service_day().clone(), now: self.clock.now() }
    }
}

/// Numbers from 0, the day and the id of each.
const NUMBERED: &str = "
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1),
         s AS (SELECT i, unhex(printf('%032x', i + 1)) AS id, ?2 + i * ?3 / ?1 AS day, 'provider-' || (i % ?4) AS provider FROM n)";

fn write(rows: &mut Connection, sold: Sold) {
    let Sold { sales, days, providers } = sold;
    let people = (sales / 20).max(10);
    let step = rows.transaction().unwrap();
    let run = |statement: &str| {
        let statement = format!("{NUMBERED} {statement}");
        step.execute(&statement, params![sales, FIRST_NUMBER, days, providers]).unwrap();
    };
    run(&format!(
        "INSERT INTO movement (authorization_id, number, event, lane, kind, direction, provider, terminal, request_id, holder,
             occurred_at, recorded_at, natural_date, authorized_on, gross, discount, payable, territory)
         SELECT id, 1, 0, 0, 'sale', 'sale', provider, 'desk-' || (i % 7), id, 'h-' || (i * 7919 % {people}),
             day * 86400000 + i % 86400 * 1000, day * 86400000 + i % 86400 * 1000, day, day, 715, 357, 358,
             'lv.t-' || (i % 40) FROM s"
    ));
    run("INSERT INTO entry (authorization_id, number, line, discount, place, provider, date, line_id, product, benefit, version,
             grantor, payer, cause, units, amount)
         SELECT id, 1, 1, 1, 1, provider, day, '1', 'transport.bus', 'benefit-' || (i % 12), 1, 'grantor-' || (i % 4),
             'grantor-' || (i % 4), '', 1, 357 FROM s");
    run("INSERT INTO seal (position, authorization_id, event, link) SELECT i + 1, id, 0, zeroblob(32) FROM s");
    step.execute("UPDATE seal_head SET position = ?1", params![sales]).unwrap();
    step.commit().unwrap();
    rows.execute_batch("ANALYZE").unwrap();
}
