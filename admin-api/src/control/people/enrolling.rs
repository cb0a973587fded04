//! Members of a merchant's programme, written by an editor of its owner: they join with consent, and leave. Whoever the person is
//! otherwise, the merchant learns nothing of it.

use std::cell::RefCell;

use avis_core::loyalty::{Membership, Programme};
use avis_store::{Act, Kind as RowKind, version_key};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Person, act_on, change};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};

const SCHEME: Field = needed("scheme", Kind::Code);
const VALUE: Field = needed("value", Kind::Token(1, 200));
const REASON: Field = needed("reason", Kind::Text(1, 200));

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
    let zone = zone(call)?;
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
    let zone = zone(call)?;
    let revision = write(call, "member_left", &|holder| {
        let was_member = holder.leave((call.path("code"), &zone), call.now);
        if was_member { Ok(()) } else { Err(Problem::new(Code::NotInThisState, "the person is no member")) }
    })?;
    Ok(Answer::of(json!({"program": call.path("code"), "state": "left", "from": null, "revision": revision})))
}

/// In which the dates of the programme in the path are read, if it is the caller's party's; another's is as good as none.
fn zone(call: &Call<'_>) -> Result<TimeZone, Problem> {
    let rules = rules::rules(call.control)?;
    let code = call.path("code");
    let newest = rules.newest_programme(code).and_then(|n| rules.entry(RowKind::Program, &version_key(code, n)));
    let newest = newest.ok_or_else(|| Problem::from(Code::NotFound))?;
    let owner = newest.get("owner").and_then(Value::as_str).unwrap_or_default();
    call.check_owner(owner, Action::LoyaltyRead)?;
    let programme = Programme::from_value(newest).map_err(|_| Problem::from(Code::Failed))?;
    Ok(programme.time_zone)
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
