//! A code for means that are to be tapped at a till: whoever presents it there within minutes proves that the means are the person's.

use avis_core::TAP_CODE_CHARACTERS;
use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{AuditEntry, TapCode, tap_code_key};
use jiff::SignedDuration;
use serde_json::json;

use super::handle::held;
use super::means;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::problem::Problem;
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed};

/// How long a code is good for.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(10);

/// The word of the person for the means to be.
pub(super) const NEW: &[Field] = &[means::LABEL];

/// A code, shown once.
pub(super) const SHOWN: &[Field] = &[needed("code", Kind::Token(9, 9)), needed("expires_at", Kind::Instant)];

impl Object for TapCode {
    const KIND: &'static str = Self::KIND;
}

/// `POST /people/{handle}/tap`: a code that takes the place of any before.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let person = held.person(call)?;
    means::check_room(call, &person.holder)?;
    let counted = means::counted_try(call, &held)?;
    let letters = secret::letters::<TAP_CODE_CHARACTERS>()?;
    let key = tap_code_key(&letters, &call.control.cases.secret);
    let code = TapCode { holder: held.holder().to_owned(), label: means::label(call) };
    let expires_at = call.now.saturating_add(GOOD_FOR).unwrap_or(call.now);
    let made = kept::make(&key, &code, (&held.subject, ""), Some(expires_at));
    let changes: Vec<RecordChange> = before(call, &held.subject)?.into_iter().chain([counted, made]).collect();
    let entry = AuditEntry::new(call.now, held.act(call, "tap_code_given"));
    call.control.registry.change(&changes, &[entry])?;
    let (first, second) = letters.split_at(TAP_CODE_CHARACTERS / 2);
    let shown = format!("{first}-{second}").to_ascii_uppercase();
    Ok(Answer::made(
        json!({"code": shown, "expires_at": expires_at}),
        format!("/admin/v1/people/{}/means", call.path("handle")),
    ))
}

/// Takes back what was given before.
fn before(call: &Call<'_>, subject: &str) -> Result<Vec<RecordChange>, Problem> {
    let own = RecordFilter { owner: Some(subject), ..RecordFilter::default() };
    let known = kept::all::<TapCode>(&*call.control.registry, &own, call.now)?;
    Ok(known.iter().map(Kept::remove).collect())
}
