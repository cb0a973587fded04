//! What points cost: sales with a public benefit that redeem points and earn some, against such sales of who is in no programme,
//! in turns, in batches, on each store.
//!
//! `cargo bench --bench points`. Without `--bench` the counts are small, so that nothing rots.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a bench may stop at what it does not expect")]

mod common;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use avis_core::loyalty::{Inquiry, LoyaltyRequest, inquire};
use avis_core::{Catalogue, Fingerprint, Holder, Person, RuleSet, WrittenHolder, plan_loyal};
use avis_store::postgres::{Config, Database, PostgresLedger, migrate};
use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{IdempotencyKey, NewAuthorization, Pending, Recording, SystemClock, Task, Verdict};
use avis_testing::{Durability, TempFolder, own_postgres};
use common::{RULES_READ, secret};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use uuid::Uuid;

/// Who buys, in turn: accounts meet in a batch seldom.
const HOLDERS: usize = 1_000;
/// Of each ticket of 715 the state pays half; of the rest so many points, a cent each.
const REDEEMED: i64 = 50;

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let counts = if full { Counts { waiting: 256, sales: 5_000, turns: 4 } } else { Counts::SMALL };

    let folder = TempFolder::new("bench-points");
    let folder_of_ledger = Arc::new(Folder::create(folder.path()).unwrap());
    let ledger = SqliteLedger::open(folder_of_ledger, &secret(), Arc::new(SystemClock::default())).unwrap();
    compare("SQLite", &ledger, &counts);
    drop(ledger);

    let server = own_postgres(Durability::OnDisk, &[]);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config::new(server.url(&server.new_database().unwrap()));
    let database = Database::new(config, runtime.handle().clone()).unwrap();
    migrate(&database).unwrap();
    let ledger = PostgresLedger::open(&database, &secret(), Arc::new(SystemClock::default())).unwrap();
    compare("PostgreSQL", &ledger, &counts);
}

struct Counts {
    /// Tills that wait for their answers all the time.
    waiting: usize,
    /// Sales of a turn.
    sales: usize,
    turns: usize,
}

impl Counts {
    const SMALL: Self = Self { waiting: 16, sales: 32, turns: 1 };
}

/// Sells in turns with and without points.
fn compare(store: &str, ledger: &dyn Recording, counts: &Counts) {
    let mut world = World::new();
    // Everybody has points to begin with, and statements are prepared.
    world.drive(ledger, HOLDERS.min(counts.sales), With::Earning, counts.waiting);
    let (mut plain, mut with_points) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..counts.turns {
        plain += world.drive(ledger, counts.sales, With::Nothing, counts.waiting);
        with_points += world.drive(ledger, counts.sales, With::Redeeming, counts.waiting);
    }
    let of_sale = |took: Duration| took.as_secs_f64() * 1e6 / (counts.sales * counts.turns) as f64;
    println!(
        "{store:<10}  without {:>8.1} µs a sale, with points {:>8.1}: ratio {:.2} (wished: at most 1.6)",
        of_sale(plain),
        of_sale(with_points),
        with_points.as_secs_f64() / plain.as_secs_f64()
    );
}

/// What a sale has to do with points.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    Nothing,
    Earning,
    Redeeming,
}

/// A benefit of the state, a programme, members and others.
struct World {
    rules: Arc<RuleSet>,
    members: Vec<Arc<Holder>>,
    others: Vec<Arc<Holder>>,
    sold: u128,
}

impl World {
    fn new() -> Self {
        let catalogue = json!({
            "currency": "EUR",
            "providers": [{"code": "provider-0", "tags": []}],
            "programs": [{
                "code": "points", "version": 1, "owner": "shop", "name": {"lv": "n", "en": "n"},
                "scope": {"providers": {"all": true}}, "earn": {"per": 1, "rules": [{"code": "base", "money": 1}]},
                "expiry": {"months": 12}, "redeem": {"points": 1, "amount": 1},
            }],
            "benefits": [{
                "code": "half", "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": 1,
                "scope": {"providers": {"all": true}, "products": ["transport.bus"]}, "effect": {"percent": {"rate": 5000}},
                "limits": [{"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 1_000_000}],
            }],
        });
        let holder = |number: usize, memberships: Value| {
            let written = json!({"holder": format!("h-{number}"), "memberships": memberships});
            Arc::new(WrittenHolder::from_value(&written).unwrap().holder)
        };
        let membership = json!([{"program": "points", "from": "2026-01-01", "consent": "terms-1"}]);
        Self {
            rules: Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap())),
            members: (0..HOLDERS).map(|number| holder(number, membership.clone())).collect(),
            others: (0..HOLDERS).map(|number| holder(HOLDERS + number, json!([]))).collect(),
            sold: 0,
        }
    }

    /// How long so many sales took, planned beforehand, while so many wait all the time: the ledger alone is measured.
    fn drive(&mut self, ledger: &dyn Recording, sales: usize, with: With, waiting: usize) -> Duration {
        let sales: Vec<Task> = (0..sales).map(|number| self.sale(number % HOLDERS, with)).collect();
        let mut queue = VecDeque::new();
        let begun = Instant::now();
        for sale in sales {
            if queue.len() == waiting {
                queue.pop_front().into_iter().for_each(|pending| answered(pending, with));
            }
            queue.push_back(ledger.submit(sale).unwrap());
        }
        queue.into_iter().for_each(|pending| answered(pending, with));
        begun.elapsed()
    }

    fn sale(&mut self, who: usize, with: With) -> Task {
        self.sold += 1;
        let redeem =
            if with == With::Redeeming { json!([{"program": "points", "points": REDEEMED}]) } else { json!([]) };
        let asked = LoyaltyRequest::from_value(&json!({
            "request_id": Uuid::from_u128(self.sold), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR", "redeem": redeem,
            "lines": [{"line_id": "1", "product": "transport.bus.single", "quantity": 1, "unit_price": 715}],
        }));
        let asked = asked.unwrap();
        let holders = if with == With::Nothing { &self.others } else { &self.members };
        let holder = holders.get(who).unwrap().clone();
        let fingerprint = Fingerprint::of_loyalty_request(&asked, &secret());
        let key = IdempotencyKey { provider: "provider-0".into(), request_id: asked.request.request_id, fingerprint };
        let inquiry = inquire(&self.rules, "provider-0", Some(&holder), &asked).filter(|inquiry| !inquiry.is_empty());
        let known = inquiry.as_ref().map(Inquiry::beforehand);
        let person = Person { holder: Some(holder), identifiers: Vec::new() };
        let plan = plan_loyal(self.rules.clone(), "provider-0", person, asked.request, known).unwrap();
        let (terminal, hold) = ("t".into(), SignedDuration::from_mins(30));
        Task::Authorize(Box::new(NewAuthorization {
            key,
            plan,
            inquiry,
            terminal,
            rules: RULES_READ,
            stale: false,
            hold,
        }))
    }
}

/// Points were spent where they should be.
fn answered(pending: Pending, with: With) {
    let verdict = pending.blocking_recv().unwrap().unwrap();
    let spent = format!("\"spent\":{REDEEMED}");
    let is_right = matches!(&verdict, Verdict::Answered { body, replayed: false, .. }
        if String::from_utf8_lossy(body).contains(&spent) == (with == With::Redeeming));
    assert!(is_right, "{verdict:?}");
}
