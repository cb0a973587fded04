//! What settlement costs beside plain SQL over the same rows, on SQLite, and what a till's sale costs meanwhile; in one run.
//!
//! `BENCH_MOVEMENTS=1000000 cargo bench --bench settlement`; 10000000 is what a statement is promised for. Without the variable the counts
//! are small, so that nothing rots.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{Dates, Held, Listed, Profile, Sheet, Status, reconcile};
use avis_core::settlement::reports::{Counted, Dimension, Figures, Sight, Spans};
use avis_core::settlement::{Began, Change, Changes, Contract, Contracts, OneByOne, Period, Stake};
use avis_core::{Request, plan};
use avis_store::{
    Authorizations, ClosedDays, Entries, Recording, Reports, Tallied, TallyPart, TallyRow, Verdict, Wanted,
};
use avis_testing::TempFolder;
use common::sold::{Book, FIRST, LAST_MONTH, Sold, SoldFolder};
use common::{engine, request, rules};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use uuid::Uuid;

const UNTIL: Date = Date::constant(2027, 1, 1);
const PROVIDER: &str = "provider-0";
const GRANTOR: &str = "grantor-0";

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let sales = std::env::var("BENCH_MOVEMENTS").map_or(2_000, |text| text.parse().unwrap());
    let folder = TempFolder::new("bench-settlement");
    let years = SoldFolder::new(&folder.path().join("years"), Sold { sales, days: 730, providers: 5 });
    let (took, ()) = timed(|| years.book.days().tally(&|| false).unwrap());
    println!("{sales} movements added up   {:>10.0} a second", sales as f64 / took);
    question(&years);
    statement(&years);
    let month = SoldFolder::new(&folder.path().join("month"), Sold { sales, days: 30, providers: 1 });
    reconciliation(&month, sales);
    sale_beside(&years);
}

/// Seconds that something takes, and what it comes to.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let done = work();
    (begun.elapsed().as_secs_f64(), done)
}

/// The median of five, in seconds.
fn median<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut took: Vec<f64> = (0..5).map(|_| timed(|| black_box(work())).0).collect();
    took.sort_by(f64::total_cmp);
    took[2]
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

fn question(folder: &SoldFolder) {
    let (uses, people) = figures(&folder.book);
    let from_tally = median(|| figures(&folder.book));
    let query = format!(
        "SELECT count(*), sum(people) FROM (SELECT count(DISTINCT m.holder) AS people FROM movement m JOIN entry e USING
         (authorization_id, number) WHERE e.grantor = '{GRANTOR}' GROUP BY strftime('%Y-%m', m.natural_date * 86400, 'unixepoch'))"
    );
    let plain = median(|| folder.rows.query_row(&query, [], |row| row.get::<_, i64>(1)).unwrap());
    println!("cost by month over two years, {uses} uses, {people} people in months");
    println!("from what is added up     {:>10.1} ms   (wished: at most 50)", from_tally * 1e3);
    println!("by SQL over the rows      {:>10.1} ms", plain * 1e3);
}

fn wanted<'a>(entries: Entries<'a>, closed: &'a ClosedDays, until: Date) -> Wanted<'a> {
    Wanted { provider: PROVIDER, entries, closed, of: Authorizations::OfDays(LAST_MONTH, until) }
}

/// What a grantor owes for a month; how many lines.
fn stated(book: &Book) -> i128 {
    let contract = json!({"grantor": GRANTOR, "provider": PROVIDER, "version": 1, "from": "2025-01-01", "rate": 9_000});
    let contracts = Contracts::of([Contract::from_value(&contract).unwrap()]);
    let period = Period::new(LAST_MONTH, LAST_MONTH.last_of_month().tomorrow().unwrap()).unwrap();
    let (mut changes, closed) = (Changes::new(GRANTOR, &contracts, period), ClosedDays::default());
    let mut current: OneByOne<(Began, HashMap<Stake, Change>)> = OneByOne::default();
    let mut take = |whole: Option<(Began, HashMap<Stake, Change>)>| {
        let (began, of) = whole.into_iter().next()?;
        of.into_iter().for_each(|(stake, change)| changes.add(began, &stake, change));
        Some(())
    };
    let mut borne_in_all = 0;
    let add = &mut |posting: avis_store::Posting| {
        let (movement, id) = (&posting.movement, posting.movement.id.authorization);
        take(current.whole_before(id));
        let Some(borne) = posting.borne else { return Ok(()) };
        let began = Began { first: posting.first, authorized_on: movement.authorized_on };
        let change = current.of(id, || (began, HashMap::new())).1.entry(borne.stake).or_default();
        change.after += i128::from(borne.amount);
        change.units += i128::from(borne.units);
        borne_in_all += i128::from(borne.amount);
        Ok(())
    };
    book.reports.each_posting(&wanted(Entries::Of(GRANTOR), &closed, period.until()), add).unwrap();
    take(current.last());
    black_box(&changes);
    borne_in_all
}

