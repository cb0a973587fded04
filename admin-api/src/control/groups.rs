//! Beneficiary groups of a grantor.

use avis_store::{Commit, Committed, Kind as RowKind, Revision, Row, Unchanged};
use serde_json::{Value, json};

use super::answer::{Answer, with_revision};
use super::call::Call;
use super::dry_run;
use super::operations::{Answers, Operation, get, make, replace};
use super::policy::Action;
use super::problem::{Code, Problem};
use super::rules::{self, Rules};
use super::secret::etag_of;
use super::shape::{Field, Kind, NAME, REASON, needed, optional};

/// A group as it is made.
const NEW: &[Field] = &[needed("code", Kind::Code), optional("name", Kind::Object(NAME)), REASON];

/// A group as it is changed: its code and whose it is stay.
const CHANGE: &[Field] = &[needed("name", Kind::Object(NAME)), REASON];

/// A group that was made or changed.
const MADE: &[Field] = &[
    needed("code", Kind::Code),
    needed("owner", Kind::Code),
    optional("name", Kind::Object(NAME)),
    needed("revision", Kind::Whole(1, i64::MAX)),
];

pub(crate) const OPERATIONS: &[Operation] = &[
    get("/groups/{code}", ("group", "A beneficiary group"), Action::OpenRead, Answers::Document, read),
    dry_run::possible(make(
        "/groups",
        ("make_group", "Make a beneficiary group of the own grantor"),
        Action::DraftsWrite,
        (NEW, MADE),
        create,
    )),
    dry_run::possible(replace(
        "/groups/{code}",
        ("set_group", "Name a beneficiary group of the own grantor"),
        Action::DraftsWrite,
        (CHANGE, MADE),
        set,
    )),
];

/// `GET /groups/{code}`.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    Ok(Answer::of(visible(call, &rules)?.clone()))
}

/// `POST /groups`.
fn create(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    if rules.entry(RowKind::Group, call.text("code")).is_some() {
        return Err(Code::Exists.into());
    }
    let group = named(call, json!({"code": call.text("code"), "owner": call.party()?}));
    let committed = write(call, "group_made", &group, rules.revision())?;
    let place = format!("/admin/v1/groups/{}", call.text("code"));
    let made = |revision| Answer::made(with_revision(group.clone(), revision), place).tagged(etag_of(&group));
    Ok(call.committed(&committed, made))
}

/// `PUT /groups/{code}`.
fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let before = visible(call, &rules)?;
    call.check_owner(owner(before), Action::OpenRead)?;
    call.check_match(&etag_of(before))?;
    let group = named(call, before.clone());
    let committed = write(call, "group_set", &group, rules.revision())?;
    Ok(call
        .committed(&committed, |revision| Answer::of(with_revision(group.clone(), revision)).tagged(etag_of(&group))))
}

/// The group of the path, unless it is of a merchant whose rules the caller does not read.
fn visible<'r>(call: &Call<'_>, rules: &'r Rules) -> Result<&'r Value, Problem> {
    let hidden = rules::hidden(call)?;
    let group = rules.entry(RowKind::Group, call.path("code")).filter(|group| !hidden.contains(owner(group)));
    group.ok_or_else(|| Code::NotFound.into())
}

fn owner(group: &Value) -> &str {
    group.get("owner").and_then(Value::as_str).unwrap_or_default()
}

/// A group with the name that the body gives, if it gives one.
fn named(call: &Call<'_>, mut group: Value) -> Value {
    let name = call.body.get("name").filter(|name| !name.is_null());
    if let (Some(name), Some(fields)) = (name, group.as_object_mut()) {
        fields.insert("name".to_owned(), name.clone());
    }
    group
}

/// Writes a group, unless somebody wrote it since the rules were read. No rule names a new one, and a name decides nothing, so that the
/// rules need not be judged with it.
fn write(call: &Call<'_>, action: &str, group: &Value, since: Revision) -> Result<Committed, Problem> {
    let code = group.get("code").and_then(Value::as_str).unwrap_or_default();
    let row = Row { kind: RowKind::Group, key: code.into(), content: Some(group.to_string().into()) };
    Ok(call.control.store.commit(Commit {
        rows: &mut std::iter::once(Ok(row.into())),
        unchanged: &[Unchanged::Row { kind: RowKind::Group, key: code.into(), since }],
        act: &call.act(action, Some((RowKind::Group.word(), code))),
        at: call.now,
        dry_run: call.is_dry(),
    })?)
}
