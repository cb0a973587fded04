//! The means by which a person is recognised: added with a proof, blocked at once, replaced, removed. What is active or blocked is an
//! identifier of the holder's row, which every engine follows; how it came there is kept beside it.

use avis_core::{
    IdentifierKey, IdentifierState, IdentifierStatus, RegisteredHolder, RegisteredIdentifier, WrittenHolder,
};
use avis_store::records::{RecordChange, RecordFilter};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::handle::{Held, held};
use super::{Person, act_on, change, has_room, identifier_key, subject};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::problem::{Code, Problem, moved};
use crate::control::quota::{self, AtMost};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::import;

/// How often one user may try to add means to one person.
const TRIES: &[AtMost] = &[AtMost { count: 5, within: SignedDuration::from_hours(24) }];

const STATES: &[&str] = &["active", "blocked", "expired", "replaced", "removed"];
const PROOFS: &[&str] = &["issuer", "desk"];

/// Means as they are shown; the value never is.
pub(super) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("scheme", Kind::Token(1, 300)),
    optional("label", Kind::Text(1, 60)),
    needed("state", Kind::Word(STATES)),
    optional("since", Kind::Instant),
    optional("valid_until", Kind::Token(10, 40)),
    needed("proof", Kind::Word(PROOFS)),
    optional("revision", Kind::Whole(1, i64::MAX)),
];

const VALUE: Field = needed("value", Kind::Token(1, 200));
const LABEL: Field = optional("label", Kind::Text(1, 60));
const VALID_UNTIL: Field = optional("valid_until", Kind::Token(10, 40));

/// Means that a clerk saw.
pub(super) const NEW: &[Field] = &[needed("scheme", Kind::Code), VALUE, LABEL, VALID_UNTIL];
/// What comes in the place of means that are lost, of the same scheme unless it is said.
pub(super) const REPLACEMENT: &[Field] = &[optional("scheme", Kind::Code), VALUE, LABEL, VALID_UNTIL];
/// A card that its issuer stops.
pub(super) const STOPPED: &[Field] = &[needed("scheme", Kind::Code), VALUE, needed("reason", Kind::Text(1, 200))];
/// The same of a card that nobody has: no revision, by which the two could be told apart.
pub(super) const BLOCKED: &[Field] = &[needed("state", Kind::Word(&["blocked"]))];

/// How means came to a person, and where they went; under an id that is made of their key.
#[derive(Serialize, Deserialize)]
struct Means {
    scheme: String,
    label: Option<String>,
    proof: String,
    since: Timestamp,
}

impl Object for Means {
    const KIND: &'static str = "means";
}

/// Of what an identifier of the row is one.
const KEPT: &str = "kept";
const REPLACED: &str = "replaced";
const REMOVED: &str = "removed";

/// The id of an identifier: the same for as long as it is one, and nothing that its key could be found by.
fn id_of(control: &Control, key: IdentifierKey) -> String {
    let derived = control.cases.secret.derived("avis id of means");
    uuid::Builder::from_custom_bytes(derived.hash(&[&key.0])).into_uuid().to_string()
}

fn state_word(control: &Control, state: IdentifierState, now: Timestamp) -> &'static str {
    match state.at(now, &control.cases.zone) {
        IdentifierStatus::Active => "active",
        IdentifierStatus::Blocked => "blocked",
        IdentifierStatus::Expired => "expired",
    }
}

/// What the row has, with what is known beside it.
fn shown(call: &Call<'_>, id: &str, identifier: &RegisteredIdentifier, beside: Option<&Means>) -> Value {
    let RegisteredIdentifier { scheme, state, .. } = identifier;
    let since = state.since.or(beside.map(|means| means.since));
    json!({"id": id, "scheme": scheme, "label": beside.and_then(|means| means.label.clone()),
        "state": state_word(call.control, *state, call.now), "since": since, "valid_until": state.valid_until,
        "proof": beside.map_or("issuer", |means| &means.proof)})
}

