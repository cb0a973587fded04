//! What a refund costs as the history grows: 500 refunds of a sale of 500 lines, the last hundred against the first, on SQLite.
//!
//! `cargo bench --bench refunds`. Without `--bench` the counts are small, so that nothing rots.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::sync::Arc;
use std::time::Instant;

use avis_core::authorization::{OperationBody, OperationKind, UnitsOfLine};
use avis_core::{Fingerprint, Line, Request, plan};
use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{IdempotencyKey, Recording, SystemClock, Task, Verdict};
use avis_testing::TempFolder;
use common::{engine, request, rules, secret};
use uuid::Uuid;

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (lines, hundred) = if full { (500, 100) } else { (10, 2) };
    let folder = TempFolder::new("bench-refunds");
    let opened = Arc::new(Folder::create(folder.path()).unwrap());
    let ledger = SqliteLedger::open(opened, &secret(), Arc::new(SystemClock::default())).unwrap();
    let id = sold(&ledger, lines);
    let took: Vec<f64> = (0..lines).map(|line| refunded(&ledger, id, line)).collect();
    drop(ledger);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64 * 1e6;
    let (first, last) = (took.iter().take(hundred), took.iter().rev().take(hundred));
    let (first, last) = (mean(&first.copied().collect::<Vec<_>>()), mean(&last.copied().collect::<Vec<_>>()));
    println!("the first {hundred} of {lines} refunds   {first:>8.1} µs each");
    println!("the last {hundred} of {lines} refunds    {last:>8.1} µs each");
    println!("ratio {:.2} (wished: at most 2)", last / first);
}

/// Sells so many lines; the id.
fn sold(ledger: &SqliteLedger, lines: usize) -> Uuid {
    let line = request().lines.remove(0);
    let line = |number: usize| Line { line_id: number.to_string().into(), quantity: 2, ..line.clone() };
    let request = Request { lines: (0..lines).map(line).collect(), ..request() };
    let (rules, person) = (rules(100), engine(100).person(&request));
    let sale = common::sale(request, common::RULES_READ, |request| plan(rules, "provider-0", person, request).unwrap());
    let answer: serde_json::Value = serde_json::from_slice(&answered(ledger, sale)).unwrap();
    answer["authorization_id"].as_str().unwrap().parse().unwrap()
}

/// Refunds a unit of a line; how long it took in seconds.
fn refunded(ledger: &SqliteLedger, authorization: Uuid, line: usize) -> f64 {
    let request_id = Uuid::from_u128(1000 + line as u128);
    let body = OperationBody {
        request_id,
        lines: vec![UnitsOfLine { line_id: line.to_string().into(), units: 1 }],
        reason: None,
    };
    let kind = OperationKind::Refund;
    let fingerprint = Fingerprint::of_operation(kind, authorization, &body, &secret());
    let key = IdempotencyKey { provider: "provider-0".into(), request_id, fingerprint };
    let begun = Instant::now();
    answered(ledger, Task::Operate { key, terminal: "t".into(), authorization, kind, body });
    begun.elapsed().as_secs_f64()
}

fn answered(ledger: &SqliteLedger, task: Task) -> Vec<u8> {
    match ledger.submit(task).unwrap().blocking_recv().unwrap().unwrap() {
        Verdict::Answered { body, replayed: false, reversed: false, .. } => body,
        other => panic!("{other:?}"),
    }
}
