//! Who stands at a till, by what is shown: as an engine recognises them, from the store instead of memory.

use std::collections::HashMap;
use std::sync::Arc;

use avis_core::{IdentifierKey, Person as Standing, Presented, recognise};
use avis_store::AuditEntry;
use jiff::Timestamp;

use super::{FINDING_BOUNDS, Person, act_on, subject};
use crate::control::call::Call;
use crate::control::problem::Problem;
use crate::control::quota;

/// Whom means name at a moment. Where somebody was found, another's means are as good as unknown.
///
/// # Errors
/// A store that can't be read, or a holder in it.
pub(crate) fn standing(
    call: &Call<'_>,
    presented: &[Presented],
    at: Timestamp,
    found: Option<&str>,
) -> Result<Standing, Problem> {
    let control = call.control;
    let key = |shown: &Presented| IdentifierKey::of(&shown.scheme, &shown.value, &control.cases.secret);
    let keys: Vec<IdentifierKey> = presented.iter().filter_map(key).collect();
    let (head, holders) = control.registry.holders_by(&keys)?;
    let mut known = HashMap::new();
    for (key, stored) in keys.iter().zip(holders) {
        let Some(stored) = stored else { continue };
        let holder = Person::read(head, &stored)?.holder;
        let state = holder.identifiers.iter().find(|one| one.key == *key).map(|one| one.state);
        if let Some(state) = state.filter(|_| found.is_none_or(|found| *holder.holder.code == *found)) {
            known.insert(*key, (holder.holder, state));
        }
    }
    let (holder, identifiers) = recognise(presented, at, &control.cases.zone, |shown| {
        known.get(&key(shown)?).map(|(holder, state)| (holder.clone(), *state))
    });
    Ok(Standing { holder: holder.map(Arc::new), identifiers })
}

/// Tells the audit who is looked at before anything follows from it, and counts it: whose means are known can be tried here as little
/// as at a till. `verb` is what the caller does; the actions say that it was done of somebody, and of nobody.
///
/// # Errors
/// [`Code::TooManyRequests`](crate::control::problem::Code::TooManyRequests) of who looks too often.
pub(crate) fn note_look(
    call: &Call<'_>,
    verb: &str,
    [of_somebody, of_nobody]: [&str; 2],
    person: &Standing,
    after: Option<String>,
) -> Result<(), Problem> {
    let taken = quota::take(call, &format!("{verb} {}", call.caller()?.user), FINDING_BOUNDS)?;
    let act = match &person.holder {
        Some(holder) => act_on(call, of_somebody, &subject(call.control, &holder.code)),
        None => call.act(of_nobody, Some(("operation", call.operation.name))),
    };
    Ok(call.control.registry.change(&[taken], &[AuditEntry { after, ..AuditEntry::new(call.now, act) }])?)
}
