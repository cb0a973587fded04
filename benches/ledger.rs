//! What sharing a commit is worth: many tills at once against one after the other, in one run on the same disk.
//!
//! `cargo bench --bench ledger`. Without `--bench` the counts are small, so that nothing rots.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a bench may stop at what it does not expect")]

mod common;

use std::sync::Arc;
use std::time::Instant;

use avis_core::{Request, plan};
use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{Ledger, Recording, SystemClock, Task, Verdict};
use avis_testing::TempFolder;
use common::{engine, request, rules, secret};
use uuid::Uuid;

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (alone, waiting, rounds) = if full { (1_000, 256, 20) } else { (10, 16, 2) };
    let folder = TempFolder::new("bench-ledger");
    let ledger = SqliteLedger::open(
        Arc::new(Folder::create(folder.path()).unwrap()),
        &secret(),
        Arc::new(SystemClock::default()),
    );
    let ledger = ledger.unwrap();
    let tasks = tasks(alone + waiting * rounds);
    let mut tasks = tasks.into_iter();

    let begun = Instant::now();
    for task in tasks.by_ref().take(alone) {
        answered(ledger.submit(task).unwrap());
    }
    let one_by_one = begun.elapsed().as_secs_f64() / alone as f64;

    let before = ledger.statistics();
    let begun = Instant::now();
    for _ in 0..rounds {
        let pending: Vec<_> = tasks.by_ref().take(waiting).map(|task| ledger.submit(task).unwrap()).collect();
        pending.into_iter().for_each(answered);
    }
    let together = begun.elapsed().as_secs_f64() / (waiting * rounds) as f64;
    let batches = ledger.statistics().batches - before.batches;

    drop(ledger);
    println!("one after the other   {:>8.1} µs a sale", one_by_one * 1e6);
    println!(
        "{waiting} waiting at once   {:>8.1} µs a sale, {batches} commits for {}",
        together * 1e6,
        waiting * rounds
    );
    println!("ratio                 {:>8.1}   (wished: at least 10)", one_by_one / together);
}

fn answered(pending: avis_store::Pending) {
    let verdict = pending.blocking_recv().unwrap().unwrap();
    assert!(matches!(verdict, Verdict::Answered { replayed: false, .. }));
}

/// Sales of one line each with a limit, planned beforehand: the ledger alone is measured.
fn tasks(count: usize) -> Vec<Task> {
    let (rules, person) = (rules(100), engine(100).person(&request()));
    let task = |number: usize| {
        let request = Request { request_id: Uuid::from_u128(number as u128), ..request() };
        common::sale(request, common::RULES_READ, |request| {
            plan(rules.clone(), "provider-0", person.clone(), request).unwrap()
        })
    };
    (0..count).map(task).collect()
}
