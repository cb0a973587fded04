//! Beneficiary groups of a grantor.

use avis_store::{Commit, Kind as RowKind, Row, Unchanged};
use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::dry_run;
use super::operations::{Operation, make};
use super::policy::Action;
use super::problem::{Code, Problem};
use super::rules;
use super::shape::{Field, Kind, needed};

/// A group as it is made.
const NEW: &[Field] = &[needed("code", Kind::Code), needed("reason", Kind::Text(1, 200))];

/// A group that was made.
const MADE: &[Field] =
    &[needed("code", Kind::Code), needed("owner", Kind::Code), needed("revision", Kind::Whole(1, i64::MAX))];

pub(crate) const OPERATIONS: &[Operation] = &[dry_run::possible(make(
    "/groups",
    ("make_group", "Make a beneficiary group of the own grantor"),
    Action::DraftsWrite,
    (NEW, MADE),
    create,
))];

/// `POST /groups`.
fn create(call: &Call<'_>) -> Result<Answer, Problem> {
    let (code, owner) = (call.text("code"), call.party()?);
    let rules = rules::rules(call.control)?;
    if rules.entry(RowKind::Group, code).is_some() {
        return Err(Code::Exists.into());
    }
    let content = json!({"code": code, "owner": owner}).to_string();
    let row = Row { kind: RowKind::Group, key: code.into(), content: Some(content.into()) };
    let committed = call.control.store.commit(Commit {
        rows: &mut std::iter::once(Ok(row.into())),
        unchanged: &[Unchanged::Row { kind: RowKind::Group, key: code.into(), since: rules.revision() }],
        act: &call.act("group_made", Some((RowKind::Group.word(), code))),
        at: call.now,
        dry_run: call.is_dry(),
    })?;
    Ok(call.committed(&committed, |revision| {
        Answer::made(json!({"code": code, "owner": owner, "revision": revision}), "/admin/v1/groups".to_owned())
    }))
}
