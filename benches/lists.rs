//! What lists cost: an import of entitlements through the control plane against the bare writing of the rows that it writes (`COPY` on
//! PostgreSQL, prepared inserts on SQLite), and a page of fifty against a handler that makes the same query and returns the same bytes.
//!
//! `BENCH_HOLDERS=300000 cargo bench --bench lists` measures the size that is promised. Without `--bench` it is small, so that nothing
//! rots. Read the ratios: both sides run in one process, in one run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use avis_private_servers::Program;
use avis_store::Registry;
use avis_store::postgres::{Config, Database, PostgresStore, migrate};
use avis_store::records::RecordFilter;
use avis_store::sqlite::{Folder, SqliteStore};
use avis_testing::{Durability, TempFolder, eventually, own_postgres};
use common::filled::fill;
use common::over_http::served;
use common::plane::Plane;
use common::{peak_megabytes, secret};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tokio::runtime::Builder;

/// By how much an import may be dearer than writing its rows.
const IMPORT_MAX: f64 = 3.0;
/// By how much a page may be dearer than its bytes and its query.
const PAGE_MAX: f64 = 2.0;
/// The tables into which an import of entitlements writes.
const TABLES: [&str; 2] = ["followed", "row_change"];

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let fallback = if full { 300_000 } else { 1_000 };
    let entitlements = std::env::var("BENCH_HOLDERS").map_or(fallback, |text| text.parse().unwrap());
    on_sqlite(entitlements, if full { 21 } else { 1 });
    on_postgres(entitlements);
    println!("peak memory of this process, stores included: {} MB", peak_megabytes());
}

fn on_sqlite(entitlements: u64, turns: usize) {
    let temporary = TempFolder::new("bench-lists");
    let folder = Arc::new(Folder::create(temporary.path()).unwrap());
    let store = Arc::new(SqliteStore::open(folder.clone(), &secret()).unwrap());
    fill(&*store, 100, entitlements);
    let plane = Plane::over((store.clone(), store.clone()), &folder, 60);
    let (revision, imported_s) = imported(&plane, entitlements);
    let bare_s = inserted(&folder.file("registry.db"), &temporary.path().join("bare.db"), revision, entitlements);
    told("SQLite", entitlements, imported_s, ("prepared inserts", bare_s));
    page(&plane, &store, turns);
}

fn on_postgres(entitlements: u64) {
    let temporary = TempFolder::new("bench-lists-ledger");
    let folder = Arc::new(Folder::create(temporary.path()).unwrap());
    let server = own_postgres(Durability::OnDisk, &[]);
    let url = server.url(&server.new_database().unwrap());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let database = Database::new(Config::new(url.clone()), runtime.handle().clone()).unwrap();
    migrate(&database).unwrap();
    let store = Arc::new(PostgresStore::open(&database, &secret()).unwrap());
    fill(&*store, 100, entitlements);
    let plane = Plane::over((store.clone(), store), &folder, 1);
    let (revision, imported_s) = imported(&plane, entitlements);
    told("PostgreSQL", entitlements, imported_s, ("`COPY`", copied(&url, temporary.path(), revision)));
}

/// A list of one entitlement of each person: its revision, and the seconds from the first byte to the end of its job.
fn imported(plane: &Plane, entitlements: u64) -> (u64, f64) {
    let mut csv = "scheme,value,from\n".to_owned();
    for number in 0..entitlements {
        writeln!(csv, "etalons,E{number:07},2030-01-01").unwrap();
    }
    let begun = Instant::now();
    let job = plane.upload("/imports?kind=entitlements&group=group-77&reason=bench", &csv);
    println!("the list was read and hashed in {:.2} s", begun.elapsed().as_secs_f64());
    let path = format!("/imports/{}", job["id"].as_str().unwrap());
    let ended = eventually("the end of a job", || plane.get(&path), |job| job["state"] != "running");
    let took_s = begun.elapsed().as_secs_f64();
    assert_eq!((&ended["state"], &ended["result"]["changed"]), (&"done".into(), &entitlements.into()), "{ended}");
    (ended["revision"].as_u64().unwrap(), took_s)
}

fn told(store: &str, entitlements: u64, imported_s: f64, (bare, bare_s): (&str, f64)) {
    let ratio = imported_s / bare_s;
    println!(
        "{store}: {entitlements} entitlements in {imported_s:.2} s, their rows by {bare} in {bare_s:.2} s, ratio {ratio:.1}   (goal: at most {IMPORT_MAX})"
    );
}

