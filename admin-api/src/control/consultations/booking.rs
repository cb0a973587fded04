//! A clerk asks for a consultation for a person who was found, or the person asks; it gets its time, and both may be taken back.

use avis_store::AuditEntry;
use avis_store::records::RecordChange;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    AskedFor, BOOKED, CANCELLED, Consultation, NOTE, PLACES, REQUESTED, asked_for, asked_of, find, institutions,
    of_index, times, written,
};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept;
use crate::control::link;
use crate::control::people::{self, Held};
use crate::control::policy::Role;
use crate::control::problem::{Code, Problem};
use crate::control::quota::{self, AtMost};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};

/// For whom, about what, and when; without a time the institution finds one.
pub(super) const NEW: &[Field] = &[
    needed("handle", Kind::Token(2, 36)),
    needed("institution", Kind::Code),
    needed("topic", Kind::Code),
    needed("place", Kind::Word(PLACES)),
    needed("agreed", Kind::Truth),
    optional("at", Kind::Instant),
    optional("note", NOTE),
];

/// The time that it is to have, and a link of its own.
pub(super) const TIME: &[Field] =
    &[needed("at", Kind::Instant), optional("link", Kind::Token(1, link::CHARACTERS_MAX))];

/// Consultations that wait for one person who asks without a desk.
const WAITING_MAX: usize = 3;
/// How often one person may ask without a desk: who takes times only to give them back keeps others from them.
const ASKED: &[AtMost] = &[AtMost { count: 10, within: SignedDuration::from_hours(24) }];
/// Where the person sits who asks without a desk.
const HOME: &str = "home";

/// The instant in the body.
fn at(call: &Call<'_>) -> Option<Timestamp> {
    call.body.get("at").and_then(Value::as_str)?.parse().ok()
}

/// A consultation that a body asks for, which stands at a place of the request; without a time.
fn asked(call: &Call<'_>, held: &Held, (body, place): (&Value, &str)) -> Result<Consultation, Problem> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let institution = institutions::of(call, &text("institution"))?
        .ok_or_else(|| Problem::at(format!("{place}/institution"), "expected an institution that lends specialists"))?;
    if !institution.object.has_topic(&text("topic")) {
        return Err(Problem::at(format!("{place}/topic"), "expected a topic of the institution"));
    }
    Ok(Consultation {
        institution: text("institution"),
        topic: text("topic"),
        place: text("place"),
        holder: Some(held.holder().to_owned()),
        subject: held.subject.clone(),
        agreed: body.get("agreed") == Some(&Value::Bool(true)),
        requested_at: call.now,
        form: None,
        time: None,
        telephone: institution.object.telephone,
        started_at: None,
        ended_at: None,
        outcome: None,
        note: body.get("note").and_then(Value::as_str).map(str::to_owned),
        result: None,
    })
}

/// What a new consultation of a party changes, and what the audit is told of it.
fn made(
    call: &Call<'_>,
    held: &Held,
    (id, party): (&str, &str),
    consultation: &Consultation,
) -> (Vec<RecordChange>, AuditEntry) {
    let Consultation { institution, topic, agreed, .. } = consultation;
    let state = if consultation.time.is_some() { BOOKED } else { REQUESTED };
    let after = json!({"institution": institution, "topic": topic, "agreed": agreed, "state": state});
    let act = held.act(call, "consultation_requested");
    let entry = AuditEntry { after: Some(after.to_string()), ..AuditEntry::new(call.now, act) };
    let made = kept::make(id, consultation, (party, state), None);
    (vec![made, asked_of(institution, id), asked_for(&held.subject, id)], entry)
}

