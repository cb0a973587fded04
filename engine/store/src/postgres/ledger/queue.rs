//! What waits, lane by lane.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::lane::{self, LANES};
use crate::ledger::{LedgerError, Pending, Task, Verdict, WAITING_MAX};

/// A task in a lane.
pub(super) struct Waiting {
    pub(super) task: Task,
    pub(super) since: Instant,
    pub(super) answer: oneshot::Sender<Result<Verdict, LedgerError>>,
}

/// Tasks that are taken together, and the lanes that are theirs until they are settled.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) tasks: Vec<Waiting>,
    /// What has waited too long: it is not begun any more.
    pub(super) late: Vec<Waiting>,
    pub(super) lanes: Vec<usize>,
}

/// The lanes. A lane has one batch in flight; where more lanes wait than can be written at once, a batch takes several.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Told when a lane is ready, or the end has come.
    changed: Notify,
}

struct State {
    lanes: [Lane; LANES],
    /// Lanes in which something waits and nothing is in flight, in the order in which that came about.
    ready: VecDeque<usize>,
    waiting: usize,
    stopped: bool,
}

#[derive(Default)]
struct Lane {
    tasks: VecDeque<Waiting>,
    in_flight: bool,
}

impl Default for State {
    fn default() -> Self {
        let lanes = std::array::from_fn(|_| Lane::default());
        Self { lanes, ready: VecDeque::new(), waiting: 0, stopped: false }
    }
}

impl Queue {
    /// Nothing is left half-done where somebody panicked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a task in its lane.
    pub(super) fn push(&self, task: Task) -> Result<Pending, LedgerError> {
        let place = lane::of_task(&task);
        let (answer, pending) = oneshot::channel();
        let mut state = self.state();
        if state.stopped {
            return Err(LedgerError::Stopped);
        }
        if state.waiting >= WAITING_MAX {
            return Err(LedgerError::Overloaded);
        }
        state.waiting += 1;
        if let Some(lane) = state.lanes.get_mut(place) {
            lane.tasks.push_back(Waiting { task, since: Instant::now(), answer });
            if lane.tasks.len() == 1 && !lane.in_flight {
                state.ready.push_back(place);
                drop(state);
                self.changed.notify_one();
            }
        }
        Ok(pending)
    }

    /// Waits until something can be taken; false once nothing ever can.
    pub(super) async fn wait(&self) -> bool {
        loop {
            let changed = self.changed.notified();
            {
                let state = self.state();
                if !state.ready.is_empty() {
                    return true;
                }
                if state.stopped && state.waiting == 0 {
                    return false;
                }
            }
            changed.await;
        }
    }

    /// Takes what waits in ready lanes, up to a number of tasks, and beside it what waits longer than it may. The lanes are busy
    /// until they are released.
    pub(super) fn take(&self, most: usize, patience: Duration) -> Taken {
        let mut state = self.state();
        let mut taken = Taken::default();
        while taken.tasks.len() < most {
            let Some(place) = state.ready.pop_front() else { break };
            taken.lanes.push(place);
            let Some(lane) = state.lanes.get_mut(place) else { continue };
            lane.in_flight = true;
            let late = lane.tasks.iter().take_while(|waiting| waiting.since.elapsed() > patience).count();
            taken.late.extend(lane.tasks.drain(..late));
            let count = lane.tasks.len().min(most - taken.tasks.len());
            taken.tasks.extend(lane.tasks.drain(..count));
        }
        state.waiting -= taken.tasks.len() + taken.late.len();
        taken
    }

    /// Lanes whose batch is settled are free again.
    pub(super) fn release(&self, lanes: &[usize]) {
        let mut state = self.state();
        for place in lanes {
            if let Some(lane) = state.lanes.get_mut(*place) {
                lane.in_flight = false;
                if !lane.tasks.is_empty() {
                    state.ready.push_back(*place);
                }
            }
        }
        let (more, over) = (!state.ready.is_empty(), state.stopped && state.waiting == 0);
        drop(state);
        if over {
            self.changed.notify_waiters();
        } else if more {
            self.changed.notify_one();
        }
    }

    /// Whether more lanes are ready than one batch took: somebody else may begin.
    pub(super) fn pass_on(&self) {
        if !self.state().ready.is_empty() {
            self.changed.notify_one();
        }
    }

    /// Takes nothing more in; what waits is still written.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_waiters();
    }
}
