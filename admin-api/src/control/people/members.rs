//! One entitlement of a beneficiary group: added or ended by an editor of the group's grantor, who learns of this group alone.

use avis_core::{Entitlement, RegisteredHolder, WrittenHolder};
use avis_store::Act;
use serde_json::{Map, Value, json};

use super::{Person, act_on, change};
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

/// The membership as it stands.
pub(super) const SHOWN: &[Field] = &[
    needed("group", Kind::Code),
    optional("from", Kind::Token(10, 40)),
    optional("until", Kind::Token(10, 40)),
    needed("revision", Kind::Whole(0, i64::MAX)),
];

/// `POST /groups/{code}/members`.
pub(super) fn write(call: &Call<'_>) -> Result<Answer, Problem> {
    let group = call.path("code");
    let rules = rules::rules(call.control)?;
    call.check_owner(rules::group_owner(call, &rules, group)?, Action::OpenRead)?;
    let wanted = read(call, group)?;
    let person = Person::named(call)?;
    let stands = std::cell::RefCell::new(wanted.clone());
    let revision = change(call, &person.holder.holder.code, &act(call, &person), &|holder| {
        *stands.borrow_mut() = applied(holder, &wanted)?;
        Ok(())
    })?;
    let Entitlement { span, .. } = stands.into_inner();
    Ok(Answer::of(json!({"group": group, "from": span.from, "until": span.until, "revision": revision})))
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

/// With a beginning it is that entitlement, new or as it is to be from now on; with an end alone, the one that is open ends.
fn applied(holder: &mut RegisteredHolder, wanted: &Entitlement) -> Result<Entitlement, Problem> {
    let of_group = |known: &&mut Entitlement| known.group == wanted.group;
    let all = &mut holder.holder.entitlements;
    let known = if wanted.span.from.is_none() && wanted.span.until.is_some() {
        let open = all.iter_mut().filter(of_group).find(|known| known.span.until.is_none());
        Some(open.ok_or_else(|| Problem::new(Code::NotInThisState, "no entitlement of this group is open"))?)
    } else {
        all.iter_mut().filter(of_group).find(|known| known.span.from == wanted.span.from)
    };
    match known {
        Some(known) => {
            known.span.until = wanted.span.until;
            Ok(known.clone())
        }
        None => {
            all.push(wanted.clone());
            Ok(wanted.clone())
        }
    }
}
