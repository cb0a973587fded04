//! Jobs that were left by who worked on them: whose file came whole, somebody goes on with; others are ended, as the audit knows.

use avis_store::records::RecordFilter;
use avis_store::{AuditEntry, AuditFilter, AuditObject, Registry, StoreError};
use jiff::Timestamp;

use super::job::{COMMITTING_FOR, DONE, FAILED, Job, Place, RUNNING, Running, SILENT_FOR};
use super::order::Order;
use super::rows_kept;
use crate::control::call::Call;
use crate::control::kept::{self, Kept};
use crate::control::problem::{Code, Problem};

/// How often somebody goes on with a job that was left.
const TAKEN_UP_MAX: u32 = 3;

/// Whether who works on a job has not said so for so long that nobody does.
fn is_left(job: &Kept<Job>, now: Timestamp) -> bool {
    let silent_for = if job.object.is_committing { COMMITTING_FOR } else { SILENT_FOR };
    job.state() == RUNNING && now.duration_since(job.object.beat_at) >= silent_for
}

/// Who worked on a job and fell silent did so before its commit or after it: the audit knows.
pub(super) fn settled(call: &Call<'_>, job: Kept<Job>) -> Result<Kept<Job>, Problem> {
    let (registry, id) = (&*call.control.registry, job.record.key.clone());
    if !is_left(&job, call.now) || order_of_left(registry, &job, call.now)?.is_some() {
        return Ok(job);
    }
    conclude(registry, job)?;
    kept::load(registry, &id, call.now)?.ok_or_else(|| Code::NotFound.into())
}

/// The jobs that are said to run.
fn running(registry: &dyn Registry, now: Timestamp) -> Result<Vec<Kept<Job>>, Problem> {
    kept::all(registry, &RecordFilter { state: Some(RUNNING), ..RecordFilter::default() }, now)
}

/// What was asked for of a job that was left, if somebody can go on with it: its file came whole, it was not committed, and it did
/// not take down who worked on it too often.
fn order_of_left(registry: &dyn Registry, job: &Kept<Job>, now: Timestamp) -> Result<Option<Order>, Problem> {
    if job.object.taken_up >= TAKEN_UP_MAX || entry_of(registry, job)?.is_some() {
        return Ok(None);
    }
    Ok(kept::load::<Order>(registry, &job.record.key, now)?.map(|order| order.object))
}

/// Jobs that were left and are this process' from now on, each with what was asked for; others that were left are ended.
pub(super) fn taken_up(registry: &dyn Registry, now: Timestamp) -> Result<Vec<(Running, Order)>, Problem> {
    let mut taken_up = Vec::new();
    for job in running(registry, now)?.into_iter().filter(|job| is_left(job, now)) {
        match order_of_left(registry, &job, now)? {
            Some(order) => taken_up.extend(Running::take_up(registry, job, now)?.map(|running| (running, order))),
            None => conclude(registry, job)?,
        }
    }
    Ok(taken_up)
}

/// Ends all jobs that are said to run, but for those with which somebody can go on at once, and frees their places: for a process
/// that has not begun yet and beside which nobody works.
pub(crate) fn conclude_all(registry: &dyn Registry, now: Timestamp) -> Result<(), Problem> {
    for mut job in running(registry, now)? {
        if order_of_left(registry, &job, now)?.is_some() {
            (job.object.beat_at, job.object.is_committing) = (Timestamp::UNIX_EPOCH, false);
            registry.change(&[job.replace(RUNNING)], &[])?;
        } else {
            conclude(registry, job)?;
        }
    }
    let places = kept::all::<Place>(registry, &RecordFilter::default(), now)?;
    Ok(registry.change(&places.iter().map(Kept::remove).collect::<Vec<_>>(), &[])?)
}

/// The entry of the audit that a job left, once it is committed.
fn entry_of(registry: &dyn Registry, job: &Kept<Job>) -> Result<Option<AuditEntry>, Problem> {
    let object = AuditObject { kind: "job".to_owned(), key: job.record.key.clone() };
    let entries = registry.entries(&AuditFilter { object: Some(object), ..AuditFilter::default() }, 1)?;
    Ok(entries.into_iter().next().map(|kept| kept.entry))
}

/// Why a job ended of which nothing is left, by its code and in words.
pub(super) fn interrupted(why: &str) -> (String, String) {
    ("interrupted".to_owned(), format!("{why}, and it left nothing; send the file again"))
}

/// Ends a job on which nobody works any more.
fn conclude(registry: &dyn Registry, mut job: Kept<Job>) -> Result<(), Problem> {
    let entry = entry_of(registry, &job)?;
    let state = if entry.is_some() { DONE } else { FAILED };
    job.object.revision = entry.as_ref().and_then(|entry| entry.revision);
    if entry.is_none() {
        job.object.problem = Some(interrupted("it was interrupted"));
    }
    match registry.change(&[job.replace(state)], &[]) {
        Err(StoreError::RecordChanged { .. }) => return Ok(()),
        concluded => concluded?,
    }
    rows_kept::forget(registry, &job.record.key);
    Ok(())
}
