//! One entitlement of a beneficiary group: added or ended by an editor of the group's grantor, who learns of this group alone.

use avis_core::{Entitlement, RegisteredHolder, WrittenHolder};
use avis_store::Act;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::{Person, act_on, changed};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem, moved};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};

/// Who is a member, from when and until when, and by which decision.
pub(super) const NEW: &[Field] = &[
    needed("scheme", Kind::Code),
    needed("value", Kind::Token(1, 200)),
    optional("from", Kind::Token(10, 40)),
    optional("until", Kind::Token(10, 40)),
    optional("source", Kind::Text(1, 200)),
    needed("reason", Kind::Text(1, 200)),
];

/// The membership as it stands; one that would have ended before it began is taken away.
pub(super) const SHOWN: &[Field] = &[
    needed("group", Kind::Code),
    optional("from", Kind::Token(10, 40)),
    optional("until", Kind::Token(10, 40)),
    needed("taken_away", Kind::Truth),
    needed("revision", Kind::Whole(0, i64::MAX)),
];

/// `POST /groups/{code}/members`.
pub(super) fn write(call: &Call<'_>) -> Result<Answer, Problem> {
    let group = call.path("code");
    let rules = rules::rules(call.control)?;
    call.check_owner(rules::group_owner(call, &rules, group)?, Action::OpenRead)?;
    let wanted = read(call, group)?;
    let person = Person::named(call)?;
    let stands = std::cell::RefCell::new((wanted.clone(), false));
    let committed = changed(call, &person.holder.holder.code, &act(call, &person), &|holder| {
        *stands.borrow_mut() = applied(holder, &wanted, &call.control.cases.zone)?;
        Ok(Vec::new())
    })?;
    let (Entitlement { span, .. }, taken_away) = stands.into_inner();
    Ok(call.committed(&committed, |revision| {
        Answer::of(json!({"group": group, "from": span.from, "until": span.until, "taken_away": taken_away,
                          "revision": revision}))
    }))
}

/// The reason names the decision behind it, too.
fn act(call: &Call<'_>, person: &Person) -> Act {
    let act = act_on(call, "member_written", &person.subject(call.control));
    let source = call.body.get("source").and_then(Value::as_str);
    let reason = source.map(|source| format!("{} ({source})", call.text("reason")));
    Act { reason: reason.or(act.reason), ..act }
}

/// The entitlement of the body, read as a file's would be.
fn read(call: &Call<'_>, group: &str) -> Result<Entitlement, Problem> {
    let mut entitlement = Map::from_iter([("group".to_owned(), json!(group))]);
    for name in ["from", "until"] {
        entitlement.extend(call.body.get(name).filter(|it| !it.is_null()).map(|it| (name.to_owned(), it.clone())));
    }
    let holder = WrittenHolder::from_value(&json!({"holder": "new", "entitlements": [entitlement]}));
    let holder =
        holder.map_err(|faults| Problem::of_document(faults, |pointer| moved(pointer, "/entitlements/0", "")))?;
    holder.holder.entitlements.into_iter().next().ok_or_else(|| Code::Failed.into())
}

/// With a beginning it is that entitlement, new or as it is to be from now on; with an end alone, the one that is open ends. What
/// becomes of it, and whether it is taken away: it is where it would end before it begins.
fn applied(
    holder: &mut RegisteredHolder,
    wanted: &Entitlement,
    zone: &TimeZone,
) -> Result<(Entitlement, bool), Problem> {
    let all = &mut holder.holder.entitlements;
    let place =
        |is_it: &dyn Fn(&Entitlement) -> bool| all.iter().position(|known| known.group == wanted.group && is_it(known));
    let place = if wanted.span.from.is_none() && wanted.span.until.is_some() {
        let open = place(&|known| known.span.until.is_none());
        Some(open.ok_or_else(|| Problem::new(Code::NotInThisState, "no entitlement of this group is open"))?)
    } else {
        place(&|known| known.span.from == wanted.span.from)
    };
    let Some((place, known)) = place.and_then(|place| Some((place, all.get_mut(place)?))) else {
        all.push(wanted.clone());
        return Ok((wanted.clone(), false));
    };
    known.span.until = wanted.span.until;
    let stands = known.clone();
    let is_never = stands.span.resolve(zone).is_never();
    if is_never {
        all.remove(place);
    }
    Ok((stands, is_never))
}
