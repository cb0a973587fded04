//! The adapter on PostgreSQL.

use std::sync::{Arc, OnceLock};

use avis_store::postgres::{Config, Database, PostgresLedger, migrate};
use avis_store::{Clock, Ledger};
use avis_testing::PrivatePostgres;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::till::{Adapter, secret};

pub(crate) struct Postgres {
    pub(crate) database: String,
}

/// A new database for each test.
pub(crate) fn adapter(_test: &str) -> Postgres {
    let database = PrivatePostgres::shared().new_database();
    let adapter = Postgres { database };
    migrate(&adapter.database(adapter.config())).unwrap();
    adapter
}

impl Postgres {
    /// Few connections: many tests run at once.
    pub(crate) fn config(&self) -> Config {
        Config { connections: 6, ..Config::new(PrivatePostgres::shared().url(&self.database)) }
    }

    pub(crate) fn database(&self, config: Config) -> Database {
        Database::new(config, runtime()).unwrap()
    }
}

impl Adapter for Postgres {
    fn open(&self, clock: Arc<dyn Clock>) -> Box<dyn Ledger> {
        Box::new(PostgresLedger::open(&self.database(self.config()), &secret(), clock).unwrap())
    }
}

/// One for all tests.
pub(crate) fn runtime() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    RUNTIME.get_or_init(build).handle().clone()
}
