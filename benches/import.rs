//! F28: what an import of many holders costs the quotes beside it: the CPU time of one quote while holders are imported and
//! followed in the same process, against the same without an import. Sales go on meanwhile; each is recorded.
//!
//! `BENCH_HOLDERS=1000000 cargo bench --bench import` measures the size that is promised. Without `--bench` it is small, so that
//! nothing rots. CPU time is the thread's own, where the system tells it: who else runs on the machine counts little.

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
use avis_store::sqlite::{Folder, SqliteLedger, SqliteStore};
use avis_store::{Ledger, LocalSignal, Recording, Signal, SystemClock, Verdict};
use avis_testing::{SetOnDrop, TempFolder};
use common::filled::{cases, context};
use common::residents::written;
use common::{BODY, holder_json, payable, peak_megabytes, request, secret};
use jiff::tz::TimeZone;
use uuid::Uuid;

/// Quotes between two looks whether it goes on.
const ROUND: u32 = 200;

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let fallback = if full { 200_000 } else { 2_000 };
    let holders = std::env::var("BENCH_HOLDERS").map_or(fallback, |text| text.parse().unwrap());
    let temporary = TempFolder::new("bench-import");
    let folder = Arc::new(Folder::create(temporary.path()).unwrap());
    let store = Arc::new(SqliteStore::open(folder.clone(), &secret()).unwrap());
    let ledger = SqliteLedger::open(folder, &secret(), Arc::new(SystemClock::default())).unwrap();
    import::catalogue(&*store, common::catalogue(1_000).to_string().as_bytes(), &cases(), &context()).unwrap();
    let anna = holder_json().to_string();
    import::holders((&*store, &*store), anna.as_bytes(), &secret(), &context()).unwrap();
    let engine = Arc::new(Engine::new(Directory::default(), secret(), TimeZone::get("Europe/Riga").unwrap()));
    let mut follower = Follower::new(store.clone(), engine.clone(), &secret());
    follower.follow().unwrap();
    let signal = LocalSignal::default();
    let following = Following::start(follower, &signal, Duration::from_secs(1)).unwrap();

    let before = quotes(&engine, |round| round < if full { 500 } else { 5 });
    let (imported, over, sold) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU64::new(0));
    let begun = Instant::now();
    let (importing, following_it, imported_s, followed_s) = std::thread::scope(|scope| {
        let importer = scope.spawn(|| {
            let input = written(holders);
            let done = import::holders((&*store, &*store), input, &secret(), &context()).unwrap();
            assert_eq!(done.counts.added, holders);
            let took = begun.elapsed();
            imported.store(true, Ordering::Relaxed);
            signal.announce(done.revision);
            took
        });
        let seller = scope.spawn(|| sell_until(&engine, &ledger, &over, &sold));
        let _over = SetOnDrop(&over);
        let importing = quotes(&engine, |_| !imported.load(Ordering::Relaxed));
        let following_it = quotes(&engine, |_| engine.directory.holder_count() as u64 <= holders);
        let followed = begun.elapsed();
        over.store(true, Ordering::Relaxed);
        seller.join().unwrap();
        (importing, following_it, importer.join().unwrap(), followed)
    });
    assert_eq!(ledger.statistics().failures, 0);
    assert_eq!(following.standing().counted.mismatches, 0);
    println!(
        "{holders} holders: imported in {:.1} s, followed after {:.1} s",
        seconds(imported_s),
        seconds(followed_s)
    );
    println!("sales meanwhile       {:>8}, none refused", sold.load(Ordering::Relaxed));
    println!("peak memory           {:>8} MB", peak_megabytes());
    match before.zip(importing).zip(following_it) {
        Some(((before, importing), following_it)) => {
            println!("CPU of a quote        {before:>8.2} µs alone");
            for (when, during) in [("while imported", importing), ("while followed", following_it)] {
                println!("{when:<21} {during:>8.2} µs, ratio {:.2}   (wished: at most 1.5)", during / before);
            }
        }
        None => println!("this system does not tell the CPU time of a thread"),
    }
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// Microseconds of this thread's CPU for a quote; none where the system does not tell. The system counts in steps that are longer
/// than a round, so only all rounds together tell.
fn quotes(engine: &Engine, goes_on: impl Fn(usize) -> bool) -> Option<f64> {
    let (mut rounds, begun) = (0, thread_cpu_ns());
    while goes_on(rounds) || rounds == 0 {
        for _ in 0..ROUND {
            let known = engine.known();
            let request = Request::parse(BODY.as_bytes()).unwrap();
            let asked = LoyaltyRequest::plain(request);
            let plan = engine.plan(known.rules.clone().unwrap(), "provider-0", asked).unwrap().plan;
            let used = plan.needs().iter().map(|_| avis_core::Totals::default()).collect();
            let answer = decide(&plan, used, UsageConfidence::Exact, known.revision(), false);
            assert!(answer.len() > 100 && payable(&plan) < 715);
        }
        rounds += 1;
    }
    begun.zip(thread_cpu_ns()).map(|(begun, ended)| (ended - begun) as f64 / (rounds * ROUND as usize) as f64 / 1e3)
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
