//! Means that are stopped at once, by the person, at a desk or by who issued them; and by whom they may be let go on.

use std::cell::Cell;

use avis_core::{IdentifierStatus, RegisteredIdentifier};
use avis_store::{AuditEntry, KeptMeans};
use serde_json::json;

use super::handle::{Held, held};
use super::means::{check_room, id_of, keep_there, one, wanted};
use super::{Person, act_on, change, identifier_key, subject};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed};

/// A card that its issuer stops.
pub(super) const STOPPED: &[Field] =
    &[needed("scheme", Kind::Code), needed("value", Kind::Token(1, 200)), needed("reason", Kind::Text(1, 200))];
/// The same of a card that nobody has: no revision, by which the two could be told apart.
pub(super) const BLOCKED: &[Field] = &[needed("state", Kind::Word(&["blocked"]))];

/// Sets the status of means, and keeps who blocked them: the person whose they are, or a party; the revision.
fn set(
    call: &Call<'_>,
    held: &Held,
    identifier: &RegisteredIdentifier,
    (action, status): (&str, IdentifierStatus),
) -> Result<u64, Problem> {
    let is_changed = Cell::new(false);
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
        is_changed.set(state.status != status);
        state.status = status;
        Ok(())
    })?;
    // Also of what the person blocked: from now on another did.
    let is_taken_over = status == IdentifierStatus::Blocked && !held.is_by_resident();
    if is_changed.get() || is_taken_over {
        let by = match status {
            IdentifierStatus::Blocked if held.is_by_resident() => Some(held.subject.clone()),
            IdentifierStatus::Blocked => Some(call.party()?.to_owned()),
            IdentifierStatus::Active | IdentifierStatus::Expired => None,
        };
        let means = (&*identifier.scheme, identifier.key);
        keep_there(call, &held.subject, means, &|means| means.blocked_by.clone_from(&by))?;
    }
    Ok(revision)
}

/// `POST /people/{handle}/means/{id}/block`: without an etag, since a stale page stops no emergency.
pub(super) fn block(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let identifier = wanted(call, &held.person(call)?)?;
    let revision = set(call, &held, &identifier, ("means_blocked", IdentifierStatus::Blocked))?;
    Ok(Answer::of(one(call, &held, call.path("id"), revision)?))
}

/// `POST /people/{handle}/means/{id}/unblock`: what another blocked is unblocked at a desk.
pub(super) fn unblock(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let identifier = wanted(call, &held.person(call)?)?;
    check_let_go(call, &held, &identifier)?;
    let revision = set(call, &held, &identifier, ("means_unblocked", IdentifierStatus::Active))?;
    Ok(Answer::of(one(call, &held, call.path("id"), revision)?))
}

/// What another blocked is not the person's own to unblock, nor to take away.
pub(super) fn check_let_go(call: &Call<'_>, held: &Held, identifier: &RegisteredIdentifier) -> Result<(), Problem> {
    if held.is_by_resident() && is_blocked_by_another(call, held, identifier)? {
        return Err(Problem::new(Code::NotYours, "who blocked the means unblocks them, or a service desk"));
    }
    Ok(())
}

fn is_blocked_by_another(call: &Call<'_>, held: &Held, identifier: &RegisteredIdentifier) -> Result<bool, Problem> {
    let id = id_of(call.control, identifier.key);
    let known = kept::load::<KeptMeans>(&*call.control.registry, &id, call.now)?;
    let by = known.filter(|means| means.owner() == held.subject).and_then(|means| means.object.blocked_by);
    Ok(identifier.state.status == IdentifierStatus::Blocked && by.as_ref() != Some(&held.subject))
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
        call.control.registry.append(&[AuditEntry::new(call.now, act)])?;
        return Ok(Answer::of(json!({"state": "blocked"})));
    };
    let subject = person.subject(call.control);
    let act = act_on(call, "means_blocked", &subject);
    let party = call.party()?;
    change(call, &person.holder.holder.code, &act, &|holder| {
        let known = holder.identifiers.iter_mut().find(|known| known.key == key);
        if let Some(known) = known.filter(|known| known.state.status == IdentifierStatus::Active) {
            known.state.status = IdentifierStatus::Blocked;
        }
        Ok(())
    })?;
    // Also of what the person blocked: from now on the issuer did.
    keep_there(call, &subject, (scheme, key), &|means| means.blocked_by = Some(party.to_owned()))?;
    Ok(Answer::of(json!({"state": "blocked"})))
}