/// Means that are nobody's any more.
fn no_more(kept: &Kept<Means>) -> Value {
    let Means { scheme, label, proof, since, .. } = &kept.object;
    json!({"id": kept.record.key, "scheme": scheme, "label": label, "state": kept.state(), "since": since, "proof": proof})
}

/// `GET /people/{handle}/means`: those of the row, then those that are gone.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let held = held(call)?;
    let person = held.shown(call, "person_means_read", &["means"])?;
    let filter = RecordFilter { owner: Some(&held.subject), ..RecordFilter::default() };
    let known = kept::all::<Means>(&*call.control.registry, &filter, call.now)?;
    let beside = |id: &str| known.iter().find(|means| means.record.key == id);
    let mut all: Vec<(String, Value)> = Vec::new();
    for identifier in &person.holder.identifiers {
        let id = id_of(call.control, identifier.key);
        let means = shown(call, &id, identifier, beside(&id).map(|means| &means.object));
        all.push((id, means));
    }
    let gone = known.iter().filter(|means| means.state() != KEPT);
    all.extend(gone.map(|means| (means.record.key.clone(), no_more(means))));
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.dedup_by(|(later, _), (first, _)| later == first);
    Ok(page.answer_of_all(all))
}

/// An identifier of the body, read as a file's would be.
fn written(call: &Call<'_>, scheme: &str) -> Result<RegisteredIdentifier, Problem> {
    let mut identifier = json!({"scheme": scheme, "value": call.text("value")});
    if let (Value::Object(fields), Some(until)) =
        (&mut identifier, call.body.get("valid_until").filter(|it| !it.is_null()))
    {
        fields.insert("valid_until".to_owned(), until.clone());
    }
    let holder = WrittenHolder::from_value(&json!({"holder": "new", "identifiers": [identifier]}));
    let registered = holder
        .and_then(|holder| holder.register(&call.control.cases.secret))
        .map_err(|faults| Problem::of_document(faults, |pointer| moved(pointer, "/identifiers/0", "")))?;
    registered.identifiers.into_iter().next().ok_or_else(|| Code::Failed.into())
}

/// Makes an identifier the holder's. Why it can't be is one answer, whatever the cause.
fn added(call: &Call<'_>, holder: &mut RegisteredHolder, identifier: &RegisteredIdentifier) -> Result<(), Problem> {
    if holder.identifiers.iter().any(|known| known.key == identifier.key) {
        return Err(Code::NotAdded.into());
    }
    check_room(call, holder)?;
    holder.identifiers.push(identifier.clone());
    Ok(())
}

fn check_room(call: &Call<'_>, holder: &RegisteredHolder) -> Result<(), Problem> {
    if has_room(holder, call.now, &call.control.cases.zone) {
        return Ok(());
    }
    Err(Problem::new(Code::TooManyObjects, "a person has as many active means as there may be"))
}

/// An identifier that is another's is refused by the store itself.
fn not_added(problem: Problem) -> Problem {
    if problem.code == Code::Invalid { Code::NotAdded.into() } else { problem }
}

/// Counts a try of adding means to a person.
fn count_try(call: &Call<'_>, held: &Held) -> Result<(), Problem> {
    let taken = quota::take(call, &format!("means {} {}", call.caller()?.user, held.subject), TRIES)?;
    Ok(call.control.registry.change(&[taken], &[])?)
}

/// `POST /people/{handle}/means`: a clerk saw them, and they are active at once.
pub(super) fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let identifier = written(call, call.text("scheme"))?;
    count_try(call, &held)?;
    let act = held.act(call, "means_added");
    let revision =
        change(call, &held.handle.holder, &act, &|holder| added(call, holder, &identifier)).map_err(not_added)?;
    keep(call, &held.subject, identifier.key, KEPT, &|means| {
        means.scheme = identifier.scheme.to_string();
        label(call, means);
    })?;
    let answer = one(call, &held, &id_of(call.control, identifier.key), revision)?;
    Ok(Answer::made(answer, format!("/admin/v1/people/{}/means", call.path("handle"))))
}

