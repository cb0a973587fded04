//! What a person sees of themselves, and a clerk of who was found: facts, entitlements, and who looked at them before.

use avis_core::Holder;
use avis_store::{ActorKind, AuditFilter, AuditObject};
use serde_json::{Value, json};

use super::Person;
use super::handle::held;
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::Page;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};

const RESIDENCE: &[Field] = &[
    needed("territory", Kind::Token(1, 300)),
    optional("from", Kind::Token(10, 40)),
    optional("until", Kind::Token(10, 40)),
];

/// A person's facts.
pub(super) const PERSON: &[Field] = &[
    needed("handle", Kind::Token(2, 36)),
    optional("expires_at", Kind::Instant),
    optional("birth_date", Kind::Token(10, 10)),
    needed("residences", Kind::List(&Kind::Object(RESIDENCE), 10_000)),
];

/// A membership of a beneficiary group.
pub(super) const ENTITLEMENT: &[Field] = &[
    needed("group", Kind::Token(1, 300)),
    optional("owner", Kind::Token(1, 300)),
    optional("from", Kind::Token(10, 40)),
    optional("until", Kind::Token(10, 40)),
];

/// What a specialist sees of a person.
pub(crate) const SEEN: &[Field] = &[
    optional("birth_date", Kind::Token(10, 10)),
    needed("residences", Kind::List(&Kind::Object(RESIDENCE), 10_000)),
    needed("entitlements", Kind::List(&Kind::Object(ENTITLEMENT), 10_000)),
];

/// That somebody looked at a person or changed something of theirs.
pub(super) const ACCESS: &[Field] = &[
    needed("at", Kind::Instant),
    optional("party", Kind::Token(1, 300)),
    needed("action", Kind::Token(1, 64)),
    optional("reason", Kind::Token(0, 1_000)),
    needed("own", Kind::Truth),
];

/// The facts of the holder of a code; none if there is none any more.
pub(crate) fn facts(control: &Control, code: &str) -> Result<Option<Holder>, Problem> {
    Ok(Person::of_code(control, code)?.map(|person| person.holder.holder))
}

/// `GET /people/{handle}`.
pub(super) fn person(call: &Call<'_>) -> Result<Answer, Problem> {
    let held = held(call)?;
    let person = held.shown(call, "person_read", &["birth_date", "residences"])?;
    let facts = &person.holder.holder;
    Ok(Answer::of(json!({"handle": call.path("handle"), "expires_at": held.expires_at,
        "birth_date": facts.birth_date, "residences": facts.residences})))
}

/// `GET /people/{handle}/entitlements`.
pub(super) fn entitlements(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let person = held(call)?.shown(call, "person_entitlements_read", &["entitlements"])?;
    let rules = rules::rules(call.control)?;
    let all = person.holder.holder.entitlements.iter().enumerate();
    Ok(page.answer_of_all(all.map(|(place, entitlement)| {
        let mut shown = json!(entitlement);
        if let Value::Object(fields) = &mut shown {
            fields.insert("owner".to_owned(), json!(rules.owner_of_group(&entitlement.group)));
        }
        (format!("{place:06}"), shown)
    })))
}

/// `GET /people/{handle}/accesses`: the newest first.
pub(super) fn accesses(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let held = held(call)?;
    held.shown(call, "person_accesses_read", &["accesses"])?;
    let object = AuditObject { kind: "person".to_owned(), key: held.subject };
    let before_seq = if page.after.is_empty() { None } else { page.after.parse().ok() };
    let filter = AuditFilter { before_seq, object: Some(object), ..AuditFilter::default() };
    let subject = filter.object.as_ref().map(|object| &object.key);
    let entries = call.control.registry.entries(&filter, page.most())?;
    let shown = entries.iter().map(|kept| {
        let act = &kept.entry.act;
        let own = act.actor.kind == ActorKind::Resident && Some(&act.actor.id) == subject;
        let shown = json!({"at": kept.entry.at, "party": act.actor.party, "action": act.action, "reason": act.reason,
            "own": own});
        (kept.anchor.seq.to_string(), shown)
    });
    Ok(page.answer(shown))
}
