//! A ledger that sells on while the cluster's ledger is away, and hands in afterwards what it sold, once.
//!
//! While the cluster's ledger answers, everything goes to it unchanged. A task that fails, or goes without an answer, makes
//! somebody look; if the ledger does not answer to that either, there is an outage until it does.
//!
//! In an outage:
//! - A new sale is decided by the least that was used ([`avis_core::Plan::decide_offline`]): what the ledger told this engine, and
//!   what was sold and given back through this engine since, both since it started. Benefits without limits are given as ever,
//!   those with limits within what these have left, and within what their `offline` policy allows a holder in one outage and on
//!   one service date, since nobody can know what others used. The answer says `stale`, and is in the journal before it is given.
//!   A repeat is answered with the same bytes, then and later. A quote is decided as a sale of the same moment.
//! - **What the cluster's ledger has, or may have, is not sold again.** A sale that went there may be recorded, with another
//!   discount than would be given here, whether its answer came or was lost. Only that ledger can tell, so until it can, such a
//!   sale and its repeats are answered by an error; so is a sale that was reversed before it came. Those are the sales before and
//!   at the beginning of an outage, unless the ledger could not even be reached; later ones don't go there. The newest of this
//!   engine are remembered until it stops. One that is not (it went through another engine, or long ago) is still recorded once,
//!   for the ledger answers an id once; that it was answered differently here is counted.
//! - Everything else fails: holds, captures, voids, refunds, reversals and uploads wait for the ledger.
//!
//! Nothing is sold when the outage or the data is older than `stale_max`, nor beyond `in_journal_max` sales.
//!
//! Afterwards what was sold is handed in as advices, many at a time and those of one holder in their order, under the ids and with
//! the bytes that the terminals were told, so that any engine repeats them. An entry leaves the journal when the ledger has
//! answered; one that is handed in again after a crash is a repeat there. What went beyond our decision is listed with who is
//! liable, as for any advice. What the ledger refuses stays in the journal, set aside. New sales go to the ledger at once, without
//! waiting for those that are handed in; what both together overrun is listed as well.

mod cluster;
mod handing_in;
mod keeper;
mod known_usage;
mod request_router;
mod settle;
mod switch;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use avis_core::loyalty::{Inquiry, Known};
use avis_core::{Mode, Need, Plan, Reading, RuleSet, Totals, Usage};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::background::Background;
use crate::clock::Clock;
use crate::erasing::Erased;
use crate::ledger::{
    AwayDecision, Ledger, LedgerError, NewAuthorization, Pending, ReadBack, Recording, Statistics, Task, WAITING_MAX,
};
use crate::revision::RulesRead;
use crate::sqlite::SqliteJournal;
use cluster::Cluster;
use known_usage::KnownUsage;
use request_router::{Request, Route};
use settle::Waiting;
use switch::{Switch, Watching, away};

pub use cluster::OpenCluster;

/// What an engine knows at this moment.
pub trait Knowledge: Send + Sync {
    /// The rules, with what names them; none before the first were read.
    fn rules(&self) -> Option<(Arc<RuleSet>, RulesRead)>;

    /// How long ago it was known to be equal to the store.
    fn age(&self) -> Duration;
}

/// How long and how much an engine stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandInLimits {
    /// Nothing is sold when the outage, or what the engine knows, is older.
    pub stale_max: Duration,
    /// Sales in the journal.
    pub in_journal_max: usize,
    /// How long a task may go without an answer; longer than the ledger's own patience it never needs to be.
    pub patience: Duration,
    /// How often the ledger is looked for while it is away or something is to be handed in.
    pub look_every: Duration,
}

/// How standing in goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StandInStanding {
    /// Since when the ledger is away, if it is.
    pub away_since: Option<Timestamp>,
    /// Sales in the journal, those set aside included.
    pub in_journal: usize,
    /// Sales that were handed in since the start.
    pub handed_in: u64,
    /// Of those the ones that the ledger had answered otherwise before.
    pub differing: u64,
    /// Sales that were set aside since the start.
    pub set_aside: u64,
}

/// The cluster's ledger with a journal beside it.
pub struct StandIn {
    shared: Arc<Shared>,
    runtime: Handle,
    queue: SyncSender<Waiting>,
    /// Ends with its queue, after what waits there is in the journal; that waits for the next start.
    _seller: Background,
    _keeper: Background,
}

/// What the threads share.
struct Shared {
    cluster: Cluster,
    journal: SqliteJournal,
    knowledge: Arc<dyn Knowledge>,
    clock: Arc<dyn Clock>,
    limits: StandInLimits,
    switch: Arc<Switch>,
    known: Arc<KnownUsage>,
    counted: Counted,
}

