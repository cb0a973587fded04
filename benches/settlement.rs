//! What settlement costs beside plain SQL over the same rows, and what a till's sale costs meanwhile; on both stores, in one run.
//!
//! `BENCH_MOVEMENTS=1000000 cargo bench --bench settlement`; 10000000 is what a statement is promised for. Without the variable the counts
//! are small, so that nothing rots. `BENCH_STORE=sqlite` and `BENCH_STORE=postgres` measure one store alone.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::convert::Infallible;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{Dates, Held, Listed, Profile, Sheet, Status, reconcile};
use avis_core::settlement::reports::{Counted, Dimension, Figures, Sight, Spans};
use avis_core::settlement::{Changes, Contract, Contracts, Month, Period, PostedMovement};
use avis_core::{Request, plan};
use avis_private_servers::Program;
use avis_store::{Authorizations, Entries, PairMonth, Posting, Tallied, TallyPart, TallyRow, Verdict, Wanted};
use avis_testing::{Durability, TempFolder, own_postgres};
use common::sold::{Book, FIRST, LAST_MONTH, Plain, Sold, SoldLedger};
use common::{engine, request, rules};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::json;
use tokio::runtime::Builder;
use uuid::Uuid;

const UNTIL: Date = Date::constant(2027, 1, 1);
const PROVIDER: &str = "provider-0";
const GRANTOR: &str = "grantor-0";

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let sales = std::env::var("BENCH_MOVEMENTS").map_or(2_000, |text| text.parse().unwrap());
    let store = std::env::var("BENCH_STORE").unwrap_or_default();
    let years = Sold { sales, days: 730, providers: 5 };
    let month = Sold { sales, days: 30, providers: 1 };
    if store != "postgres" {
        let folder = TempFolder::new("bench-settlement");
        let open = |name: &str, sold| SoldLedger::in_folder(&folder.path().join(name), sold);
        measure(&open("years", years), &open("month", month), sales);
    }
    if store != "sqlite" {
        let server = own_postgres(Durability::OnDisk, &[]);
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let open = |sold| {
            let url = server.url(&server.new_database().unwrap());
            SoldLedger::in_database(url, runtime.handle(), sold)
        };
        measure(&open(years), &open(month), sales);
    }
}

fn measure(years: &SoldLedger, month: &SoldLedger, sales: usize) {
    println!("on {}", years.plain.name());
    let (took, ()) = timed(|| years.book.days().tally(&|| false).unwrap());
    println!("{sales} movements added up   {:>10.0} a second", sales as f64 / took);
    question(years);
    statement(years);
    reconciliation(month, sales);
    sale_beside(years);
}

/// Seconds that something takes, and what it comes to.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let done = work();
    (begun.elapsed().as_secs_f64(), done)
}

/// The medians of one and the other, in turns, in seconds.
fn medians<T, U>(mut one: impl FnMut() -> T, mut other: impl FnMut() -> U) -> (f64, f64) {
    const TURNS: usize = 7;
    let turn = |_| (timed(|| black_box(one())).0, timed(|| black_box(other())).0);
    let (ones, others) = (0..TURNS).map(turn).unzip();
    (median(ones), median(others))
}

fn median(mut took: Vec<f64>) -> f64 {
    took.sort_by(f64::total_cmp);
    took[took.len() / 2]
}

/// What a grantor's benefits cost by month over two years, to how many people.
fn figures(book: &Book) -> (i64, usize) {
    let (by, sight) = (vec![Dimension::Month], Sight::Of(GRANTOR));
    let mut figures = Figures::new(Counted { from: FIRST, until: UNTIL, by, ..Counted::default() });
    let parts = [TallyPart::Borne, TallyPart::Used];
    let add = &mut |row| {
        match &row {
            TallyRow::Borne(span, granted, bearer, amount) if sight.has_borne(granted, &bearer.payer) => {
                figures.add_borne((span.start(), granted), (&bearer.payer, bearer.cause), *amount).unwrap();
            }
            TallyRow::Used(span, granted, seer, uses, people) if sight.has_used(granted, seer.as_deref()) => {
                figures.add_used((span.start(), granted), *uses, people).unwrap();
            }
            _ => {}
        }
        Ok(())
    };
    let spans = Spans::of(FIRST, UNTIL);
    let wanted = Tallied { of: &parts, spans: &spans, provider: None, party: Some(GRANTOR) };
    book.days().each_tallied((FIRST, UNTIL), &wanted, add).unwrap();
    let cells = figures.cells().unwrap();
    (cells.values().map(|cell| cell.uses).sum(), cells.values().map(|cell| cell.holders.len()).sum())
}

