//! Why a record came out as it did: decided again from what was read, by the rules of then.

use std::sync::Arc;

use avis_core::{RuleSet, Trace};
use avis_server::rules_of;
use avis_store::{RowHasher, RulesRead};
use serde_json::{Value, json};

use super::{View, find, shown};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::rules::{self, Rules};
use crate::control::shape::{Field, Kind, needed};

/// A record as the caller reads it, and its trace.
pub(super) const EXPLAINED: &[Field] = &[needed("authorization", Kind::Json), needed("trace", Kind::Json)];

/// `GET /authorizations/{id}/explain`.
pub(super) fn explain(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let (record, reading, view) = find(call, Action::Explain, &rules)?;
    let told = match &view {
        View::OfGrantor(grantor) => Some(grantor.clone()),
        // A provider is not told of a person's groups, its auditor neither.
        View::Whole if call.caller()?.oversees() => None,
        View::Whole => Some(call.party()?.to_owned()),
    };
    let of_then = rules_of_then(call.control, record.rules)?;
    let (_, mut trace) = reading.decide_again(of_then).map_err(|faults| {
        Problem::new(Code::Failed, faults.list.first().map_or_else(String::new, |fault| fault.detail.clone()))
    })?;
    // Whose record it is, is nobody's to read here.
    trace.holder = None;
    if let Some(grantor) = &told {
        keep_own(&mut trace, grantor, &rules);
    }
    let authorization: Value = shown(&record, &view, &rules);
    Ok(Answer::of(json!({"authorization": authorization, "trace": trace})))
}

/// The part of a trace that tells of a grantor's own benefits.
fn keep_own(trace: &mut Trace, grantor: &str, rules: &Rules) {
    let is_own = |code: &str| rules.grantor_of(code) == Some(grantor);
    trace.set_aside.retain(|one| is_own(&one.benefit));
    trace.candidates.retain(|one| is_own(&one.benefit));
    trace.turns.retain(|one| is_own(&one.benefit));
    trace.loyalty.clear();
}

/// The rules that a record was decided by.
///
/// # Errors
/// A store that was restored since and has others under the number of their revision.
pub(crate) fn rules_of_then(control: &Control, read: RulesRead) -> Result<Arc<RuleSet>, Problem> {
    let rows = control.registry.rules_as_of(read.revision)?;
    let rules = rules_of(&rows).filter(|_| RowHasher::new(&control.cases.secret).sum(&rows) == read.digest);
    rules.map(Arc::new).ok_or_else(|| {
        Problem::new(
            Code::NotInThisState,
            "the rules by which it was decided are not here: the store was restored since",
        )
    })
}
