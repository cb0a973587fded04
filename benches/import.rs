//! F28: what an import of many holders costs the quotes beside it: a quote while holders are imported, and then followed, in the same
//! process, against a quote beside the same import into a store that its engine does not follow. Both share the processors with the
//! same work, so what is left is what the import costs a quote: locks, and memory that is written where it is read. Told are the
//! CPU time of one quote, and how long half of the quotes take at most. Sales go on meanwhile; each is recorded.
//!
//! `BENCH_HOLDERS=1000000 cargo bench --bench import` measures the size that is promised. Without `--bench` it is small, so that
//! nothing rots. CPU time is the thread's own, where the system tells it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use avis_admin::import;
use avis_core::Request;
use avis_core::loyalty::LoyaltyRequest;
use avis_server::http::decide;
use avis_server::{Directory, Engine, Follower, Following, UsageConfidence};
use avis_store::postgres::{Config, Database, PostgresStore, migrate};
use avis_store::sqlite::{Folder, SqliteLedger, SqliteStore};
use avis_store::{Ledger, LocalSignal, Recording, Registry, Signal, Store, SystemClock, Verdict};
use avis_testing::{Durability, SetOnDrop, TempFolder, own_postgres};
use common::filled::{cases, context};
use common::residents::written;
use common::{BODY, holder_json, payable, peak_megabytes, request, secret};
use jiff::tz::TimeZone;
use tokio::runtime::Builder;
use uuid::Uuid;

/// By how much a quote may be dearer beside an import than beside the same work elsewhere.
const QUOTE_MAX: f64 = 1.15;
/// Quotes between two looks whether it goes on.
const ROUND: u32 = 20;

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let fallback = if full { 200_000 } else { 2_000 };
    let holders = std::env::var("BENCH_HOLDERS").map_or(fallback, |text| text.parse().unwrap());
    let alone_rounds = if full { 5_000 } else { 5 };
    let folders = ["here", "elsewhere"].map(|name| TempFolder::new(&format!("bench-import-{name}")));
    let [here, elsewhere] = folders.each_ref().map(|folder| {
        let folder = Arc::new(Folder::create(folder.path()).unwrap());
        World::new(Arc::new(SqliteStore::open(folder, &secret()).unwrap()))
    });
    compared("SQLite", &here, &elsewhere, holders, alone_rounds);
    let server = own_postgres(Durability::OnDisk, &[]);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let [here, elsewhere] = [(), ()].map(|()| {
        let url = server.url(&server.new_database().unwrap());
        let database = Database::new(Config::new(url), runtime.handle().clone()).unwrap();
        migrate(&database).unwrap();
        World::new(Arc::new(PostgresStore::open(&database, &secret()).unwrap()))
    });
    compared("PostgreSQL", &here, &elsewhere, holders, alone_rounds);
    println!("peak memory {} MB", peak_megabytes());
}

/// A store, and an engine that follows it.
struct World {
    store: Arc<dyn Store>,
    registry: Arc<dyn Registry>,
    engine: Arc<Engine>,
    signal: LocalSignal,
    following: Following,
}

impl World {
    /// With rules and one holder.
    fn new<T: Store + Registry + 'static>(store: Arc<T>) -> Self {
        import::catalogue(&*store, common::catalogue(1_000).to_string().as_bytes(), &cases(), &context()).unwrap();
        let anna = holder_json().to_string();
        import::holders((&*store, &*store), anna.as_bytes(), &secret(), &context()).unwrap();
        let engine = Arc::new(Engine::new(Directory::default(), secret(), TimeZone::get("Europe/Riga").unwrap()));
        let mut follower = Follower::new(store.clone(), engine.clone(), &secret());
        follower.follow().unwrap();
        let signal = LocalSignal::default();
        let following = Following::start(follower, &signal, Duration::from_secs(1)).unwrap();
        Self { registry: store.clone(), store, engine, signal, following }
    }
}

/// What a quote took while something went on.
#[derive(Clone, Copy)]
struct Took {
    cpu_us: Option<f64>,
    median_us: f64,
}

/// What quotes of one engine took while holders came into a store, and while its engine took them over.
struct Beside {
    importing: Took,
    following: Took,
}

