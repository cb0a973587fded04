//! What sharing a commit is worth on PostgreSQL: many tills at once, against a transaction for each request with the same
//! statements, on one server that writes to disk.
//!
//! `cargo bench --bench ledger_postgres`. Without `--bench` the counts are small, so that nothing rots.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use avis_core::{Person, Request, plan};
use avis_store::postgres::{Config, Database, PostgresLedger, migrate};
use avis_store::{Ledger, Recording, SystemClock, Task, Verdict};
use avis_testing::{Durability, own_postgres};
use common::{engine, request, rules, secret};
use tokio::runtime::{Builder, Handle};
use uuid::Uuid;

/// Batches in flight of the ledger as it is configured by default.
const WRITERS: usize = 8;
/// Connections of the transactions for each request.
const ALONE: usize = 16;

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (waiting, rounds) = if full { (256, 40) } else { (16, 2) };
    let server = own_postgres(Durability::OnDisk, &[]);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let open = |in_flight_max, batch_max| {
        let address = server.url(&server.new_database().unwrap());
        let connections = in_flight_max + 2;
        ledger(Config { connections, in_flight_max, batch_max, ..Config::new(address) }, runtime.handle())
    };
    let alone = measured(&open(ALONE, 1), waiting, rounds.min(8));
    let together = measured(&open(WRITERS, 256), waiting, rounds);
    println!("a transaction each, {ALONE} connections: {alone}");
    println!("{waiting} waiting at once, {WRITERS} in flight: {together}");
    println!("ratio {:.1} (wished: at least 8)", alone.sale_us / together.sale_us);
    let writer_commits = together.latency_us / together.commit_us;
    if let Some(busy) = together.busy {
        println!(
            "of all processors {:.0} % are busy then: at 100 % they are the bound, and not the disk",
            busy * 100.0
        );
    }
    println!("half wait at most {writer_commits:.1} commits of a writer (wished: at most 2)");
}

fn ledger(config: Config, runtime: &Handle) -> PostgresLedger {
    let database = Database::new(config, runtime.clone()).unwrap();
    migrate(&database).unwrap();
    PostgresLedger::open(&database, &secret(), Arc::new(SystemClock::default())).unwrap()
}

struct Measured {
    sale_us: f64,
    commits: u64,
    sales: usize,
    /// That half of the sales waited at most.
    latency_us: f64,
    /// From the beginning of a batch to its end, on average.
    commit_us: f64,
    /// Which part of the time of all processors was used, by whomever; none where the system does not tell.
    busy: Option<f64>,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sale_us, commits, sales, latency_us, .. } = self;
        write!(out, "{sale_us:>8.1} µs a sale, {commits} commits for {sales}, half within {:.1} ms", latency_us / 1e3)
    }
}

/// As many wait all the time; who is answered is followed by the next.
fn measured(ledger: &PostgresLedger, waiting: usize, rounds: usize) -> Measured {
    let mut tasks = tasks(waiting * (rounds + 2)).into_iter();
    // Connections are opened and statements prepared.
    drive(ledger, tasks.by_ref().take(waiting * 2), waiting);
    let before = ledger.statistics();
    let (begun, ticks) = (Instant::now(), Ticks::now());
    let mut latencies = drive(ledger, tasks, waiting);
    let took_us = begun.elapsed().as_secs_f64() * 1e6;
    let busy = ticks.zip(Ticks::now()).map(|(before, after)| after.busy_since(&before));
    let commits = ledger.statistics().batches - before.batches;
    let sales = latencies.len();
    latencies.sort_by(f64::total_cmp);
    let commit_us = took_us * WRITERS as f64 / commits as f64;
    Measured { sale_us: took_us / sales as f64, commits, sales, latency_us: latencies[sales / 2], commit_us, busy }
}

/// What all processors did since the system's start.
struct Ticks {
    all: u64,
    idle: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        // user, nice, system, idle, waiting for a disk, interrupts, soft interrupts, stolen.
        let fields = text.lines().next()?.split_whitespace().skip(1).take(8).map(|field| field.parse().ok());
        let fields: Vec<u64> = fields.collect::<Option<_>>()?;
        Some(Self { all: fields.iter().sum(), idle: fields.get(3)? + fields.get(4)? })
    }

    fn busy_since(&self, before: &Self) -> f64 {
        let all = (self.all - before.all).max(1) as f64;
        1.0 - (self.idle - before.idle) as f64 / all
    }
}

/// How long each sale waited, in microseconds.
fn drive(ledger: &PostgresLedger, tasks: impl Iterator<Item = Task>, waiting: usize) -> Vec<f64> {
    let mut queue = VecDeque::new();
    let mut latencies = Vec::new();
    let mut settle = |(begun, pending): (Instant, avis_store::Pending)| {
        let verdict = pending.blocking_recv().unwrap().unwrap();
        assert!(matches!(verdict, Verdict::Answered { replayed: false, .. }));
        latencies.push(begun.elapsed().as_secs_f64() * 1e6);
    };
    for task in tasks {
        if queue.len() == waiting {
            queue.pop_front().into_iter().for_each(&mut settle);
        }
        queue.push_back((Instant::now(), ledger.submit(task).unwrap()));
    }
    queue.into_iter().for_each(&mut settle);
    latencies
}

/// Sales of one line each with a limit, by a thousand households, planned beforehand: the ledger alone is measured.
fn tasks(count: usize) -> Vec<Task> {
    let (rules, person) = (rules(100), engine(100).person(&request()));
    let holder = person.holder.clone().unwrap();
    let task = |number: usize| {
        let request = Request { request_id: Uuid::from_u128(number as u128), ..request() };
        let mut own = (*holder).clone();
        own.code = format!("h-{}", number % 1_000).into();
        own.household = Some(format!("hh-{}", number % 1_000).into());
        let person = Person { holder: Some(Arc::new(own)), ..person.clone() };
        common::sale(request, common::RULES_READ, |request| plan(rules.clone(), "provider-0", person, request).unwrap())
    };
    (0..count).map(task).collect()
}
