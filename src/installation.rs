//! What one node works on: a folder, and in it or in a shared database the store and the ledger.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_admin::CaseRunner;
use avis_core::IdentifierSecret;
use avis_server::Engine;
use avis_server::http::Training;
use avis_store::postgres::{
    self, Database, DatabaseRecords, OpenError, PostgresLedger, PostgresMovements, PostgresStore,
};
use avis_store::redis::RedisSignal;
use avis_store::sqlite::{Folder, FolderRecords, SqliteJournal, SqliteLedger, SqliteReports, SqliteStore};
use avis_store::{
    Accounts, Announcing, Clock, Ledger, LocalSignal, LocalSnapshot, LocalSnapshotError, Recorded, Recording, Registry,
    Reports, Signal, StandIn, StandInLimits, Store, SystemClock,
};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::passing_folder::PassingFolder;
use crate::settings::{Cluster, Settings};

/// Before the names of all channels.
const CHANNEL: &str = "avis";

/// The local snapshot of what an engine follows.
const SNAPSHOT: &str = "store.snapshot";

/// An opened node, whose folder is locked as long as it lives.
pub(crate) struct Installation {
    pub(crate) folder: Arc<Folder>,
    pub(crate) secret: IdentifierSecret,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) clock: Arc<dyn Clock>,
    zone: TimeZone,
    signal: Arc<dyn Signal>,
    /// By what news come between machines; none if nodes only look.
    pub(crate) news: Option<Arc<RedisSignal>>,
    /// None if everything is in the folder.
    database: Option<SharedDatabase>,
    /// From which reports read; none if from the same.
    replica: Option<SharedDatabase>,
}

/// Whether a shared database must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing can be done without it.
    Now,
    /// An engine may find it later, and go on meanwhile with what it kept.
    Later,
}

/// Where sales are recorded.
pub(crate) enum OpenedLedger {
    /// In this folder.
    Own(Arc<SqliteLedger>),
    /// In the shared database, or in the journal while that is away.
    Cluster(Arc<StandIn>),
}

impl OpenedLedger {
    /// Whichever it is.
    pub(crate) fn ledger(&self) -> Arc<dyn Ledger> {
        match self {
            Self::Own(ledger) => ledger.clone(),
            Self::Cluster(stand_in) => stand_in.clone(),
        }
    }

    /// What stands in for the ledger while it is away; none where it is in this folder.
    pub(crate) fn stand_in(&self) -> Option<Arc<StandIn>> {
        match self {
            Self::Own(_) => None,
            Self::Cluster(stand_in) => Some(stand_in.clone()),
        }
    }
}

/// A database that other nodes may use as well, and the runtime on which its connections live.
pub(crate) struct SharedDatabase {
    pub(crate) database: Database,
    runtime: tokio::runtime::Runtime,
}

impl SharedDatabase {
    pub(crate) fn reach(config: postgres::Config) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("avis-database").build();
        let runtime = runtime.map_err(|error| Failure::new(format!("runtime: {error}")))?;
        let database = Database::new(config, runtime.handle().clone()).map_err(Failure::of)?;
        Ok(Self { database, runtime })
    }

    fn store(&self, secret: &IdentifierSecret, need: Need) -> Result<PostgresStore, Failure> {
        let store = PostgresStore::new(&self.database, secret).map_err(|error| Failure::of_database(&error))?;
        match store.check() {
            Err(OpenError::Failed(error)) if need == Need::Later => {
                tracing::warn!(target: "avis::store", error, "the database is away");
            }
            checked => checked.map_err(|error| Failure::of_database(&error))?,
        }
        Ok(store)
    }
}

impl Installation {
    /// Opens the folder of an existing node, and what it works on.
    pub(crate) fn open(folder: &Path, settings: &Settings, need: Need) -> Result<Self, Failure> {
        Self::of(Folder::open(folder).map_err(Failure::of)?, settings, need)
    }

