//! Trying rules: a request of an invented holder, decided as it would be now and with a draft. Nothing is recorded.

use std::collections::HashSet;
use std::sync::Arc;

use avis_core::RuleSet;
use avis_core::document::Case;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::drafts;
use super::operations::{Operation, act};
use super::policy::{Action, Role};
use super::problem::{Code, Problem, moved};
use super::rules;
use super::shape::{Field, Kind, needed, optional};
use crate::file_till::Answered;

const ASKED: &[Field] = &[
    needed("provider", Kind::Token(1, 200)),
    needed("request", Kind::Json),
    optional("holder", Kind::Json),
    optional("draft", Kind::Id),
];

/// The answers that a till would be given, with their traces for whom they are.
const DECIDED: &[Field] = &[needed("now", Kind::Json), optional("then", Kind::Json)];

/// Who is told why: a provider hears what a till hears.
const TOLD_WHY: &[Role] = &[Role::Editor, Role::Approver, Role::Auditor];

pub(crate) const OPERATIONS: &[Operation] = &[act(
    "/decide",
    ("decide", "Decide a request of an invented holder, as it would be now and with a draft; nothing is recorded"),
    Action::Try,
    (Some(ASKED), DECIDED),
    decide,
)];

/// `POST /decide`.
fn decide(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let provider = call.text("provider");
    let is_told_why = call.caller()?.reach(Action::Try, Some(TOLD_WHY)).is_some();
    if !is_told_why && !call.reaches(provider) {
        return Err(Problem::new(Code::NotYours, "expected the own provider"));
    }
    if !rules.has_provider(provider) {
        return Err(Problem::at("/provider", "expected a provider that the rules know"));
    }
    let (trial, hidden) = (Trial { call, case: case(call)?, is_told_why }, hidden(call, provider)?);
    let now = trial.decided(&rules.compiled_without(&hidden))?;
    let drafted = call.body.get("draft").filter(|draft| !draft.is_null());
    let candidate = drafted.map(|_| drafts::candidate(call, "draft")).transpose()?;
    let then = candidate.map(|candidate| trial.decided(&rules::compiled_without(candidate.catalogue(), &hidden)));
    let then = then.transpose()?;
    Ok(Answer::of(json!({"now": now, "then": then})))
}

/// The grantors whose benefits take no part: those that the caller does not read. At its own tills a provider meets all.
fn hidden(call: &Call<'_>, provider: &str) -> Result<HashSet<String>, Problem> {
    if call.party()? == provider { Ok(HashSet::new()) } else { rules::hidden(call) }
}

/// The request with its holder, read as a case is.
fn case(call: &Call<'_>) -> Result<Case, Problem> {
    let field = |name: &str| call.body.get(name).cloned().unwrap_or_default();
    let written = json!({"name": "trial", "provider": field("provider"), "holder": field("holder"),
                         "requests": [field("request")], "expect": [{}]});
    Case::from_value(&written).map_err(told)
}

/// Faults of the case by the fields of the body.
fn told(faults: avis_core::Faults) -> Problem {
    Problem::of_document(faults, |pointer| moved(pointer, "/requests/0", "/request"))
}

/// One request, to be decided by one set of rules or another.
struct Trial<'c> {
    call: &'c Call<'c>,
    case: Case,
    is_told_why: bool,
}

impl Trial<'_> {
    fn decided(&self, rules: &Arc<RuleSet>) -> Result<Value, Problem> {
        let decided = self.call.control.cases.decided(rules, &self.case);
        let decided = decided.map_err(|fault| told(avis_core::Faults { list: vec![fault], unlisted: 0 }))?;
        match decided.into_iter().next() {
            Some(Ok(Answered::Decided(decided))) => {
                let mut answer = decided.answer();
                if let Some(fields) = answer.as_object_mut().filter(|_| self.is_told_why) {
                    fields.insert("trace".to_owned(), json!(decided.trace));
                }
                Ok(answer)
            }
            Some(Err(faults)) => Err(Problem::of_document(faults, |pointer| format!("/request{pointer}"))),
            Some(Ok(Answered::Done(_) | Answered::Refused(_))) | None => {
                Err(Problem::at("/request", "expected a request, not an operation"))
            }
        }
    }
}
