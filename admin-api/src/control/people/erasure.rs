//! Erasure: asked for by the person or at a desk, and confirmed by an operator. Facts and means go; records keep amounts, and the audit its chain.

use std::sync::Arc;
use std::time::Duration;

use avis_store::records::RecordFilter;
use avis_store::{
    Act, AuditFilter, AuditObject, Background, Kind as RowKind, NewRow, Row, StoreError, without_coupons,
};
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
/// The word of the audit for it.
const ERASED: &str = "person_erased";
/// Done, but for what engines record of the person late: shown as done.
const DONE_LATELY: &str = "done_lately";
/// For how long it is looked for what comes late: what was sold without a connection, or in the ledger's stead, is there by then.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How often it is: a look reads all records.
const LOOK_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// After how long a look that came to nothing is made again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// How often erasures are looked for whose time has come.
const EVERY: Duration = Duration::from_secs(60);

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
    /// When it is looked next for what came late.
    #[serde(default)]
    looked_at_next: Option<Timestamp>,
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
        looked_at_next: None,
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
    let act = Act { object: Some(object), reason, ..call.act(ERASED, None) };
    // Who came under the code since the person was erased is another.
    let revision = match erased_at(call, &found.object)? {
        Some(revision) => Some(revision),
        None => erase(call, &code, &act)?,
    };
    erase_recorded(call.control, &code)?;
    means::forget(call, &found.object.subject)?;
    pending::forget(call, &found.object.subject)?;
    blocking::forget(call, &found.object.subject)?;
    consultations::forget(call, &found.object.subject)?;
    relations::forget(call, &found.object.subject, &code)?;
    found.object.done_at = Some(call.now);
    found.object.looked_at_next = call.now.checked_add(LOOK_EVERY).ok();
    found.object.revision = revision;
    call.control.registry.change(&[found.replace(DONE_LATELY)], &[])?;
    let mut done = shown(&found);
    if let Value::Object(fields) = &mut done {
        fields.insert("state".to_owned(), json!(DONE));
    }
    Ok(Answer::of(done))
}

/// The revision at which the person was erased by an attempt before, which went no further.
fn erased_at(call: &Call<'_>, erasure: &Erasure) -> Result<Option<u64>, Problem> {
    let object = AuditObject { kind: "person".to_owned(), key: erasure.subject.clone() };
    let filter = AuditFilter {
        actions: vec![ERASED.to_owned()],
        object: Some(object),
        from: Some(erasure.asked_at),
        ..AuditFilter::default()
    };
    let entries = call.control.registry.entries(&filter, 1)?;
    Ok(entries.into_iter().find_map(|kept| kept.entry.revision))
}

impl Control {
    /// Erases what comes late of people who were erased, in the background, until it is dropped.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn erase_late(self: &Arc<Self>) -> std::io::Result<Background> {
        let plane = self.clone();
        Background::giving_way("avis-erasing", move |control| {
            while control.sleep(EVERY) {
                plane.erase_what_came_late(|| control.is_stopped());
            }
        })
    }

    /// Erases what was recorded late of people who were erased, and forgets their codes once nothing comes any more; what can't be
    /// erased now is looked at again. Of who came again under a code since nothing is erased.
    pub fn erase_what_came_late(&self, is_stopped: impl Fn() -> bool) {
        let told = |problem: &Problem| {
            let code = problem.code.word();
            tracing::warn!(target: "avis::control", code, "what was recorded late of erased people waits for another attempt");
        };
        let filter = RecordFilter { state: Some(DONE_LATELY), ..RecordFilter::default() };
        let open = kept::all::<Erasure>(&*self.registry, &filter, self.clock.now());
        for found in open.inspect_err(told).unwrap_or_default() {
            let now = self.clock.now();
            if found.object.looked_at_next.is_some_and(|at| now < at) {
                continue;
            }
            if is_stopped() {
                break;
            }
            let _ = look(self, found, now).inspect_err(told);
        }
    }
}

/// Erases what came late of one person. Of nodes that look at once one goes on.
fn look(control: &Control, mut found: Kept<Erasure>, now: Timestamp) -> Result<(), Problem> {
    let Some(code) = found.object.holder.clone() else { return Ok(()) };
    found.object.looked_at_next = now.checked_add(LOOK_AGAIN).ok();
    if !found.write(control, DONE_LATELY)? {
        return Ok(());
    }
    let is_another = Person::of_code(control, &code)?.is_some();
    if !is_another {
        erase_recorded(control, &code)?;
    }
    let is_over = found.object.done_at.and_then(|at| at.checked_add(OPEN_FOR).ok()).is_none_or(|until| until <= now);
    let state = if is_over || is_another { DONE } else { DONE_LATELY };
    if state == DONE {
        (found.object.holder, found.object.looked_at_next) = (None, None);
    } else {
        found.object.looked_at_next = now.checked_add(LOOK_EVERY).ok();
    }
    found.write(control, state).map(drop)
}

impl Kept<Erasure> {
    /// Writes it as it is now, unless another node was faster; whether it was written.
    fn write(&mut self, control: &Control, state: &str) -> Result<bool, Problem> {
        match control.registry.change(&[self.replace(state)], &[]) {
            Err(StoreError::RecordChanged { .. }) => Ok(false),
            written => {
                written?;
                self.record.version += 1;
                Ok(true)
            }
        }
    }
}

/// Erases what the store keeps of what a person was, and what the ledger keeps. Where that is away, doing it again goes on there.
fn erase_recorded(control: &Control, code: &str) -> Result<(), Problem> {
    if Person::of_code(control, code)?.is_none() {
        control.registry.forget(RowKind::Holder, code)?;
    }
    let erased = control.points.ledger.erase(code);
    erased.map(drop).map_err(|error| of_ledger(&error, "what is recorded of a person could not be erased"))
}

/// Removes the holder's row and the holder's own coupons; none if there is none any more.
fn erase(call: &Call<'_>, code: &str, act: &Act) -> Result<Option<u64>, Problem> {
    let Some(person) = Person::of_code(call.control, code)? else { return Ok(None) };
    let row = Row { kind: RowKind::Holder, key: code.into(), content: None };
    let coupons = without_coupons(&*call.control.registry, code, |_| true)?;
    let committed =
        commit(call, &person, (NewRow::Row(row), coupons), act)?.ok_or_else(|| Problem::from(Code::Changed))?;
    Ok(Some(committed.head.revision.number))
}
