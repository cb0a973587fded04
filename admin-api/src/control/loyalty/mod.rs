//! What a merchant's own users do for the members of its programmes: enrol them, find one of them, read a statement, give and take
//! points. Whoever the person is otherwise, the merchant learns nothing of it, and no other merchant's names can be joined with its.

mod adjusting;
mod alone;
mod booking;
mod breakdown;
mod coupons;
mod enrolling;
mod figures;
mod finding;
mod members;
mod operations;
mod statement;
mod uplift;

use std::sync::Arc;

use avis_core::loyalty::Programme;
use avis_store::{Accounts, Kind as RowKind, Recording, Task, Verdict, version_of_key};
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use enrolling::left;
pub(crate) use members::Members;
pub(crate) use operations::OPERATIONS;
pub(crate) use statement::HAD;

use super::Control;
use super::call::Call;
use super::policy::Action;
use super::problem::{Code, Problem, of_ledger};
use super::rules;

/// Accounts of points, where they are read, and the ledger that changes them.
pub struct Points {
    /// Read beside those who write them.
    pub accounts: Arc<dyn Accounts>,
    /// Who records: points, and late advices.
    pub ledger: Arc<dyn Recording>,
    /// How many points one person gives or takes without a second one.
    pub alone_max: i64,
}

impl Points {
    /// Has the ledger do something that the log calls `what`, and waits for what it says.
    ///
    /// # Errors
    /// A ledger that does not answer, or did not say what became of it.
    pub(crate) fn ask(&self, task: Task, what: &str) -> Result<Verdict, Problem> {
        let pending = self.ledger.submit(task).map_err(|error| of_ledger(&error, what))?;
        let verdict = pending.blocking_recv().map_err(|_| Problem::from(Code::OutcomeUnknown))?;
        verdict.map_err(|error| of_ledger(&error, what))
    }
}

/// The programme in the path, as [`programme_of`].
fn programme(call: &Call<'_>) -> Result<Programme, Problem> {
    programme_of(call, call.path("code"))
}

/// A programme as it counts now, or as it begins, if it is the caller's party's; another's is as good as none.
fn programme_of(call: &Call<'_>, code: &str) -> Result<Programme, Problem> {
    let found = counting(call.control, code, call.now)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(&found.owner, Action::LoyaltyRead)?;
    Ok(found)
}

/// A programme as it counts at a moment, or as it begins, whoever's it is; none if there is none.
///
/// # Errors
/// Rules that can't be read.
pub(crate) fn counting(control: &Control, code: &str, at: Timestamp) -> Result<Option<Programme>, Problem> {
    let rules = rules::rules(control)?;
    let of_code = |key: &str| version_of_key(key).is_some_and(|(other, _)| other == code);
    let written = rules.entries(RowKind::Program).filter(|(key, _)| of_code(key)).map(|(_, value)| value);
    let versions = written.map(Programme::from_value).collect::<Result<Vec<_>, _>>();
    let versions = versions.map_err(|_| Problem::from(Code::Failed))?;
    let newest = versions.iter().max_by_key(|one| one.version);
    Ok(Programme::counting(&versions, at).or(newest).cloned())
}

/// Whose a programme or a campaign is, by its content.
fn owned(content: &Value) -> &str {
    content.get("owner").and_then(Value::as_str).unwrap_or_default()
}

/// By what a merchant's answers name something that others know, too: nobody can join them with another merchant's.
fn name_for(call: &Call<'_>, owner: &str, kind: &str, id: &str) -> String {
    call.control.cases.secret.name_for(owner, kind, id)
}
