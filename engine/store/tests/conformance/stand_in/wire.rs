//! A wire to a real ledger that can be cut.

use std::sync::{Arc, Mutex};

use avis_core::loyalty::{Inquiry, Known};
use avis_core::{Need, Plan, Reading, Totals};
use avis_store::{
    AwayDecision, Erased, Ledger, LedgerError, Pending, ReadBack, Recording, RulesRead, StandIn, Statistics, Task,
    Verdict,
};
use tokio::sync::oneshot;
use uuid::Uuid;

/// What comes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    Everything,
    Nothing,
    /// Nothing, and it is known at once.
    OutOfReach,
    /// As that, but it is known only when [`Wire::tell_at_last`] is called.
    OutOfReachLate,
    /// The ledger is there and is slow: what becomes of tasks is known only when [`Wire::tell_at_last`] is called.
    Unanswered,
    /// Tasks go through and are recorded, and their answers are lost.
    NoAnswers,
    /// As if the wire were whole for so many tasks; the answer to the next is lost, and then nothing comes through.
    Answers(u64),
}

pub(super) struct Wire {
    ledger: Box<dyn Ledger>,
    passing: Mutex<Passing>,
    untold: Mutex<Vec<oneshot::Sender<Result<Verdict, LedgerError>>>>,
}

impl Wire {
    pub(super) fn to(ledger: impl Ledger + 'static) -> Self {
        Self::of(Box::new(ledger))
    }

    pub(super) fn of(ledger: Box<dyn Ledger>) -> Self {
        Self { ledger, passing: Mutex::new(Passing::Everything), untold: Mutex::default() }
    }

    /// Says that it was out of reach to those who were not told yet.
    pub(super) fn tell_at_last(&self) {
        for answer in self.untold.lock().unwrap().drain(..) {
            // Who has given up meanwhile must be told all the same.
            answer.send(Err(out_of_reach())).unwrap();
        }
    }

    /// How many tasks were not told yet what became of them.
    pub(super) fn unanswered(&self) -> usize {
        self.untold.lock().unwrap().len()
    }

    pub(super) fn pass(&self, passing: Passing) {
        *self.passing.lock().unwrap() = passing;
    }

    /// What comes through of the next task.
    fn next(&self) -> Passing {
        let mut passing = self.passing.lock().unwrap();
        match *passing {
            Passing::Answers(0) => {
                *passing = Passing::Nothing;
                Passing::NoAnswers
            }
            Passing::Answers(left) => {
                *passing = Passing::Answers(left - 1);
                Passing::Everything
            }
            other => other,
        }
    }

    pub(super) fn passing(&self) -> Passing {
        *self.passing.lock().unwrap()
    }

    /// The other end.
    pub(super) fn ledger(&self) -> &dyn Ledger {
        &*self.ledger
    }

    fn read<T>(&self, read: impl FnOnce(&dyn Ledger) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        match self.passing() {
            Passing::Nothing => Err(lost()),
            Passing::OutOfReach | Passing::OutOfReachLate => Err(out_of_reach()),
            _ => read(self.ledger()),
        }
    }
}

fn lost() -> LedgerError {
    LedgerError::Failed("the wire is cut".to_owned())
}

fn out_of_reach() -> LedgerError {
    LedgerError::OutOfReach("there is no wire".to_owned())
}

/// The ledger at this end.
pub(super) struct Wired(pub(super) Arc<Wire>);

impl Recording for Wired {
    fn submit(&self, task: Task) -> Result<Pending, LedgerError> {
        let passing = self.0.next();
        if passing == Passing::Everything {
            return self.0.ledger().submit(task);
        }
        if passing == Passing::NoAnswers {
            self.0.ledger().submit(task)?.blocking_recv().unwrap().unwrap();
        }
        let (answer, pending) = oneshot::channel();
        if matches!(passing, Passing::OutOfReachLate | Passing::Unanswered) {
            self.0.untold.lock().unwrap().push(answer);
            return Ok(pending);
        }
        answer.send(Err(if passing == Passing::OutOfReach { out_of_reach() } else { lost() })).unwrap();
        Ok(pending)
    }

    fn erase(&self, holder: &str) -> Result<Erased, LedgerError> {
        self.0.read(|ledger| ledger.erase(holder))
    }
}

impl ReadBack for Wired {
    fn authorization(&self, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.0.read(|ledger| ledger.authorization(provider, id))
    }

    fn request(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.0.read(|ledger| ledger.request(provider, request_id))
    }

    fn reading(&self, provider: &str, id: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError> {
        self.0.read(|ledger| ledger.reading(provider, id))
    }
}

impl Ledger for Wired {
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError> {
        self.0.read(|ledger| ledger.usage(needs))
    }

    fn known(&self, inquiry: &Inquiry, now: jiff::Timestamp) -> Result<Known, LedgerError> {
        self.0.read(|ledger| ledger.known(inquiry, now))
    }

    fn statistics(&self) -> Statistics {
        self.0.ledger().statistics()
    }
}

/// One that others look at as well.
pub(super) struct Shared(pub(super) Arc<StandIn>);

impl Recording for Shared {
    fn submit(&self, task: Task) -> Result<Pending, LedgerError> {
        self.0.submit(task)
    }

    fn erase(&self, holder: &str) -> Result<Erased, LedgerError> {
        self.0.erase(holder)
    }
}

impl ReadBack for Shared {
    fn authorization(&self, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.0.authorization(provider, id)
    }

    fn request(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.0.request(provider, request_id)
    }

    fn reading(&self, provider: &str, id: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError> {
        self.0.reading(provider, id)
    }
}

impl Ledger for Shared {
    fn decide_away(&self, plan: &Plan) -> Option<Result<AwayDecision, LedgerError>> {
        self.0.decide_away(plan)
    }

    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError> {
        self.0.usage(needs)
    }

    fn known(&self, inquiry: &Inquiry, now: jiff::Timestamp) -> Result<Known, LedgerError> {
        self.0.known(inquiry, now)
    }

    fn statistics(&self) -> Statistics {
        self.0.statistics()
    }
}
