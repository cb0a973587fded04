//! What a draft would change of the version on which it is based, and of the cases that stand beside it.

use serde_json::{Value, json};

use super::judging::case_name;
use super::lists::{cases_of, normal_case};
use super::{Draft, find};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::problem::Problem;
use crate::control::rules::{self, Rules};
use crate::control::shape::{Field, Kind, needed, optional};

/// What differs in a draft.
pub(super) const DIFFERENCE: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    optional("from", Kind::Whole(1, i64::MAX)),
    needed("to", Kind::Whole(1, i64::MAX)),
    needed("changes", Kind::List(&Kind::Object(rules::CHANGE), 1_000_000)),
    rules::BEFORE,
    optional("cases", Kind::List(&Kind::Object(CASE), 100_000)),
];

/// A case that was added, changed or removed: as it was, as it is, or both. Nothing is said of cases of which it is not known any more
/// what they were.
const CASE: &[Field] =
    &[needed("name", Kind::Token(0, 1_000)), optional("before", Kind::Json), optional("after", Kind::Json)];

/// `GET /drafts/{id}/difference`: to its base, or to nothing.
pub(super) fn difference(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find(call)?.object;
    let rules = rules::rules(call.control)?;
    let base = draft.base.and_then(|base| draft.kind.version(&rules, &draft.code, base));
    let before = base.map(|base| {
        let mut before = base.clone();
        if let Value::Object(fields) = &mut before {
            draft.kind.not_in_content().iter().for_each(|name| drop(fields.remove(*name)));
        }
        before
    });
    let to = draft.published.map_or_else(|| draft.base.unwrap_or(0) + 1, |published| published.version);
    let changes = rules::changes(before.as_ref().unwrap_or(&json!({})), &draft.content);
    let cases = cases_before(&draft, &rules).map(|before| changed_cases(&draft, &before));
    let shown =
        json!({"code": draft.code, "from": draft.base, "to": to, "changes": changes, "before": before, "cases": cases});
    Ok(Answer::of(shown))
}

/// The cases that are there for what a draft is of.
pub(super) fn cases_there(rules: &Rules, draft: &Draft) -> Vec<Value> {
    cases_of(rules, &draft.kind.case_prefix(&draft.code)).cloned().collect()
}

/// The cases that there were before the draft; none where that is not known any more.
fn cases_before(draft: &Draft, rules: &Rules) -> Option<Vec<Value>> {
    let there = || (draft.published.is_none() && !draft.is_publishing).then(|| cases_there(rules, draft));
    draft.cases_before.clone().filter(|_| draft.is_publishing || draft.published.is_some()).or_else(there)
}

/// Cases that are not as they were: those of the draft in their order, then those that it does not have any more.
fn changed_cases(draft: &Draft, before: &[Value]) -> Vec<Value> {
    let prefix = draft.kind.case_prefix(&draft.code);
    let name = |case: &Value| case_name(&prefix, case.get("name").and_then(Value::as_str).unwrap_or_default());
    let told = |case: &Value, before: Option<&Value>, after: Option<&Value>| {
        let name = name(case);
        json!({"name": name.strip_prefix(&*prefix).unwrap_or(&name), "before": before, "after": after})
    };
    let mut left: Vec<&Value> = before.iter().collect();
    let mut changed = Vec::new();
    for case in &draft.cases {
        let known = left.iter().position(|known| name(known) == name(case)).map(|place| left.remove(place));
        if known.is_none_or(|known| normal_case(&prefix, known) != normal_case(&prefix, case)) {
            changed.push(told(case, known, Some(case)));
        }
    }
    changed.extend(left.into_iter().map(|case| told(case, Some(case), None)));
    changed
}
