//! Members of a merchant's programme, written by an editor of its owner: they join with consent, and leave.

use std::cell::RefCell;

use avis_core::Holder;
use avis_core::loyalty::Membership;
use avis_store::{Act, Row, without_coupons};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::programme;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::people::{Person, act_on, changed};
use crate::control::problem::{Code, Problem};
use crate::control::rules;
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
        Ok(Vec::new())
    })?;
    let from = joined.into_inner().and_then(|membership| membership.span.from);
    Ok(Answer::of(json!({"program": call.path("code"), "state": "member", "from": from, "revision": revision})))
}

/// `POST /programs/{code}/members/leave`: points stay until they expire, and nobody spends them. Coupons of the person's own go.
pub(super) fn leave(call: &Call<'_>) -> Result<Answer, Problem> {
    let zone = programme(call)?.time_zone;
    let revision = write(call, "member_left", &|holder| {
        let left = left(call, (call.path("code"), &zone), holder)?;
        left.ok_or_else(|| Problem::new(Code::NotInThisState, "the person is no member"))
    })?;
    Ok(Answer::of(json!({"program": call.path("code"), "state": "left", "from": null, "revision": revision})))
}

/// Ends a holder's membership now; what goes with it beside the holder, or none where there was no membership.
pub(crate) fn left(
    call: &Call<'_>,
    programme: (&str, &TimeZone),
    holder: &mut Holder,
) -> Result<Option<Vec<Row>>, Problem> {
    if !holder.leave(programme, call.now) {
        return Ok(None);
    }
    let rules = rules::rules(call.control)?.compiled();
    let left = rules.as_deref().map(|rules| rules.campaigns_left(programme.0, holder, call.now)).unwrap_or_default();
    let is_left = |campaign: Option<&str>| campaign.is_some_and(|campaign| left.contains(campaign));
    Ok(Some(without_coupons(&*call.control.registry, &holder.code, is_left)?))
}

/// Changes the memberships of who is known by the identifier of the body.
fn write(
    call: &Call<'_>,
    action: &str,
    enrol: &dyn Fn(&mut Holder) -> Result<Vec<Row>, Problem>,
) -> Result<u64, Problem> {
    let person = Person::named(call)?;
    let act = act_on(call, action, &person.subject(call.control));
    let act = Act { reason: Some(format!("programme {}: {}", call.path("code"), call.text("reason"))), ..act };
    let committed = changed(call, &person.holder.holder.code, &act, &|holder| enrol(&mut holder.holder))?;
    Ok(committed.head.revision.number)
}
