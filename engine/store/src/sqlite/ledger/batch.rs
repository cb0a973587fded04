//! The writing thread: everything that waits becomes one commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::{Counted, StepError, Waiting, advise, authorize, expiry, operate, request, reverse};
use crate::clock::Clock;
use crate::ledger::{LedgerError, Refused, Task, Verdict};

/// Tasks in one commit: the cost of a commit is shared by then, and nobody waits long for the others.
const BATCH_MAX: usize = 256;
/// The longest sleep where no hold is due.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long a failure to look at the holds keeps it from being tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    connection: Connection,
    clock: Arc<dyn Clock>,
    counted: Arc<Counted>,
}

impl Writer {
    pub(super) fn new(connection: Connection, clock: Arc<dyn Clock>, counted: Arc<Counted>) -> Self {
        Self { connection, clock, counted }
    }

    /// Until nobody can submit any more.
    pub(super) fn run(mut self, waiting: &Receiver<Waiting>) {
        loop {
            match waiting.recv_timeout(self.until_next_expiry()) {
                Ok(first) => {
                    let others = waiting.try_iter().take(BATCH_MAX - 1);
                    let batch = std::iter::once(first).chain(others).collect();
                    self.write(batch);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = self.expire() {
                        eprintln!("avis: ledger: holds can't expire: {error}");
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
        let now = self.clock.now();
        if expiry::next(&self.connection)?.is_some_and(|due| due <= now.as_millisecond()) {
            let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            expiry::expire_due(&mut transaction, now)?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Commits a batch; one that fails is run again one by one, so that nobody fails for another's sake.
    fn write(&mut self, batch: Vec<Waiting>) {
        match self.commit(&batch) {
            Ok(verdicts) => self.answer(batch, verdicts),
            // Behind a lock each would wait in its turn.
            Err(error) if batch.len() > 1 && !error.is_locked() => {
                batch.into_iter().for_each(|alone| self.write(vec![alone]));
            }
            Err(error) => {
                eprintln!("avis: ledger: nothing of {} requests was recorded: {error}", batch.len());
                self.counted.failures.fetch_add(1, Ordering::Relaxed);
                let error = LedgerError::from(error);
                let verdicts = batch.iter().map(|_| Err(error.clone())).collect();
                self.answer(batch, verdicts);
            }
        }
    }

    fn commit(&mut self, batch: &[Waiting]) -> Result<Vec<Result<Verdict, LedgerError>>, StepError> {
        let now = self.clock.now();
        let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        expiry::expire_due(&mut transaction, now)?;
        let mut verdicts = Vec::with_capacity(batch.len());
        for waiting in batch {
            // What is refused or fails leaves nothing behind in what the others commit.
            let step = transaction.savepoint()?;
            let verdict = perform(&step, &waiting.task, now);
            if matches!(verdict, Ok(Verdict::Answered { .. })) {
                step.commit()?;
            }
            verdicts.push(verdict.map_err(LedgerError::from));
        }
        transaction.commit()?;
        Ok(verdicts)
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

/// Answers a repeat as before, and does what is new.
fn perform(connection: &Connection, task: &Task, now: Timestamp) -> Result<Verdict, StepError> {
    let key = task.key();
    if let Some(known) = request::find(connection, &key.provider, key.request_id)? {
        // A till that had no answer to what was declined may have sold it by itself.
        if known.is_declined(key) && matches!(task, Task::Advise { granted, .. } if !granted.is_empty()) {
            return act(connection, task, now);
        }
        return match (known.fingerprint, known.answer) {
            (Some(fingerprint), Some(body)) if fingerprint == key.fingerprint.0 => {
                Ok(Verdict::Answered { body, replayed: true })
            }
            (Some(_), _) => Ok(Verdict::Refused(Refused::RequestIdReused)),
            // A reversal can't be reversed, not in advance either.
            (None, _) if matches!(task, Task::Reverse { .. }) => act(connection, task, now),
            (None, _) => request::came_too_late(connection, task),
        };
    }
    act(connection, task, now)
}

fn act(connection: &Connection, task: &Task, now: Timestamp) -> Result<Verdict, StepError> {
    match task {
        Task::Authorize(new) => authorize::authorize(connection, new, now),
        Task::Advise { new, granted, device_time, device_sequence } => {
            advise::advise(connection, new, granted, (*device_time, *device_sequence), now)
        }
        Task::Operate { key, authorization, kind, body } => {
            operate::operate(connection, key, *authorization, *kind, body, now)
        }
        Task::Reverse { key, body } => reverse::reverse(connection, key, body),
    }
}