fn compared(name: &str, here: &World, elsewhere: &World, holders: u64, alone_rounds: usize) {
    let temporary = TempFolder::new("bench-import-ledger");
    let folder = Arc::new(Folder::create(temporary.path()).unwrap());
    let ledger = SqliteLedger::open(folder, &secret(), Arc::new(SystemClock::default())).unwrap();
    let (over, sold) = (AtomicBool::new(false), AtomicU64::new(0));
    let (alone, beside_same, beside_own) = std::thread::scope(|scope| {
        scope.spawn(|| sell_until(&here.engine, &ledger, &over, &sold));
        let _over = SetOnDrop(&over);
        let alone = quotes(&here.engine, |round| round < alone_rounds);
        (alone, imported(elsewhere, &here.engine, holders), imported(here, &here.engine, holders))
    });
    assert_eq!(ledger.statistics().failures, 0);
    assert_eq!(here.following.standing().counted.mismatches, 0);
    println!("{name}: {} sales meanwhile, none refused", sold.load(Ordering::Relaxed));
    told("with nothing beside it", alone, alone);
    told("while imported", beside_own.importing, beside_same.importing);
    told("while followed", beside_own.following, beside_same.following);
}

/// Imports holders into a world, and quotes with an engine until the world's own knows them.
fn imported(world: &World, quoting: &Engine, holders: u64) -> Beside {
    let (is_imported, begun) = (AtomicBool::new(false), Instant::now());
    std::thread::scope(|scope| {
        let importer = scope.spawn(|| {
            let _imported = SetOnDrop(&is_imported);
            let input = written(holders);
            let done = import::holders((&*world.store, &*world.registry), input, &secret(), &context()).unwrap();
            assert_eq!(done.counts.added, holders);
            world.signal.announce(done.revision);
            begun.elapsed()
        });
        let importing = quotes(quoting, |_| !is_imported.load(Ordering::Relaxed));
        let imported_in = importer.join().unwrap();
        let following = quotes(quoting, |_| world.engine.directory.holder_count() as u64 <= holders);
        let followed_in = begun.elapsed();
        println!(
            "{holders} holders: imported in {:.1} s, followed after {:.1} s",
            imported_in.as_secs_f64(),
            followed_in.as_secs_f64()
        );
        Beside { importing, following }
    })
}

fn told(when: &str, own: Took, same: Took) {
    let ratio = own.median_us / same.median_us;
    println!(
        "{when:<23} half of the quotes within {:>6.1} µs, beside the same elsewhere {:.1} µs, ratio {ratio:.2}   (goal: at most {QUOTE_MAX})",
        own.median_us, same.median_us
    );
    if let Some((own, same)) = own.cpu_us.zip(same.cpu_us) {
        println!(
            "{:<23} CPU of a quote {own:>19.1} µs, beside the same elsewhere {same:.1} µs, ratio {:.2}   (goal: at most {QUOTE_MAX})",
            "",
            own / same
        );
    }
}

/// The system counts CPU time in steps that are longer than a round, so only all rounds together tell it.
fn quotes(engine: &Engine, goes_on: impl Fn(usize) -> bool) -> Took {
    let (mut rounds, begun) = (Vec::new(), thread_cpu_ns());
    while goes_on(rounds.len()) || rounds.is_empty() {
        let round = Instant::now();
        for _ in 0..ROUND {
            let known = engine.known();
            let request = Request::parse(BODY.as_bytes()).unwrap();
            let asked = LoyaltyRequest::plain(request);
            let plan = engine.plan(known.rules.clone().unwrap(), "provider-0", asked).unwrap().plan;
            let used = plan.needs().iter().map(|_| avis_core::Totals::default()).collect();
            let answer = decide(&plan, used, UsageConfidence::Exact, known.revision(), false);
            assert!(answer.len() > 100 && payable(&plan) < 715);
        }
        rounds.push(round.elapsed());
    }
    let cpu_ns = begun.zip(thread_cpu_ns()).map(|(begun, ended)| (ended - begun) as f64);
    let cpu_us = cpu_ns.map(|cpu_ns| cpu_ns / (rounds.len() as f64 * f64::from(ROUND)) / 1e3);
    rounds.sort_unstable();
    Took { cpu_us, median_us: rounds[rounds.len() / 2].as_secs_f64() * 1e6 / f64::from(ROUND) }
}

/// Sells one after the other, each recorded.
fn sell_until(engine: &Engine, ledger: &SqliteLedger, over: &AtomicBool, sold: &AtomicU64) {
    while !over.load(Ordering::Relaxed) {
        let request = Request { request_id: Uuid::from_u128(u128::from(sold.load(Ordering::Relaxed))), ..request() };
        let known = engine.known();
        let sale = common::sale(request, known.rules_read(), |request| {
            let asked = LoyaltyRequest::plain(request);
            engine.plan(known.rules.clone().unwrap(), "provider-0", asked).unwrap().plan
        });
        let verdict = ledger.submit(sale).unwrap().blocking_recv().unwrap().unwrap();
        assert!(matches!(verdict, Verdict::Answered { replayed: false, .. }));
        sold.fetch_add(1, Ordering::Relaxed);
    }
}

/// What this thread ran so far, in nanoseconds.
fn thread_cpu_ns() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}