fn label(call: &Call<'_>, means: &mut Means) {
    let label = call.body.get("label").and_then(Value::as_str).map(str::to_owned);
    *means = Means { label, proof: "desk".to_owned(), since: call.now, scheme: means.scheme.clone() };
}

/// The means in the path as they are now.
fn one(call: &Call<'_>, held: &Held, id: &str, revision: u64) -> Result<Value, Problem> {
    let person = held.person(call)?;
    let identifier = find(call.control, &person.holder, id).ok_or_else(|| Problem::from(Code::NotFound))?;
    let beside = kept::load::<Means>(&*call.control.registry, id, call.now)?;
    let beside = beside.filter(|means| means.owner() == held.subject);
    let mut means = shown(call, id, identifier, beside.as_ref().map(|means| &means.object));
    if let Value::Object(fields) = &mut means {
        fields.insert("revision".to_owned(), json!(revision));
    }
    Ok(means)
}

fn find<'h>(control: &Control, holder: &'h RegisteredHolder, id: &str) -> Option<&'h RegisteredIdentifier> {
    holder.identifiers.iter().find(|identifier| id_of(control, identifier.key) == id)
}

/// The identifier of the means in the path.
fn wanted(call: &Call<'_>, person: &Person) -> Result<RegisteredIdentifier, Problem> {
    find(call.control, &person.holder, call.path("id")).cloned().ok_or_else(|| Code::NotFound.into())
}

/// Keeps beside the row how means came there or where they went, over what others keep meanwhile.
fn keep(
    call: &Call<'_>,
    subject: &str,
    key: IdentifierKey,
    state: &str,
    alter: &dyn Fn(&mut Means),
) -> Result<(), Problem> {
    let (registry, id) = (&*call.control.registry, id_of(call.control, key));
    for _ in 0..import::TRIES {
        let before: Option<Kept<Means>> = kept::load(registry, &id, call.now)?;
        let known = before.as_ref().filter(|means| means.owner() == subject);
        let mut means = Means {
            scheme: known.map(|means| means.object.scheme.clone()).unwrap_or_default(),
            label: known.and_then(|means| means.object.label.clone()),
            proof: known.map_or_else(|| "issuer".to_owned(), |means| means.object.proof.clone()),
            since: call.now,
        };
        alter(&mut means);
        let value = kept::value(&means, subject, state, None);
        let change = RecordChange::put(before.as_ref().map(|before| &before.record), Means::KIND, &id, value);
        match registry.change(&[change], &[]) {
            Err(avis_store::StoreError::RecordChanged { .. }) => {}
            kept => return Ok(kept?),
        }
    }
    Err(Code::Unavailable.into())
}

/// Sets the status of the means in the path.
fn set(call: &Call<'_>, action: &str, status: IdentifierStatus) -> Result<Answer, Problem> {
    let held = held(call)?;
    let identifier = wanted(call, &held.person(call)?)?;
    let revision = change(call, &held.handle.holder, &held.act(call, action), &|holder| {
        let room = check_room(call, holder);
        let known = holder.identifiers.iter_mut().find(|known| known.key == identifier.key);
        let state = &mut known.ok_or_else(|| Problem::from(Code::NotFound))?.state;
        if state.status == IdentifierStatus::Expired {
            return Err(Problem::new(Code::NotInThisState, "what is expired is replaced"));
        }
        if state.status == IdentifierStatus::Blocked && status == IdentifierStatus::Active {
            room?;
        }
        state.status = status;
        Ok(())
    })?;
    Ok(Answer::of(one(call, &held, call.path("id"), revision)?))
}

/// `POST /people/{handle}/means/{id}/block`: without an etag, since a stale page stops no emergency.
pub(super) fn block(call: &Call<'_>) -> Result<Answer, Problem> {
    set(call, "means_blocked", IdentifierStatus::Blocked)
}