fn question(years: &SoldLedger) {
    let (uses, people) = figures(&years.book);
    let month = match years.plain {
        Plain::Sqlite(_) => "strftime('%Y-%m', m.natural_date * 86400, 'unixepoch')",
        Plain::Postgres(..) => "date_trunc('month', m.natural_date)",
    };
    let schema = schema(&years.plain);
    let query = format!(
        "SELECT CAST(sum(people) AS bigint) FROM (SELECT count(DISTINCT m.holder) AS people
         FROM {schema}movement m JOIN {schema}entry e USING (authorization_id, number) WHERE e.grantor = '{GRANTOR}' GROUP BY {month}) AS p"
    );
    let (from_tally, plain) = medians(|| figures(&years.book), || years.plain.numbers::<1>(&query));
    println!("cost by month over two years, {uses} uses, {people} people in months");
    println!("from what is added up     {:>10.1} ms   (goal: at most 50)", from_tally * 1e3);
    println!("by SQL over the rows      {:>10.1} ms", plain * 1e3);
}

fn schema(plain: &Plain) -> &'static str {
    if matches!(plain, Plain::Sqlite(_)) { "" } else { "avis." }
}

fn wanted<'a>(book: &'a Book, entries: Entries<'a>, (from, until): (Date, Date)) -> Wanted<'a> {
    Wanted { provider: PROVIDER, entries, closed: &book.closed, of: Authorizations::OfDays(from, until) }
}

/// What a grantor owes for a month of closed days; what its lines come to.
fn stated(book: &Book) -> i128 {
    let contract = json!({"grantor": GRANTOR, "provider": PROVIDER, "version": 1, "from": "2025-01-01", "rate": 9_000});
    let contracts = Contracts::of([Contract::from_value(&contract).unwrap()]);
    let month = Month::of(LAST_MONTH);
    let mut changes = Changes::new(GRANTOR, &contracts, Period::new(month.first(), month.end()).unwrap());
    let (closed, since) = (&book.closed, month.first());
    let of = PairMonth { grantor: GRANTOR, provider: PROVIDER, month, closed, since };
    let mut borne_in_all = 0;
    let whole = book.days().each_change(&of, &mut |began, stake, change, authorizations| {
        borne_in_all += (change.after - change.before) * i128::from(authorizations);
        changes.add_alike(began, stake, change, authorizations);
    });
    assert!(whole.unwrap().is_some(), "all of it is added up");
    black_box(&changes);
    borne_in_all
}

fn statement(years: &SoldLedger) {
    let (schema, plain) = (schema(&years.plain), &years.plain);
    let query = format!(
        "SELECT CAST(coalesce(sum(amount), 0) AS bigint), CAST(coalesce(sum(uses), 0) AS bigint) FROM
             (SELECT benefit, version, payer, cause, sum(amount) AS amount, sum(units), count(DISTINCT authorization_id) AS uses
              FROM {schema}entry
              WHERE provider = '{PROVIDER}' AND grantor = '{GRANTOR}' AND date >= {} AND date < {} GROUP BY 1, 2, 3, 4) AS s",
        plain.day(LAST_MONTH),
        plain.day(LAST_MONTH.last_of_month().tomorrow().unwrap())
    );
    let [amount, uses] = plain.numbers(&query);
    assert_eq!(i128::from(amount), stated(&years.book), "both come to the same");
    let (ours, plain) = medians(|| stated(&years.book), || plain.numbers::<2>(&query));
    println!("a month's statement of one pair, {uses} sales");
    println!("as it is issued           {:>10.1} ms", ours * 1e3);
    println!("by SQL over the entries   {:>10.1} ms", plain * 1e3);
    println!("ratio                     {:>10.2}   (goal: at most 1.5)", ours / plain);
}

/// The provider's movements of some days, as reconciliation reads them.
fn movements(book: &Book, days: (Date, Date)) -> Vec<PostedMovement> {
    let mut movements = Vec::new();
    let take = &mut |posting: Posting| {
        movements.push(posting.movement);
        Ok(())
    };
    book.reports.each_posting(&wanted(book, Entries::None, days), take).unwrap();
    movements
}

