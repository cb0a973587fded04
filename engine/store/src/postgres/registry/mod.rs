//! What engines follow, on PostgreSQL: who writes locks one row, others read beside it.

mod audit;
mod chunk;
mod commit;
mod copying;
mod fleet;
mod follow;
mod head;
mod history;
mod identifiers;
mod lookup;
mod reading;
mod records;
mod settle;

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use avis_core::IdentifierSecret;
use deadpool_postgres::{Object, Pool, PoolError};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::postgres::database::Database;
use crate::postgres::migration::{self, OpenError, REGISTRY, told};
use crate::revision::RowHasher;
use crate::store::StoreError;

/// Connections of one program: few write, and who reads long takes one meanwhile.
const CONNECTIONS: usize = 8;

/// A store in a database that others may use as well. Its methods block: they are for threads outside of the runtime.
pub struct PostgresStore {
    database: Database,
    pool: Pool,
    hasher: RowHasher,
    check_value: [u8; 16],
    /// Whether the tables were found to be ours; nothing is read or written before.
    is_checked: AtomicBool,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PostgresStore(…)")
    }
}

impl PostgresStore {
    /// The store of a database that need not be there yet: what can't be used is found out when it is used.
    ///
    /// # Errors
    /// Connections that can't be made at all.
    pub fn new(database: &Database, secret: &IdentifierSecret) -> Result<Self, OpenError> {
        let pool = database.pool(CONNECTIONS).map_err(|error| OpenError::failed(&error))?;
        let (hasher, check_value) = (RowHasher::new(secret), secret.check_value());
        Ok(Self { database: database.clone(), pool, hasher, check_value, is_checked: AtomicBool::new(false) })
    }

    /// Opens the store of a database. Blocks until the database has answered.
    ///
    /// # Errors
    /// As [`PostgresStore::check`].
    pub fn open(database: &Database, secret: &IdentifierSecret) -> Result<Self, OpenError> {
        let store = Self::new(database, secret)?;
        store.check()?;
        Ok(store)
    }

    /// Makes sure that the tables are those that this program knows, under this secret. Blocks until the database has answered.
    ///
    /// # Errors
    /// A database that can't be reached, whose schema is another than this program's, or that was written under another secret.
    pub fn check(&self) -> Result<(), OpenError> {
        let checked = async {
            let client = self.pool.get().await.map_err(|error| OpenError::failed(&error))?;
            migration::check(&client, &REGISTRY, self.check_value).await?;
            let fresh = fresh_id().map_err(|error| OpenError::failed(&error))?;
            let begin = "INSERT INTO avis.store (incarnation) VALUES ($1) ON CONFLICT DO NOTHING";
            client.execute(begin, &[&fresh]).await.map(|_| ()).map_err(|error| OpenError::failed(&error))
        };
        self.database.runtime().block_on(checked)?;
        self.is_checked.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Begins another life of a store: the numbers of the old one mean nothing in it, and who followed it reads everything again.
    /// A promotion and a restore to another server are noticed without it; where the files of a server that stood still were put
    /// back by hand, nothing else tells.
    ///
    /// # Errors
    /// A database that can't be reached or written.
    pub fn start_new_incarnation(database: &Database) -> Result<(), OpenError> {
        let own = database.clone();
        let begun = async move {
            let failed = |error: tokio_postgres::Error| OpenError::failed(&error);
            let client = own.connect().await.map_err(failed)?;
            let fresh = fresh_id().map_err(|error| OpenError::failed(&error))?;
            client.execute("UPDATE avis.store SET incarnation = $1", &[&fresh]).await.map(|_| ()).map_err(failed)
        };
        database.wait(begun).unwrap_or_else(|| Err(OpenError::Failed("its runtime is gone".into())))
    }

    /// Waits for a step, on a thread that may block.
    fn wait<T, E: Into<StoreError>>(&self, step: impl Future<Output = Result<T, E>>) -> Result<T, StoreError> {
        self.database.runtime().block_on(step).map_err(E::into)
    }

    fn client(&self) -> Result<Object, StoreError> {
        if !self.is_checked.load(Ordering::Relaxed) {
            self.check().map_err(|error| StoreError::Failed(error.to_string()))?;
        }
        self.wait(self.pool.get())
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) { Self::Busy } else { Self::Failed(told(&error)) }
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        Self::Failed(told(&error))
    }
}

fn fresh_id() -> Result<Uuid, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(uuid::Builder::from_random_bytes(random).into_uuid())
}

/// A number as a column takes it; none is that high.
fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes of a length that the column checks.
fn fixed<const LENGTH: usize>(bytes: &[u8]) -> Result<[u8; LENGTH], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Failed(format!("expected {LENGTH} bytes in a column")))
}
