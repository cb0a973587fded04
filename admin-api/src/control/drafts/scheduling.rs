//! Drafts that are published at their time, by whichever admin node claims them first.
//!
//! A claim is a change of the record, so that one node gets it; it ends after a while, so that another one goes on where that node
//! was stopped. What was committed before is found, and no second version is made (see `publishing`).

use avis_store::records::RecordFilter;
use avis_store::{Act, Actor, ActorKind, AuditEntry, AuditObject, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::judging::Candidate;
use super::{APPROVED, Draft, PUBLISHED, SCHEDULED, comparing, find_in, publishing, write};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::problem::Problem;
use crate::control::rules;

/// For how long a node has a draft to itself: longer than judging and committing take.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);
/// Drafts that are read at a time.
const AT_ONCE: usize = 100;

/// Who scheduled a draft, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Schedule {
    /// The user.
    pub(super) by: String,
    reason: String,
    /// Until when the node that publishes it has it to itself.
    claimed_until: Option<Timestamp>,
}

/// A draft whose time is to come: as of now it could be published.
pub(super) fn schedule(call: &Call<'_>, draft: Kept<Draft>) -> Result<Answer, Problem> {
    publishing::check_approved(call.control, &draft)?;
    let warnings = Candidate::read(call.control, &draft.object, draft.owner())?.run_cases(call.control)?;
    let by = call.caller()?.user.clone();
    let schedule = Schedule { by, reason: call.text("reason").to_owned(), claimed_until: None };
    let new = Draft { schedule: Some(schedule), not_published_because: None, ..draft.object.clone() };
    Ok(write(call, draft, new, (SCHEDULED, "draft_scheduled"))?.warned(&warnings))
}

/// `POST /drafts/{id}/unschedule`.
pub(super) fn unschedule(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[SCHEDULED])?;
    let new = Draft { schedule: None, ..draft.object.clone() };
    write(call, draft, new, (APPROVED, "draft_unscheduled"))
}

impl Control {
    /// Publishes drafts whose time has come, the earliest first: each is checked again, and goes back to be decided on where it can't
    /// be published any more. Other nodes may do the same at the same time.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn publish_due(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for draft in due(self, now)? {
            let id = draft.record.key.clone();
            if let Err(problem) = run(self, draft, now) {
                let code = problem.code.word();
                tracing::warn!(target: "avis::control", draft = %id, code, "a scheduled draft waits for another attempt");
            }
        }
        Ok(())
    }
}

/// Drafts whose time has come and that no node has to itself.
fn due(control: &Control, now: Timestamp) -> Result<Vec<Kept<Draft>>, StoreError> {
    let (mut due, mut after) = (Vec::new(), String::new());
    loop {
        let filter =
            RecordFilter { kind: Draft::KIND, state: Some(SCHEDULED), after: &after, ..RecordFilter::default() };
        let records = control.registry.records(&filter, AT_ONCE)?;
        let Some(last) = records.last() else { break };
        after.clone_from(&last.key);
        // One that can't be read is told where it is asked for; the others are published.
        let drafts = records.into_iter().filter_map(|record| kept::read::<Draft>(record).ok());
        due.extend(drafts.filter(|draft| draft.object.is_due(now)));
    }
    due.sort_by_key(|draft| draft.object.publish_at);
    Ok(due)
}

impl Draft {
    fn is_due(&self, now: Timestamp) -> bool {
        let claimed_until = self.schedule.as_ref().and_then(|schedule| schedule.claimed_until);
        self.publish_at.is_none_or(|at| at <= now) && claimed_until.is_none_or(|until| until <= now)
    }
}

/// Publishes a draft, unless another node is about to.
fn run(control: &Control, draft: Kept<Draft>, now: Timestamp) -> Result<(), Problem> {
    let Some(draft) = claim(control, draft, now)? else { return Ok(()) };
    let settled = Draft { is_publishing: false, schedule: None, ..draft.object.clone() };
    match publishing::committed(control, &draft, act(&draft, &publishing::published_action(&draft)), now) {
        Ok((published, _)) => {
            let new = Draft { published: Some(published), not_published_because: None, ..settled };
            mark(control, draft, new, (PUBLISHED, "draft_published"), now)
        }
        // Whether it is there is not known: the next attempt finds out.
        Err(problem) if problem.code.status() >= 500 => Err(problem),
        Err(problem) => {
            let (id, code) = (&draft.record.key, problem.code.word());
            tracing::error!(target: "avis::control", draft = %id, code, "a scheduled draft was not published");
            let place = problem.errors.first().map(|fault| format!(" {}", fault.pointer)).unwrap_or_default();
            let because = format!("{code}{place}: {}", problem.detail);
            let new = Draft { not_published_because: Some(because.chars().take(1_000).collect()), ..settled };
            mark(control, draft, new, (APPROVED, "draft_not_published"), now)
        }
    }
}

/// The draft for this node alone; none if another one was faster.
fn claim(control: &Control, mut draft: Kept<Draft>, now: Timestamp) -> Result<Option<Kept<Draft>>, Problem> {
    if !draft.object.is_publishing {
        draft.object.cases_before = Some(comparing::cases_there(&*rules::rules(control)?, &draft.object));
    }
    draft.object.is_publishing = true;
    if let Some(schedule) = &mut draft.object.schedule {
        schedule.claimed_until = now.checked_add(CLAIM).ok();
    }
    let entry = AuditEntry::new(now, act(&draft, "draft_claimed"));
    match control.registry.change(&[draft.replace(SCHEDULED)], &[entry]) {
        Ok(()) => kept::load(&*control.registry, &draft.record.key, now),
        Err(StoreError::RecordChanged { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes what became of a draft over the claim.
fn mark(
    control: &Control,
    mut draft: Kept<Draft>,
    new: Draft,
    (state, action): (&str, &str),
    now: Timestamp,
) -> Result<(), Problem> {
    let (before, after) = (draft.object.told(draft.state()), new.told(state));
    let mut act = act(&draft, action);
    act.reason = new.not_published_because.clone().or(act.reason);
    let texts = (Some(before.to_string()), Some(after.to_string()));
    let entry = AuditEntry { before: texts.0, after: texts.1, ..AuditEntry::new(now, act) };
    draft.object = new;
    Ok(control.registry.change(&[draft.replace(state)], &[entry])?)
}

/// By AVIS itself, for who scheduled it.
fn act(draft: &Kept<Draft>, action: &str) -> Act {
    let actor = Actor { kind: ActorKind::Program, id: "schedule".to_owned(), party: Some(draft.owner().to_owned()) };
    let schedule = draft.object.schedule.as_ref();
    Act {
        on_behalf: schedule.map(|schedule| schedule.by.clone()),
        object: Some(AuditObject { kind: Draft::KIND.to_owned(), key: draft.record.key.clone() }),
        reason: schedule.map(|schedule| schedule.reason.clone()),
        ..Act::new(actor, action)
    }
}
