//! A ledger of so many sealed sales of closed days, written by SQL into either store: what reports read is measured, not how it came
//! there.

use std::path::Path;
use std::sync::Arc;

use avis_store::postgres::{Config, Database, PostgresLedger, PostgresMovements, PostgresStore, migrate};
use avis_store::sqlite::{Folder, SqliteLedger, SqliteReports, SqliteStore};
use avis_store::{Clock, ClosedDays, Days, Recording, Registry, Reports, SystemClock, Taken};
use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use serde_json::json;
use tokio::runtime::Handle;
use tokio_postgres::{Client, NoTls};

use super::secret;

/// The first day on which something is sold.
pub(crate) const FIRST: Date = Date::constant(2025, 1, 1);
/// The first day of the last 30 that a statement is made of.
pub(crate) const LAST_MONTH: Date = Date::constant(2026, 11, 1);

/// Days since 1970 of the first day.
const FIRST_NUMBER: i32 = 20_089;

/// Sales over so many days, each of one line and one discount: of so many providers, 12 benefits of 4 grantors, to people in 40
/// territories.
#[derive(Clone, Copy)]
pub(crate) struct Sold {
    pub(crate) sales: usize,
    pub(crate) days: usize,
    pub(crate) providers: usize,
}

/// A ledger that is open.
pub(crate) struct SoldLedger {
    pub(crate) ledger: Box<dyn Recording>,
    pub(crate) book: Book,
    pub(crate) plain: Plain,
}

/// What reports read of it.
pub(crate) struct Book {
    pub(crate) reports: Box<dyn Reports>,
    /// Each day was closed at its end.
    pub(crate) closed: ClosedDays,
    registry: Box<dyn Registry>,
    clock: SystemClock,
}

/// The same rows, for plain SQL.
pub(crate) enum Plain {
    Sqlite(Connection),
    /// With its address.
    Postgres(Handle, Client, String),
}

impl SoldLedger {
    pub(crate) fn in_folder(path: &Path, sold: Sold) -> Self {
        let folder = Arc::new(Folder::create(path).unwrap());
        let registry = Box::new(SqliteStore::open(folder.clone(), &secret()).unwrap());
        drop(SqliteLedger::open(folder.clone(), &secret(), Arc::new(SystemClock::default())).unwrap());
        let mut rows = Connection::open(path.join("ledger.db")).unwrap();
        write(&mut rows, sold);
        let ledger = Box::new(SqliteLedger::open(folder, &secret(), Arc::new(SystemClock::default())).unwrap());
        let book = Book::new(Box::new(SqliteReports::new(path)), registry, sold);
        Self { ledger, book, plain: Plain::Sqlite(rows) }
    }

    pub(crate) fn in_database(url: String, runtime: &Handle, sold: Sold) -> Self {
        let database = Database::new(Config::new(url.clone()), runtime.clone()).unwrap();
        migrate(&database).unwrap();
        let (client, connection) = runtime.block_on(tokio_postgres::connect(&url, NoTls)).unwrap();
        runtime.spawn(connection);
        runtime.block_on(write_to_database(&client, sold));
        let registry = Box::new(PostgresStore::open(&database, &secret()).unwrap());
        let clock = Arc::new(SystemClock::default());
        let ledger = Box::new(PostgresLedger::open(&database, &secret(), clock).unwrap());
        let book = Book::new(Box::new(PostgresMovements::new(&database)), registry, sold);
        Self { ledger, book, plain: Plain::Postgres(runtime.clone(), client, url) }
    }
}

impl Book {
    fn new(reports: Box<dyn Reports>, registry: Box<dyn Registry>, sold: Sold) -> Self {
        Self { reports, closed: closed(sold), registry, clock: SystemClock::default() }
    }

    pub(crate) fn days(&self) -> Days<'_> {
        let (registry, reports) = (&*self.registry, &*self.reports);
        Days { registry, reports, day: self.clock.service_day().clone(), now: self.clock.now() }
    }
}

