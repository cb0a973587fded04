//! Finds a member of a programme by what they show: a handle for who found them, for this programme, for half an hour.

use avis_core::loyalty::{AccountKey, Programme};
use avis_store::{Act, AuditEntry};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{name_for, programme};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::people::{self, FINDING_BOUNDS, GOOD_FOR, Person, act_on, credential};
use crate::control::problem::{Code, Problem};
use crate::control::quota;
use crate::control::shape::{Field, Kind, needed};

/// Who is looked for, and why.
pub(super) const FIND: &[Field] =
    &[needed("scheme", Kind::Code), needed("value", Kind::Token(1, 200)), needed("reason", Kind::Text(1, 200))];

/// A handle on a member.
#[derive(Serialize, Deserialize)]
struct MemberHandle {
    /// The code of the holder.
    holder: String,
    program: String,
    /// The session or the token by which the member was found.
    by: String,
    /// Why, as the audit says it.
    reason: String,
}

impl Object for MemberHandle {
    const KIND: &'static str = "member_handle";
}

/// A member who was found, and the account.
pub(super) struct Member {
    pub(super) person: Person,
    pub(super) programme: Programme,
    pub(super) account: AccountKey,
    /// Whether the membership holds now.
    pub(super) is_member: bool,
    pub(super) expires_at: Option<Timestamp>,
    reason: String,
}

/// `POST /programs/{code}/members/find`: in the audit, whether there is such a member or not, before it is told.
pub(super) fn find(call: &Call<'_>) -> Result<Answer, Problem> {
    let programme = programme(call)?;
    let key = people::identifier_key(call)?;
    let found = Person::known_by(call.control, key)?;
    let found = found.filter(|person| programme.former_account_of(&person.holder.holder).is_some());
    let subject = match &found {
        Some(person) => person.subject(call.control),
        None => people::subject(call.control, &key.to_hex()),
    };
    let reason = format!("programme {}: {}", programme.code, call.text("reason"));
    let action = if found.is_some() { "member_found" } else { "member_not_found" };
    let act = Act { reason: Some(reason.clone()), ..act_on(call, action, &subject) };
    let id = uuid::Builder::from_random_bytes(crate::control::secret::random()?).into_uuid().to_string();
    let expires_at = call.now.saturating_add(GOOD_FOR).unwrap_or(call.now);
    let mut changes = vec![quota::take(call, &format!("find {}", call.caller()?.user), FINDING_BOUNDS)?];
    let is_found = found.is_some();
    if let Some(person) = found {
        let (holder, program) = (person.holder.holder.code.to_string(), programme.code.to_string());
        let handle = MemberHandle { holder, program, by: credential(call)?, reason };
        changes.push(kept::make(&id, &handle, (call.party()?, "open"), Some(expires_at)));
    }
    call.control.registry.change(&changes, &[AuditEntry::new(call.now, act)])?;
    if is_found { Ok(Answer::of(json!({"handle": id, "expires_at": expires_at}))) } else { Err(Code::NotFound.into()) }
}

/// The member whose handle stands in the path.
///
/// # Errors
/// A handle that nobody gave, that ended, that is another's or of another programme; a person who is gone.
pub(super) fn held(call: &Call<'_>) -> Result<Member, Problem> {
    let (programme, by, party) = (programme(call)?, credential(call)?, call.party()?);
    let kept = kept::load::<MemberHandle>(&*call.control.registry, call.path("handle"), call.now)?;
    let kept = kept.filter(|kept| kept.object.by == by && kept.owner() == party);
    let kept = kept.filter(|kept| *kept.object.program == *programme.code);
    let kept = kept.ok_or_else(|| Problem::from(Code::NotFound))?;
    let (expires_at, MemberHandle { holder, reason, .. }) = (kept.record.value.expires_at, kept.object);
    let person = Person::of_code(call.control, &holder)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    let held = programme.account_of(&person.holder.holder, call.now);
    let is_member = held.is_some();
    let account = held.or_else(|| programme.former_account_of(&person.holder.holder));
    let account = account.ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Member { person, programme, account, is_member, expires_at, reason })
}

impl Member {
    /// By what the owner's answers name the member.
    pub(super) fn name(&self, call: &Call<'_>) -> String {
        name_for(call, &self.programme.owner, "member", &self.person.holder.holder.code)
    }

    /// Notes in the audit that something of the member is shown, before it is.
    ///
    /// # Errors
    /// An audit that can't be written.
    pub(super) fn note(&self, call: &Call<'_>, action: &str, fields: &[&str]) -> Result<(), Problem> {
        let act = self.act(call, action);
        let entry = AuditEntry { after: Some(json!({"shown": fields}).to_string()), ..AuditEntry::new(call.now, act) };
        Ok(call.control.registry.append(&[entry])?)
    }

    /// An act for the member, with the reason for which they were found.
    pub(super) fn act(&self, call: &Call<'_>, action: &str) -> Act {
        Act { reason: Some(self.reason.clone()), ..act_on(call, action, &self.person.subject(call.control)) }
    }
}
