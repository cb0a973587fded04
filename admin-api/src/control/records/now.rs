//! What a till would be answered now to what a person shows: as an engine decides it, with what the ledger has counted.

use avis_core::loyalty::{Coupon, LoyaltyRequest, inquire};
use avis_core::{Decision, Trace, explain_loyal};
use avis_store::AuditEntry;
use serde_json::{Value, json};

use crate::control::call::Call;
use crate::control::people::{self, Held};
use crate::control::problem::Problem;
use crate::control::rules::Rules;

/// A request decided as at a provider's till, once the audit knows for whom and why.
///
/// # Errors
/// A request that can't be read; a person named without a reason, or too often; a store or a ledger that can't be read.
pub(super) fn decided_now(
    call: &Call<'_>,
    (provider, request): (&str, &Value),
    rules: &Rules,
    held: Option<&Held>,
) -> Result<(Decision, Trace), Problem> {
    if !rules.has_provider(provider) {
        return Err(Problem::at("/provider", "expected a provider that the rules know"));
    }
    let compiled = rules.compiled().ok_or_else(|| Problem::at("/provider", "there are no rules yet"))?;
    let asked = read(call, request)?;
    let (shown, at) = (asked.request.identifiers.clone(), asked.request.occurred_at);
    if held.is_none() && !shown.is_empty() && call.text("reason").is_empty() {
        return Err(Problem::at("/reason", "expected a reason, for a person is looked at"));
    }
    let person = people::standing(call, &shown, at, held.map(Held::holder))?;
    note(call, held, &person, !shown.is_empty())?;
    let inquiry = inquire(&compiled, provider, person.holder.as_deref(), &asked);
    let recorded = &call.control.recorded;
    let known = inquiry.map(|inquiry| recorded.points(&inquiry, call.now)).transpose()?;
    let plan = avis_core::plan_loyal(compiled.clone(), provider, person.clone(), asked.request.clone(), known.clone());
    let mut used = recorded.used(plan.map_err(in_request)?.needs())?.into_iter();
    let sum = |_: &_| used.next().unwrap_or_default();
    let explained = explain_loyal(compiled, provider, person, asked.request, known, sum).map_err(in_request)?;
    let (decision, _, trace) = explained;
    Ok((decision, trace))
}

fn in_request(faults: avis_core::Faults) -> Problem {
    Problem::of_document(faults, |pointer| format!("/request{pointer}"))
}

/// A till's request; its id and its time may be left out, and its coupons are kept as hashes.
fn read(call: &Call<'_>, request: &Value) -> Result<LoyaltyRequest, Problem> {
    let mut request = request.clone();
    if let Some(fields) = request.as_object_mut() {
        fields.entry("request_id").or_insert_with(|| json!(uuid::Uuid::nil()));
        fields.entry("occurred_at").or_insert_with(|| json!(call.now));
    }
    let asked = LoyaltyRequest::from_value(&request).map_err(in_request)?;
    let key = |code: &str| Coupon::key(code, &call.control.cases.secret).map(|key| key.to_hex()).unwrap_or_default();
    let coupons = asked.coupons.iter().map(|code| key(code).into()).collect();
    Ok(LoyaltyRequest { coupons, ..asked })
}

/// Tells the audit who is looked at before anything is shown, and counts it for who may not look for people.
fn note(call: &Call<'_>, held: Option<&Held>, person: &avis_core::Person, names_somebody: bool) -> Result<(), Problem> {
    let after = Some(json!({"shown": ["explanation"]}).to_string());
    match held {
        Some(held) => {
            let entry = AuditEntry { after, ..AuditEntry::new(call.now, held.act(call, "person_explained")) };
            Ok(call.control.registry.append(&[entry])?)
        }
        None if names_somebody => {
            people::note_look(call, "explain", ["person_explained", "nobody_explained"], person, after)
        }
        None => Ok(()),
    }
}
