//! Erasure: asked for by the person or at a desk, and confirmed by an operator. Facts and means go; records keep amounts, and the audit its chain.

use avis_store::records::RecordFilter;
use avis_store::{Act, AuditObject, Kind as RowKind, NewRow, Row, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::handle::held;
use super::{Person, blocking, commit, means, pending, relations};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::consultations;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::policy::Reach;
use crate::control::problem::{Code, Problem, of_ledger};
use crate::control::quota;
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};

const STATES: &[&str] = &[ASKED, DONE];
const ASKED: &str = "asked";
const DONE: &str = "done";
/// Done, but for what engines record of the person late: shown as done.
const DONE_LATELY: &str = "done_lately";
/// After how long what came late is erased: what was sold in the ledger's stead, or by who did not hear of it yet, is there by then.
const LATE: SignedDuration = SignedDuration::from_hours(24);
/// Erasures that are looked at, at a time.
const AT_ONCE: usize = 100;

/// An erasure; who is erased is in no answer.
pub(super) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    optional("party", Kind::Code),
    needed("state", Kind::Word(STATES)),
    needed("asked_at", Kind::Instant),
    optional("revision", Kind::Whole(1, i64::MAX)),
];

/// An erasure that was asked for.
#[derive(Serialize, Deserialize)]
struct Erasure {
    /// The code of the holder; none once it is done, with what came late.
    holder: Option<String>,
    #[serde(default)]
    done_at: Option<Timestamp>,
    subject: String,
    asked_by: String,
    asked_at: Timestamp,
    reason: String,
    revision: Option<u64>,
}

impl Object for Erasure {
    const KIND: &'static str = "erasure";
}

fn shown(kept: &Kept<Erasure>) -> Value {
    let Erasure { asked_at, revision, .. } = &kept.object;
    let state = if kept.state() == ASKED { ASKED } else { DONE };
    json!({"id": kept.record.key, "party": Some(kept.owner()).filter(|owner| !owner.is_empty()), "state": state, "asked_at": asked_at, "revision": revision})
}

/// `POST /people/{handle}/erasure`.
pub(super) fn ask(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    held.person(call)?;
    let (id, party) = (secret::id(call.now)?, call.caller()?.party.as_deref());
    let erasure = Erasure {
        holder: Some(held.handle.holder.clone()),
        done_at: None,
        subject: held.subject.clone(),
        asked_by: call.caller()?.user.clone(),
        asked_at: call.now,
        reason: held.handle.reason.clone(),
        revision: None,
    };
    let entry = avis_store::AuditEntry::new(call.now, held.act(call, "erasure_asked"));
    let taken = quota::take(call, &format!("erasure {} {}", call.caller()?.user, held.subject), means::TRIES)?;
    let asked = kept::make(&id, &erasure, (party.unwrap_or_default(), ASKED), None);
    call.control.registry.change(&[taken, asked], &[entry])?;
    let made = json!({"id": id, "party": party, "state": ASKED, "asked_at": call.now, "revision": null});
    Ok(Answer::made(made, "/admin/v1/erasures".to_owned()))
}

/// `GET /erasures`: what waits for an operator, and what was done.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let owner = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
    let filter = RecordFilter { owner, ..page.records() };
    let found = kept::list::<Erasure>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(found.iter().map(|kept| (kept.record.key.clone(), shown(kept)))))
}

/// `POST /erasures/{id}/confirm`: by another than who asked. What was begun before a crash is ended by confirming again.
pub(super) fn confirm(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = kept::load::<Erasure>(&*call.control.registry, call.path("id"), call.now)?;
    let mut found = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    let code = found.object.holder.clone().filter(|_| found.state() == ASKED);
    let code = code.ok_or_else(|| Problem::from(Code::NotInThisState))?;
    if found.object.asked_by == call.caller()?.user {
        return Err(Problem::new(Code::OwnWork, "an erasure is confirmed by another than who asked for it"));
    }
    let object = AuditObject { kind: "person".to_owned(), key: found.object.subject.clone() };
    let reason = Some(found.object.reason.clone());
    let act = Act { object: Some(object), reason, ..call.act("person_erased", None) };
    let revision = erase(call, &code, &act)?;
    erase_recorded(call.control, &code)?;
    means::forget(call, &found.object.subject)?;
    pending::forget(call, &found.object.subject)?;
    blocking::forget(call, &found.object.subject)?;
    consultations::forget(call, &found.object.subject)?;
    relations::forget(call, &found.object.subject, &code)?;
    found.object.done_at = Some(call.now);
    found.object.revision = revision;
    call.control.registry.change(&[found.replace(DONE_LATELY)], &[])?;
    let mut done = shown(&found);
    if let Value::Object(fields) = &mut done {
        fields.insert("state".to_owned(), json!(DONE));
    }
    Ok(Answer::of(done))
}

impl Control {
    /// Erases what was recorded late of people who were erased a day ago, and forgets their codes. Of who came again under a code since
    /// nothing is erased.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn erase_what_came_late(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let filter = RecordFilter { kind: Erasure::KIND, state: Some(DONE_LATELY), ..RecordFilter::default() };
        let records = self.registry.records(&filter, AT_ONCE)?;
        for found in records.into_iter().filter_map(|record| kept::read::<Erasure>(record).ok()) {
            let is_due = found.object.done_at.and_then(|at| at.checked_add(LATE).ok()).is_none_or(|at| at <= now);
            if is_due && let Err(problem) = erase_late(self, found) {
                let code = problem.code.word();
                tracing::warn!(target: "avis::control", code, "what was recorded late of an erased person waits for another attempt");
            }
        }
        Ok(())
    }
}

fn erase_late(control: &Control, mut found: Kept<Erasure>) -> Result<(), Problem> {
    if let Some(code) = found.object.holder.take()
        && Person::of_code(control, &code)?.is_none()
    {
        erase_recorded(control, &code)?;
    }
    match control.registry.change(&[found.replace(DONE)], &[]) {
        // Another node was faster.
        Err(StoreError::RecordChanged { .. }) => Ok(()),
        changed => Ok(changed?),
    }
}

/// Erases what the store keeps of what a person was, and what the ledger keeps. Where that is away, doing it again goes on there.
fn erase_recorded(control: &Control, code: &str) -> Result<(), Problem> {
    control.registry.forget(RowKind::Holder, code)?;
    let erased = control.points.ledger.erase(code);
    erased.map(drop).map_err(|error| of_ledger(&error, "what is recorded of a person could not be erased"))
}

/// Removes the holder's row; none if there is none any more.
fn erase(call: &Call<'_>, code: &str, act: &Act) -> Result<Option<u64>, Problem> {
    let Some(person) = Person::of_code(call.control, code)? else { return Ok(None) };
    let row = Row { kind: RowKind::Holder, key: code.into(), content: None };
    let committed = commit(call, &person, NewRow::Row(row), act)?.ok_or_else(|| Problem::from(Code::Changed))?;
    Ok(Some(committed.head.revision.number))
}
