//! The means by which a person is recognised: added with a proof, blocked at once, replaced, removed. What is active or blocked is an
//! identifier of the holder's row, which every engine follows; how it came there is kept beside it.

use avis_core::{
    IdentifierKey, IdentifierState, IdentifierStatus, RegisteredHolder, RegisteredIdentifier, WrittenHolder,
};
use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{AuditEntry, KeptMeans, means_id};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::blocking::check_let_go;
use super::handle::{Held, held};
use super::pending::{self, Pending};
use super::{Person, change};
use crate::control::Control;
use crate::control::answer::{Answer, with_revision};
use crate::control::call::Call;
use crate::control::ground;
use crate::control::identifier_like::is_card_number;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::problem::{Code, Problem, moved};
use crate::control::quota::{self, AtMost};
use crate::control::shape::{Field, Kind, needed, optional};
use crate::import;

/// How often one user may try to add means to one person.
pub(super) const TRIES: &[AtMost] = &[AtMost { count: 5, within: SignedDuration::from_hours(24) }];

const STATES: &[&str] = &["pending", "active", "blocked", "expired", "replaced", "removed"];
const PROOFS: &[&str] = &["issuer", "desk", "sign_in", KeptMeans::TAPPED];

/// Means as they are shown; the value never is.
pub(super) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("scheme", Kind::Token(1, 300)),
    optional("label", Kind::Text(1, 60)),
    needed("state", Kind::Word(STATES)),
    optional("since", Kind::Instant),
    optional("valid_until", Kind::Token(10, 40)),
    optional("proof", Kind::Word(PROOFS)),
    optional("revision", Kind::Whole(1, i64::MAX)),
];

const VALUE: Field = needed("value", Kind::Token(1, 200));
pub(super) const LABEL: Field = optional("label", Kind::Text(1, 60));
const VALID_UNTIL: Field = optional("valid_until", Kind::Token(10, 40));

/// Means that a clerk saw.
pub(super) const NEW: &[Field] = &[needed("scheme", Kind::Code), VALUE, LABEL, VALID_UNTIL];
/// What comes in the place of means that are lost, of the same scheme unless it is said.
pub(super) const REPLACEMENT: &[Field] = &[optional("scheme", Kind::Code), VALUE, LABEL, VALID_UNTIL];
/// The word of the person for means.
pub(super) const RENAMED: &[Field] = &[LABEL];
impl Object for KeptMeans {
    const KIND: &'static str = Self::KIND;
}

/// Of what is nobody's any more.
const REPLACED: &str = "replaced";
const REMOVED: &str = "removed";

/// The id of an identifier.
pub(super) fn id_of(control: &Control, key: IdentifierKey) -> String {
    means_id(key, &control.cases.secret)
}

fn state_word(control: &Control, state: IdentifierState, now: Timestamp) -> &'static str {
    match state.at(now, &control.cases.zone) {
        IdentifierStatus::Active => "active",
        IdentifierStatus::Blocked => "blocked",
        IdentifierStatus::Expired => "expired",
    }
}

/// What the row has, with what is known beside it.
fn shown(call: &Call<'_>, id: &str, identifier: &RegisteredIdentifier, beside: Option<&KeptMeans>) -> Value {
    let RegisteredIdentifier { scheme, state, .. } = identifier;
    let since = state.since.or(beside.map(|means| means.since));
    json!({"id": id, "scheme": scheme, "label": beside.and_then(|means| means.label.clone()),
        "state": state_word(call.control, *state, call.now), "since": since, "valid_until": state.valid_until,
        "proof": beside.map_or("issuer", |means| &means.proof)})
}

/// Means that are nobody's any more.
fn no_more(kept: &Kept<KeptMeans>) -> Value {
    let KeptMeans { scheme, label, proof, since, .. } = &kept.object;
    json!({"id": kept.record.key, "scheme": scheme, "label": label, "state": kept.state(), "since": since, "proof": proof})
}

