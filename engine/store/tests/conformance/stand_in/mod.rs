//! A ledger that stands in for another: unnoticed while that answers, and what is its own while it does not.

mod away;
mod back;
mod doubts;
mod on_postgres;
mod points;
mod quotes;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use avis_core::RuleSet;
use avis_store::sqlite::{Archive, Folder, FolderRecords, SqliteJournal, SqliteLedger, SqliteReports};
use avis_store::{
    Accounts, Clock, Knowledge, Ledger, LedgerError, Movements, Recorded, Reports, RulesRead, StandIn, StandInLimits,
    Task, Verdict,
};
use avis_testing::eventually;
use serde_json::Value;
use uuid::Uuid;

use crate::postgres::runtime;
use crate::recorded::Readable;
use crate::reports::Reported;
use crate::rows::{self, Dialect, Tables};
use crate::sealed::Sealed;
use crate::sqlite;
use crate::till::{Adapter, RULES_READ, TestClock, Till, new_id, secret};
use wire::{Passing, Wire, Wired};

pub(crate) struct Beside(PathBuf);

/// New folders for each test.
pub(crate) fn adapter(test: &str) -> Beside {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stand-in").join(test);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    Beside(path)
}

impl Beside {
    /// The ledger that is stood in for.
    fn cluster(&self, clock: Arc<dyn Clock>) -> SqliteLedger {
        let folder = Arc::new(Folder::create(&self.0.join("cluster")).unwrap());
        SqliteLedger::open(folder, &secret(), clock).unwrap()
    }

    fn journal(&self) -> SqliteJournal {
        SqliteJournal::open(Arc::new(Folder::create(&self.0.join("journal")).unwrap()), &secret()).unwrap()
    }

    /// Asks the file of the cluster's ledger.
    fn sql(&self, query: &str) -> i64 {
        let file = rusqlite::Connection::open(self.0.join("cluster").join("ledger.db")).unwrap();
        file.query_row(query, [], |row| row.get(0)).unwrap()
    }
}

impl Sealed for Beside {
    fn movements(&self) -> Box<dyn Movements> {
        Box::new(Archive::open(&self.0.join("cluster")).unwrap())
    }

    fn change(&self, statement: &str, id: Uuid) {
        sqlite::change(&self.0.join("cluster"), statement, id);
    }

    fn queue_again(&self) {
        sqlite::queue_again(&self.0.join("cluster"));
    }
}

impl Reported for Beside {
    fn reports(&self) -> Box<dyn Reports> {
        Box::new(SqliteReports::new(&self.0.join("cluster")))
    }

    fn accounts(&self) -> Box<dyn Accounts> {
        Box::new(SqliteReports::new(&self.0.join("cluster")))
    }

    fn change_tally(&self, statement: &str) {
        sqlite::change_tally(&self.0.join("cluster"), statement);
    }
}

impl Adapter for Beside {
    fn open(&self, clock: Arc<dyn Clock>) -> Box<dyn Ledger> {
        let ledger: Arc<dyn Ledger> = Arc::new(self.cluster(clock.clone()));
        let open = Box::new(move || Ok(ledger.clone()));
        let stand_in = StandIn::new(open, self.journal(), Arc::new(Known::default()), clock, LIMITS, runtime());
        Box::new(stand_in.unwrap())
    }
}

impl Readable for Beside {
    fn recorded(&self) -> Box<dyn Recorded> {
        Box::new(FolderRecords::new(&self.0.join("cluster")))
    }
}

impl Tables for Beside {
    fn dialect(&self) -> Dialect {
        sqlite::DIALECT
    }

    fn rows(&self, query: &str) -> Vec<Vec<String>> {
        sqlite::rows_of(&self.0.join("cluster").join("ledger.db"), query)
    }

    fn texts(&self, table: &str) -> Vec<String> {
        self.rows(&format!("SELECT * FROM {table}")).into_iter().map(|row| row.join("|")).collect()
    }

    fn reader(&self) -> Box<dyn Ledger> {
        // What stood in for it lets go of it on another thread.
        let opened = || Folder::create(&self.0.join("cluster")).map(drop);
        eventually("a folder of the ledger that nothing uses", opened, Result::is_ok).unwrap();
        Box::new(self.cluster(Arc::<TestClock>::default()))
    }
}

const LIMITS: StandInLimits = StandInLimits {
    stale_max: Duration::from_secs(3600),
    in_journal_max: 1000,
    patience: Duration::from_secs(60),
    look_every: Duration::from_millis(20),
};

/// Rules that are known from some moment on, and their age in seconds.
#[derive(Default)]
struct Known {
    rules: OnceLock<Arc<RuleSet>>,
    age: AtomicU64,
}

impl Knowledge for Known {
    fn rules(&self) -> Option<(Arc<RuleSet>, RulesRead)> {
        Some((self.rules.get()?.clone(), RULES_READ))
    }

    fn age(&self) -> Duration {
        Duration::from_secs(self.age.load(Ordering::SeqCst))
    }
}

