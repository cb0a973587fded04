//! Holds that were not captured in time give back what they held, whichever engine opened them.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::column::instant;
use super::failure::BatchError;
use super::load::{Events, Loading, load_record};
use super::statement::{EVENTS, LOCK_DUE, MARK_UNREADABLE, prepared};
use super::wanted::Reads;
use super::working_set::WorkingSet;
use super::write::Writing;
use crate::clock::{Clock, Moment};

/// How often an engine looks for holds of others that are due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After how long a silent database is given up.
const AFTER_SILENCE: Duration = Duration::from_secs(5);
/// Holds that one commit lets expire.
const AT_ONCE_MAX: i64 = 256;
/// Commits of expired holds before a decision: behind so many, what is left follows with the next.
const SWEEPS_MAX: usize = 4;

/// After a restart with a clock that went back, a hold waits for its whole time from now at most.
const BOUND: &str = "
    UPDATE avis.authorization SET expires_at = $1::timestamptz + hold_ms * interval '1 millisecond'
    WHERE state = 'held' AND expires_at > $1::timestamptz + hold_ms * interval '1 millisecond'";

const FIRST_DUE: &str = "
    SELECT floor(extract(epoch FROM min(expires_at)) * 1000)::bigint FROM avis.authorization WHERE state = 'held'";

/// Lets holds expire.
pub(super) struct Expiry {
    pool: Pool,
    clock: Arc<dyn Clock>,
    due: std::sync::Mutex<Due>,
    /// One sweep at a time in an engine; the engines skip what another one has locked.
    sweeping: Mutex<()>,
}

/// In milliseconds since 1970.
struct Due {
    /// When the first hold is due, as far as is known here.
    first: i64,
    /// The first of those that came up while the database was asked.
    meanwhile: i64,
}

impl Expiry {
    pub(super) fn new(pool: Pool, clock: Arc<dyn Clock>) -> Self {
        let due = std::sync::Mutex::new(Due { first: i64::MAX, meanwhile: i64::MAX });
        Self { pool, clock, due, sweeping: Mutex::new(()) }
    }

    pub(super) async fn begin(&self) -> Result<(), BatchError> {
        let client = self.pool.get().await?;
        let _sweeping = self.sweeping.lock().await;
        client.execute(BOUND, &[&instant(self.clock.now())]).await?;
        self.look(&client).await
    }

    fn due(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks again then, since a hold is due.
    pub(super) fn schedule(&self, at: Timestamp) {
        let mut due = self.due();
        due.first = due.first.min(at.as_millisecond());
        due.meanwhile = due.meanwhile.min(at.as_millisecond());
    }

    fn is_due(&self) -> bool {
        self.due().first <= self.clock.now().as_millisecond()
    }

    /// Lets what is due expire before a decision: the usage is free from that moment on.
    pub(super) async fn sweep_if_due(&self, client: &Client) -> Result<(), BatchError> {
        if !self.is_due() {
            return Ok(());
        }
        let _sweeping = self.sweeping.lock().await;
        for _ in 0..SWEEPS_MAX {
            if !self.is_due() {
                break;
            }
            let swept = self.sweep(client).await?;
            self.look(client).await?;
            // What else is due another engine has, or an operation under way.
            if swept < AT_ONCE_MAX {
                break;
            }
        }
        Ok(())
    }

    /// Learns when the next hold is due. One that is committed meanwhile notes itself; one look at a time.
    async fn look(&self, client: &Client) -> Result<(), BatchError> {
        self.due().meanwhile = i64::MAX;
        let statement = client.prepare_cached(FIRST_DUE).await?;
        let due: Option<i64> = client.query_one(&statement, &[]).await?.try_get(0)?;
        let mut known = self.due();
        known.first = due.unwrap_or(i64::MAX).min(known.meanwhile);
        Ok(())
    }

    /// Lets some of what is due expire; how many holds it locked for it.
    async fn sweep(&self, client: &Client) -> Result<i64, BatchError> {
        let [lock_due, events, mark_unreadable] = prepared(client, [LOCK_DUE, EVENTS, MARK_UNREADABLE]).await?;
        let (loading, writing) = (Loading::prepare(client).await?, Writing::prepare(client).await?);
        let moment = Moment::of(&*self.clock);
        let swept = async {
            client.batch_execute("BEGIN").await?;
            let rows = client.query(&lock_due, &[&instant(moment.now), &AT_ONCE_MAX]).await?;
            let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<uuid::Uuid>, _>>()?;
            let (no_providers, no_requests): (Vec<&str>, Vec<uuid::Uuid>) = (Vec::new(), Vec::new());
            let events = Events::of(&client.query(&events, &[&ids, &no_providers, &no_requests]).await?)?;
            let mut set = WorkingSet::default();
            let mut unreadable = Vec::new();
            let ids = rows.iter().map(|row| load_record(&mut set, row, &events)).collect::<Result<Vec<_>, _>>()?;
            let reads = Reads::of(std::iter::empty(), &set);
            loading.sum(client, reads, &mut set, moment.now).await?;
            for id in ids {
                // One that can't be read is set aside, so that it holds up nobody else.
                if let Err(error) = set.expire(id, moment) {
                    tracing::error!(target: "avis::ledger", authorization = %id, %error, "a hold can't be read and is set aside");
                    unreadable.push(id);
                }
            }
            if !unreadable.is_empty() {
                client.execute(&mark_unreadable, &[&unreadable]).await?;
            }
            writing.commit(client, &set).await?;
            Ok(i64::try_from(rows.len()).unwrap_or(AT_ONCE_MAX))
        };
        let swept = swept.await;
        if swept.as_ref().is_err_and(|error: &BatchError| !error.is_lost()) {
            client.batch_execute("ROLLBACK").await?;
        }
        swept
    }

    /// Looks after the holds of all engines, until it is dropped.
    pub(super) async fn run(self: Arc<Self>) {
        let mut fails = false;
        loop {
            tokio::time::sleep(self.until_next_look()).await;
            let looked = self.look_after().await;
            // Once for each time that it fails, however often it is tried.
            match &looked {
                Err(error) if !fails => tracing::error!(target: "avis::ledger", %error, "holds can't expire"),
                Ok(()) if fails => tracing::info!(target: "avis::ledger", "holds expire again"),
                _ => {}
            }
            fails = looked.is_err();
        }
    }

    async fn look_after(&self) -> Result<(), BatchError> {
        let client = self.pool.get().await?;
        let work = async {
            let _sweeping = self.sweeping.lock().await;
            self.look(&client).await?;
            if self.is_due() { self.sweep(&client).await.map(drop) } else { Ok(()) }
        };
        let silent = |_| Err(BatchError::Lost("the database does not answer".into()));
        let done = tokio::time::timeout(AFTER_SILENCE, work).await.unwrap_or_else(silent);
        if done.is_err() {
            // In whatever state it is: nobody else gets it.
            drop(Client::take(client));
        }
        done
    }

    fn until_next_look(&self) -> Duration {
        let rest = self.due().first.saturating_sub(self.clock.now().as_millisecond());
        Duration::from_millis(u64::try_from(rest).unwrap_or(0)).clamp(Duration::from_millis(10), LOOK_EVERY)
    }
}