/// `GET /people/{handle}/means`: those of the row, then those that are gone.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let held = held(call)?;
    let person = held.shown(call, "person_means_read", &["means"])?;
    let filter = RecordFilter { owner: Some(&held.subject), ..RecordFilter::default() };
    let known = kept::all::<KeptMeans>(&*call.control.registry, &filter, call.now)?;
    let beside = |id: &str| known.iter().find(|means| means.record.key == id);
    let mut all: Vec<(String, Value)> = Vec::new();
    for identifier in &person.holder.identifiers {
        let id = id_of(call.control, identifier.key);
        let means = shown(call, &id, identifier, beside(&id).map(|means| &means.object));
        all.push((id, means));
    }
    let gone = known.iter().filter(|means| means.state() != KeptMeans::KEPT);
    all.extend(gone.map(|means| (means.record.key.clone(), no_more(means))));
    let typed = pending::all(call, &held.subject)?;
    // What was tapped since waits for nothing any more.
    let waits = |kept: &&Kept<Pending>| !person.holder.identifiers.iter().any(|known| kept.object.is_of(known.key));
    let typed = typed.iter().filter(waits);
    all.extend(typed.map(|kept| (kept.record.key.clone(), kept.object.shown(&kept.record.key))));
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.dedup_by(|(later, _), (first, _)| later == first);
    Ok(page.answer_of_all(all))
}

/// The scheme of what an eID names: it is proved by signing in.
const EID: &str = "eid";
/// The scheme of cards whose numbers are never typed: they are tapped.
const BANK_CARD: &str = "bank-card";

/// Refuses what nobody types, and what no till could read.
pub(super) fn check_typed(call: &Call<'_>, scheme: &str, (body, place): (&Value, &str)) -> Result<(), Problem> {
    let refuse = |field: &str, detail: &str| Err(Problem::at(format!("{place}/{field}"), detail));
    if scheme == EID {
        return refuse("scheme", "expected another scheme than `eid`: its issuer imports it, and signing in proves it");
    }
    if scheme == BANK_CARD || body.get("value").and_then(Value::as_str).is_some_and(is_card_number) {
        return refuse("value", "expected no number of a bank card: such a card is never typed");
    }
    if !ground::is_known_scheme(call, scheme)? {
        return refuse("scheme", "expected a scheme that is typed here, or that a provider issues or accepts");
    }
    Ok(())
}

/// An identifier of a body, which stands at a place of the request, read as a file's would be. Somebody typed it.
fn written(call: &Call<'_>, scheme: &str, (body, place): (&Value, &str)) -> Result<RegisteredIdentifier, Problem> {
    check_typed(call, scheme, (body, place))?;
    let mut identifier = json!({"scheme": scheme, "value": body.get("value")});
    if let (Value::Object(fields), Some(until)) = (&mut identifier, body.get("valid_until").filter(|it| !it.is_null()))
    {
        fields.insert("valid_until".to_owned(), until.clone());
    }
    let holder = WrittenHolder::from_value(&json!({"holder": "new", "identifiers": [identifier]}));
    let registered = holder
        .and_then(|holder| holder.register(&call.control.cases.secret))
        .map_err(|faults| Problem::of_document(faults, |pointer| moved(pointer, "/identifiers/0", place)))?;
    registered.identifiers.into_iter().next().ok_or_else(|| Code::Failed.into())
}

/// Makes an identifier the holder's. Why it can't be is one answer, whatever the cause.
pub(super) fn added(
    call: &Call<'_>,
    holder: &mut RegisteredHolder,
    identifier: &RegisteredIdentifier,
) -> Result<(), Problem> {
    if holder.identifiers.iter().any(|known| known.key == identifier.key) {
        return Err(Code::NotAdded.into());
    }
    check_room(call, holder)?;
    holder.identifiers.push(identifier.clone());
    Ok(())
}

pub(super) fn check_room(call: &Call<'_>, holder: &RegisteredHolder) -> Result<(), Problem> {
    if holder.has_room(call.now, &call.control.cases.zone) {
        return Ok(());
    }
    Err(Problem::new(Code::TooManyObjects, "a person has as many active means as there may be"))
}

/// An identifier that is another's is refused by the store itself.
pub(super) fn not_added(problem: Problem) -> Problem {
    if problem.code == Code::Invalid { Code::NotAdded.into() } else { problem }
}

