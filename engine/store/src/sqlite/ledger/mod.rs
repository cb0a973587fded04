//! The ledger on SQLite: one thread writes, what waits together is committed together.

mod batch;
mod erasing;
mod expiry;
mod movement;
mod over_grant;
pub(super) mod points;
mod request;
mod sealer;
pub(super) mod stored;
mod tables;
pub(super) mod units;
pub(super) mod usage;
mod usage_cache;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use avis_core::loyalty::{Inquiry, Known, UnreadableAccount};
use avis_core::{IdentifierSecret, Need, Reading, Subject, Totals};
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::background::Background;
use crate::clock::Clock;
use crate::erasing::{Erased, Erasure};
use crate::ledger::{Ledger, LedgerError, Pending, ReadBack, Recording, Statistics, Task, Verdict, WAITING_MAX};
use crate::record::UnreadableRecord;
use crate::recording::{self, Panicked, RequestKind};
use crate::revision::RulesRead;
use crate::sealing::SealKey;
use crate::sqlite::Folder;
use crate::sqlite::schema::{self, OpenError};
use crate::sqlite::turns::Turns;
use sealer::Sealing;
use usage_cache::UsageCache;

/// Its name in the folder.
pub(super) const FILE: &str = "ledger.db";

pub(super) const MIGRATIONS: [&str; 5] = [
    include_str!("../../../../../schema/sqlite/ledger/0001.sql"),
    include_str!("../../../../../schema/sqlite/ledger/0002.sql"),
    include_str!("../../../../../schema/sqlite/ledger/0003.sql"),
    include_str!("../../../../../schema/sqlite/ledger/0004.sql"),
    include_str!("../../../../../schema/sqlite/ledger/0005.sql"),
];

/// A ledger in one file.
#[derive(Debug)]
pub struct SqliteLedger {
    queue: SyncSender<Waiting>,
    /// Closed before those that write: the last to close puts the log into the file, which only they can.
    reader: Mutex<Connection>,
    /// Ends with its queue, after what waits there is written.
    _writer: Background,
    /// Ends after the writer, with what was written.
    _sealer: Background,
    path: PathBuf,
    key: SealKey,
    /// Of the writer, and of who erases.
    turns: Arc<Turns>,
    counted: Arc<Counted>,
    usage: Arc<UsageCache>,
}

/// A task in the queue.
struct Waiting {
    task: Task,
    since: Instant,
    answer: oneshot::Sender<Result<Verdict, LedgerError>>,
}

#[derive(Debug, Default)]
struct Counted {
    batches: AtomicU64,
    tasks: AtomicU64,
    waited_us: AtomicU64,
    failures: AtomicU64,
    failing: AtomicBool,
    sealed: AtomicU64,
    unsealed: AtomicU64,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("a record can't be read: {0}")]
    Record(#[from] UnreadableRecord),
    #[error("a record can't be written or what it read can't be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Account(#[from] UnreadableAccount),
    #[error("{0}")]
    Panicked(#[from] Panicked),
}

impl StepError {
    /// Whether somebody else holds the file.
    fn is_locked(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy))
    }
}

