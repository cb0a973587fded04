//! The adapter on PostgreSQL, and what is its own: several engines, broken wires, a schema that others migrate.

mod beside;
mod encryption;
mod engines;
mod faults;
mod refused;
mod replica;
mod schema;
mod sealing;
mod tallying;

use std::sync::{Arc, OnceLock};

use avis_store::postgres::{Config, Database, DatabaseRecords, PostgresLedger, PostgresMovements, migrate};
use avis_store::{Accounts, Clock, Ledger, Movements, Recorded, Reports};
use avis_testing::postgres;
use tokio::runtime::{Builder, Handle, Runtime};
use uuid::Uuid;

use crate::recorded::Readable;
use crate::reports::Reported;
use crate::rows::{Dialect, Tables};
use crate::sealed::Sealed;
use crate::till::{Adapter, secret};

pub(crate) struct Postgres {
    pub(crate) config: Config,
    name: String,
}

/// A new database for each test.
pub(crate) fn adapter(_test: &str) -> Postgres {
    let name = postgres().new_database().unwrap();
    // Few connections: many tests run at once.
    let config = Config { connections: 6, ..Config::new(postgres().url(&name)) };
    migrate(&database(config.clone())).unwrap();
    Postgres { config, name }
}

pub(crate) fn database(config: Config) -> Database {
    Database::new(config, runtime()).unwrap()
}

impl Postgres {
    /// On another way to the same database.
    pub(crate) fn through(&self, port: u16) -> Self {
        let address = postgres().url_by(port, &self.name);
        Self { config: Config { address, ..self.config.clone() }, name: self.name.clone() }
    }

    pub(crate) fn sql(&self, statements: &str) -> String {
        postgres().sql(&self.name, statements).unwrap()
    }
}

impl Sealed for Postgres {
    fn movements(&self) -> Box<dyn Movements> {
        Box::new(PostgresMovements::new(&database(self.config.clone())))
    }

    fn change(&self, statement: &str, id: Uuid) {
        self.sql(&statement.replace("{id}", &format!("'{id}'")).replace("{{}}", "{}"));
    }

    fn queue_again(&self) {
        self.sql(
            "INSERT INTO avis.unsealed (lane, authorization_id, event) SELECT lane, authorization_id, event FROM avis.seal;
             DELETE FROM avis.seal; UPDATE avis.seal_head SET position = 0, link = decode(repeat('00', 32), 'hex')",
        );
    }
}

impl Readable for Postgres {
    fn recorded(&self) -> Box<dyn Recorded> {
        Box::new(DatabaseRecords::new(&database(self.config.clone())))
    }
}

impl Reported for Postgres {
    fn reports(&self) -> Box<dyn Reports> {
        Box::new(PostgresMovements::new(&database(self.config.clone())))
    }

    fn accounts(&self) -> Box<dyn Accounts> {
        Box::new(PostgresMovements::new(&database(self.config.clone())))
    }

    fn change_tally(&self, statement: &str) {
        self.sql(&statement.replacen("tally_", "avis.tally_", 1));
    }
}

impl Adapter for Postgres {
    fn open(&self, clock: Arc<dyn Clock>) -> Box<dyn Ledger> {
        Box::new(PostgresLedger::open(&database(self.config.clone()), &secret(), clock).unwrap())
    }
}

impl Tables for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect {
            schema: "avis.",
            authorization: "encode(uuid_send(authorization_id), 'hex')",
            month: "to_char(date, 'YYYY-MM')",
        }
    }

    fn rows(&self, query: &str) -> Vec<Vec<String>> {
        self.sql(query).lines().map(|row| row.split('|').map(str::to_owned).collect()).collect()
    }

    fn texts(&self, table: &str) -> Vec<String> {
        self.sql(&format!("SELECT t::text FROM {table} AS t")).lines().map(str::to_owned).collect()
    }
}

/// One for all tests.
pub(crate) fn runtime() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    RUNTIME.get_or_init(build).handle().clone()
}
