//! Lists of memberships, means, people, who speaks for whom, terminals and rules: read as they come, hashed at once, imported whole or not at all by a
//! job.

mod columns;
mod exporting;
mod holders;
mod importing;
pub(crate) mod job;
pub(crate) mod left;
mod list;
mod of_people;
mod operations;
mod order;
mod relations;
mod rows;
mod rows_kept;
mod rules;
mod subject;
mod terminals;
mod work;

pub(super) use exporting::noted as noted_export;
pub(crate) use job::newest_lists;
pub(crate) use operations::OPERATIONS;
pub(crate) use work::stop;

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};
use super::rules as published;
use super::shape::{Field, Kind, needed, optional};
use order::What;
use subject::Subject;

/// What is imported, and how.
const QUERY: &[Field] = &[
    needed("kind", Kind::Word(&["entitlements", "holders", "relations", "means", "terminals", "rules"])),
    optional("mode", Kind::Word(&["full", "delta"])),
    optional("group", Kind::Code),
    optional(columns::NAME, Kind::Token(2, 4_000)),
    optional("bad_rows", Kind::Word(&["refuse", "set_aside"])),
    optional("dry_run", Kind::Truth),
    optional("ends", Kind::Whole(0, i64::MAX)),
    needed("reason", Kind::Text(1, 200)),
];

/// The columns that a list of a kind may have; none of one that has no header.
pub fn list_columns(kind: &str) -> &'static [&'static str] {
    match kind {
        "entitlements" => subject::MEMBERSHIP,
        "means" => subject::MEANS,
        "relations" => relations::FIELDS,
        _ => &[],
    }
}

/// A parameter that is text.
fn parameter<'c>(call: &'c Call<'_>, name: &str) -> Option<&'c str> {
    call.query.get(name).and_then(Value::as_str)
}

/// `POST /imports`: what the caller may import, of what kind. An editor memberships of own groups and rules, a provider means of
/// schemes that it issues and terminals, an operator any.
fn import(call: &Call<'_>) -> Result<Answer, Problem> {
    let kind = parameter(call, "kind").unwrap_or_default();
    let reaches_all = call.reach == Some(Reach::All);
    let role = match kind {
        "entitlements" | "rules" => Some(Role::Editor),
        "means" | "terminals" => Some(Role::Provider),
        _ => None,
    };
    if !reaches_all && !role.is_some_and(|role| call.caller.as_ref().is_some_and(|caller| caller.is(role))) {
        return Err(Code::NotYourRole.into());
    }
    if kind == "entitlements" {
        return begun(call, entitlements(call)?);
    }
    if parameter(call, "mode") == Some("full") {
        return Err(Problem::at("/mode", "expected `delta`: of this kind, what is not in the list stays"));
    }
    if let Some(name) = ["group", "ends"].into_iter().find(|name| call.query.get(name).is_some()) {
        return Err(Problem::of_parameter(name, "expected none of this kind"));
    }
    let (party, known) = (call.party()?, published::rules(call.control)?);
    let own = (!reaches_all).then(|| party.to_owned());
    let what = match kind {
        "holders" => What::Holders,
        "relations" => What::Relations,
        "terminals" => What::Terminals { provider: own },
        "rules" => What::Rules { grantor: own, by: call.caller()?.user.clone() },
        _ => {
            let issued = || known.schemes_issued_by(party).into_iter().map(str::to_owned).collect();
            What::OfPeople(Subject::Means { schemes: (!reaches_all).then(issued) })
        }
    };
    begun(call, what)
}

fn begun(call: &Call<'_>, what: What) -> Result<Answer, Problem> {
    what.clone().importing(call.control)?.begin(call, what)
}

/// The memberships of a group that is the caller's to write.
fn entitlements(call: &Call<'_>) -> Result<What, Problem> {
    let rules = published::rules(call.control)?;
    let group = parameter(call, "group").ok_or_else(|| Problem::at("/group", "expected the group of the list"))?;
    let owner = published::group_owner(call, &rules, group)
        .map_err(|_| Problem::at("/group", "expected a group that there is"))?;
    call.check_owner(owner, Action::OpenRead)?;
    let is_full = parameter(call, "mode") == Some("full");
    Ok(What::OfPeople(Subject::Entitlements { group: group.to_owned(), is_full }))
}

fn accepted(id: &str, job: Value) -> Answer {
    let location = format!("/admin/v1/imports/{id}");
    Answer { status: 202, location: Some(location), ..Answer::of(job) }
}
