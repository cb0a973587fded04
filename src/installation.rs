//! What one node works on: a folder, and in it or in a shared database the store and the ledger.

use std::path::Path;
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::postgres::{self, Database, PostgresLedger, PostgresStore};
use avis_store::redis::RedisSignal;
use avis_store::sqlite::{Folder, SqliteLedger, SqliteStore};
use avis_store::{Clock, Ledger, LocalSignal, Registry, Signal, Store, SystemClock};

use crate::failure::Failure;
use crate::settings::{Cluster, Settings};

/// Before the names of all channels.
const CHANNEL: &str = "avis";

/// An opened node, whose folder is locked as long as it lives.
pub(crate) struct Installation {
    pub(crate) folder: Arc<Folder>,
    pub(crate) secret: IdentifierSecret,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) clock: Arc<dyn Clock>,
    signal: Arc<dyn Signal>,
    /// None if everything is in the folder.
    database: Option<Shared>,
}

/// A database that other nodes use as well, and the runtime on which its connections live.
struct Shared {
    database: Database,
    _runtime: tokio::runtime::Runtime,
}

impl Shared {
    fn reach(config: postgres::Config) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("avis-database").build();
        let runtime = runtime.map_err(|error| Failure::new(format!("runtime: {error}")))?;
        let database = Database::new(config, runtime.handle().clone()).map_err(Failure::of)?;
        Ok(Self { database, _runtime: runtime })
    }
}

impl Installation {
    /// Opens a node's folder, which is made if it is missing, and what it works on.
    pub(crate) fn open(folder: &Path, settings: &Settings) -> Result<Self, Failure> {
        Self::of(Folder::open(folder).map_err(Failure::of)?, settings)
    }

    /// Opens what a folder's node works on.
    pub(crate) fn of(folder: Folder, settings: &Settings) -> Result<Self, Failure> {
        let folder = Arc::new(folder);
        let secret = folder.identifier_secret().map_err(Failure::of)?;
        let clock = Arc::new(SystemClock::default());
        let database = settings.cluster.database().map(Shared::reach).transpose()?;
        let (store, registry): (Arc<dyn Store>, Arc<dyn Registry>) = match &database {
            Some(shared) => both(PostgresStore::open(&shared.database, &secret).map_err(Failure::of)?),
            None => both(SqliteStore::open(folder.clone(), &secret).map_err(Failure::of)?),
        };
        let signal: Arc<dyn Signal> = match settings.cluster.redis() {
            Some(url) => Arc::new(RedisSignal::new(url, CHANNEL).map_err(Failure::of)?),
            None => Arc::<LocalSignal>::default(),
        };
        Ok(Self { folder, secret, store, registry, clock, signal, database })
    }

    /// Opens the ledger, too, and begins to write.
    pub(crate) fn ledger(&self) -> Result<Arc<dyn Ledger>, Failure> {
        let clock = self.clock.clone();
        Ok(match &self.database {
            Some(shared) => Arc::new(PostgresLedger::open(&shared.database, &self.secret, clock).map_err(Failure::of)?),
            None => Arc::new(SqliteLedger::open(self.folder.clone(), &self.secret, clock).map_err(Failure::of)?),
        })
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
    let shared = Shared::reach(config)?;
    postgres::migrate(&shared.database).map_err(Failure::of)?;
    if restored {
        PostgresStore::begin_another_life(&shared.database).map_err(Failure::of)?;
    }
    Ok(())
}
