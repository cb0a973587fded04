//! What became of a draft: who did what to it, when and why.

use std::collections::BTreeMap;

use avis_store::{AuditFilter, AuditObject, SequencedEntry};
use serde_json::{Value, json};

use super::{Draft, find};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::list::Page;
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::control::users::User;

/// Who did it: the user where one is known, also of what a program did for them.
const BY: &[Field] =
    &[needed("kind", Kind::Token(1, 64)), optional("user", Kind::Token(0, 300)), optional("name", Kind::Text(1, 200))];

/// A step as it is shown, by the word of the audit.
pub(super) const STEP: &[Field] = &[
    needed("at", Kind::Instant),
    needed("action", Kind::Token(1, 64)),
    needed("by", Kind::Object(BY)),
    optional("reason", Kind::Token(0, 1_000)),
];

/// `GET /drafts/{id}/history`: the newest first.
pub(super) fn history(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find(call)?;
    let page = Page::of(call)?;
    let object = Some(AuditObject { kind: Draft::KIND.to_owned(), key: draft.record.key.clone() });
    let filter = AuditFilter { before_seq: page.after.parse().ok(), object, ..AuditFilter::default() };
    let entries = call.control.registry.entries(&filter, page.most())?;
    let mut names = BTreeMap::new();
    let mut steps = Vec::new();
    for kept in &entries {
        steps.push((kept.anchor.seq.to_string(), step(call, kept, &mut names)?));
    }
    Ok(page.answer(steps))
}

fn step(
    call: &Call<'_>,
    kept: &SequencedEntry,
    names: &mut BTreeMap<String, Option<String>>,
) -> Result<Value, Problem> {
    let act = &kept.entry.act;
    // A token or a schedule acts for a user.
    let user = act.on_behalf.as_ref().unwrap_or(&act.actor.id);
    let name = match names.get(user) {
        Some(known) => known.clone(),
        None => {
            let name = kept::load::<User>(&*call.control.registry, user, call.now)?.map(|user| user.object.name);
            names.insert(user.clone(), name.clone());
            name
        }
    };
    Ok(json!({"at": kept.entry.at, "action": act.action, "by": {"kind": act.actor.kind, "user": user, "name": name},
              "reason": act.reason}))
}
