//! What a draft would change at a provider before anybody approves it.

use serde_json::json;

use super::{moment, payers, product, provider, slots};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::drafts;
use crate::control::problem::Problem;
use crate::control::rules;

/// `POST /providers/{code}/priorities/preview`: at the moment that is asked for, else as soon as the draft would count.
pub(super) fn preview(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let code = provider(call, &rules)?;
    let product = product(&call.body, "/product")?;
    let candidate = drafts::candidate(call, "draft")?;
    let catalogue = candidate.catalogue();
    let named = candidate.named();
    let drafted = catalogue.benefits.iter().find(|benefit| (&*benefit.code, benefit.version) == named);
    let begins = drafted.and_then(|benefit| benefit.valid.resolve(&benefit.time_zone).from);
    let at = moment(&call.body).unwrap_or_else(|| begins.map_or(call.now, |begins| begins.max(call.now)));
    let (_, slots) = slots(call, &catalogue.meeting(code, at, product.as_ref()), 0..usize::MAX, Some(named))?;
    // Benefits of merchants that the caller does not read take no part, and nobody is told who pays for them.
    let hidden = rules::hidden(call)?;
    let now = rules.compiled_without(&hidden);
    let with_draft = rules::compiled_without(catalogue, &hidden);
    let comparison = payers::compare(call.control, code, catalogue, [&now, &with_draft])?;
    Ok(Answer::of(json!({"provider": code, "at": at, "revision": rules.revision().number,
        "version": named.1, "slots": slots, "changes_payer": comparison.changes(),
        "decided": comparison.decided()})))
}