/// A file of movements in which every other row has the ledger's id.
fn file(movements: &[PostedMovement]) -> String {
    let mut file = "id;at;terminal;discount\n".to_owned();
    for (number, movement) in movements.iter().enumerate() {
        let at = movement.occurred_at.strftime("%Y-%m-%d %H:%M:%S");
        let id = if number % 2 == 0 { movement.request_id.to_string() } else { String::new() };
        writeln!(file, "{id};{at};{};{}", movement.terminal, movement.moved.discount).unwrap();
    }
    file
}

/// The rows of a file matched with the movements of some days; how many match, and the milliseconds of each step.
fn matched(book: &Book, file: &str, (from, until): (Date, Date)) -> (u64, [f64; 3]) {
    let profile = json!({"columns": {"request_id": "id", "occurred_at": "at", "terminal": "terminal", "discount": "discount"},
        "minor": true, "delimiter": ";", "dates": ["YYYY-MM-DD HH:mm:ss"]});
    let profile = Profile::from_value(&profile).unwrap();
    let day = ServiceDay::of_deployment(TimeZone::UTC);
    let (read, sheet) = timed(|| Sheet::read(file, &profile, &TimeZone::UTC, &day).unwrap());
    let (moved, movements) = timed(|| movements(book, (from, until)));
    let dates = Dates::new(from, until).unwrap();
    let asked = Held { profile: &profile, dates, zone: &TimeZone::UTC, listed: Listed::Unmatched };
    let (matched, found) = timed(|| reconcile(&sheet, &movements, asked, &mut |_| Ok::<_, Infallible>(())).unwrap());
    (found.summary[&Status::Matched], [read, moved, matched].map(|seconds| seconds * 1e3))
}

const JOIN: &str = "
    SELECT (SELECT count(*) FROM held r JOIN SCHEMA.movement m ON m.authorization_id = r.id AND m.discount = r.discount) +
           (SELECT count(*) FROM (SELECT DISTINCT r.at, r.terminal, r.number FROM held r
                                  JOIN sold s ON s.at = r.at AND s.terminal = r.terminal WHERE r.id IS NULL) AS found)";

/// The same rows cut into cells, put into a table, and joined by an index; in seconds.
fn joined(sold: &SoldLedger, file: &str) -> f64 {
    match &sold.plain {
        Plain::Sqlite(rows) => timed(|| joined_in_folder(rows, file)).0,
        Plain::Postgres(_, _, url) => joined_in_database(url, file),
    }
}

fn joined_in_folder(rows: &Connection, file: &str) {
    let held = "BEGIN; CREATE TEMP TABLE held (number INTEGER PRIMARY KEY, id BLOB, at INTEGER, terminal TEXT, discount INTEGER)";
    rows.execute_batch(held).unwrap();
    let insert = "INSERT INTO held (id, at, terminal, discount) VALUES (unhex(nullif(?1, ''), '-'), unixepoch(?2) * 1000, ?3, ?4)";
    let mut insert = rows.prepare(insert).unwrap();
    for line in file.lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        insert.execute(rusqlite::params![cells[0], cells[1], cells[2], cells[3].parse::<i64>().unwrap()]).unwrap();
    }
    drop(insert);
    let index = "CREATE TEMP TABLE sold AS SELECT occurred_at AS at, terminal FROM movement; CREATE INDEX temp.sold_at ON sold (at, terminal)";
    rows.execute_batch(index).unwrap();
    let count: usize = rows.query_row(&JOIN.replace("SCHEMA.", ""), [], |row| row.get(0)).unwrap();
    assert_eq!(count, file.lines().count() - 1);
    rows.execute_batch("ROLLBACK").unwrap();
}

