//! How an engine comes to know everything: from PostgreSQL against `psql` that copies the same rows to nowhere, and from its local
//! snapshot against reading that file.
//!
//! `BENCH_HOLDERS=2000000 cargo bench --bench start` measures the size that is promised. Without `--bench` it is small, so that
//! nothing rots.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use avis_core::{RegisteredHolder, WrittenHolder};
use avis_private_servers::Program;
use avis_server::{Directory, Engine, Follower, Packer};
use avis_store::postgres::{Config, Database, PostgresStore, migrate};
use avis_store::{LocalSnapshot, Row, Store};
use avis_testing::{Durability, TempFolder, own_postgres};
use common::filled::fill;
use common::residents::resident;
use common::secret;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Builder;

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let fallback = if full { 200_000 } else { 2_000 };
    let holders: u64 = std::env::var("BENCH_HOLDERS").map_or(fallback, |text| text.parse().unwrap());
    let server = own_postgres(Durability::InMemory, &[]);
    let url = server.url(&server.new_database().unwrap());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let database = Database::new(Config::new(url.clone()), runtime.handle().clone()).unwrap();
    migrate(&database).unwrap();
    let postgres = Arc::new(PostgresStore::open(&database, &secret()).unwrap());
    let imported = seconds(|| fill(&*postgres, 100, holders));
    let store: Arc<dyn Store> = postgres;
    println!("{holders} holders with {} identifiers, imported in {imported:.1} s", 2 * holders);

    let folder = TempFolder::new("bench-start");
    let path = folder.path().join("snapshot");
    let written = seconds(|| {
        let mut packer = Packer::new(&secret());
        let pack = &mut |row: &Row| packer.pack(row);
        LocalSnapshot::write_packed(&path, &*store, &secret(), Timestamp::now(), pack).unwrap();
    });
    let length = std::fs::metadata(&path).unwrap().len();
    println!("a local snapshot of {} MB is written in {written:.1} s", length / 1_000_000);

    let copied = seconds(|| copy_to_nowhere(&url));
    let followed = seconds(|| {
        let engine = engine();
        Follower::new(store.clone(), engine.clone(), &secret()).follow().unwrap();
        assert_eq!(engine.directory.holder_count() as u64, holders);
    });
    let kept = |number| WrittenHolder::from_value(&resident(number)).unwrap().register(&secret()).unwrap().to_json();
    let documents: Vec<String> = (0..holders).map(kept).collect();
    let read = seconds(|| {
        for document in &documents {
            assert!(!RegisteredHolder::parse(document.as_bytes()).unwrap().identifiers.is_empty());
        }
    });
    drop(documents);
    println!("psql copies to nowhere {copied:>8.2} s");
    println!(
        "an engine reads it all {followed:>8.2} s, ratio {:.1}; reading the documents alone takes {read:.2} s",
        followed / copied
    );

    let read = seconds(|| drop(std::fs::read(&path).unwrap()));
    let checked = seconds(|| drop(opened(&path)));
    let begun = seconds(|| {
        let (engine, snapshot) = (engine(), opened(&path));
        Follower::new(store.clone(), engine.clone(), &secret()).begin_with(snapshot).unwrap();
        assert_eq!(engine.directory.holder_count() as u64, holders);
    });
    println!("the file is read in    {read:>8.2} s, and its seal checked in {checked:.2} s");
    println!(
        "an engine begins in    {begun:>8.2} s, ratio {:.1}; of the start from the database {:.2}",
        begun / read,
        begun / followed
    );
}

fn opened(path: &std::path::Path) -> LocalSnapshot {
    LocalSnapshot::open(path, &secret(), Timestamp::now(), SignedDuration::from_hours(1)).unwrap()
}

fn engine() -> Arc<Engine> {
    Arc::new(Engine::new(Directory::default(), secret(), TimeZone::get("Europe/Riga").unwrap()))
}

fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

/// The rows that an engine reads, by the server's own client.
fn copy_to_nowhere(url: &str) {
    let mut command = Command::new(Program::Psql.find().unwrap());
    for table in ["followed", "identifier"] {
        command.args(["-c", &format!("\\copy avis.{table} TO STDOUT")]);
    }
    let done = command
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url])
        .env("LC_ALL", "C")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(done.success());
}
