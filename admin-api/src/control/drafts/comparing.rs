//! What a draft would change of the version on which it is based.

use serde_json::{Value, json};

use super::find;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::problem::Problem;
use crate::control::rules;

/// `GET /drafts/{id}/difference`: to its base, or to nothing.
pub(super) fn difference(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find(call)?.object;
    let rules = rules::rules(call.control)?;
    let base = draft.base.and_then(|base| draft.kind.version(&rules, &draft.code, base));
    let mut before = base.cloned().unwrap_or_else(|| json!({}));
    if let Value::Object(fields) = &mut before {
        draft.kind.not_in_content().iter().for_each(|name| drop(fields.remove(*name)));
    }
    let to = draft.published.map_or_else(|| draft.base.unwrap_or(0) + 1, |published| published.version);
    let changes = rules::changes(&before, &draft.content);
    Ok(Answer::of(json!({"code": draft.code, "from": draft.base, "to": to, "changes": changes})))
}
