//! Writers: each takes what waits, records it, and answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Pool};

use super::batch::{self, Done};
use super::expiry::Expiry;
use super::failure::BatchError;
use super::pace::Pace;
use super::queue::{Queue, Waiting};
use crate::clock::{Clock, Moment};
use crate::ledger::{LedgerError, Statistics, Verdict};
use crate::postgres::database::backoff;

/// What all writers of a ledger share.
pub(super) struct WriterContext {
    pub(super) queue: Queue,
    pub(super) pool: Pool,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) expiry: Arc<Expiry>,
    /// How long a batch is tried, and how long a task waits for its turn.
    pub(super) patience: Duration,
    pub(super) counted: Arc<Counted>,
    pub(super) pace: Pace,
}

#[derive(Debug, Default)]
pub(super) struct Counted {
    batches: AtomicU64,
    tasks: AtomicU64,
    waited_us: AtomicU64,
    failures: AtomicU64,
    failing: AtomicBool,
    pub(super) sealed: AtomicU64,
    pub(super) unsealed: AtomicU64,
}

impl Counted {
    pub(super) fn statistics(&self) -> Statistics {
        Statistics {
            batches: self.batches.load(Ordering::Relaxed),
            tasks: self.tasks.load(Ordering::Relaxed),
            waited_us: self.waited_us.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            failing: self.failing.load(Ordering::Relaxed),
            sealed: self.sealed.load(Ordering::Relaxed),
            unsealed: self.unsealed.load(Ordering::Relaxed),
        }
    }
}

/// Lanes of which one writer settles what was taken; free again at the end.
struct Busy<'w> {
    queue: &'w Queue,
    lanes: &'w [usize],
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.queue.release(self.lanes);
    }
}

impl WriterContext {
    /// One writer: until nobody can submit any more and everything is settled.
    pub(super) async fn write(self: Arc<Self>) {
        while self.queue.wait().await {
            // What comes while it waits for a connection still goes with it.
            let client = self.pool.get().await;
            let taken = self.queue.take(self.pace.most(), self.patience);
            // Also where this writer panics: the lanes are for the others then.
            let _busy = Busy { queue: &self.queue, lanes: &taken.lanes };
            self.queue.pass_on();
            for waiting in taken.late {
                let _ = waiting.answer.send(Err(LedgerError::Overloaded));
            }
            if !taken.tasks.is_empty() {
                self.settle(client.map_err(BatchError::from), taken.tasks, false).await;
            }
        }
    }

    /// Records a batch, however often that takes while its time lasts. Whether an earlier attempt left open what became of it, the
    /// caller knows.
    async fn settle(&self, client: Result<Client, BatchError>, mut tasks: Vec<Waiting>, mut in_doubt: bool) {
        let begun = Instant::now();
        let mut outcome = self.tried(client, &mut tasks, &mut in_doubt).await;
        for attempt in 0.. {
            match outcome {
                Err(BatchError::Lost(_) | BatchError::Again(_)) if begun.elapsed() < self.patience => {
                    tokio::time::sleep(backoff(attempt)).await;
                    // A commit whose answer was lost is settled by the same again: what it left answers as a repeat.
                    let client = self.pool.get().await.map_err(BatchError::from);
                    outcome = self.tried(client, &mut tasks, &mut in_doubt).await;
                }
                _ => break,
            }
        }
        match outcome {
            Ok(done) => {
                self.counted.failing.store(false, Ordering::Relaxed);
                self.answer(tasks, done.verdicts);
            }
            // One is to blame: nobody fails for another's sake.
            Err(BatchError::Refused(_)) if tasks.len() > 1 => {
                for alone in tasks {
                    let client = self.pool.get().await.map_err(BatchError::from);
                    Box::pin(self.settle(client, vec![alone], in_doubt)).await;
                }
            }
            Err(error) => {
                tracing::error!(target: "avis::ledger", requests = tasks.len(), %error, "requests were not answered");
                self.counted.failures.fetch_add(1, Ordering::Relaxed);
                self.counted.failing.store(true, Ordering::Relaxed);
                let told = error.told(in_doubt);
                let verdicts = tasks.iter().map(|_| Err(told.clone())).collect();
                self.answer(tasks, verdicts);
            }
        }
    }

    /// Records a batch once, if there is a connection. From where that breaks, nobody knows what became of the batch.
    async fn tried(
        &self,
        client: Result<Client, BatchError>,
        tasks: &mut [Waiting],
        in_doubt: &mut bool,
    ) -> Result<Done, BatchError> {
        let done = self.record(client?, tasks).await;
        *in_doubt |= done.as_ref().is_err_and(BatchError::is_lost);
        done
    }

    /// Records a batch once. A connection in doubt is thrown away.
    async fn record(&self, client: Client, tasks: &mut [Waiting]) -> Result<Done, BatchError> {
        let (begun, count) = (Instant::now(), tasks.len());
        let attempt = async {
            self.expiry.sweep_if_due(&client).await?;
            batch::record(&client, tasks, Moment::of(&*self.clock)).await
        };
        // The server gives up by itself before; this is for a server that is silent.
        let limit = self.patience + Duration::from_secs(1);
        let silent = |_| Err(BatchError::Lost("the database does not answer".into()));
        let outcome = tokio::time::timeout(limit, attempt).await.unwrap_or_else(silent);
        match &outcome {
            Ok(done) => {
                self.pace.learn(count, begun.elapsed());
                done.due.into_iter().for_each(|due| self.expiry.schedule(due));
            }
            Err(error) if error.is_lost() => drop(Client::take(client)),
            Err(_) => {}
        }
        outcome
    }

    fn answer(&self, tasks: Vec<Waiting>, verdicts: Vec<Result<Verdict, LedgerError>>) {
        let now = Instant::now();
        self.counted.batches.fetch_add(1, Ordering::Relaxed);
        for (waiting, verdict) in tasks.into_iter().zip(verdicts) {
            let waited = now.saturating_duration_since(waiting.since).as_micros();
            self.counted.tasks.fetch_add(1, Ordering::Relaxed);
            self.counted.waited_us.fetch_add(u64::try_from(waited).unwrap_or(u64::MAX), Ordering::Relaxed);
            // Who went away meanwhile asks again under the same id.
            let _ = waiting.answer.send(verdict);
        }
    }
}
