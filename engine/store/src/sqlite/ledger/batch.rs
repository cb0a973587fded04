//! The writing thread: everything that waits becomes one commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use avis_core::Charge;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::tables::Tables;
use super::usage_cache::UsageCache;
use super::{Counted, StepError, Waiting, expiry};
use crate::clock::{Clock, Moment};
use crate::ledger::{LedgerError, Verdict};
use crate::recording::{self, Step};
use crate::sqlite::turns::Turns;

/// Tasks in one commit: the cost of a commit is shared by then, and nobody waits long for the others.
const BATCH_MAX: usize = 256;
/// The longest sleep where no hold is due.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long a failure to look at the holds keeps it from being tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    connection: Connection,
    clock: Arc<dyn Clock>,
    turns: Arc<Turns>,
    counted: Arc<Counted>,
    usage: Arc<UsageCache>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        clock: Arc<dyn Clock>,
        (turns, counted, usage): (Arc<Turns>, Arc<Counted>, Arc<UsageCache>),
    ) -> Self {
        Self { connection, clock, turns, counted, usage }
    }

    /// Until nobody can submit any more.
    pub(super) fn run(mut self, waiting: &Receiver<Waiting>) {
        let _end = End(self.counted.clone());
        loop {
            match waiting.recv_timeout(self.until_next_expiry()) {
                Ok(first) => {
                    let others = waiting.try_iter().take(BATCH_MAX - 1);
                    let batch = std::iter::once(first).chain(others).collect();
                    self.write(batch);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = self.expire() {
                        tracing::error!(target: "avis::ledger", %error, "holds can't expire");
                        std::thread::sleep(AFTER_FAILURE);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How long until a hold is due.
    fn until_next_expiry(&self) -> Duration {
        match expiry::next(&self.connection) {
            Ok(None) => IDLE_MAX,
            Ok(Some(due)) => {
                let rest = due.saturating_sub(self.clock.now().as_millisecond()).max(1);
                Duration::from_millis(u64::try_from(rest).unwrap_or(1)).min(IDLE_MAX)
            }
            Err(_) => AFTER_FAILURE,
        }
    }

    fn expire(&mut self) -> Result<(), StepError> {
        let moment = Moment::of(&*self.clock);
        let _turn = self.turns.take();
        if expiry::next(&self.connection)?.is_some_and(|due| due <= moment.now.as_millisecond()) {
            let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let charges = expiry::expire_due(&mut transaction, moment)?;
            committed(transaction, &self.usage, &charges)?;
        }
        Ok(())
    }

    /// Commits a batch; one that fails is run again one by one, so that nobody fails for another's sake.
    fn write(&mut self, batch: Vec<Waiting>) {
        match self.commit(&batch) {
            Ok((verdicts, entered)) => {
                // A commit of repeats alone says nothing about the disk.
                if entered {
                    self.counted.failing.store(false, Ordering::Relaxed);
                }
                self.answer(batch, verdicts);
            }
            // Behind a lock each would wait in its turn.
            Err(error) if batch.len() > 1 && !error.is_locked() => {
                batch.into_iter().for_each(|alone| self.write(vec![alone]));
            }
            Err(error) => {
                tracing::error!(target: "avis::ledger", requests = batch.len(), %error, "requests were not recorded");
                self.counted.failures.fetch_add(1, Ordering::Relaxed);
                self.counted.failing.store(true, Ordering::Relaxed);
                let error = LedgerError::from(error);
                let verdicts = batch.iter().map(|_| Err(error.clone())).collect();
                self.answer(batch, verdicts);
            }
        }
    }

    /// The verdicts, and whether anything was entered.
    fn commit(&mut self, batch: &[Waiting]) -> Result<(Vec<Result<Verdict, LedgerError>>, bool), StepError> {
        let _turn = self.turns.take();
        let moment = Moment::of(&*self.clock);
        let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut charges = expiry::expire_due(&mut transaction, moment)?;
        let (mut verdicts, mut entered) = (Vec::with_capacity(batch.len()), false);
        for waiting in batch {
            let tables = Tables::of(&transaction);
            let step = recording::step(&tables, &waiting.task, moment);
            if let Ok(Step::Enter(entry)) = &step {
                tables.enter(entry)?;
                charges.extend_from_slice(&entry.usage);
                entered = true;
            }
            verdicts.push(step.map(|step| step.verdict()).map_err(LedgerError::from));
        }
        committed(transaction, &self.usage, &charges)?;
        Ok((verdicts, entered))
    }

    fn answer(&self, batch: Vec<Waiting>, verdicts: Vec<Result<Verdict, LedgerError>>) {
        let now = Instant::now();
        self.counted.batches.fetch_add(1, Ordering::Relaxed);
        for (waiting, verdict) in batch.into_iter().zip(verdicts) {
            let waited = now.saturating_duration_since(waiting.since).as_micros();
            self.counted.tasks.fetch_add(1, Ordering::Relaxed);
            self.counted.waited_us.fetch_add(u64::try_from(waited).unwrap_or(u64::MAX), Ordering::Relaxed);
            // Who went away meanwhile asks again under the same id.
            let _ = waiting.answer.send(verdict);
        }
    }
}

/// The end of the thread: where it is a panic, nothing is written any more, and readiness says so.
struct End(Arc<Counted>);

impl Drop for End {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failing.store(true, Ordering::Relaxed);
        }
    }
}

/// Commits what was entered, and lets usage in memory follow.
fn committed(transaction: Transaction<'_>, usage: &UsageCache, charges: &[Charge]) -> Result<(), rusqlite::Error> {
    let change = usage.begin(charges);
    match transaction.commit() {
        Ok(()) => usage.committed(change, charges),
        Err(error) => {
            usage.failed(&change);
            return Err(error);
        }
    }
    Ok(())
}
