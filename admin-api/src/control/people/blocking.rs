//! Means that are stopped at once, by the person, at a desk or by who issued them; and by whom they may be let go on.

use std::cell::Cell;

use avis_core::{IdentifierStatus, RegisteredIdentifier};
use avis_store::AuditEntry;
use avis_store::records::Record;
use serde_json::json;

use super::handle::{Held, held};
use super::means::{check_room, one, wanted};
use super::{Person, act_on, change, identifier_key, subject};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed};
use crate::own_blocks::OwnBlocks;

/// A card that its issuer stops.
pub(super) const STOPPED: &[Field] =
    &[needed("scheme", Kind::Code), needed("value", Kind::Token(1, 200)), needed("reason", Kind::Text(1, 200))];
/// The same of a card that nobody has: no revision, by which the two could be told apart.
pub(super) const BLOCKED: &[Field] = &[needed("state", Kind::Word(&["blocked"]))];

/// Sets the status of means, and notes whose a block is; the revision.
fn set(
    call: &Call<'_>,
    held: &Held,
    identifier: &RegisteredIdentifier,
    (action, status): (&str, IdentifierStatus),
) -> Result<u64, Problem> {
    let (is_newly_blocked, key) = (Cell::new(false), identifier.key);
    let by_desk = status == IdentifierStatus::Blocked && !held.is_by_resident();
    // Also of what the person blocked: from now on another did.
    if by_desk {
        own_blocks(call).end(key)?;
    }
    let revision = change(call, &held.handle.holder, &held.act(call, action), &|holder| {
        let room = check_room(call, holder);
        let known = holder.identifiers.iter_mut().find(|known| known.key == key);
        let state = &mut known.ok_or_else(|| Problem::from(Code::NotFound))?.state;
        match (state.status, status) {
            (IdentifierStatus::Expired, _) => {
                return Err(Problem::new(Code::NotInThisState, "what is expired is replaced"));
            }
            // Another blocked them since they were read.
            (IdentifierStatus::Blocked, IdentifierStatus::Active)
                if held.is_by_resident() && *state != identifier.state =>
            {
                return Err(not_yours());
            }
            (IdentifierStatus::Blocked, IdentifierStatus::Active) => room?,
            (IdentifierStatus::Active, IdentifierStatus::Blocked) => state.since = Some(call.now),
            _ => {}
        }
        is_newly_blocked.set(state.status != status && status == IdentifierStatus::Blocked);
        state.status = status;
        Ok(())
    })?;
    if by_desk {
        // The person may have blocked them at the same moment.
        own_blocks(call).end(key)?;
    } else if is_newly_blocked.get() {
        own_blocks(call).note((&held.subject, acting(call)?), key, call.now)?;
    }
    Ok(revision)
}

/// By what the audit names the resident who acts: the person, or who speaks for them.
fn acting(call: &Call<'_>) -> Result<String, Problem> {
    let resident = call.caller()?.resident.as_deref();
    Ok(resident.map(|holder| subject(call.control, holder)).unwrap_or_default())
}

fn own_blocks<'c>(call: &Call<'c>) -> OwnBlocks<'c> {
    OwnBlocks { registry: &*call.control.registry, secret: &call.control.cases.secret }
}

/// Forgets what a person blocked.
pub(super) fn forget(call: &Call<'_>, subject: &str) -> Result<(), Problem> {
    Ok(own_blocks(call).forget(subject)?)
}

/// `POST /people/{handle}/means/{id}/block`: without an etag, since a stale page stops no emergency.
pub(super) fn block(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let revision = block_of(call, &held, call.path("id"))?;
    Ok(Answer::of(one(call, &held, call.path("id"), revision)?))
}

/// Blocks means of a person by their id; the revision.
///
/// # Errors
/// [`Code::NotFound`] of what is not the person's.
pub(crate) fn block_of(call: &Call<'_>, held: &Held, id: &str) -> Result<u64, Problem> {
    let identifier = wanted(call, &held.person(call)?, id)?;
    set(call, held, &identifier, ("means_blocked", IdentifierStatus::Blocked))
}

/// `POST /people/{handle}/means/{id}/unblock`: what another blocked is unblocked at a desk.
pub(super) fn unblock(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let identifier = wanted(call, &held.person(call)?, call.path("id"))?;
    let own = own_block(call, &held, &identifier)?;
    let revision = set(call, &held, &identifier, ("means_unblocked", IdentifierStatus::Active))?;
    if let Some(own) = own
        && !own_blocks(call).ended(&own)?
    {
        // Another blocked them meanwhile.
        set(call, &held, &identifier, ("means_blocked", IdentifierStatus::Blocked))?;
        own_blocks(call).end(identifier.key)?;
        return Err(not_yours());
    }
    Ok(Answer::of(one(call, &held, call.path("id"), revision)?))
}

/// What another blocked is not the person's own to unblock, nor to take away.
pub(super) fn check_let_go(call: &Call<'_>, held: &Held, identifier: &RegisteredIdentifier) -> Result<(), Problem> {
    own_block(call, held, identifier).map(drop)
}

/// The block by who asks, the person or who speaks for them; none of what is not blocked, or at a desk.
fn own_block(call: &Call<'_>, held: &Held, identifier: &RegisteredIdentifier) -> Result<Option<Record>, Problem> {
    if !held.is_by_resident() || identifier.state.status != IdentifierStatus::Blocked {
        return Ok(None);
    }
    let own = own_blocks(call).standing((&held.subject, &acting(call)?), identifier)?;
    own.map(Some).ok_or_else(not_yours)
}

fn not_yours() -> Problem {
    Problem::new(Code::NotYours, "who blocked the means unblocks them, or a service desk")
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
    // Also of what the person blocked: from now on the issuer did.
    own_blocks(call).end(key)?;
    change(call, &person.holder.holder.code, &act, &|holder| {
        let known = holder.identifiers.iter_mut().find(|known| known.key == key);
        if let Some(known) = known.filter(|known| known.state.status == IdentifierStatus::Active) {
            (known.state.status, known.state.since) = (IdentifierStatus::Blocked, Some(call.now));
        }
        Ok(())
    })?;
    // The person may have blocked it at the same moment.
    own_blocks(call).end(key)?;
    Ok(Answer::of(json!({"state": "blocked"})))
}