impl Plain {
    /// The whole numbers in the one row that a query finds.
    pub(crate) fn numbers<const N: usize>(&self, query: &str) -> [i64; N] {
        match self {
            Self::Sqlite(rows) => {
                rows.query_row(query, [], |row| Ok(std::array::from_fn(|column| row.get(column).unwrap()))).unwrap()
            }
            Self::Postgres(runtime, client, _) => {
                let row = runtime.block_on(client.query_one(query, &[])).unwrap();
                std::array::from_fn(|column| row.get(column))
            }
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(..) => "PostgreSQL",
        }
    }

    /// A day as its columns hold it.
    pub(crate) fn day(&self, date: Date) -> String {
        match self {
            Self::Sqlite(_) => (FIRST_NUMBER + FIRST.until(date).unwrap().get_days()).to_string(),
            Self::Postgres(..) => format!("date '{date}'"),
        }
    }
}

/// What each close took.
fn closed(Sold { sales, days, .. }: Sold) -> ClosedDays {
    let close = |day: usize| {
        // Of those of the day and before it.
        let position = (sales * (day + 1)).div_ceil(days);
        let taken = json!({"sealed": {"0": {"position": position, "link": "00"}}, "waiting": []});
        (FIRST + i64::try_from(day).unwrap().days(), serde_json::from_value::<Taken>(taken).unwrap())
    };
    ClosedDays::new((0..days).map(close))
}

/// Numbers from 0, the day and the id of each.
const NUMBERED: &str = "
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1),
         s AS (SELECT i, unhex(printf('%032x', i + 1)) AS id, ?2 + i * ?3 / ?1 AS day, 'provider-' || (i % ?4) AS provider FROM n)";

fn write(rows: &mut Connection, Sold { sales, days, providers }: Sold) {
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
    run("INSERT INTO seal (position, authorization_id, event, link, provider, natural_date)
         SELECT i + 1, id, 0, zeroblob(32), provider, day FROM s");
    step.execute("UPDATE seal_head SET position = ?1", params![sales]).unwrap();
    step.commit().unwrap();
    rows.execute_batch("ANALYZE").unwrap();
}

async fn write_to_database(client: &Client, Sold { sales, days, providers }: Sold) {
    let people = (sales / 20).max(10);
    let numbered = format!(
        "WITH s AS (SELECT i, lpad(to_hex(i + 1), 32, '0')::uuid AS id, date '{FIRST}' + (i * {days} / {sales})::integer AS day,
             date '{FIRST}' + (i * {days} / {sales})::integer + i % 86400 * interval '1 second' AS at,
             'provider-' || i % {providers} AS provider FROM generate_series(0::bigint, {sales} - 1) AS i)"
    );
    let statements = [
        "SET TIME ZONE 'UTC'".to_owned(),
        format!(
            "INSERT INTO avis.movement (authorization_id, number, event, lane, kind, direction, provider, terminal, request_id,
                 holder, occurred_at, recorded_at, natural_date, authorized_on, gross, discount, payable, territory)
             {numbered} SELECT id, 1, 0, 0, 'sale', 'sale', provider, 'desk-' || i % 7, id, 'h-' || i * 7919 % {people}, at, at,
                 day, day, 715, 357, 358, 'lv.t-' || i % 40 FROM s"
        ),
        format!(
            "INSERT INTO avis.entry (authorization_id, number, line, discount, place, provider, date, line_id, product, benefit,
                 version, grantor, payer, cause, units, amount)
             {numbered} SELECT id, 1, 1, 1, 1, provider, day, '1', 'transport.bus', 'benefit-' || i % 12, 1, 'grantor-' || i % 4,
                 'grantor-' || i % 4, '', 1, 357 FROM s"
        ),
        format!(
            "INSERT INTO avis.seal (lane, position, authorization_id, event, link, provider, natural_date)
             {numbered} SELECT 0, i + 1, id, 0, decode(repeat('00', 32), 'hex'), provider, day FROM s"
        ),
        format!("UPDATE avis.seal_head SET position = {sales} WHERE lane = 0"),
        "VACUUM ANALYZE".to_owned(),
    ];
    for statement in statements {
        client.batch_execute(&statement).await.unwrap();
    }
}
