//! A handle on a person who was found: for who found it, with its reason, for half an hour. One's own is `me`.

use avis_store::{Act, AuditEntry};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Person, act_on};
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::{Code, Problem};

/// The handle of who signed in as a person.
const ME: &str = "me";

/// How long it is good for.
pub(crate) const GOOD_FOR: SignedDuration = SignedDuration::from_mins(30);

/// Why a person does something with what is their own.
const OWN: &str = "own";

/// What it stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct Handle {
    /// The code of the holder.
    pub(super) holder: String,
    /// The session or the token by which the person was found.
    pub(super) by: String,
    /// Why, as the audit says it.
    pub(super) reason: String,
}

impl Object for Handle {
    const KIND: &'static str = "handle";
}

/// Somebody who was found, and is looked at.
pub(crate) struct Held {
    pub(super) handle: Handle,
    pub(super) expires_at: Option<Timestamp>,
    pub(crate) subject: String,
    /// Whether the person looks at what is their own.
    pub(super) is_own: bool,
}

/// By what the caller is authenticated: what was found by one session is nothing to another.
pub(crate) fn credential(call: &Call<'_>) -> Result<String, Problem> {
    let caller = call.caller()?;
    Ok(caller.session.clone().unwrap_or_else(|| caller.principal.clone()))
}

/// The handle in the path.
///
/// # Errors
/// As [`held_by`].
pub(super) fn held(call: &Call<'_>) -> Result<Held, Problem> {
    held_by(call, call.path("handle"))
}

/// Who was found under the handle in the body.
///
/// # Errors
/// As [`held_by`], as a fault of the field.
pub(crate) fn held_in_body(call: &Call<'_>) -> Result<Held, Problem> {
    held_by(call, call.text("handle")).map_err(|problem| match problem.code {
        Code::NotFound => Problem::at("/handle", "expected the handle of a person who was found"),
        _ => problem,
    })
}

/// Who was found under a handle.
///
/// # Errors
/// One that nobody gave, that ended, or that is another's.
fn held_by(call: &Call<'_>, handle: &str) -> Result<Held, Problem> {
    if let Some(code) = &call.caller()?.resident {
        return own(call, code, handle);
    }
    let found = kept::load::<Handle>(&*call.control.registry, handle, call.now)?;
    let by = credential(call)?;
    let party = call.party()?;
    let found = found.filter(|found| found.object.by == by && found.owner() == party);
    let kept = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    let subject = super::subject(call.control, &kept.object.holder);
    Ok(Held { expires_at: kept.record.value.expires_at, handle: kept.object, subject, is_own: false })
}

/// Who signed in as a person has a handle on nobody else.
fn own(call: &Call<'_>, code: &str, handle: &str) -> Result<Held, Problem> {
    if handle != ME {
        return Err(Code::NotFound.into());
    }
    let handle = Handle { holder: code.to_owned(), by: credential(call)?, reason: OWN.to_owned() };
    Ok(Held { handle, expires_at: None, subject: super::subject(call.control, code), is_own: true })
}

impl Held {
    /// The code of the holder who was found.
    pub(crate) fn holder(&self) -> &str {
        &self.handle.holder
    }

    /// An act for the person, with the reason for which the person was found.
    pub(crate) fn act(&self, call: &Call<'_>, action: &str) -> Act {
        if self.is_own {
            return act_on(call, action, &self.subject);
        }
        let (reason, on_behalf) = (Some(self.handle.reason.clone()), Some(self.subject.clone()));
        Act { reason, on_behalf, ..act_on(call, action, &self.subject) }
    }

    /// The person, once the audit knows that they are looked at, and which fields are shown.
    ///
    /// # Errors
    /// A person who is gone; an audit that can't be written.
    pub(super) fn shown(&self, call: &Call<'_>, action: &str, fields: &[&str]) -> Result<Person, Problem> {
        let person = self.person(call)?;
        let entry = AuditEntry::new(call.now, self.act(call, action));
        let entry = AuditEntry { after: Some(json!({"shown": fields}).to_string()), ..entry };
        call.control.registry.append(&[entry])?;
        Ok(person)
    }

    /// The person, of whom nothing is shown.
    ///
    /// # Errors
    /// A person who is gone.
    pub(super) fn person(&self, call: &Call<'_>) -> Result<Person, Problem> {
        Person::of_code(call.control, &self.handle.holder)?.ok_or_else(|| Code::NotFound.into())
    }
}