/// `POST /consultations`.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = people::held_in_body(call)?;
    let mut consultation = asked(call, &held, (&call.body, ""))?;
    let code = consultation.institution.clone();
    let taken = at(call).map(|at| times::take(call, &code, at)).transpose()?;
    let (time, taken) = taken.unzip();
    consultation.time = time;
    let id = secret::id(call.now)?;
    // Where no desk asked, the institution alone serves it.
    let (party, counted) = match call.caller()?.resident {
        Some(_) => (&*code, Some(count_own(call, &held.subject)?)),
        None => (call.party()?, None),
    };
    let (mut changes, entry) = made(call, &held, (&id, party), &consultation);
    changes.extend(taken.into_iter().chain(counted));
    call.control.registry.change(&changes, &[entry])?;
    let made = kept::load::<Consultation>(&*call.control.registry, &id, call.now)?;
    let shown = made.map(|made| made.shown(call)).ok_or_else(|| Problem::from(Code::Changed))?;
    Ok(Answer::made(shown, format!("/admin/v1/consultations/{id}")).tagged(kept::etag(1)))
}

/// A consultation that was asked for on a form on paper at a moment: its id, and what it changes. The institution finds a time.
///
/// # Errors
/// An institution or a topic that is not there, with its place in the request.
pub(crate) fn on_paper(
    call: &Call<'_>,
    held: &Held,
    body: (&Value, &str),
    (form, at): (&str, Timestamp),
) -> Result<(String, Vec<RecordChange>, AuditEntry), Problem> {
    let asked = asked(call, held, body)?;
    let consultation = Consultation { requested_at: at, form: Some(form.to_owned()), ..asked };
    let id = secret::id(call.now)?;
    let (changes, entry) = made(call, held, (&id, call.party()?), &consultation);
    Ok((id, changes, entry))
}

/// Counts what a person asks for without a desk.
fn count_own(call: &Call<'_>, subject: &str) -> Result<RecordChange, Problem> {
    if call.text("place") != HOME {
        return Err(Problem::at("/place", "expected `home`: at a desk the desk asks for it"));
    }
    let waiting = of_index::<AskedFor>(call, subject)?;
    if waiting.iter().filter(|one| one.waits()).count() >= WAITING_MAX {
        return Err(Problem::new(
            Code::TooManyObjects,
            format!("at most {WAITING_MAX} consultations wait for a person"),
        ));
    }
    quota::take(call, &format!("consultations {subject}"), ASKED)
}

/// `POST /consultations/{id}/assign`: its time, or another than it had, which is free again.
pub(super) fn assign(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut found = find(call)?;
    if !found.waits() {
        return Err(Code::NotInThisState.into());
    }
    let code = found.object.institution.clone();
    let at = at(call).ok_or_else(|| Problem::at("/at", "expected an instant"))?;
    let before = found.object.time.take();
    let mut beside: Vec<RecordChange> = Vec::new();
    let mut time = match before {
        // A link alone is another.
        Some(before) if before.at == at => before,
        before => {
            let (time, taken) = times::take(call, &code, at)?;
            beside.push(taken);
            beside.extend(before.map(|before| times::free(call, &before)).transpose()?.flatten());
            time
        }
    };
    if let Some(link) = call.body.get("link").and_then(Value::as_str) {
        if !call.caller()?.is(Role::Specialist) {
            return Err(Problem::at("/link", "expected none: the institution says where it is held"));
        }
        let institution = institutions::of(call, &code)?.ok_or_else(|| Problem::from(Code::NotFound))?;
        institution.object.check_link(link).map_err(|detail| Problem::at("/link", detail))?;
        link.clone_into(&mut time.link);
    }
    found.object.time = Some(time);
    written(call, found, BOOKED, ("consultation_assigned", beside))
}

/// `POST /consultations/{id}/cancel`.
pub(super) fn cancel(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = find(call)?;
    if !found.waits() {
        return Err(Code::NotInThisState.into());
    }
    let freed = found.object.time.as_ref().map(|time| times::free(call, time)).transpose()?.flatten();
    written(call, found, CANCELLED, ("consultation_cancelled", freed.into_iter().collect()))
}