/// The seconds of prepared inserts of all that a revision wrote, into tables and indexes as they are, in one transaction.
fn inserted(registry: &Path, bare: &Path, revision: u64, entitlements: u64) -> f64 {
    let from = Connection::open(registry).unwrap();
    let mut into = Connection::open(bare).unwrap();
    into.pragma_update(None, "journal_mode", "WAL").unwrap();
    into.pragma_update(None, "synchronous", "FULL").unwrap();
    into.pragma_update(None, "foreign_keys", false).unwrap();
    let rows = TABLES.map(|table| {
        let schema = "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC";
        let mut schema = from.prepare(schema).unwrap();
        for sql in schema.query_map([table], |row| row.get::<_, String>(0)).unwrap() {
            into.execute_batch(&sql.unwrap()).unwrap();
        }
        let mut read = from.prepare(&format!("SELECT * FROM {table} WHERE revision = ?1")).unwrap();
        let columns = read.column_count();
        let row =
            |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>();
        let rows: Vec<Vec<Value>> = read.query_map([revision], row).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len() as u64, entitlements, "{table}");
        (table, columns, rows)
    });
    let begun = Instant::now();
    let writing = into.transaction().unwrap();
    for (table, columns, rows) in rows {
        let marks = vec!["?"; columns].join(", ");
        let mut insert = writing.prepare(&format!("INSERT INTO {table} VALUES ({marks})")).unwrap();
        for row in rows {
            insert.execute(params_from_iter(row)).unwrap();
        }
    }
    writing.commit().unwrap();
    begun.elapsed().as_secs_f64()
}

/// The seconds of `COPY` of the same, by the server's own client.
fn copied(url: &str, folder: &Path, revision: u64) -> f64 {
    let file = |table: &str| folder.join(table).display().to_string();
    let prepare = TABLES.map(|table| {
        format!(
            "CREATE TABLE bare_{table} (LIKE avis.{table} INCLUDING ALL);\n\
             \\copy (SELECT * FROM avis.{table} WHERE revision = {revision}) TO '{}'\n",
            file(table)
        )
    });
    let write = TABLES.map(|table| format!("\\copy bare_{table} FROM '{}'\n", file(table)));
    let run = |script: String| {
        let path = folder.join("script.sql");
        std::fs::write(&path, script).unwrap();
        let mut psql = Command::new(Program::Psql.find().unwrap());
        psql.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(path).env("LC_ALL", "C");
        assert!(psql.status().unwrap().success());
    };
    run(prepare.concat());
    let begun = Instant::now();
    run(write.concat());
    begun.elapsed().as_secs_f64()
}

/// What the bare handler knows: the bytes, and where it looks.
struct Bare {
    bytes: String,
    registry: Arc<dyn Registry>,
}

/// Makes the query of the list, and returns the same bytes.
async fn bare(bare: Data<Bare>) -> HttpResponse {
    let asked = bare.clone();
    let found = web::block(move || {
        let filter = RecordFilter { kind: "party", ..RecordFilter::default() };
        asked.registry.records(&filter, 51).unwrap()
    });
    assert_eq!(black_box(found.await.unwrap()).len(), 51);
    HttpResponse::Ok().content_type("application/json").body(bare.bytes.clone())
}

/// Pages in a row of one server, before the other has its turn.
const IN_A_ROW: usize = 200;

/// A page of fifty parties against the bare handler, in turns: what disturbs one disturbs the other.
fn page(plane: &Plane, store: &Arc<SqliteStore>, turns: usize) {
    const PATH: &str = "/admin/v1/parties?limit=50";
    let shown = plane.get("/parties?limit=50");
    assert_eq!(shown["items"].as_array().unwrap().len(), 50);
    let known = Data::new(Bare { bytes: shown.to_string(), registry: store.clone() });
    let address = served(move |config| {
        config.app_data(known.clone()).route("/admin/v1/parties", web::get().to(bare));
    });
    let seconds = |once: &mut dyn FnMut() -> i64| {
        let begun = Instant::now();
        let bytes: i64 = (0..IN_A_ROW).map(|_| once()).sum();
        assert!(bytes > 0);
        begun.elapsed().as_secs_f64()
    };
    let us = |seconds: f64| seconds / IN_A_ROW as f64 * 1e6;
    let (mut ours, mut bare) = (plane.getting(plane.address, PATH), plane.getting(address, PATH));
    let mut took: Vec<(f64, f64)> = (0..turns).map(|_| (seconds(&mut ours), seconds(&mut bare))).collect();
    let ratio = |(ours, bare): &(f64, f64)| ours / bare;
    took.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    let (median, least, most) = (took[turns / 2], ratio(&took[0]), ratio(&took[turns - 1]));
    println!("a page of 50 parties: {:.0} µs, a bare handler with its query {:.0} µs", us(median.0), us(median.1));
    println!("ratio {:.2} ({least:.2} to {most:.2})   (goal: at most {PAGE_MAX})", ratio(&median));
}