#[derive(Default)]
struct Counted {
    handed_in: AtomicU64,
    differing: AtomicU64,
    set_aside: AtomicU64,
}

impl fmt::Debug for StandIn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "StandIn({:?})", self.standing())
    }
}

impl StandIn {
    /// Opens the cluster's ledger, or stands in for it until it can be opened. Blocks until it is known which. `runtime` must have
    /// its timers enabled.
    ///
    /// # Errors
    /// A journal that can't be read; a system that has no thread to give.
    pub fn new(
        cluster: OpenCluster,
        journal: SqliteJournal,
        knowledge: Arc<dyn Knowledge>,
        clock: Arc<dyn Clock>,
        limits: StandInLimits,
        runtime: Handle,
    ) -> Result<Self, LedgerError> {
        let failed = |error: crate::sqlite::JournalError| LedgerError::Failed(error.to_string());
        let switch = Arc::<Switch>::default();
        switch.set_away(journal.outage().map_err(failed)?);
        for kept in journal.kept().map_err(failed)? {
            switch.router().keep((kept.provider, kept.request_id), kept.authorization);
            if kept.is_set_aside {
                switch.router().set_aside();
            }
        }
        let cluster = Cluster::new(cluster);
        let (known, counted) = Default::default();
        let shared = Shared { cluster, journal, knowledge, clock, limits, switch, known, counted };
        let shared = Arc::new(shared);
        shared.look();
        let (queue, waiting) = sync_channel(limits.in_journal_max.min(WAITING_MAX));
        let looking = runtime.clone();
        let (selling, keeping, control) = (shared.clone(), shared.clone(), shared.switch.keeper.clone());
        let no_thread = |error: std::io::Error| LedgerError::Failed(error.to_string());
        let seller = Background::start("avis-stand-in", move |_| settle::run(&selling, &waiting));
        let keeper =
            Background::with_control("avis-keeper", control, move |control| keeping.keep_looking(control, &looking));
        let (seller, keeper) = (seller.map_err(no_thread)?, keeper.map_err(no_thread)?);
        Ok(Self { shared, runtime, queue, _seller: seller, _keeper: keeper })
    }

    /// How it goes.
    pub fn standing(&self) -> StandInStanding {
        let Shared { switch, counted, .. } = &*self.shared;
        StandInStanding {
            away_since: switch.away_since(),
            in_journal: switch.router().in_journal(),
            handed_in: counted.handed_in.load(Ordering::Relaxed),
            differing: counted.differing.load(Ordering::Relaxed),
            set_aside: counted.set_aside.load(Ordering::Relaxed),
        }
    }

    fn authorize(&self, new: Box<NewAuthorization>) -> Result<Pending, LedgerError> {
        let request = (new.key.provider.clone(), new.key.request_id);
        let away_since = self.shared.switch.away_since();
        let route = self.shared.switch.router().route(&request, away_since.is_some());
        match route {
            Route::OutcomeUnknown => Err(away()),
            Route::Cluster => {
                let handed_over = self.hand_over(Task::Authorize(new), Some(request.clone()));
                if handed_over.is_err() {
                    self.shared.switch.router().came_to_nothing(&request);
                }
                handed_over
            }
            Route::Journal { first } => {
                let outage = away_since.unwrap_or_else(|| self.shared.clock.now());
                let taken = if first { self.may_sell(&new, outage) } else { Ok(()) }
                    .and_then(|()| self.queue(new, outage, first));
                if first && taken.is_err() {
                    self.shared.switch.router().give_up(&request);
                }
                taken
            }
        }
    }

    fn may_sell(&self, new: &NewAuthorization, outage: Timestamp) -> Result<(), LedgerError> {
        let Shared { limits, clock, knowledge, switch, .. } = &*self.shared;
        let lasts = clock.now().duration_since(outage);
        let stale_max = SignedDuration::try_from(limits.stale_max).unwrap_or(SignedDuration::MAX);
        if new.plan.request().mode == Mode::Hold || lasts > stale_max || knowledge.age() > limits.stale_max {
            Err(away())
        } else if switch.router().in_journal() > limits.in_journal_max {
            Err(LedgerError::Overloaded)
        } else {
            Ok(())
        }
    }

    fn queue(&self, new: Box<NewAuthorization>, outage: Timestamp, first: bool) -> Result<Pending, LedgerError> {
        let (answer, pending) = oneshot::channel();
        self.queue.try_send(Waiting { new, outage, first, answer }).map_err(|error| match error {
            TrySendError::Full(_) => LedgerError::Overloaded,
            TrySendError::Disconnected(_) => LedgerError::Stopped,
        })?;
        Ok(pending)
    }