/// Counts a try of adding means to a person.
fn count_try(call: &Call<'_>, held: &Held) -> Result<(), Problem> {
    Ok(call.control.registry.change(&[counted_try(call, held)?], &[])?)
}

/// A try of adding means to a person, to be counted with what is done.
pub(super) fn counted_try(call: &Call<'_>, held: &Held) -> Result<RecordChange, Problem> {
    quota::take(call, &format!("means {} {}", call.caller()?.user, held.subject), TRIES)
}

/// `POST /people/{handle}/means`: a clerk saw them, and they are active at once.
pub(super) fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let identifier = written(call, call.text("scheme"), (&call.body, ""))?;
    let location = format!("/admin/v1/people/{}/means", call.path("handle"));
    if held.is_by_resident() {
        pending::check_dates(call)?;
        count_try(call, &held)?;
        return Ok(Answer::made(pending::add(call, &held, &identifier)?, location));
    }
    let revision = add_seen(call, &held, &identifier, label(call).as_deref())?;
    let answer = one(call, &held, &id_of(call.control, identifier.key), revision)?;
    Ok(Answer::made(answer, location))
}

/// Makes means active that a clerk saw; the revision.
fn add_seen(
    call: &Call<'_>,
    held: &Held,
    identifier: &RegisteredIdentifier,
    label: Option<&str>,
) -> Result<u64, Problem> {
    count_try(call, held)?;
    let act = held.act(call, "means_added");
    let revision =
        change(call, &held.handle.holder, &act, &|holder| added(call, holder, identifier)).map_err(not_added)?;
    keep_seen(call, held, identifier, label)?;
    Ok(revision)
}

/// Keeps that a clerk saw means which are the person's from now on; what the person typed of them waits no more.
fn keep_seen(
    call: &Call<'_>,
    held: &Held,
    identifier: &RegisteredIdentifier,
    label: Option<&str>,
) -> Result<(), Problem> {
    keep_new(call, &held.subject, identifier, label, "desk")?;
    pending::settle(call, &held.subject, identifier.key)
}

/// Means that a form on paper adds, read before anything is done.
pub(crate) struct OnPaper(RegisteredIdentifier);

impl OnPaper {
    /// What the form says, which stands at a place of the request.
    ///
    /// # Errors
    /// Each fault with its pointer.
    pub(crate) fn read(call: &Call<'_>, (body, place): (&Value, &str)) -> Result<Self, Problem> {
        let scheme = body.get("scheme").and_then(Value::as_str).unwrap_or_default();
        written(call, scheme, (body, place)).map(Self)
    }

    /// The id of the means.
    pub(crate) fn id(&self, control: &Control) -> String {
        id_of(control, self.0.key)
    }

    /// Makes the means the person's; the revision.
    ///
    /// # Errors
    /// Means that are somebody's, also the person's own; a person who has as many as there may be.
    pub(crate) fn add(&self, call: &Call<'_>, held: &Held, label: Option<&str>) -> Result<u64, Problem> {
        add_seen(call, held, &self.0, label)
    }

    /// Goes on where it is not known how far making them the person's came: means that are active are not added once more. The
    /// revision.
    ///
    /// # Errors
    /// As of [`OnPaper::add`].
    pub(crate) fn go_on(&self, call: &Call<'_>, held: &Held, label: Option<&str>) -> Result<u64, Problem> {
        let person = held.person(call)?;
        let status = |state: IdentifierState| state.at(call.now, &call.control.cases.zone);
        let mut known = person.holder.identifiers.iter().filter(|known| known.key == self.0.key);
        if !known.any(|known| status(known.state) == IdentifierStatus::Active) {
            return self.add(call, held, label);
        }
        keep_seen(call, held, &self.0, label)?;
        Ok(person.head.revision.number)
    }
}

/// The label of the body.
pub(super) fn label(call: &Call<'_>) -> Option<String> {
    call.body.get("label").and_then(Value::as_str).map(str::to_owned)
}

