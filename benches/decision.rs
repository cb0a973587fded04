//! How long decisions take, side by side in one run: machines differ and stall, so read the ratios.
//!
//! `cargo bench --bench decision`. Without `--bench` each runs once, so that nothing rots.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::hint::black_box;
use std::time::Instant;

use avis_core::loyalty::LoyaltyRequest;
use avis_core::{Person, Request, Totals, explain, plan};
use common::{BODY, engine, payable, request, rules, unlimited};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn person() -> Person {
    engine(100).person(&request())
}

fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan and decide");
    for benefits in [100, 1_000, 10_000] {
        let rules = rules(benefits);
        let (person, request) = (person(), request());
        let input = || (rules.clone(), person.clone(), request.clone());
        group.bench_function(format!("{benefits} benefits"), |bencher| {
            bencher.iter_batched(
                input,
                |(rules, person, request)| payable(&plan(rules, "provider-0", person, request).unwrap()),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn around(criterion: &mut Criterion) {
    let (rules, person) = (rules(100), person());
    let mut group = criterion.benchmark_group("around a decision");
    group.bench_function("parse the request", |bencher| {
        bencher.iter(|| Request::parse(black_box(BODY.as_bytes())).unwrap().gross());
    });
    group.bench_function("explain", |bencher| {
        bencher.iter(|| {
            let (rules, person) = (rules.clone(), person.clone());
            explain(rules, "provider-0", person, request(), |_| Totals::default()).unwrap().0.payable
        });
    });
    let engine = engine(100);
    group.bench_function("from body to answer", |bencher| {
        bencher.iter(|| {
            let request = Request::parse(black_box(BODY.as_bytes())).unwrap();
            let asked = LoyaltyRequest::plain(request);
            let plan = engine.plan(engine.known().rules.clone().unwrap(), "provider-0", asked).unwrap().plan;
            let used = vec![Totals::default(); plan.needs().len()];
            avis_server::http::decide(&plan, used, avis_server::UsageConfidence::Exact, 1, false).len()
        });
    });
    group.finish();
}

/// Requests in a row to one server, before the other has its turn.
const IN_A_ROW: usize = 500;

/// Quotes a second against a handler that takes the same bytes and gives the same, in turns: what disturbs one disturbs the other.
fn over_http(_: &mut Criterion) {
    let turns = if std::env::args().any(|argument| argument == "--bench") { 41 } else { 1 };
    let seconds = |once: &mut dyn FnMut() -> i64| {
        let begun = Instant::now();
        let bytes: i64 = (0..IN_A_ROW).map(|_| once()).sum();
        assert!(bytes > 0);
        begun.elapsed().as_secs_f64()
    };
    let (mut bare, mut quote) = (common::over_http::bare(), common::over_http::quote(&unlimited(100)));
    let mut ratios: Vec<f64> = (0..turns).map(|_| seconds(&mut bare) / seconds(&mut quote)).collect();
    ratios.sort_by(f64::total_cmp);
    let (median, least, most) = (ratios[turns / 2], ratios[0], ratios[turns - 1]);
    println!("quotes a second against a bare handler, over HTTP: {median:.2} ({least:.2} to {most:.2})");
}

criterion_group!(benches, decisions, around, over_http);
criterion_main!(benches);