/// A till at an engine whose ledger can go away.
struct Shop {
    till: Till,
    stand_in: Arc<StandIn>,
    wire: Arc<Wire>,
    known: Arc<Known>,
    clock: Arc<TestClock>,
    /// Where its journal is, and the file of the cluster's ledger, if it is one of this shop.
    beside: Beside,
}

impl Shop {
    /// With a ledger and a journal of their own.
    fn new(beside: &Beside) -> Self {
        let clock = Arc::<TestClock>::default();
        let wire = Arc::new(Wire::to(beside.cluster(clock.clone())));
        Self::at(beside, wire, clock)
    }

    /// With a journal beside whatever is at the other end of the wire.
    fn at(beside: &Beside, wire: Arc<Wire>, clock: Arc<TestClock>) -> Self {
        Self::within(LIMITS, beside, wire, clock)
    }

    fn within(limits: StandInLimits, beside: &Beside, wire: Arc<Wire>, clock: Arc<TestClock>) -> Self {
        Self::with(Till::open, limits, beside, wire, clock)
    }

    /// With rules and a holder of another kind.
    fn with(
        open_till: impl FnOnce(&dyn Adapter, &Arc<TestClock>) -> Till,
        limits: StandInLimits,
        beside: &Beside,
        wire: Arc<Wire>,
        clock: Arc<TestClock>,
    ) -> Self {
        let known = Arc::<Known>::default();
        let other_end = wire.clone();
        let open = Box::new(move || {
            let passing = other_end.passing();
            if passing == Passing::Nothing { Err("it is away".to_owned()) } else { Ok(wired(&other_end)) }
        });
        let stand_in = StandIn::new(open, beside.journal(), known.clone(), clock.clone(), limits, runtime()).unwrap();
        let stand_in = Arc::new(stand_in);
        let till = open_till(&Handed(stand_in.clone()), &clock);
        assert!(known.rules.set(till.rules()).is_ok());
        Self { till, stand_in, wire, known, clock, beside: Beside(beside.0.clone()) }
    }

    /// The same engine after a crash or a stop, with the ledger as it is.
    fn restarted(self, beside: &Beside) -> Self {
        let Self { wire, clock, .. } = { self };
        Self::at(beside, wire, clock)
    }

    /// The ledger goes away, and the engine has noticed.
    fn go_away(&self) {
        self.wire.pass(Passing::Nothing);
        assert!(self.tried(self.till.sale(new_id(), "sale", "nothing", 1)).is_err(), "that one is in doubt");
        self.until_it_stands_in();
    }

    /// The ledger is there again, and has everything.
    fn come_back(&self) {
        self.wire.pass(Passing::Everything);
        self.until_everything_is_handed_in();
        if self.beside.0.join("cluster").exists() {
            rows::laws_hold_at(&self.beside, self.wire.ledger());
        }
    }

    fn until_it_stands_in(&self) {
        let standing = || self.stand_in.standing();
        eventually("an engine that stands in", standing, |standing| standing.away_since.is_some());
    }

    fn until_everything_is_handed_in(&self) {
        let standing = || self.stand_in.standing();
        eventually("an empty journal and a ledger that is there", standing, |standing| {
            standing.away_since.is_none() && standing.in_journal == 0
        });
    }

    fn tried(&self, task: Task) -> Result<Verdict, LedgerError> {
        self.till.ledger.submit(task)?.blocking_recv().unwrap()
    }

    /// Another engine sells at the same ledger: this one is not told.
    fn sold_elsewhere(&self, product: &str, units: i64) {
        let sale = self.till.sale(new_id(), "sale", product, units);
        self.wire.ledger().submit(sale).unwrap().blocking_recv().unwrap().unwrap();
    }

    /// Sells under an id: the bytes.
    fn bytes(&self, id: Uuid, product: &str, units: i64) -> Vec<u8> {
        let sale = self.till.sale(id, "sale", product, units);
        match self.till.ask(sale) {
            Verdict::Answered { body, .. } => body,
            Verdict::Refused(refused) => panic!("{refused}"),
        }
    }

    /// What the cluster's ledger itself says to a sale under an id: the bytes, if it is a repeat.
    fn repeated_by_the_ledger(&self, id: Uuid, product: &str, units: i64) -> Option<Vec<u8>> {
        let sale = self.till.sale(id, "sale", product, units);
        match self.wire.ledger().submit(sale).unwrap().blocking_recv().unwrap().unwrap() {
            Verdict::Answered { body, replayed: true, reversed: false, .. } => Some(body),
            other => panic!("{other:?}"),
        }
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn wired(wire: &Arc<Wire>) -> Arc<dyn Ledger> {
    Arc::new(Wired(wire.clone()))
}

/// Hands out a ledger that is open already.
struct Handed(Arc<StandIn>);

impl Adapter for Handed {
    fn open(&self, _: Arc<dyn Clock>) -> Box<dyn Ledger> {
        Box::new(wire::Shared(self.0.clone()))
    }
}
