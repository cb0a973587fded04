//! How a provider's own files are written: kept, so that who reconciles the next one says it once.

use avis_core::settlement::reconcile::Profile;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{faults_at, provider};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

/// A profile as it is said.
pub(super) const SAID: &[Field] = &[needed("profile", Kind::Json)];

/// A profile as it is shown; null where nobody said one yet.
pub(super) const SHOWN: &[Field] = &[optional("profile", Kind::Json), optional("changed_at", Kind::Instant)];

/// A profile as it is kept, under the code of its provider.
#[derive(Serialize, Deserialize)]
struct KeptProfile {
    profile: Value,
    changed_at: Timestamp,
}

impl Object for KeptProfile {
    const KIND: &'static str = "reconciling_profile";
}

fn shown(profile: &KeptProfile) -> Value {
    json!({"profile": profile.profile, "changed_at": profile.changed_at})
}

/// How the files of a provider are written, as it was said last.
///
/// # Errors
/// [`Code::NotInThisState`] where nobody said it yet.
pub(super) fn of_provider(call: &Call<'_>, provider: &str) -> Result<Value, Problem> {
    let kept = kept::load::<KeptProfile>(&*call.control.registry, provider, call.now)?;
    kept.map(|kept| kept.object.profile).ok_or_else(|| {
        Problem::new(Code::NotInThisState, "expected a provider that said how its files are written: `PUT …/profile`")
    })
}

/// `GET /providers/{code}/profile`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let kept = kept::load::<KeptProfile>(&*call.control.registry, provider(call)?, call.now)?;
    Ok(match kept {
        Some(kept) => Answer::of(shown(&kept.object)).tagged(kept.etag()),
        None => Answer::of(json!({"profile": null, "changed_at": null})),
    })
}

/// `PUT /providers/{code}/profile`: new, or over what was read.
pub(super) fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    let (provider, registry) = (provider(call)?, &*call.control.registry);
    let profile = call.body.get("profile").cloned().unwrap_or_default();
    Profile::from_value(&profile).map_err(|faults| faults_at("/profile", faults))?;
    let said = KeptProfile { profile, changed_at: call.now };
    let before = kept::load::<KeptProfile>(registry, provider, call.now)?;
    if let Some(before) = &before {
        if call.if_match.is_none() {
            return Err(Code::PreconditionRequired.into());
        }
        call.check_match(&before.etag())?;
    }
    let told_before = before.as_ref().map(|kept| &kept.object.profile);
    let entry = call.entry("profile_set", (KeptProfile::KIND, provider), (told_before, Some(&said.profile)));
    registry.change(&[kept::put(before.as_ref(), provider, &said, (provider, ""))], &[entry])?;
    let version = before.as_ref().map_or(0, |kept| kept.record.version) + 1;
    Ok(Answer::of(shown(&said)).tagged(kept::etag(version)))
}
