//! One transaction for everything that waits in a lane: claim, lock, sum, decide in memory, write, commit.

use avis_core::authorization::State;
use deadpool_postgres::Client;
use jiff::Timestamp;

use super::failure::BatchError;
use super::lane;
use super::load::Loading;
use super::queue::Waiting;
use super::wanted::{Claims, Reads};
use super::working_set::{RecordChange, WorkingSet};
use super::write::Writing;
use crate::clock::Moment;
use crate::ledger::{LedgerError, Task, Verdict};
use crate::recording::{self, Step};

/// What became of a batch.
pub(super) struct Done {
    /// In the order of the tasks.
    pub(super) verdicts: Vec<Result<Verdict, LedgerError>>,
    /// When the first of the holds that it left is due.
    pub(super) due: Option<Timestamp>,
}

/// Records tasks in their order, each seeing what those before it consumed. On any error nothing of it is committed, unless the
/// connection was lost: then nobody knows. The tasks are ours alone meanwhile, for a plan is no thing to share between threads.
pub(super) async fn record(client: &Client, tasks: &mut [Waiting], moment: Moment<'_>) -> Result<Done, BatchError> {
    let (loading, writing) = (Loading::prepare(client).await?, Writing::prepare(client).await?);
    let done = attempt(client, (&loading, &writing), tasks, moment).await;
    if done.as_ref().is_err_and(|error| !error.is_lost()) {
        client.batch_execute("ROLLBACK").await.map_err(|error| BatchError::Lost(error.to_string()))?;
    }
    done
}

async fn attempt(
    client: &Client,
    (loading, writing): (&Loading, &Writing),
    tasks: &mut [Waiting],
    moment: Moment<'_>,
) -> Result<Done, BatchError> {
    let claims = Claims::of(tasks.iter().map(|waiting| &waiting.task));
    let mut set = loading.claim(client, &claims, moment.now).await?;
    let reads = Reads::of(tasks.iter().map(|waiting| &waiting.task), &set);
    loading.sum(client, reads, &mut set, moment.now).await?;
    set.expire_due(moment);
    let verdicts = tasks.iter().map(|waiting| perform(&mut set, &waiting.task, moment)).collect();
    writing.commit(client, &set).await?;
    Ok(Done { verdicts, due: first_due(&set) })
}

/// What is refused or fails enters nothing.
fn perform(set: &mut WorkingSet, task: &Task, moment: Moment<'_>) -> Result<Verdict, LedgerError> {
    let step = recording::step(set, task, moment)?;
    let verdict = step.verdict();
    if let Step::Enter(entry) = step {
        set.enter(*entry, lane_of(task));
    }
    Ok(verdict)
}

/// The lane of what a task may open.
fn lane_of(task: &Task) -> i16 {
    let lane = match task {
        Task::Authorize(new) | Task::Advise { new, .. } => lane::of_record(&new.plan, new.key.request_id),
        Task::OfAccount(task) => lane::of_account(&task.account),
        Task::Operate { .. } | Task::Reverse { .. } | Task::Claim(_) => 0,
    };
    i16::try_from(lane).unwrap_or(0)
}

fn first_due(set: &WorkingSet) -> Option<Timestamp> {
    let changed = set.records.values().filter(|row| !matches!(row.change, RecordChange::Nothing));
    let held =
        changed.filter_map(|row| row.record.as_ref().ok()).filter(|record| record.authorization.state() == State::Held);
    held.filter_map(|record| record.expires_at).min()
}
