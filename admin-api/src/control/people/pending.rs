//! Means that a person typed and nobody proved yet: no engine follows them. A clerk who sees them makes them the person's.

use avis_core::limits::ACTIVE_MEANS_MAX;
use avis_core::{IdentifierKey, IdentifierState, IdentifierStatus, RegisteredIdentifier};
use avis_store::AuditEntry;
use avis_store::records::{RecordChange, RecordFilter};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::handle::{Held, held};
use super::{Person, change, means};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::problem::{Code, Problem};

/// How long they wait for a proof.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The state of what waits.
pub(super) const PENDING: &str = "pending";

/// What was typed, under an id that is made of the person and the key.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    scheme: String,
    key: String,
    pub(super) label: Option<String>,
    since: Timestamp,
}

impl Object for Pending {
    const KIND: &'static str = "pending_means";
}

fn id_of(call: &Call<'_>, subject: &str, key: IdentifierKey) -> String {
    call.control.cases.secret.id_for("avis id of pending means", &[subject.as_bytes(), &key.0]).to_string()
}

impl Pending {
    pub(super) fn shown(&self, id: &str) -> Value {
        json!({"id": id, "scheme": self.scheme, "label": self.label, "state": PENDING, "since": self.since})
    }

    pub(super) fn is_of(&self, key: IdentifierKey) -> bool {
        IdentifierKey::from_hex(&self.key) == Some(key)
    }

    fn identifier(&self) -> Option<RegisteredIdentifier> {
        let state = IdentifierState { status: IdentifierStatus::Active, since: None, valid_until: None };
        Some(RegisteredIdentifier {
            scheme: self.scheme.as_str().into(),
            key: IdentifierKey::from_hex(&self.key)?,
            state,
        })
    }
}

/// All that a person typed and nobody proved.
pub(super) fn all(call: &Call<'_>, subject: &str) -> Result<Vec<Kept<Pending>>, Problem> {
    let filter = RecordFilter { owner: Some(subject), ..RecordFilter::default() };
    kept::all(&*call.control.registry, &filter, call.now)
}

/// What a person typed, by its id.
pub(super) fn find(call: &Call<'_>, held: &Held) -> Result<Option<Kept<Pending>>, Problem> {
    let found = kept::load::<Pending>(&*call.control.registry, call.path("id"), call.now)?;
    Ok(found.filter(|pending| pending.owner() == held.subject))
}

/// Refuses a date until which means are good.
pub(super) fn check_dates(call: &Call<'_>) -> Result<(), Problem> {
    if call.body.get("valid_until").is_some_and(|until| !until.is_null()) {
        return Err(Problem::at("/valid_until", "expected none: who proves the means knows it"));
    }
    Ok(())
}

/// Keeps what a person typed; why it can't be is one answer.
pub(super) fn add(call: &Call<'_>, held: &Held, identifier: &RegisteredIdentifier) -> Result<Value, Problem> {
    let is_somebodys = Person::known_by(call.control, identifier.key)?.is_some();
    let others = all(call, &held.subject)?;
    let id = id_of(call, &held.subject, identifier.key);
    let is_there = others.iter().any(|pending| pending.record.key == id);
    if is_somebodys || is_there || others.len() >= ACTIVE_MEANS_MAX {
        return Err(Code::NotAdded.into());
    }
    let label = call.body.get("label").and_then(Value::as_str).map(str::to_owned);
    let (scheme, key) = (identifier.scheme.to_string(), identifier.key.to_hex());
    let pending = Pending { scheme, key, label, since: call.now };
    let registry = &*call.control.registry;
    // One that expired may still be there.
    let before = registry.record(Pending::KIND, &id)?;
    let value = kept::value(&pending, &held.subject, PENDING, call.now.saturating_add(LIFE).ok());
    let made = RecordChange::put(before.as_ref(), Pending::KIND, &id, value);
    let entry = AuditEntry::new(call.now, held.act(call, "means_typed"));
    registry.change(&[made], &[entry])?;
    Ok(pending.shown(&id))
}

/// `POST /people/{handle}/means/{id}/prove`: a clerk saw them, and they are active from now on.
pub(super) fn prove(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let pending = find(call, &held)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    let identifier = pending.object.identifier().ok_or_else(|| Problem::from(Code::Failed))?;
    means::check_typed(call, &identifier.scheme, (&call.body, ""))?;
    let act = held.act(call, "means_proved");
    let proved = change(call, &held.handle.holder, &act, &|holder| means::added(call, holder, &identifier));
    let revision = proved.map_err(means::not_added)?;
    means::keep_new(call, &held.subject, &identifier, pending.object.label.as_deref(), "desk")?;
    settle(call, &held.subject, identifier.key)?;
    Ok(Answer::of(means::one(call, &held, &means::id_of(call.control, identifier.key), revision)?))
}

/// Forgets that means waited for a proof, of which there is none to wait for any more.
pub(super) fn settle(call: &Call<'_>, subject: &str, key: IdentifierKey) -> Result<(), Problem> {
    let found = kept::load::<Pending>(&*call.control.registry, &id_of(call, subject, key), call.now)?;
    let removed: Vec<RecordChange> = found.iter().map(Kept::remove).collect();
    Ok(call.control.registry.change(&removed, &[])?)
}

/// Forgets all that a person typed.
pub(super) fn forget(call: &Call<'_>, subject: &str) -> Result<(), Problem> {
    let removed: Vec<RecordChange> = all(call, subject)?.iter().map(Kept::remove).collect();
    Ok(call.control.registry.change(&removed, &[])?)
}