    /// Opens a node's folder, which is made if it is missing, and what it works on. What is made counts once it is finished.
    pub(crate) fn create(folder: &Path, settings: &Settings, need: Need) -> Result<Self, Failure> {
        Self::of(Folder::create(folder).map_err(Failure::of)?, settings, need)
    }

    /// Declares an installation whole that was made just now.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        self.folder.finish().map_err(Failure::of)
    }

    /// Opens what a folder's node works on.
    pub(crate) fn of(folder: Folder, settings: &Settings, need: Need) -> Result<Self, Failure> {
        let folder = Arc::new(folder);
        if folder.was_open_to_others() {
            let path = folder.path().display();
            eprintln!("avis: {path}: other users of this machine could read it; it is closed to them now");
        }
        let zone = settings.zone()?;
        let secret = folder.identifier_secret().map_err(Failure::of)?.with_forms(settings.identifier_forms());
        let clock = Arc::new(SystemClock::in_zone(zone.clone()));
        let of_node = |config: postgres::Config| postgres::Config { staging: folder.path().to_owned(), ..config };
        let database = settings.cluster.database().map(of_node).map(SharedDatabase::reach).transpose()?;
        let replica = settings.cluster.reports_database().map(SharedDatabase::reach).transpose()?;
        if folder.is_unfinished() && database.is_none() {
            // A whole installation has a ledger, too: later a missing one is noticed.
            drop(SqliteLedger::open(folder.clone(), &secret, clock.clone()).map_err(Failure::of)?);
        }
        let (store, registry): (Arc<dyn Store>, Arc<dyn Registry>) = match &database {
            Some(shared) => both(shared.store(&secret, need)?),
            None => both(SqliteStore::open(folder.clone(), &secret).map_err(Failure::of)?),
        };
        let authorities = settings.cluster.redis_authorities();
        let redis = settings.cluster.redis().map(|url| RedisSignal::new(url, CHANNEL, authorities)).transpose();
        let news = redis.map_err(Failure::of)?.map(Arc::new);
        let signal: Arc<dyn Signal> = match &news {
            Some(news) => news.clone(),
            None => Arc::<LocalSignal>::default(),
        };
        let store = Arc::new(Announcing::new(store, signal.clone()));
        Ok(Self { folder, secret, store, registry, clock, zone, signal, news, database, replica })
    }

    /// Opens the ledger, too, and begins to write. In a cluster an engine stands in for it while it is away, with what it knows.
    pub(crate) fn ledger(&self, engine: &Arc<Engine>, limits: StandInLimits) -> Result<OpenedLedger, Failure> {
        let clock = self.clock.clone();
        let Some(shared) = &self.database else {
            let ledger = SqliteLedger::open(self.folder.clone(), &self.secret, clock).map_err(Failure::of)?;
            return Ok(OpenedLedger::Own(Arc::new(ledger)));
        };
        let journal = SqliteJournal::open(self.folder.clone(), &self.secret).map_err(Failure::of)?;
        let (database, secret, ticking) = (shared.database.clone(), self.secret.clone(), clock.clone());
        let open = Box::new(move || {
            let opened = PostgresLedger::open(&database, &secret, ticking.clone());
            opened.map(|ledger| Arc::new(ledger) as Arc<dyn Ledger>).map_err(|error| error.to_string())
        });
        let runtime = shared.runtime.handle().clone();
        let stand_in = StandIn::new(open, journal, engine.clone(), clock, limits, runtime).map_err(Failure::of)?;
        Ok(OpenedLedger::Cluster(Arc::new(stand_in)))
    }

    /// The ledger itself, for a node that answers no terminal: what it is asked to write waits for it.
    pub(crate) fn writer(&self) -> Result<Arc<dyn Recording>, Failure> {
        let clock = self.clock.clone();
        match &self.database {
            None => Ok(Arc::new(SqliteLedger::open(self.folder.clone(), &self.secret, clock).map_err(Failure::of)?)),
            Some(shared) => {
                let opened = PostgresLedger::open(&shared.database, &self.secret, clock);
                Ok(Arc::new(opened.map_err(|error| Failure::of_database(&error))?))
            }
        }
    }

    /// Where terminals that train sell: a folder of its own, gone when this node stops.
    pub(crate) fn training(&self) -> Training {
        let (secret, clock, passing) = (self.secret.clone(), self.clock.clone(), PassingFolder::new());
        Training::new(move || {
            let folder = Arc::new(Folder::create(&passing.0).map_err(|error| error.to_string())?);
            let opened = SqliteLedger::open(folder, &secret, clock.clone());
            opened.map(|ledger| Arc::new(ledger) as Arc<dyn Ledger>).map_err(|error| error.to_string())
        })
    }

    /// Whether nobody else works on what this node works on.
    pub(crate) fn is_alone(&self) -> bool {
        self.database.is_none()
    }

    /// Where this node keeps a copy of what it follows; none if the store is in the folder anyway.
    pub(crate) fn snapshot_path(&self) -> Option<PathBuf> {
        self.database.as_ref().map(|_| self.folder.file(SNAPSHOT))
    }

    /// The copy that an earlier run kept, unless it is older than that.
    pub(crate) fn snapshot(&self, age_max: SignedDuration) -> Option<Result<LocalSnapshot, LocalSnapshotError>> {
        let path = self.snapshot_path()?;
        Some(LocalSnapshot::open(&path, &self.secret, self.clock.now(), age_max))
    }

    /// What settlement reads of the ledger.
    pub(crate) fn reports(&self) -> Arc<dyn Reports> {
        match &self.database {
            Some(shared) => Arc::new(PostgresMovements::new(&shared.database)),
            None => Arc::new(SqliteReports::new(self.folder.path())),
        }
    }

    /// The same from a replica, where there is one.
    pub(crate) fn replica(&self) -> Option<Arc<dyn Reports>> {
        let replica = self.replica.as_ref()?;
        Some(Arc::new(PostgresMovements::new(&replica.database)))
    }

    /// Accounts of points, read beside who writes them.
    pub(crate) fn accounts(&self) -> Arc<dyn Accounts> {
        match &self.database {
            Some(shared) => Arc::new(PostgresMovements::new(&shared.database)),
            None => Arc::new(SqliteReports::new(self.folder.path())),
        }
    }

    /// Runs the cases of a catalogue as this installation decides.
    pub(crate) fn cases(&self) -> CaseRunner {
        CaseRunner { secret: self.secret.clone(), zone: self.zone.clone() }
    }

    /// What was recorded, read beside whoever writes it.
    pub(crate) fn recorded(&self) -> Arc<dyn Recorded> {
        match &self.database {
            Some(shared) => Arc::new(DatabaseRecords::new(&shared.database)),
            None => Arc::new(FolderRecords::new(self.folder.path())),
        }
    }

    /// By what the nodes tell each other that there is news.
    pub(crate) fn signal(&self) -> Arc<dyn Signal> {
        self.signal.clone()
    }
}

fn both<T: Store + Registry + 'static>(opened: T) -> (Arc<dyn Store>, Arc<dyn Registry>) {
    let opened = Arc::new(opened);
    (opened.clone(), opened)
}

/// Brings the tables of the shared database up to date; what was put back from a copy begins another incarnation.
pub(crate) fn migrate(cluster: &Cluster, restored: bool) -> Result<(), Failure> {
    let Some(config) = cluster.database() else {
        let detail =
            "there is no database in the settings (`cluster.database`); a folder is brought up to date by itself";
        return Err(Failure::new(detail));
    };
    let shared = SharedDatabase::reach(config)?;
    postgres::migrate(&shared.database).map_err(|error| Failure::of_database(&error))?;
    if restored {
        PostgresStore::start_new_incarnation(&shared.database).map_err(|error| Failure::of_database(&error))?;
    }
    Ok(())
}
