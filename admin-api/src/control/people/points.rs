//! What a person has in the programmes of which they are a member, or were: for themselves, not for whoever found them.

use std::collections::BTreeSet;

use avis_core::loyalty::Programme;
use serde_json::{Value, json};

use super::Person;
use super::handle::held;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::Page;
use crate::control::loyalty::{HAD, counting};
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

/// What a person has in a programme.
pub(super) const SHOWN: &[Field] = &[
    needed("program", Kind::Code),
    needed("owner", Kind::Code),
    optional("name", Kind::Json),
    needed("state", Kind::Word(&["member", "left"])),
    needed("statement", Kind::Object(HAD)),
];

/// `GET /people/{handle}/programs`: by their codes.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let person = held(call)?.shown(call, "person_points_read", &["memberships", "points"])?;
    let memberships = person.holder.holder.memberships.iter();
    let codes: BTreeSet<String> =
        memberships.map(|one| one.program.to_string()).filter(|code| *code > page.after).collect();
    let mut shown = Vec::new();
    for code in codes {
        if shown.len() == page.most() {
            break;
        }
        // Of a programme that was taken out nothing can be said.
        if let Some(programme) = counting(call.control, &code, call.now)? {
            shown.extend(of(call, &person, &programme)?.map(|shown| (code, shown)));
        }
    }
    Ok(page.answer(shown))
}

fn of(call: &Call<'_>, person: &Person, programme: &Programme) -> Result<Option<Value>, Problem> {
    let holder = &person.holder.holder;
    let held = programme.account_of(holder, call.now);
    let state = if held.is_some() { "member" } else { "left" };
    let Some(account) = held.or_else(|| programme.former_account_of(holder)) else { return Ok(None) };
    let account = call.control.points.accounts.account(&account, programme.level_since(call.now), call.now)?;
    let had = programme.statement(&account, call.now);
    Ok(Some(json!({
        "program": programme.code, "owner": programme.owner, "name": programme.name, "state": state, "statement": {
            "balance": had.balance, "pending": had.pending, "owed": had.owed, "tier": had.tier, "next": had.next,
            "lots": had.lots,
        },
    })))
}
