//! The adapter on PostgreSQL, and what is its own: several programs, broken wires, a promoted replica.

use std::sync::OnceLock;

use avis_core::IdentifierSecret;
use avis_store::postgres::{Config, Database, PostgresStore, migrate};
use avis_store::{Store, StoreError};
use avis_testing::{Durability, PrivatePostgres, Proxy, eventually, own_postgres, postgres};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::copy::Copy;
use crate::office::{Adapter, Followed, Terms, at_once, commit, commit_in_turn, refusal, secret};
use crate::rows::{group, holder};

pub(crate) struct Postgres {
    name: String,
    address: String,
}

/// A new database for each test.
pub(crate) fn adapter(_test: &str) -> Postgres {
    at(postgres())
}

fn at(server: &PrivatePostgres) -> Postgres {
    let name = server.new_database().unwrap();
    let adapter = Postgres { address: server.url(&name), name };
    migrate(&adapter.database()).unwrap();
    adapter
}

impl Postgres {
    fn database(&self) -> Database {
        Database::new(Config::new(self.address.clone()), runtime()).unwrap()
    }

    /// On another way to the same database.
    fn through(&self, proxy: &Proxy) -> Self {
        let address = postgres().url_by(proxy.port(), &self.name);
        Self { name: self.name.clone(), address }
    }

    fn sql(&self, statements: &str) -> String {
        postgres().sql(&self.name, &format!("SET search_path = avis; {statements}")).unwrap()
    }
}

impl Adapter for Postgres {
    fn open_under(&self, secret: &IdentifierSecret) -> Result<Box<dyn Followed>, String> {
        let store = PostgresStore::open(&self.database(), secret).map_err(|error| error.to_string())?;
        Ok(Box::new(store))
    }

    fn tamper(&self, sql: &str) {
        // A later program's migration would have let its kinds in.
        self.sql(&format!("ALTER TABLE followed DROP CONSTRAINT IF EXISTS followed_kind; {sql}"));
    }

    fn hold_turn(&self) -> Box<dyn std::any::Any> {
        let address = self.address.clone();
        Box::new(runtime().block_on(async move {
            let (client, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute("BEGIN; SELECT FROM avis.store FOR UPDATE").await.unwrap();
            client
        }))
    }

    fn everything(&self) -> Vec<u8> {
        let tables = ["store", "revision", "followed", "identifier", "row_change", "audit", "record", "identifier_key"];
        tables.map(|table| self.sql(&format!("SELECT row.*::text FROM {table} AS row"))).concat().into_bytes()
    }

    fn start_new_incarnation(&self) {
        PostgresStore::start_new_incarnation(&self.database()).unwrap();
    }

    fn age(&self) {
        self.sql("UPDATE schema_version SET version = 1000 WHERE part = 'registry'");
    }
}

/// One for all tests.
fn runtime() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    RUNTIME.get_or_init(build).handle().clone()
}

#[test]
fn revisions_of_several_programs_are_dense() {
    let adapter = adapter("");
    let made = at_once(4, |program| {
        let store = adapter.open();
        let mut copy = Copy::of(&*store);
        let numbers: Vec<_> = (0..20)
            .map(|edition| {
                let number = commit_in_turn(&*store, &group(&format!("g-{program}"), edition)).number;
                copy.follow(&*store);
                number
            })
            .collect();
        (numbers, copy, store)
    });
    let mut numbers: Vec<_> = made.iter().flat_map(|(numbers, ..)| numbers.clone()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=80).collect::<Vec<_>>());
    let copies = made.into_iter().map(|(_, mut copy, store)| {
        copy.follow(&*store);
        copy.rows
    });
    let copies: Vec<_> = copies.collect();
    assert!(copies.windows(2).all(|two| two[0] == two[1]) && copies[0].len() == 4);
}

#[test]
fn programs_that_open_at_once_are_in_one_life() {
    let adapter = adapter("");
    let lives = at_once(4, |_| adapter.open().head().unwrap().revision.incarnation);
    assert!(lives.windows(2).all(|two| two[0] == two[1]), "{lives:?}");
}

#[test]
fn a_change_that_stays_open_elsewhere_makes_others_busy_and_no_reader_wait() {
    let adapter = adapter("");
    let (one, other) = (adapter.open(), adapter.open());
    commit(&*one, [group("a", 1)]);
    let turn = adapter.hold_turn();
    assert_eq!(Terms::default().commit(&*other, [group("b", 1)]), Err(StoreError::Busy));
    let trying = Terms { dry_run: true, ..Terms::default() };
    assert_eq!(trying.commit(&*other, [group("b", 1)]).unwrap().counts.added, 1, "what writes nothing needs no turn");
    assert_eq!(refusal(&*other, [group("", 1)]).len(), 1);
    assert_eq!(Copy::of(&*other).rows.len(), 1);
    other.append(&[]).unwrap();
    drop(turn);
    assert_eq!(commit_in_turn(&*other, &group("b", 1)).number, 2);
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_again() {
    let adapter = adapter("");
    let proxy = Proxy::to(postgres().port());
    let store = adapter.through(&proxy).open();
    // Not the end of READ COMMITTED.
    proxy.cut_after(b"COMMIT\0");
    assert_eq!(commit(&*store, [group("a", 1)]), 1);
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(Copy::of(&*store).rows.len(), 1);
    assert_eq!(commit(&*store, [group("a", 2)]), 2);
    assert_eq!(store.verify(None).unwrap(), None);
}

#[test]
fn a_commit_that_never_arrived_left_nothing() {
    let adapter = adapter("");
    let proxy = Proxy::to(postgres().port());
    let store = adapter.through(&proxy).open();
    commit(&*store, [group("a", 1)]);
    // In the midst of the rows, which were all read by then.
    proxy.cut_after(b"h-4000");
    let rows = (0..5_000).map(|number| holder(&format!("h-{number}"), &[&format!("card {number}")]));
    let failed = Terms::default().commit(&*store, rows);
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    assert_eq!(Copy::of(&*adapter.open()).rows.len(), 1);
    assert_eq!(commit_in_turn(&*store, &group("a", 2)).number, 2);
}

#[test]
fn who_follows_may_use_the_store_while_it_is_handed_rows() {
    let adapter = adapter("");
    let store = PostgresStore::open(&adapter.database(), &secret()).unwrap();
    commit(&store, [group("a", 1)]);
    let mut heads = Vec::new();
    let head = store.snapshot(&avis_store::Scope::ALL, &mut |_| heads.push(store.head().unwrap())).unwrap();
    assert_eq!(heads, [head]);
}

#[test]
fn a_server_on_another_timeline_is_another_incarnation() {
    let server = own_postgres(Durability::InMemory, &["restore_command = 'false'"]);
    let adapter = at(&server);
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    server.sql(&adapter.name, "CHECKPOINT").unwrap();
    let old = store.head().unwrap();
    server.stop().unwrap();
    server.run().unwrap();
    let head = || eventually("the head", || store.head(), Result::is_ok).unwrap();
    assert_eq!(head(), old, "a crash alone begins no other life");
    server.stop().unwrap();
    // As a restored server or a promoted replica: its recovery ends in a timeline of its own.
    server.file("data/recovery.signal", b"").unwrap();
    server.run().unwrap();
    let new = head();
    assert_ne!(new.revision.incarnation, old.revision.incarnation);
    assert_eq!((new.revision.number, new.digests), (1, old.digests));
    assert_eq!(store.changes_after(old.revision, &mut |_| {}), Err(StoreError::OtherIncarnation));
}