/// Keeps how means came to a person that are in the row from now on.
pub(super) fn keep_new(
    call: &Call<'_>,
    subject: &str,
    identifier: &RegisteredIdentifier,
    label: Option<&str>,
    proof: &str,
) -> Result<(), Problem> {
    let alter = |means: &mut KeptMeans| {
        let (scheme, proof) = (identifier.scheme.to_string(), proof.to_owned());
        *means = KeptMeans { scheme, label: label.map(str::to_owned), proof, since: call.now };
    };
    keep(call, subject, (identifier.key, KeptMeans::KEPT), &alter, &[])
}

/// Notes that a person proved means by signing in with them.
pub(crate) fn proved_by_sign_in(
    call: &Call<'_>,
    subject: &str,
    key: IdentifierKey,
    scheme: &str,
) -> Result<(), Problem> {
    const PROOF: &str = "sign_in";
    let known = kept::load::<KeptMeans>(&*call.control.registry, &id_of(call.control, key), call.now)?;
    if known.is_some_and(|means| means.owner() == subject && means.object.proof == PROOF) {
        return Ok(());
    }
    keep_there(call, subject, (scheme, key), &|means| PROOF.clone_into(&mut means.proof), &[])
}

/// Keeps something of means that are in the row, with its entries of the audit.
fn keep_there(
    call: &Call<'_>,
    subject: &str,
    (scheme, key): (&str, IdentifierKey),
    alter: &dyn Fn(&mut KeptMeans),
    entries: &[AuditEntry],
) -> Result<(), Problem> {
    let alter = |means: &mut KeptMeans| {
        scheme.clone_into(&mut means.scheme);
        alter(means);
    };
    keep(call, subject, (key, KeptMeans::KEPT), &alter, entries)
}

/// The means in the path as they are now.
pub(super) fn one(call: &Call<'_>, held: &Held, id: &str, revision: u64) -> Result<Value, Problem> {
    let person = held.person(call)?;
    let identifier = find(call.control, &person.holder, id).ok_or_else(|| Problem::from(Code::NotFound))?;
    let beside = kept::load::<KeptMeans>(&*call.control.registry, id, call.now)?;
    let beside = beside.filter(|means| means.owner() == held.subject);
    let means = shown(call, id, identifier, beside.as_ref().map(|means| &means.object));
    Ok(with_revision(means, revision))
}

fn find<'h>(control: &Control, holder: &'h RegisteredHolder, id: &str) -> Option<&'h RegisteredIdentifier> {
    holder.identifiers.iter().find(|identifier| id_of(control, identifier.key) == id)
}

/// The identifier of means by their id.
pub(super) fn wanted(call: &Call<'_>, person: &Person, id: &str) -> Result<RegisteredIdentifier, Problem> {
    find(call.control, &person.holder, id).cloned().ok_or_else(|| Code::NotFound.into())
}

/// Keeps beside the row how means came there or where they went, over what others keep meanwhile.
fn keep(
    call: &Call<'_>,
    subject: &str,
    (key, state): (IdentifierKey, &str),
    alter: &dyn Fn(&mut KeptMeans),
    entries: &[AuditEntry],
) -> Result<(), Problem> {
    let (registry, id) = (&*call.control.registry, id_of(call.control, key));
    for _ in 0..import::TRIES {
        let before: Option<Kept<KeptMeans>> = kept::load(registry, &id, call.now)?;
        let known = before.as_ref().filter(|means| means.owner() == subject);
        let mut means = KeptMeans {
            scheme: known.map(|means| means.object.scheme.clone()).unwrap_or_default(),
            label: known.and_then(|means| means.object.label.clone()),
            proof: known.map_or_else(|| "issuer".to_owned(), |means| means.object.proof.clone()),
            since: known.map_or(call.now, |means| means.object.since),
        };
        alter(&mut means);
        let change = kept::put(before.as_ref(), &id, &means, (subject, state));
        match registry.change(&[change], entries) {
            Err(avis_store::StoreError::RecordChanged { .. }) => {}
            kept => return Ok(kept?),
        }
    }
    Err(Code::Unavailable.into())
}