    /// To the cluster's ledger, with somebody who watches what becomes of it. A sale that surely did not arrive loses its place
    /// there.
    fn hand_over(&self, task: Task, sale: Option<Request>) -> Result<Pending, LedgerError> {
        let pending = self.shared.cluster.ledger().ok_or_else(away)?.submit(task)?;
        let (answer, told) = oneshot::channel();
        let Shared { switch, known, limits, .. } = &*self.shared;
        let watching = Watching { switch: switch.clone(), known: known.clone(), patience: limits.patience };
        drop(self.runtime.spawn(watching.watch(sale, pending, answer)));
        Ok(told)
    }

    /// Whether a task is about something that only the journal knows.
    fn must_wait(&self, task: &Task) -> bool {
        let router = self.shared.switch.router();
        let provider = &*task.key().provider;
        match task {
            Task::Authorize(_) | Task::OfAccount(_) => false,
            Task::Advise { new, .. } => router.is_in_journal(provider, new.key.request_id),
            Task::Operate { authorization, .. } => router.is_ours(provider, *authorization),
            Task::Reverse { body, .. } => router.is_in_journal(provider, body.original_request_id),
            Task::Claim(key) => router.is_in_journal(provider, key.request_id),
        }
    }

    /// The cluster's ledger for reading, unless it is away.
    fn reading_from(&self) -> Result<&Arc<dyn Ledger>, LedgerError> {
        let ledger = self.shared.cluster.ledger().filter(|_| self.shared.switch.away_since().is_none());
        ledger.ok_or_else(away)
    }

    /// As [`StandIn::reading_from`], unless only the journal knows the authorization.
    fn ledger_of(&self, provider: &str, authorization: Uuid) -> Result<&Arc<dyn Ledger>, LedgerError> {
        let is_ours = self.shared.switch.router().is_ours(provider, authorization);
        if is_ours { Err(away()) } else { self.reading_from() }
    }
}

/// Usage in the order of a plan's needs.
fn usage(plan: &Plan, used: Vec<Totals>) -> Usage {
    let mut used = used.into_iter();
    plan.usage(|_| used.next().unwrap_or_default())
}

impl Recording for StandIn {
    fn submit(&self, task: Task) -> Result<Pending, LedgerError> {
        match task {
            Task::Authorize(new) => self.authorize(new),
            other if self.shared.switch.away_since().is_some() || self.must_wait(&other) => Err(away()),
            other => {
                if let Task::Reverse { key, body, .. } = &other {
                    let original = (key.provider.clone(), body.original_request_id);
                    self.shared.switch.router().leave_to_cluster(original);
                }
                self.hand_over(other, None)
            }
        }
    }

    fn erase(&self, holder: &str) -> Result<Erased, LedgerError> {
        self.reading_from()?.erase(holder)
    }
}

impl ReadBack for StandIn {
    fn authorization(&self, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.ledger_of(provider, id)?.authorization(provider, id)
    }

    fn request(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        if self.shared.switch.router().is_in_journal(provider, request_id) {
            let kept = self.shared.journal.answer(provider, request_id);
            if let Some(body) = kept.map_err(|error| LedgerError::Failed(error.to_string()))? {
                return Ok(Some(body));
            }
        }
        self.reading_from()?.request(provider, request_id)
    }

    fn reading(&self, provider: &str, id: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError> {
        self.ledger_of(provider, id)?.reading(provider, id)
    }
}

impl Ledger for StandIn {
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError> {
        let Shared { switch, known, .. } = &*self.shared;
        // While something is handed in, nobody knows whether it is among what is read.
        let is_handing_in = switch.router().to_hand_in() > 0;
        let before = known.now();
        let used = self.reading_from()?.usage(needs)?;
        if !is_handing_in {
            known.tell(needs, &used, before);
        }
        Ok(used)
    }

    fn known(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, LedgerError> {
        self.reading_from()?.known(inquiry, now)
    }

    fn decide_away(&self, plan: &Plan) -> Option<Result<AwayDecision, LedgerError>> {
        let outage = self.shared.switch.away_since()?;
        let before = self.shared.journal.granted_before(&plan.offline_keys(), outage);
        let (least, was_told) = self.shared.known.least(plan.needs());
        Some(match before {
            Ok(before) => Ok(AwayDecision { decision: plan.decide_offline(&usage(plan, least), &before), was_told }),
            Err(error) => Err(LedgerError::Failed(error.to_string())),
        })
    }

    fn statistics(&self) -> Statistics {
        self.shared.cluster.ledger().map(|ledger| ledger.statistics()).unwrap_or_default()
    }
}
