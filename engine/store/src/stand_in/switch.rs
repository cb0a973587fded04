//! Whether the cluster's ledger is away, and where each request is meanwhile.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::background::Control;
use crate::ledger::{LedgerError, Pending, Verdict};
use crate::stand_in::known_usage::KnownUsage;
use crate::stand_in::request_router::{Request, RequestRouter};

/// What is told while nothing can be done.
pub(super) fn away() -> LedgerError {
    LedgerError::Failed("the cluster's ledger does not answer".to_owned())
}

/// What those share who hand requests over and who looks after the cluster's ledger.
#[derive(Debug, Default)]
pub(super) struct Switch {
    state: Mutex<State>,
    /// Of the thread that looks after the cluster's ledger.
    pub(super) keeper: Control,
    router: Mutex<RequestRouter>,
}

#[derive(Debug, Default)]
struct State {
    /// Since when the cluster's ledger is away, if it is.
    away_since: Option<Timestamp>,
    /// Whether a task went without an answer since somebody looked.
    is_suspected: bool,
}

impl Switch {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each field is whole by itself, also where somebody panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn router(&self) -> MutexGuard<'_, RequestRouter> {
        // Counts may be off by the one request over which somebody panicked.
        self.router.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn away_since(&self) -> Option<Timestamp> {
        self.state().away_since
    }

    pub(super) fn set_away(&self, since: Option<Timestamp>) {
        self.state().away_since = since;
    }

    pub(super) fn suspect(&self) {
        self.state().is_suspected = true;
        self.keeper.wake();
    }

    /// Whether a task went without an answer since this was asked last.
    pub(super) fn was_suspected(&self) -> bool {
        std::mem::take(&mut self.state().is_suspected)
    }

    /// What a verdict tells of the ledger, and of where a sale is.
    fn learn(&self, sale: Option<&Request>, verdict: &Result<Verdict, LedgerError>) {
        if let (Some(sale), Err(LedgerError::OutOfReach(_) | LedgerError::Overloaded)) = (sale, verdict) {
            self.router().came_to_nothing(sale);
        }
        if matches!(verdict, Err(LedgerError::Failed(_) | LedgerError::OutOfReach(_))) {
            self.suspect();
        }
    }
}

/// Who watches what becomes of a task.
pub(super) struct Watching {
    pub(super) switch: Arc<Switch>,
    pub(super) known: Arc<KnownUsage>,
    pub(super) patience: Duration,
}

impl Watching {
    /// Waits for the verdict of a task of the cluster's ledger and passes it on; a failure or no answer is a suspicion. One that
    /// comes late is told to nobody, and may yet tell that a sale surely did not arrive.
    pub(super) async fn watch(
        self,
        sale: Option<Request>,
        pending: Pending,
        answer: oneshot::Sender<Result<Verdict, LedgerError>>,
    ) {
        let mut pending = pin!(pending);
        let verdict = tokio::time::timeout(self.patience, pending.as_mut()).await;
        let is_late = verdict.is_err();
        let verdict = verdict.unwrap_or_else(|_| Ok(Err(away()))).unwrap_or_else(|_| Err(away()));
        self.learn(sale.as_ref(), &verdict);
        // Who went away meanwhile asks again under the same id.
        let _ = answer.send(verdict);
        if is_late && let Ok(verdict) = pending.await {
            self.learn(sale.as_ref(), &verdict);
        }
    }

    fn learn(&self, sale: Option<&Request>, verdict: &Result<Verdict, LedgerError>) {
        self.switch.learn(sale, verdict);
        if let Ok(Verdict::Answered { usage, .. }) = verdict {
            self.known.add(usage);
        }
    }
}
