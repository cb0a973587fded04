//! The ledger on PostgreSQL: lanes in every engine, one short transaction for what waits in a lane.

pub(super) mod accounts;
mod batch;
mod column;
mod erasing;
mod expiry;
mod failure;
pub(super) mod lane;
mod load;
mod pace;
#[cfg(test)]
mod plans;
mod points;
mod points_write;
mod posting;
mod queue;
mod read;
mod sealer;
mod statement;
pub(super) mod units;
mod wanted;
mod working_set;
mod write;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use avis_core::loyalty::{Inquiry, Known};
use avis_core::{IdentifierSecret, Need, Reading, Totals};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::clock::Clock;
use crate::erasing::Erased;
use crate::ledger::{Ledger, LedgerError, Pending, ReadBack, Recording, Statistics, Task};
use crate::postgres::database::Database;
use crate::postgres::migration::{self, OpenError};
use crate::recording;
use crate::revision::RulesRead;
use crate::sealing::SealKey;
use expiry::Expiry;
use pace::Pace;
use points::PointsWanted;
use sealer::Sealer;
use writer::{Counted, WriterContext};

pub use read::{DatabaseRecords, over_granted, record};

/// How long the end waits for what is still being written.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How long the end waits for a last round of seals.
const LAST_SEALS: Duration = Duration::from_secs(5);

/// A ledger in a database that other engines may use as well.
pub struct PostgresLedger {
    database: Database,
    shared: Arc<WriterContext>,
    expiring: AbortHandle,
    sealing: Sealing,
    key: SealKey,
    /// Ends when every writer has ended.
    ended: std::sync::Mutex<mpsc::Receiver<()>>,
}

/// What seals, and how it is ended.
struct Sealing {
    stop: watch::Sender<bool>,
    task: AbortHandle,
    ended: std::sync::Mutex<mpsc::Receiver<()>>,
}

impl fmt::Debug for PostgresLedger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PostgresLedger(…)")
    }
}

impl PostgresLedger {
    /// Opens the ledger of a database and begins to write. Blocks until the database has answered.
    ///
    /// # Errors
    /// A database that can't be reached, whose schema is another than this program's, or that was written under another secret.
    pub fn open(database: &Database, secret: &IdentifierSecret, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let config = database.config();
        let (connections, patience) = (config.connections, config.patience);
        let pool_of = |connections| database.pool(connections).map_err(|error| OpenError::failed(&error));
        let (pool, pool_of_sealer) = (pool_of(connections)?, pool_of(1)?);
        let expiry = Arc::new(Expiry::new(pool.clone(), clock.clone()));
        let (checking, beginning, check_value) = (pool.clone(), expiry.clone(), secret.check_value());
        let begun = async move {
            let client = checking.get().await.map_err(|error| OpenError::failed(&error))?;
            migration::check(&client, &migration::LEDGER, check_value).await?;
            drop(client);
            beginning.begin().await.map_err(|error| OpenError::failed(&error))
        };
        database.wait(begun).unwrap_or_else(|| Err(OpenError::Failed("its runtime is gone".into())))?;
        let pace = Pace::new(config.batch_max);
        let (queue, counted) = (queue::Queue::default(), Arc::<Counted>::default());
        let shared = WriterContext { queue, pool, clock, expiry: expiry.clone(), patience, counted, pace };
        let shared = Arc::new(shared);
        let (end, ended) = mpsc::channel();
        // One connection is left to let holds expire, one to read.
        for _ in 0..connections.saturating_sub(2).min(config.in_flight_max.max(1)) {
            let (shared, end) = (shared.clone(), end.clone());
            database.runtime().spawn(async move {
                shared.write().await;
                drop(end);
            });
        }
        let expiring = database.runtime().spawn(expiry.run()).abort_handle();
        let sealer = Sealer { pool: pool_of_sealer, key: SealKey::new(secret), counted: shared.counted.clone() };
        let (stop_sealing, stopped) = watch::channel(false);
        let (end, sealed) = mpsc::channel();
        let sealing = database.runtime().spawn(async move {
            sealer.run(stopped).await;
            drop(end);
        });
        let sealing = Sealing { stop: stop_sealing, task: sealing.abort_handle(), ended: sealed.into() };
        let (database, key) = (database.clone(), SealKey::new(secret));
        Ok(Self { database, shared, expiring, sealing, key, ended: ended.into() })
    }
}

impl Recording for PostgresLedger {
    fn submit(&self, task: Task) -> Result<Pending, LedgerError> {
        self.shared.queue.push(task)
    }

    fn erase(&self, holder: &str) -> Result<Erased, LedgerError> {
        erasing::erase(&self.database, holder, self.key.clone())
    }
}

impl ReadBack for PostgresLedger {
    fn authorization(&self, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        let provider = provider.to_owned();
        self.read(move |client| Box::pin(async move { read::authorization(client, &provider, id).await }))
    }

    fn request(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        let provider = provider.to_owned();
        self.read(move |client| Box::pin(async move { read::request(client, &provider, request_id).await }))
    }

    fn reading(&self, provider: &str, id: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError> {
        let provider = provider.to_owned();
        self.read(move |client| Box::pin(async move { read::reading(client, &provider, id).await }))
    }
}

impl Ledger for PostgresLedger {
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError> {
        let needs = needs.to_vec();
        self.read(move |client| Box::pin(async move { read::usage(client, &needs).await }))
    }

    fn known(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, LedgerError> {
        let wanted = PointsWanted::of(inquiry);
        let found = self.read(move |client| Box::pin(async move { read::points(client, wanted, now).await }))?;
        Ok(recording::known(&found, inquiry, now)?)
    }

    fn statistics(&self) -> Statistics {
        self.shared.counted.statistics()
    }
}

impl Drop for PostgresLedger {
    /// What waits is still written, and then sealed.
    fn drop(&mut self) {
        self.shared.queue.stop();
        let ended = self.ended.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Nothing is ever sent: it ends when the last writer does. One that does not is left to its own deadline.
        let _ = ended.recv_timeout(LAST_WORDS);
        self.expiring.abort();
        self.sealing.stop.send_replace(true);
        let sealed = self.sealing.ended.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Another engine, or the next start, seals what this one does not come to.
        let _ = sealed.recv_timeout(LAST_SEALS);
        self.sealing.task.abort();
        self.shared.pool.close();
    }
}