impl From<StepError> for LedgerError {
    fn from(error: StepError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Accounts of points and uses of coupons, as of the last commit.
pub(super) fn points_known(connection: &Connection, inquiry: &Inquiry, now: Timestamp) -> Result<Known, StepError> {
    recording::known(&tables::Tables::of(connection), inquiry, now)
}

impl SqliteLedger {
    /// Opens the ledger of a folder and begins to write.
    ///
    /// # Errors
    /// A file that can't be used, whose schema is newer than this program, or that was written under another secret; a system that
    /// has no thread to give.
    pub fn open(folder: Arc<Folder>, secret: &IdentifierSecret, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let path = folder.database(FILE)?;
        let connection = schema::open(&path, &MIGRATIONS)?;
        schema::check_key(&connection, &path, secret.check_value())?;
        expiry::bound(&connection, clock.now()).map_err(|error| OpenError::Failed(path.clone(), error))?;
        let reader = Mutex::new(schema::open_to_read(&path, &MIGRATIONS)?);
        let (counted, usage) = (Arc::new(Counted::default()), Arc::new(UsageCache::default()));
        let (queue, waiting) = sync_channel(WAITING_MAX);
        let sealing = schema::open_beside(&path).map_err(|error| OpenError::Failed(path.clone(), error))?;
        let sealing = Sealing::new(sealing, SealKey::new(secret), counted.clone());
        let no_thread = |error| OpenError::NoThread(path.clone(), error);
        let locked = folder.clone();
        let sealer = Background::start("avis-sealer", move |control| {
            sealing.run(control);
            drop(locked);
        });
        let sealer = sealer.map_err(no_thread)?;
        let turns = Arc::<Turns>::default();
        let writer = batch::Writer::new(connection, clock, (turns.clone(), counted.clone(), usage.clone()));
        let writer = Background::start("avis-ledger", move |_| {
            writer.run(&waiting);
            // Locked for as long as anything may be written.
            drop(folder);
        });
        let writer = writer.map_err(no_thread)?;
        let key = SealKey::new(secret);
        Ok(Self { queue, _writer: writer, _sealer: sealer, reader, path, key, turns, counted, usage })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StepError>) -> Result<T, LedgerError> {
        // A reading that panicked left nothing half-done.
        let connection = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(read(&connection)?)
    }
}

impl Recording for SqliteLedger {
    fn submit(&self, task: Task) -> Result<Pending, LedgerError> {
        let (answer, pending) = oneshot::channel();
        self.queue.try_send(Waiting { task, since: Instant::now(), answer }).map_err(|error| match error {
            TrySendError::Full(_) => LedgerError::Overloaded,
            TrySendError::Disconnected(_) => LedgerError::Stopped,
        })?;
        Ok(pending)
    }

    fn erase(&self, holder: &str) -> Result<Erased, LedgerError> {
        let erasure = Erasure::new(holder).map_err(|error| LedgerError::Failed(error.to_string()))?;
        let erased = erasing::erase(&self.path, &self.turns, erasure, &self.key)?;
        self.usage.forget(&Subject::Holder(holder.into()));
        Ok(erased)
    }
}

impl ReadBack for SqliteLedger {
    fn authorization(&self, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|connection| {
            let record = stored::load(connection, provider, id)?;
            Ok(record.map(|record| crate::answer::read_back(&record)))
        })
    }

    fn request(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|connection| {
            let Some(request) = request::find(connection, provider, request_id)? else { return Ok(None) };
            let Some(answered) = request.answered else { return Ok(None) };
            match answered.authorization {
                Some(id) => Ok(stored::load(connection, provider, id)?.map(|record| crate::answer::read_back(&record))),
                None if answered.kind == RequestKind::Account => Ok(None),
                None => Ok(Some(answered.body)),
            }
        })
    }

    fn reading(&self, provider: &str, id: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError> {
        self.read(|connection| stored::reading(connection, provider, id))
    }
}

impl Ledger for SqliteLedger {
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError> {
        let fill = self.usage.fill(needs);
        let used = self.read(|connection| Ok(usage::sums(connection, needs)?))?;
        self.usage.keep(needs, &fill, &used);
        Ok(used)
    }

    fn known(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, LedgerError> {
        self.read(|connection| points_known(connection, inquiry, now))
    }

    fn usage_in_memory(&self, needs: &[Need]) -> Option<Vec<Totals>> {
        self.usage.sums(needs)
    }

    fn statistics(&self) -> Statistics {
        Statistics {
            batches: self.counted.batches.load(Ordering::Relaxed),
            tasks: self.counted.tasks.load(Ordering::Relaxed),
            waited_us: self.counted.waited_us.load(Ordering::Relaxed),
            failures: self.counted.failures.load(Ordering::Relaxed),
            failing: self.counted.failing.load(Ordering::Relaxed),
            sealed: self.counted.sealed.load(Ordering::Relaxed),
            unsealed: self.counted.unsealed.load(Ordering::Relaxed),
        }
    }
}