fn statement(folder: &SoldFolder) {
    let ours = median(|| stated(&folder.book));
    let query = format!(
        "SELECT sum(amount), sum(uses) FROM (SELECT benefit, version, payer, cause, sum(amount) AS amount, sum(units),
             count(DISTINCT authorization_id) AS uses FROM entry
         WHERE provider = '{PROVIDER}' AND grantor = '{GRANTOR}' AND date >= 20758 AND date < 20788 GROUP BY 1, 2, 3, 4)"
    );
    let sum =
        || folder.rows.query_row(&query, [], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)));
    let (amount, uses) = sum().unwrap();
    assert_eq!(i128::from(amount.unwrap_or_default()), stated(&folder.book), "both come to the same");
    let plain = median(|| sum().unwrap());
    println!("a month's statement of one pair, {} sales", uses.unwrap_or_default());
    println!("as it is issued           {:>10.1} ms", ours * 1e3);
    println!("by SQL over the entries   {:>10.1} ms", plain * 1e3);
    println!("ratio                     {:>10.2}   (wished: at most 1.5)", ours / plain);
}

/// A file in which every other row has the ledger's id.
fn file(folder: &SoldFolder) -> String {
    let mut file = "id;at;terminal;discount\n".to_owned();
    let query =
        "SELECT hex(authorization_id), occurred_at / 1000, terminal, discount FROM movement ORDER BY occurred_at";
    let mut statement = folder.rows.prepare(query).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut number = 0;
    while let Some(row) = rows.next().unwrap() {
        let at = jiff::Timestamp::from_second(row.get(1).unwrap()).unwrap().strftime("%Y-%m-%d %H:%M:%S");
        let id: String = if number % 2 == 0 { row.get(0).unwrap() } else { String::new() };
        let (terminal, discount): (String, i64) = (row.get(2).unwrap(), row.get(3).unwrap());
        writeln!(file, "{id};{at};{terminal};{discount}").unwrap();
        number += 1;
    }
    file
}

/// The rows of a file matched with those of the ledger; how many match.
fn matched(folder: &SoldFolder, file: &str) -> usize {
    let profile = json!({"columns": {"request_id": "id", "occurred_at": "at", "terminal": "terminal", "discount": "discount"},
        "minor": true, "delimiter": ";", "dates": ["YYYY-MM-DD HH:mm:ss"]});
    let (profile, closed) = (Profile::from_value(&profile).unwrap(), ClosedDays::default());
    let day = ServiceDay::of_deployment(TimeZone::UTC);
    let (read, sheet) = timed(|| Sheet::read(file, &profile, &TimeZone::UTC, &day).unwrap());
    let mut movements = Vec::new();
    let of = Authorizations::OfDays(FIRST, UNTIL);
    let wanted = Wanted { provider: PROVIDER, entries: Entries::None, closed: &closed, of };
    let take = &mut |posting: avis_store::Posting| {
        movements.push(posting.movement);
        Ok(())
    };
    let (moved, ()) = timed(|| folder.book.reports.each_posting(&wanted, take).unwrap());
    let dates = Dates::new(FIRST, Date::constant(2025, 2, 1)).unwrap();
    let held = Held { profile: &profile, dates, zone: &TimeZone::UTC, listed: Listed::Unmatched };
    let (matched, found) = timed(|| reconcile(&sheet, &movements, held, &mut |_| Ok::<_, Infallible>(())).unwrap());
    let [read, moved, matched] = [read, moved, matched].map(|seconds| seconds * 1e3);
    println!("rows read in {read:.1} ms, movements in {moved:.1} ms, matched in {matched:.1} ms");
    usize::try_from(found.summary[&Status::Matched]).unwrap()
}