/// `POST /people/{handle}/means/{id}/unblock`.
pub(super) fn unblock(call: &Call<'_>) -> Result<Answer, Problem> {
    set(call, "means_unblocked", IdentifierStatus::Active)
}

/// `POST /people/{handle}/means/{id}/replace`: the old ones are nobody's, in the same revision.
pub(super) fn replace(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let old = wanted(call, &held.person(call)?)?;
    let scheme = call.body.get("scheme").and_then(Value::as_str).unwrap_or(&old.scheme);
    let new = written(call, scheme)?;
    count_try(call, &held)?;
    let act = held.act(call, "means_replaced");
    let replaced = change(call, &held.handle.holder, &act, &|holder| {
        let before = holder.identifiers.len();
        holder.identifiers.retain(|known| known.key != old.key);
        if holder.identifiers.len() == before {
            return Err(Code::NotFound.into());
        }
        added(call, holder, &new)
    });
    let revision = replaced.map_err(not_added)?;
    gone(call, &held, &old, REPLACED)?;
    keep(call, &held.subject, new.key, KEPT, &|means| {
        means.scheme = new.scheme.to_string();
        label(call, means);
    })?;
    Ok(Answer::of(one(call, &held, &id_of(call.control, new.key), revision)?))
}

fn gone(call: &Call<'_>, held: &Held, identifier: &RegisteredIdentifier, state: &str) -> Result<(), Problem> {
    keep(call, &held.subject, identifier.key, state, &|means| {
        means.scheme = identifier.scheme.to_string();
        means.since = call.now;
    })
}

/// `DELETE /people/{handle}/means/{id}`.
pub(super) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let identifier = wanted(call, &held.person(call)?)?;
    let revision = change(call, &held.handle.holder, &held.act(call, "means_removed"), &|holder| {
        holder.identifiers.retain(|known| known.key != identifier.key);
        Ok(())
    })?;
    gone(call, &held, &identifier, REMOVED)?;
    let kept = kept::load::<Means>(&*call.control.registry, call.path("id"), call.now)?;
    let mut removed = kept.as_ref().map(no_more).ok_or_else(|| Problem::from(Code::NotFound))?;
    if let Value::Object(fields) = &mut removed {
        fields.insert("revision".to_owned(), json!(revision));
    }
    Ok(Answer::of(removed))
}

/// `POST /means/block`: a provider stops a card that it issued. A card that nobody has is answered alike.
pub(super) fn block_issued(call: &Call<'_>) -> Result<Answer, Problem> {
    let scheme = call.text("scheme");
    let rules = rules::rules(call.control)?;
    let issued = rules.schemes_issued_by(call.party()?);
    if !issued.contains(&scheme) {
        return Err(Problem::at("/scheme", "expected a scheme whose means the provider issues"));
    }
    let key = identifier_key(call)?;
    let Some(person) = Person::known_by(call.control, key)? else {
        let act = act_on(call, "means_blocked", &subject(call.control, &key.to_hex()));
        call.control.registry.append(&[avis_store::AuditEntry::new(call.now, act)])?;
        return Ok(Answer::of(json!({"state": "blocked"})));
    };
    let subject = person.subject(call.control);
    let act = act_on(call, "means_blocked", &subject);
    change(call, &person.holder.holder.code, &act, &|holder| {
        let known = holder.identifiers.iter_mut().find(|known| known.key == key);
        if let Some(known) = known.filter(|known| known.state.status == IdentifierStatus::Active) {
            known.state.status = IdentifierStatus::Blocked;
        }
        Ok(())
    })?;
    Ok(Answer::of(json!({"state": "blocked"})))
}

/// Forgets what is kept of a person's means.
pub(super) fn forget(call: &Call<'_>, subject: &str) -> Result<(), Problem> {
    let filter = RecordFilter { owner: Some(subject), ..RecordFilter::default() };
    let known = kept::all::<Means>(&*call.control.registry, &filter, call.now)?;
    let removed: Vec<RecordChange> = known.iter().map(Kept::remove).collect();
    Ok(call.control.registry.change(&removed, &[])?)
}