/// By the server's own client.
fn joined_in_database(url: &str, file: &str) -> f64 {
    let folder = TempFolder::new("bench-join");
    let [rows, script] = ["rows.csv", "script.sql"].map(|name| folder.path().join(name));
    std::fs::write(&rows, file).unwrap();
    let statements = format!(
        "SET TIME ZONE 'UTC';
         CREATE TEMP TABLE held (number bigint GENERATED ALWAYS AS IDENTITY, id uuid, at timestamptz, terminal text, discount bigint);
         \\copy held (id, at, terminal, discount) FROM '{}' (FORMAT csv, DELIMITER ';', HEADER)
         CREATE TEMP TABLE sold AS SELECT occurred_at AS at, terminal FROM avis.movement; CREATE INDEX sold_at ON sold (at, terminal);
         ANALYZE held; ANALYZE sold; {};",
        rows.display(),
        JOIN.replace("SCHEMA", "avis").replace('\n', " ")
    );
    std::fs::write(&script, statements).unwrap();
    let mut psql = Command::new(Program::Psql.find().unwrap());
    psql.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(script).env("LC_ALL", "C");
    let (took, output) = timed(|| psql.output().unwrap());
    let count = String::from_utf8(output.stdout).unwrap();
    assert_eq!(count.trim(), (file.lines().count() - 1).to_string(), "{}", String::from_utf8_lossy(&output.stderr));
    took
}

fn reconciliation(month: &SoldLedger, sales: usize) {
    const TURNS: usize = 3;
    let days = (FIRST, FIRST.last_of_month().tomorrow().unwrap());
    let file = file(&movements(&month.book, days));
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let (took, (found, [read, moved, matched])) = timed(|| matched(&month.book, &file, days));
        assert_eq!(found, sales as u64, "each row has its movement");
        println!("rows read in {read:.1} ms, movements in {moved:.1} ms, matched in {matched:.1} ms");
        ours.push(took);
        plain.push(joined(month, &file));
    }
    let (ours, plain) = (median(ours), median(plain));
    println!("{sales} rows beside {sales} movements");
    println!("as they are matched       {:>10.1} ms", ours * 1e3);
    println!("parsed, and joined by SQL {:>10.1} ms", plain * 1e3);
    println!("ratio                     {:>10.2}   (goal: at most 2)", ours / plain);
}

/// Sells so often, one after the other; the seconds of each.
fn sell(sold: &SoldLedger, from: usize, count: usize) -> Vec<f64> {
    let (rules, person) = (rules(100), engine(100).person(&request()));
    let sell = |number: usize| {
        let request = Request { request_id: Uuid::from_u128(u128::MAX - number as u128), ..request() };
        let sale = common::sale(request, common::RULES_READ, |request| {
            plan(rules.clone(), "provider-0", person.clone(), request).unwrap()
        });
        let (took, verdict) = timed(|| sold.ledger.submit(sale).unwrap().blocking_recv().unwrap().unwrap());
        assert!(matches!(verdict, Verdict::Answered { .. }));
        took
    };
    (from..from + count).map(sell).collect()
}

/// A sale beside a loop that is as busy and touches no store, and beside each report over and over, in turns: where there are few
/// processors both take as much of them.
fn sale_beside(years: &SoldLedger) {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (turns, count) = if full { (8, 100) } else { (1, 10) };
    let days = (LAST_MONTH, LAST_MONTH.last_of_month().tomorrow().unwrap());
    let book = &years.book;
    let file = file(&movements(book, days));
    let reconciled = || assert!(matched(book, &file, days).0 > 0);
    let (asked, stated) = (|| assert!(figures(book).0 >= 0), || assert!(stated(book) >= 0));
    let added_up = || book.days().tally(&|| false).unwrap();
    let reports: [(&str, &(dyn Fn() + Sync)); 4] = [
        ("a question", &asked),
        ("a statement", &stated),
        ("a reconciliation", &reconciled),
        ("the adding up", &added_up),
    ];
    println!("a sale alone              {:>10.1} µs", median(sell(years, 0, count)) * 1e6);
    let mut sold = 0;
    let mut beside = |work: &(dyn Fn() + Sync)| {
        sold += count;
        let is_over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    work();
                }
            });
            let took = sell(years, sold, count);
            is_over.store(true, Ordering::SeqCst);
            took
        })
    };
    for (name, report) in reports {
        let (mut of_report, mut of_loop) = (Vec::new(), Vec::new());
        for _ in 0..turns {
            of_loop.extend(beside(&busy));
            of_report.extend(beside(report));
        }
        let (ours, busy) = (median(of_report), median(of_loop));
        println!(
            "beside {name:<18} {:>10.1} µs, beside a busy loop {:.1} µs, ratio {:.2}   (goal: at most 1.1)",
            ours * 1e6,
            busy * 1e6,
            ours / busy
        );
    }
}

/// Keeps a processor and its memory busy for some milliseconds.
fn busy() {
    let mut numbers: Vec<u64> = (0..100_000_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    numbers.sort_unstable();
    black_box(numbers);
}