/// The same rows cut into cells, put into a table, and joined by an index.
fn joined(folder: &SoldFolder, file: &str) -> i64 {
    let rows = &folder.rows;
    rows.execute_batch("BEGIN; CREATE TEMP TABLE row (id BLOB, at INTEGER, terminal TEXT, discount INTEGER)").unwrap();
    let mut insert =
        rows.prepare("INSERT INTO row VALUES (unhex(nullif(?1, '')), unixepoch(?2) * 1000, ?3, ?4)").unwrap();
    for line in file.lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        insert.execute(rusqlite::params![cells[0], cells[1], cells[2], cells[3].parse::<i64>().unwrap()]).unwrap();
    }
    drop(insert);
    let join = "SELECT (SELECT count(*) FROM row r JOIN movement m ON m.authorization_id = r.id AND m.discount = r.discount) +
        (SELECT count(*) FROM (SELECT DISTINCT r.rowid FROM row r JOIN temp.sold s ON s.at = r.at AND s.terminal = r.terminal
         WHERE r.id IS NULL))";
    rows.execute_batch(
        "CREATE TEMP TABLE sold AS SELECT occurred_at AS at, terminal FROM movement; CREATE INDEX temp.sold_at ON sold (at, terminal)",
    )
    .unwrap();
    let count = rows.query_row(join, [], |row| row.get(0)).unwrap();
    rows.execute_batch("ROLLBACK").unwrap();
    count
}

fn reconciliation(folder: &SoldFolder, sales: usize) {
    let file = file(folder);
    let (ours, found) = timed(|| matched(folder, &file));
    assert_eq!(found, sales, "each row has its movement");
    let (plain, _) = timed(|| joined(folder, &file));
    println!("{sales} rows beside {sales} movements");
    println!("as they are matched       {:>10.1} ms", ours * 1e3);
    println!("parsed, and joined by SQL {:>10.1} ms", plain * 1e3);
    println!("ratio                     {:>10.2}   (wished: at most 2)", ours / plain);
}

/// Sells so often, one after the other; the median in seconds.
fn sell(folder: &SoldFolder, from: usize, count: usize) -> f64 {
    let (rules, person) = (rules(100), engine(100).person(&request()));
    let mut took: Vec<f64> = (from..from + count)
        .map(|number| {
            let request = Request { request_id: Uuid::from_u128(u128::MAX - number as u128), ..request() };
            let sale = common::sale(request, common::RULES_READ, |request| {
                plan(rules.clone(), "provider-0", person.clone(), request).unwrap()
            });
            let (took, verdict) = timed(|| folder.ledger.submit(sale).unwrap().blocking_recv().unwrap().unwrap());
            assert!(matches!(verdict, Verdict::Answered { .. }));
            took
        })
        .collect();
    took.sort_by(f64::total_cmp);
    took[count / 2]
}

/// A sale alone, and while each report runs over and over.
fn sale_beside(folder: &SoldFolder) {
    let full = std::env::args().any(|argument| argument == "--bench");
    let count = if full { 500 } else { 10 };
    let alone = sell(folder, 0, count);
    println!("a sale alone              {:>10.1} µs", alone * 1e6);
    for (place, (name, report)) in REPORTS.iter().enumerate() {
        let (is_over, book) = (AtomicBool::new(false), &folder.book);
        let beside = std::thread::scope(|threads| {
            let running = threads.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    report(book);
                }
            });
            let beside = sell(folder, (place + 1) * count, count);
            is_over.store(true, Ordering::SeqCst);
            running.join().unwrap();
            beside
        });
        println!("beside {name:<18} {:>10.1} µs, ratio {:.2}   (wished: at most 1.1)", beside * 1e6, beside / alone);
    }
}

/// What runs beside a sale, by its name.
type Report = (&'static str, fn(&Book));

const REPORTS: [Report; 3] = [
    ("a question", |book| assert!(figures(book).0 >= 0)),
    ("a statement", |book| assert!(stated(book) >= 0)),
    ("the adding up", |book| book.days().tally(&|| false).unwrap()),
];
