//! Lists of memberships, means, people, who speaks for whom, terminals and rules: read as they come, hashed at once, imported whole or not at all by a
//! job.

mod columns;
mod exporting;
mod holders;
pub(crate) mod job;
mod list;
mod of_people;
mod operations;
mod relations;
mod rows;
mod rules;
mod subject;
mod terminals;
mod work;

pub(super) use exporting::note as note_export;
pub(crate) use job::newest_lists;
pub(crate) use operations::OPERATIONS;
pub(crate) use work::stop;

use std::sync::Arc;

use avis_store::{Act, AuditObject};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};
use super::rules as published;
use super::secret::{self, hashed};
use super::shape::{Field, Kind, needed, optional};
use columns::Columns;
use holders::Holders;
use job::{Running, Stopped};
use list::{List, Listed};
use relations::Relations;
use rows::{Format, Rows};
use rules::Rules;
use subject::Subject;
use terminals::Terminals;
use work::Work;

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
        return listed(call, entitlements(call)?);
    }
    if parameter(call, "mode") == Some("full") {
        return Err(Problem::at("/mode", "expected `delta`: of this kind, what is not in the list stays"));
    }
    if let Some(name) = ["group", "ends"].into_iter().find(|name| call.query.get(name).is_some()) {
        return Err(Problem::at(name, "expected none of this kind"));
    }
    let (party, known) = (call.party()?, published::rules(call.control)?);
    let own = (!reaches_all).then(|| party.to_owned());
    match kind {
        "holders" => listed(call, Holders),
        "relations" => listed(call, Relations),
        "terminals" => listed(call, Terminals { provider: own }),
        "rules" => listed(call, Rules { grantor: own, by: call.caller()?.user.clone(), published: known }),
        _ => {
            let issued = || known.schemes_issued_by(party).into_iter().map(str::to_owned).collect();
            listed(call, Subject::Means { schemes: (!reaches_all).then(issued) })
        }
    }
}

/// The memberships of a group that is the caller's to write.
fn entitlements(call: &Call<'_>) -> Result<Subject, Problem> {
    let rules = published::rules(call.control)?;
    let group = parameter(call, "group").ok_or_else(|| Problem::at("/group", "expected the group of the list"))?;
    let owner = published::group_owner(call, &rules, group)
        .map_err(|_| Problem::at("/group", "expected a group that there is"))?;
    call.check_owner(owner, Action::OpenRead)?;
    Ok(Subject::Entitlements { group: group.to_owned(), is_full: parameter(call, "mode") == Some("full") })
}

/// The file is read while it comes; what it does is told by the job.
fn listed<L: List>(call: &Call<'_>, list: L) -> Result<Answer, Problem> {
    let content_type = call.incoming.header("content-type")?.unwrap_or_default();
    let is_encoded = call.incoming.header("content-encoding")?.is_some();
    let format = Format::of(content_type, is_encoded, list.formats())?;
    let columns = Columns::of(call, format)?;
    let file = call.incoming.file().ok_or_else(|| Problem::at("", "expected a file"))?;
    let id = secret::id(call.now)?;
    let mut running = Running::begin(call, &id, call.query.clone())?;
    let work = work(call, list.action(), &id);
    let mut rows = Rows::new(file, format, columns, list.fields());
    match work.read(&list, &mut rows, &mut running) {
        Ok(listed) => started(call, (work, list), listed, running, &rows.hash()),
        Err(stopped) => Err(stop(&*work.registry, running, stopped)),
    }
}

/// The rest goes on beside the answer. The same file in the same way again is the first job.
fn started<L: List>(
    call: &Call<'_>,
    (work, list): (Work, L),
    listed: Listed<L::Row>,
    running: Running,
    hash: &str,
) -> Result<Answer, Problem> {
    let registry = work.registry.clone();
    if !work.dry_run {
        let way: Vec<_> = ["kind", "mode", "group", columns::NAME].map(|name| parameter(call, name)).into();
        let file = hashed(&json!([hash, call.party()?, way]).to_string());
        match job::of_same_file(call, &file) {
            Ok(Some(first)) => {
                running.withdraw(&*registry);
                return Ok(accepted(&first.record.key, job::shown(&first)));
            }
            known => {
                let remembered = known.and_then(|_| job::remember(&*registry, &file, &running.id, call.now));
                if let Err(problem) = remembered {
                    return Err(stop(&*registry, running, Stopped::Failed(problem)));
                }
            }
        }
    }
    let id = running.id.clone();
    let shown = running.hand_over("avis-import", move |running| work.run(&list, listed, running))?;
    Ok(accepted(&id, shown))
}

fn accepted(id: &str, job: Value) -> Answer {
    let location = format!("/admin/v1/imports/{id}");
    Answer { status: 202, location: Some(location), ..Answer::of(job) }
}

fn work(call: &Call<'_>, action: &str, id: &str) -> Work {
    let control = call.control;
    let object = AuditObject { kind: "job".to_owned(), key: id.to_owned() };
    let reason = parameter(call, "reason").map(str::to_owned);
    Work {
        store: Arc::clone(&control.store),
        registry: Arc::clone(&control.registry),
        clock: Arc::clone(&control.clock),
        secret: control.cases.secret.clone(),
        zone: control.cases.zone.clone(),
        act: Act { object: Some(object), reason, ..call.act(action, None) },
        sets_aside: parameter(call, "bad_rows") == Some("set_aside"),
        dry_run: call.query.get("dry_run").and_then(Value::as_bool).unwrap_or(false),
        ends: call.query.get("ends").and_then(Value::as_u64),
    }
}
