//! Residents by their eID: one claim is a personal code, which is hashed as an identifier and then forgotten.

use avis_core::IdentifierKey;
use serde_json::Value;

use super::claims::signed_in_at;
use super::flow::refused;
use super::refusal::Refusal;
use crate::control::call::Call;
use crate::control::people;
use crate::control::problem::{Code, Problem};
use crate::control::sign_in::sessions;

/// The scheme of what an eID names.
const SCHEME: &str = "eid";
/// How the claim of who signs in for another begins.
const DELEGATED: &str = "DP:";

/// Which claim names a person, and what stands before the code.
pub(super) struct Claim {
    pub(super) name: String,
    pub(super) prefix: String,
}

/// Signs in the person whom the claim names; the cookie of the session. Why nobody is known by it is one answer.
pub(super) fn sign_in(call: &Call<'_>, claim: &Claim, told: &Value) -> Result<String, Problem> {
    let value = told.get(&claim.name).and_then(Value::as_str).ok_or_else(|| refused(call, Refusal::Claim))?;
    if value.starts_with(DELEGATED) {
        return Err(refused(call, Refusal::Delegated));
    }
    let code = value.strip_prefix(&claim.prefix).ok_or_else(|| refused(call, Refusal::Claim))?;
    let secret = &call.control.cases.secret;
    let key = IdentifierKey::of(SCHEME, code, secret).ok_or_else(|| refused(call, Refusal::Claim))?;
    let Some(holder) = people::known_by_active(call.control, key, call.now)? else {
        call.note("sign_in_refused", None);
        return Err(Code::UnknownPerson.into());
    };
    let subject = secret.subject(&holder.holder.code);
    people::proved_by_sign_in(call, &subject, key, SCHEME)?;
    let signed_in_at = signed_in_at(call, told);
    sessions::begin_resident(call, &subject, key, signed_in_at).map(|begun| begun.cookie)
}