/// `POST /people/{handle}/means/{id}/rename`.
pub(super) fn rename(call: &Call<'_>) -> Result<Answer, Problem> {
    let (held, registry) = (held(call)?, &*call.control.registry);
    let entry = AuditEntry::new(call.now, held.act(call, "means_renamed"));
    if let Some(mut pending) = pending::find(call, &held)? {
        pending.object.label = label(call);
        registry.change(&[pending.replace(pending.state())], &[entry])?;
        return Ok(Answer::of(pending.object.shown(call.path("id"))));
    }
    let person = held.person(call)?;
    let identifier = wanted(call, &person, call.path("id"))?;
    let means = (&*identifier.scheme, identifier.key);
    keep_there(call, &held.subject, means, &|means| means.label = label(call), &[entry])?;
    Ok(Answer::of(one(call, &held, call.path("id"), person.head.revision.number)?))
}

/// `POST /people/{handle}/means/{id}/replace`: the old ones are nobody's, in the same revision.
pub(super) fn replace(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let old = wanted(call, &held.person(call)?, call.path("id"))?;
    let scheme = call.body.get("scheme").and_then(Value::as_str).unwrap_or(&old.scheme);
    let new = written(call, scheme, (&call.body, ""))?;
    if held.is_by_resident() {
        return replace_own(call, &held, &old, &new);
    }
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
    keep_new(call, &held.subject, &new, label(call).as_deref(), "desk")?;
    pending::settle(call, &held.subject, new.key)?;
    Ok(Answer::of(one(call, &held, &id_of(call.control, new.key), revision)?))
}

/// The old ones are nobody's at once; the new ones, which the person typed, wait for a proof.
fn replace_own(
    call: &Call<'_>,
    held: &Held,
    old: &RegisteredIdentifier,
    new: &RegisteredIdentifier,
) -> Result<Answer, Problem> {
    pending::check_dates(call)?;
    check_let_go(call, held, old)?;
    count_try(call, held)?;
    let typed = pending::add(call, held, new)?;
    let revision = taken_away(call, held, old, ("means_replaced", REPLACED))?;
    Ok(Answer::of(with_revision(typed, revision)))
}

/// Takes means from a person; the revision.
fn taken_away(
    call: &Call<'_>,
    held: &Held,
    identifier: &RegisteredIdentifier,
    (action, state): (&str, &str),
) -> Result<u64, Problem> {
    let revision = change(call, &held.handle.holder, &held.act(call, action), &|holder| {
        holder.identifiers.retain(|known| known.key != identifier.key);
        Ok(())
    })?;
    gone(call, held, identifier, state)?;
    Ok(revision)
}

fn gone(call: &Call<'_>, held: &Held, identifier: &RegisteredIdentifier, state: &str) -> Result<(), Problem> {
    let alter = |means: &mut KeptMeans| {
        means.scheme = identifier.scheme.to_string();
        means.since = call.now;
    };
    keep(call, &held.subject, (identifier.key, state), &alter, &[])
}

/// `DELETE /people/{handle}/means/{id}`.
pub(super) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    if let Some(pending) = pending::find(call, &held)? {
        let entry = AuditEntry::new(call.now, held.act(call, "means_removed"));
        call.control.registry.change(&[pending.remove()], &[entry])?;
        let mut removed = pending.object.shown(call.path("id"));
        if let Value::Object(fields) = &mut removed {
            fields.insert("state".to_owned(), json!(REMOVED));
        }
        return Ok(Answer::of(removed));
    }
    let identifier = wanted(call, &held.person(call)?, call.path("id"))?;
    check_let_go(call, &held, &identifier)?;
    let revision = taken_away(call, &held, &identifier, ("means_removed", REMOVED))?;
    let kept = kept::load::<KeptMeans>(&*call.control.registry, call.path("id"), call.now)?;
    let removed = kept.as_ref().map(no_more).ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(with_revision(removed, revision)))
}

/// Forgets what is kept of a person's means.
pub(super) fn forget(call: &Call<'_>, subject: &str) -> Result<(), Problem> {
    let filter = RecordFilter { owner: Some(subject), ..RecordFilter::default() };
    let known = kept::all::<KeptMeans>(&*call.control.registry, &filter, call.now)?;
    let removed: Vec<RecordChange> = known.iter().map(Kept::remove).collect();
    Ok(call.control.registry.change(&removed, &[])?)
}
