//! Finds a person by what they show, and nobody by anything else.

use avis_store::{Act, AuditEntry};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::handle::{self, GOOD_FOR, Handle};
use super::{Person, act_on, identifier_key, subject};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept;
use crate::control::problem::{Code, Problem};
use crate::control::quota::{self, AtMost};
use crate::control::shape::{Field, Kind, needed};

/// Why somebody is looked for.
const CODES: &[&str] = &["at_desk", "by_phone", "complaint", "correction", "court"];
const REASON: &[Field] = &[needed("code", Kind::Word(CODES)), needed("text", Kind::Text(1, 200))];

/// What is shown, and why.
pub(super) const FIND: &[Field] =
    &[needed("scheme", Kind::Code), needed("value", Kind::Token(1, 200)), needed("reason", Kind::Object(REASON))];

/// A handle on who was found.
pub(crate) const FOUND: &[Field] = &[needed("handle", Kind::Id), needed("expires_at", Kind::Instant)];

/// How many people a user may look for, and how many times name one whom nobody knows.
pub(crate) const BOUNDS: &[AtMost] = &[
    AtMost { count: 60, within: SignedDuration::from_hours(1) },
    AtMost { count: 300, within: SignedDuration::from_hours(24) },
];

/// `POST /people/find`: counted and in the audit whether there is somebody or not, before it is told.
pub(super) fn find(call: &Call<'_>) -> Result<Answer, Problem> {
    let key = identifier_key(call)?;
    let found = Person::known_by(call.control, key)?;
    // An identifier that nobody has is named as a person would be.
    let subject = match &found {
        Some(person) => person.subject(call.control),
        None => subject(call.control, &key.to_hex()),
    };
    let action = if found.is_some() { "person_found" } else { "person_not_found" };
    let reason = reason(call);
    let act = Act { reason: Some(reason.clone()), ..act_on(call, action, &subject) };
    let id = uuid::Builder::from_random_bytes(crate::control::secret::random()?).into_uuid().to_string();
    let expires_at = call.now.saturating_add(GOOD_FOR).unwrap_or(call.now);
    let by = handle::credential(call)?;
    let handle =
        found.map(|person| Handle { holder: person.holder.holder.code.to_string(), by, reason: reason.clone() });
    let made =
        handle.map(|handle| call.party().map(|party| kept::make(&id, &handle, (party, "open"), Some(expires_at))));
    let made = made.transpose()?;
    let is_found = made.is_some();
    let taken = quota::take(call, &format!("find {}", call.caller()?.user), BOUNDS)?;
    let changes: Vec<_> = [taken].into_iter().chain(made).collect();
    // Who looked at the same moment made this one lose, and it is done once more.
    call.control.registry.change(&changes, &[AuditEntry::new(call.now, act)])?;
    if is_found { Ok(Answer::of(json!({"handle": id, "expires_at": expires_at}))) } else { Err(Code::NotFound.into()) }
}

/// The reason as the audit says it.
fn reason(call: &Call<'_>) -> String {
    let text = |name: &str| {
        let reason = call.body.get("reason").and_then(|reason| reason.get(name));
        reason.and_then(Value::as_str).unwrap_or_default()
    };
    format!("{}: {}", text("code"), text("text"))
}
