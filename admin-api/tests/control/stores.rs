//! Where what a test records is kept: in a folder, or in a database of its own.

use std::sync::{Arc, OnceLock};

use avis_core::IdentifierSecret;
use avis_core::settlement::PostedMovement;
use avis_store::postgres::{
    Config, Database, DatabaseRecords, PostgresLedger, PostgresMovements, PostgresStore, migrate,
};
use avis_store::sqlite::{Archive, Folder, FolderRecords, SqliteLedger, SqliteReports, SqliteStore};
use avis_store::{
    Accounts, BusinessDates, Clock, Movements, Recorded, Recording, Registry, Reports, SealKey, Store, StoredMovement,
    closed_by_all,
};
use avis_testing::{eventually, postgres};
use tokio::runtime::{Builder, Handle, Runtime};

/// A store and a ledger, and how they are read beside who writes them.
pub(crate) struct Stores {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) ledger: Arc<dyn Recording>,
    pub(crate) recorded: Arc<dyn Recorded>,
    pub(crate) reports: Arc<dyn Reports>,
    pub(crate) accounts: Arc<dyn Accounts>,
    exported: Exported,
}

/// What moved, as an export reads it.
enum Exported {
    Folder(Arc<Folder>),
    Database(Box<PostgresMovements>, String),
}

impl Stores {
    pub(crate) fn in_folder(folder: &Arc<Folder>, secret: &IdentifierSecret, clock: Arc<dyn Clock>) -> Self {
        let store = Arc::new(SqliteStore::open(folder.clone(), secret).unwrap());
        let reports = Arc::new(SqliteReports::new(folder.path()));
        Self {
            store: store.clone(),
            registry: store,
            ledger: Arc::new(SqliteLedger::open(folder.clone(), secret, clock).unwrap()),
            recorded: Arc::new(FolderRecords::new(folder.path())),
            reports: reports.clone(),
            accounts: reports,
            exported: Exported::Folder(folder.clone()),
        }
    }

    /// In a new database.
    pub(crate) fn in_database(secret: &IdentifierSecret, clock: Arc<dyn Clock>) -> Self {
        let name = postgres().new_database().unwrap();
        let config = Config { connections: 6, ..Config::new(postgres().url(&name)) };
        let database = Database::new(config, runtime()).unwrap();
        migrate(&database).unwrap();
        let store = Arc::new(PostgresStore::open(&database, secret).unwrap());
        let reports = Arc::new(PostgresMovements::new(&database));
        Self {
            store: store.clone(),
            registry: store,
            ledger: Arc::new(PostgresLedger::open(&database, secret, clock).unwrap()),
            recorded: Arc::new(DatabaseRecords::new(&database)),
            reports: reports.clone(),
            accounts: reports.clone(),
            exported: Exported::Database(Box::new(PostgresMovements::new(&database)), name),
        }
    }

    /// The sum of a column of the ledger's tables, by SQL of its own.
    pub(crate) fn sum(&self, column: &str, table: &str) -> i64 {
        match &self.exported {
            Exported::Folder(folder) => {
                let rows = rusqlite::Connection::open(folder.file("ledger.db")).unwrap();
                rows.query_row(&format!("SELECT coalesce(sum({column}), 0) FROM {table}"), [], |row| row.get(0))
                    .unwrap()
            }
            Exported::Database(_, name) => postgres()
                .sql(name, &format!("SELECT coalesce(sum({column}), 0) FROM avis.{table}"))
                .unwrap()
                .parse()
                .unwrap(),
        }
    }

    /// What was sold and given back, as an export has it once everything is sealed.
    pub(crate) fn movements(&self, secret: &IdentifierSecret) -> Vec<PostedMovement> {
        let read = || {
            let archive;
            let exported: &dyn Movements = match &self.exported {
                Exported::Database(movements, _) => &**movements,
                Exported::Folder(folder) => {
                    archive = Archive::open(folder.path()).unwrap();
                    &archive
                }
            };
            let key = SealKey::new(secret);
            eventually("a ledger that is sealed", || exported.verify(&key).unwrap(), |found| found.unsealed == 0);
            let closed = closed_by_all(&|filter, most| self.registry.records(filter, most), None).unwrap();
            let mut movements = Vec::new();
            let mut dates = BusinessDates::by(&closed);
            let mut sink = |movement: StoredMovement| {
                let mut line = Vec::new();
                movement.write_line(dates.of(&movement)?, &mut line)?;
                movements.push(PostedMovement::from_json(&line).unwrap());
                Ok(())
            };
            exported.each_movement(&mut sink).unwrap();
            movements
        };
        aside(read)
    }
}

/// Does something on a thread that may wait for a database: one that makes requests may not.
pub(crate) fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

/// One for all tests.
fn runtime() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    RUNTIME.get_or_init(build).handle().clone()
}
