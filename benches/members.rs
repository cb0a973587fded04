//! Statements of members among many: accounts of ten lots each, read as the control plane reads them, on each store; and what an engine
//! keeps of who is a member.
//!
//! `BENCH_MEMBERS=2000000 cargo bench --bench members` measures the size that is promised; without the variable it is a small one, so
//! that nothing rots. `BENCH_STORE=sqlite` or `postgres` measures one alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use avis_core::WrittenHolder;
use avis_core::loyalty::{AccountKey, AccountName};
use avis_server::Directory;
use avis_store::postgres::{Config, Database, PostgresMovements, migrate};
use avis_store::sqlite::{Folder, SqliteLedger, SqliteReports};
use avis_store::{Accounts, SystemClock};
use avis_testing::{Durability, TempFolder, own_postgres};
use common::residents::resident;
use common::{resident_bytes, secret};
use jiff::Timestamp;
use serde_json::json;
use tokio::runtime::Builder;

const MEMBERS: u64 = 2_000;
const LOTS: i64 = 10;
const POINTS_OF_LOT: i64 = 5;
/// Statements that are read, of members all over.
const READ: u64 = 200;
/// Operations on the first page of a statement.
const PAGE: usize = 50;

/// An account with ten lots, each of an operation with two entries, in the dialect of a store. `MEMBERS` and the instants are replaced.
const ROWS: &str = "
    INSERT INTO points_account SELECT 'stars', 'holder:m-' || m, '{\"operations\":10,\"lots\":10}' FROM members;
    INSERT INTO points_lot (program, account, lot, earned_at, active_from, expires_at, points, booked)
        SELECT 'stars', 'holder:m-' || m, l - 1, PAST, PAST, NULL, 5, NULL FROM members, lots;
    INSERT INTO points_entry (program, account, number, place, ledger_account, lot, points, active_from, expires_at, authorization_id,
                              event, at, recorded_at)
        SELECT 'stars', 'holder:m-' || m, l, p, CASE p WHEN 1 THEN 'issued' ELSE 'points' END, CASE p WHEN 2 THEN l - 1 END,
               CASE p WHEN 1 THEN -5 ELSE 5 END, CASE p WHEN 2 THEN PAST END, NULL, ID, 0, PAST, PAST
        FROM members, lots, places;";

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let members = std::env::var("BENCH_MEMBERS").map_or(MEMBERS, |text| text.parse().unwrap());
    let store = std::env::var("BENCH_STORE").unwrap_or_default();
    keep(members);
    if store != "postgres" {
        on_sqlite(members);
    }
    if store != "sqlite" {
        on_postgres(members);
    }
}

/// An engine keeps who is a member; accounts stay with the ledger.
fn keep(members: u64) {
    let before = resident_bytes();
    let directory = Directory::default();
    for number in 0..members {
        let mut written = resident(number);
        written["memberships"] = json!([{"program": "stars", "from": "2025-01-01", "consent": "terms-3"}]);
        directory.add(&WrittenHolder::from_value(&written).unwrap(), &secret()).unwrap();
    }
    directory.shrink();
    assert_eq!(directory.identifier_count() as u64, 2 * members);
    if let Some((before, after)) = before.zip(resident_bytes()) {
        let taken = after.saturating_sub(before);
        println!("{members} members take {:.1} MB of an engine, {} bytes each", taken as f64 / 1e6, taken / members);
    }
}

fn on_sqlite(members: u64) {
    let folder = TempFolder::new("bench-members");
    let of_ledger = Arc::new(Folder::create(folder.path()).unwrap());
    drop(SqliteLedger::open(of_ledger, &secret(), Arc::new(SystemClock::default())).unwrap());
    let connection = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    let series = |name: &str, column: &str, last: i64| {
        format!(
            "CREATE TEMP VIEW {name} AS WITH RECURSIVE n({column}) AS (SELECT 1 UNION ALL SELECT {column} + 1 FROM n
            WHERE {column} < {last}) SELECT {column} FROM n;"
        )
    };
    let views = [("members", "m", i64::try_from(members).unwrap()), ("lots", "l", LOTS), ("places", "p", 2)];
    let views: String = views.iter().map(|(name, column, last)| series(name, column, *last)).collect();
    let rows = ROWS.replace("PAST", "1750000000000").replace("ID", "zeroblob(16)");
    connection.execute_batch(&format!("{views} BEGIN; {rows} COMMIT;")).unwrap();
    drop(connection);
    read("SQLite", members, &SqliteReports::new(folder.path()));
}

fn on_postgres(members: u64) {
    let server = own_postgres(Durability::OnDisk, &[]);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let name = server.new_database().unwrap();
    let database = Database::new(Config::new(server.url(&name)), runtime.handle().clone()).unwrap();
    migrate(&database).unwrap();
    let series = [("members", "m", members), ("lots", "l", LOTS.unsigned_abs()), ("places", "p", 2)];
    let views = series.map(|(name, column, last)| {
        format!(
            "CREATE TEMP VIEW {name} AS SELECT {column}::integer AS {column} FROM generate_series(1, {last}) {column};"
        )
    });
    let rows = ROWS.replace("PAST", "timestamptz '2025-06-15 12:00Z'").replace("ID", "md5('a')::uuid");
    server.sql(&name, &format!("SET search_path = avis; {} {rows} ANALYZE;", views.concat())).unwrap();
    read("PostgreSQL", members, &PostgresMovements::new(&database));
}

/// Reads statements: the account now, and the first page of what happened to it.
fn read(store: &str, members: u64, accounts: &dyn Accounts) {
    let now = Timestamp::now();
    let mut took: Vec<Duration> = (0..READ)
        .map(|number| {
            let member = 1 + number * 7_919 % members;
            let key = AccountKey { program: "stars".into(), account: AccountName::Own(format!("m-{member}").into()) };
            let begun = Instant::now();
            let account = accounts.account(&key, None, now).unwrap();
            let operations = accounts.operations(&key, None, PAGE).unwrap();
            let took = begun.elapsed();
            assert_eq!((account.balance(now), operations.len()), (LOTS * POINTS_OF_LOT, 10));
            took
        })
        .collect();
    took.sort_unstable();
    let ms = |place: usize| took.get(place).unwrap().as_secs_f64() * 1e3;
    println!(
        "{store:<10}  a statement among {members} members: {:.2} ms in the middle, {:.2} ms of 99 in 100   (wished: at most 5 ms)",
        ms(took.len() / 2),
        ms(took.len() * 99 / 100)
    );
}
