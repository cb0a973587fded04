//! A handle on a person who was found: for who found it, with its reason, for half an hour. One's own is `me`, and who speaks for
//! others has one for each of them.

use avis_store::{Act, AuditEntry};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Person, act_on, relations};
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::{Code, Problem};

/// The handle of who signed in as a person.
pub(super) const ME: &str = "me";

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
    /// As what the caller looks at the person.
    pub(super) capacity: Capacity,
}

/// As what somebody looks at a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capacity {
    /// The person.
    Own,
    /// Who speaks for the person.
    Guardian,
    /// A clerk who found the person.
    Clerk,
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
    if let Some(own) = own(call)? {
        return if handle == ME { Ok(own) } else { relations::held_for(call, &own, handle) };
    }
    let found = kept::load::<Handle>(&*call.control.registry, handle, call.now)?;
    let by = credential(call)?;
    let party = call.party()?;
    let found = found.filter(|found| found.object.by == by && found.owner() == party);
    let kept = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    let subject = super::subject(call.control, &kept.object.holder);
    Ok(Held { expires_at: kept.record.value.expires_at, handle: kept.object, subject, capacity: Capacity::Clerk })
}

/// Who signed in as a person; none of a user.
pub(super) fn own(call: &Call<'_>) -> Result<Option<Held>, Problem> {
    let Some(code) = &call.caller()?.resident else { return Ok(None) };
    let handle = Handle { holder: code.clone(), by: credential(call)?, reason: OWN.to_owned() };
    Ok(Some(Held { handle, expires_at: None, subject: super::subject(call.control, code), capacity: Capacity::Own }))
}

impl Held {
    /// Whether the caller is no clerk, but the person or who speaks for them.
    pub(super) fn is_by_resident(&self) -> bool {
        self.capacity != Capacity::Clerk
    }

    /// The same, where what is done was asked for on paper.
    pub(crate) fn on_paper(mut self, number: &str) -> Self {
        self.handle.reason = format!("on paper {number}, {}", self.handle.reason);
        self
    }

    /// The code of the holder who was found.
    pub(crate) fn holder(&self) -> &str {
        &self.handle.holder
    }

    /// An act for the person, with the reason for which the person was found.
    pub(crate) fn act(&self, call: &Call<'_>, action: &str) -> Act {
        if self.capacity == Capacity::Own {
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
    pub(crate) fn person(&self, call: &Call<'_>) -> Result<Person, Problem> {
        Person::of_code(call.control, &self.handle.holder)?.ok_or_else(|| Code::NotFound.into())
    }
}
