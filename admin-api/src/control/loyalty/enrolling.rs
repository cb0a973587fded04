//! Members of a merchant's programme, written by an editor of its owner: they join with consent, and leave.

use std::cell::RefCell;

use avis_core::loyalty::Membership;
use avis_store::Act;
use serde_json::{Value, json};

use super::programme;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::people::{Person, act_on, change};
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, REASON, needed, optional};

const SCHEME: Field = needed("scheme", Kind::Code);
const VALUE: Field = needed("value", Kind::Token(1, 200));

/// Who joins, and to what the person consented.
pub(super) const JOIN: &[Field] =
    &[SCHEME, VALUE, needed("consent", Kind::Text(1, 200)), optional("account", Kind::Code), REASON];

/// Who leaves.
pub(super) const LEAVE: &[Field] = &[SCHEME, VALUE, REASON];

/// How it stands from now on.
pub(super) const SHOWN: &[Field] = &[
    needed("program", Kind::Code),
    needed("state", Kind::Word(&["member", "left"])),
    optional("from", Kind::Token(10, 40)),
    needed("revision", Kind::Whole(0, i64::MAX)),
];

/// `POST /programs/{code}/members`: who is a member already stays one, as it was.
pub(super) fn join(call: &Call<'_>) -> Result<Answer, Problem> {
    let zone = programme(call)?.time_zone;
    let account = call.body.get("account").and_then(Value::as_str);
    let terms = (call.text("consent"), account);
    let joined: RefCell<Option<Membership>> = RefCell::default();
    let revision = write(call, "member_joined", &|holder| {
        let membership = holder.join((call.path("code"), &zone), terms, call.now);
        let membership = membership.map_err(|error| Problem::new(Code::TooManyObjects, error.to_string()))?;
        *joined.borrow_mut() = Some(membership.clone());
        Ok(())
    })?;
    let from = joined.into_inner().and_then(|membership| membership.span.from);
    Ok(Answer::of(json!({"program": call.path("code"), "state": "member", "from": from, "revision": revision})))
}

/// `POST /programs/{code}/members/leave`: points stay until they expire, and nobody spends them.
pub(super) fn leave(call: &Call<'_>) -> Result<Answer, Problem> {
    let zone = programme(call)?.time_zone;
    let revision = write(call, "member_left", &|holder| {
        let was_member = holder.leave((call.path("code"), &zone), call.now);
        if was_member { Ok(()) } else { Err(Problem::new(Code::NotInThisState, "the person is no member")) }
    })?;
    Ok(Answer::of(json!({"program": call.path("code"), "state": "left", "from": null, "revision": revision})))
}

/// Changes the memberships of who is known by the identifier of the body.
fn write(
    call: &Call<'_>,
    action: &str,
    enrol: &dyn Fn(&mut avis_core::Holder) -> Result<(), Problem>,
) -> Result<u64, Problem> {
    let person = Person::named(call)?;
    let act = act_on(call, action, &person.subject(call.control));
    let act = Act { reason: Some(format!("programme {}: {}", call.path("code"), call.text("reason"))), ..act };
    change(call, &person.holder.holder.code, &act, &|holder| enrol(&mut holder.holder))
}
