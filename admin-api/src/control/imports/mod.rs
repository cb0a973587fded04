//! Lists of memberships and of means: read as they come, hashed at once, imported whole or not at all by a job.

mod exporting;
mod job;
mod operations;
mod rows;
mod subject;
mod work;

pub(crate) use operations::OPERATIONS;

use std::sync::Arc;

use avis_store::{Act, AuditObject};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};
use super::rules;
use super::secret::{self, hashed};
use super::shape::{Field, Kind, needed, optional};
use job::{Running, Stopped};
use rows::{Format, Rows};
use subject::Subject;
use work::{Listed, Work, stop};

/// What is imported, and how.
const QUERY: &[Field] = &[
    needed("kind", Kind::Word(&["entitlements", "means"])),
    optional("mode", Kind::Word(&["full", "delta"])),
    optional("group", Kind::Code),
    optional("bad_rows", Kind::Word(&["refuse", "set_aside"])),
    optional("dry_run", Kind::Truth),
    optional("ends", Kind::Whole(0, i64::MAX)),
    needed("reason", Kind::Text(1, 200)),
];

/// A parameter that is text.
fn parameter<'c>(call: &'c Call<'_>, name: &str) -> Option<&'c str> {
    call.query.get(name).and_then(Value::as_str)
}

/// `POST /imports`: the file is read while it comes; what it does is told by the job.
fn import(call: &Call<'_>) -> Result<Answer, Problem> {
    let subject = asked(call)?;
    let content_type = call.incoming.header("content-type")?.unwrap_or_default();
    let format = Format::of(content_type, call.incoming.header("content-encoding")?.is_some())?;
    let file = call.incoming.file().ok_or_else(|| Problem::at("", "expected a file"))?;
    let id = secret::id(call.now)?;
    let mut running = Running::begin(call, &id, call.query.clone())?;
    let work = work(call, subject, &id);
    let mut rows = Rows::new(file, format, work.subject.fields());
    match work.read(&mut rows, &mut running) {
        Ok(listed) => started(call, work, listed, running, &rows.hash()),
        Err(stopped) => Err(stop(&*work.registry, running, stopped)),
    }
}

/// The rest goes on beside the answer. The same file in the same way again is the first job.
fn started(call: &Call<'_>, work: Work, listed: Listed, running: Running, hash: &str) -> Result<Answer, Problem> {
    let registry = work.registry.clone();
    if !work.dry_run {
        let way: Vec<_> = ["kind", "mode", "group"].map(|name| parameter(call, name)).into();
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
    let (id, shown) = (running.id.clone(), running.shown());
    let thread = std::thread::Builder::new().name("avis-import".to_owned());
    if let Err(error) = thread.spawn(move || work.run(listed, running)) {
        tracing::error!(target: "avis::control", %error, "no thread can be started");
        return Err(Code::Unavailable.into());
    }
    Ok(accepted(&id, shown))
}

fn accepted(id: &str, job: Value) -> Answer {
    let location = format!("/admin/v1/imports/{id}");
    Answer { status: 202, location: Some(location), ..Answer::of(job) }
}

fn work(call: &Call<'_>, subject: Subject, id: &str) -> Work {
    let control = call.control;
    let action = match &subject {
        Subject::Entitlements { .. } => "entitlements_imported",
        Subject::Means { .. } => "means_imported",
    };
    let object = AuditObject { kind: "job".to_owned(), key: id.to_owned() };
    let reason = parameter(call, "reason").map(str::to_owned);
    Work {
        store: Arc::clone(&control.store),
        registry: Arc::clone(&control.registry),
        clock: Arc::clone(&control.clock),
        secret: control.cases.secret.clone(),
        zone: control.cases.zone.clone(),
        act: Act { object: Some(object), reason, ..call.act(action, None) },
        subject,
        sets_aside: parameter(call, "bad_rows") == Some("set_aside"),
        dry_run: call.query.get("dry_run").and_then(Value::as_bool).unwrap_or(false),
        ends: call.query.get("ends").and_then(Value::as_u64),
    }
}

/// What the caller may import: an editor memberships of own groups, a provider means of schemes that it issues, an operator any.
fn asked(call: &Call<'_>) -> Result<Subject, Problem> {
    let is_full = parameter(call, "mode") == Some("full");
    let (caller, rules) = (call.caller()?, rules::rules(call.control)?);
    let reaches_all = call.reach == Some(Reach::All);
    let is_of_means = parameter(call, "kind") == Some("means");
    let role = if is_of_means { Role::Provider } else { Role::Editor };
    if !reaches_all && !caller.is(role) {
        return Err(Code::NotYourRole.into());
    }
    if is_of_means {
        if is_full {
            return Err(Problem::at("mode", "expected `delta`: who is not in a list of means keeps theirs"));
        }
        let issued = rules.schemes_issued_by(call.party()?).into_iter().map(str::to_owned).collect();
        return Ok(Subject::Means { schemes: (!reaches_all).then_some(issued) });
    }
    let group = parameter(call, "group").ok_or_else(|| Problem::at("group", "expected the group of the list"))?;
    let owner =
        rules::group_owner(call, &rules, group).map_err(|_| Problem::at("group", "expected a group that there is"))?;
    call.check_owner(owner, Action::OpenRead)?;
    Ok(Subject::Entitlements { group: group.to_owned(), is_full })
}
