//! The audit: who did what, of the own party or of all, and whether it was changed afterwards.

use std::collections::HashMap;

use avis_store::{ActorKind, Anchor, AuditFilter, AuditObject, Broken, SequencedEntry};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use super::operations::{self, Answers, Operation};
use super::policy::{Action, Reach};
use super::problem::{Code, Problem};
use super::secret::{hex, unhex};
use super::shape::{Field, Kind, needed, optional};
use super::users;

/// The filters of the list.
pub(crate) const FILTERS: &[Field] = &[
    LIMIT_FIELD,
    CURSOR_FIELD,
    optional("actor", Kind::Token(1, 200)),
    optional("party", Kind::Code),
    // One word, or several with commas between.
    optional("action", Kind::Token(1, 500)),
    optional("object_kind", Kind::Token(1, 64)),
    optional("object_key", Kind::Token(1, 300)),
    optional("from", Kind::Instant),
    optional("until", Kind::Instant),
];

const ACTOR: &[Field] = &[
    needed("kind", Kind::Token(1, 64)),
    needed("id", Kind::Token(0, 300)),
    optional("party", Kind::Code),
    // Of a user whom the caller may know.
    optional("name", Kind::Token(0, 200)),
];
const OBJECT: &[Field] = &[needed("kind", Kind::Token(1, 64)), needed("key", Kind::Token(0, 300))];

/// An entry as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("seq", Kind::Whole(1, i64::MAX)),
    needed("link", Kind::Token(64, 64)),
    needed("at", Kind::Instant),
    needed("actor", Kind::Object(ACTOR)),
    optional("on_behalf", Kind::Token(1, 300)),
    optional("from", Kind::Token(1, 64)),
    needed("action", Kind::Token(1, 64)),
    optional("object", Kind::Object(OBJECT)),
    optional("reason", Kind::Token(0, 1_000)),
    optional("before", Kind::Json),
    optional("after", Kind::Json),
    optional("revision", Kind::Whole(1, i64::MAX)),
    optional("request", Kind::Token(1, 200)),
    optional("owner", Kind::Token(1, 300)),
];

/// A place in the chain.
pub(crate) const ANCHOR: &[Field] = &[needed("seq", Kind::Whole(1, i64::MAX)), needed("link", Kind::Token(64, 64))];

/// What is verified: with an anchor that was kept elsewhere, also that the end was not cut off.
pub(crate) const VERIFY: &[Field] = &[optional("anchor", Kind::Object(ANCHOR))];

/// Whether the audit holds.
pub(crate) const VERIFIED: &[Field] =
    &[needed("holds", Kind::Truth), optional("broken_at", Kind::Token(1, 200)), optional("head", Kind::Object(ANCHOR))];

/// Seconds after which it may be asked again, where the audit is gone through already.
const VERIFYING_S: u64 = 10;

/// The party whose entries are seen; none where all are.
fn party(call: &Call<'_>) -> Result<Option<String>, Problem> {
    if call.reach == Some(Reach::All) { Ok(None) } else { Ok(Some(call.party()?.to_owned())) }
}

/// An entry as JSON shows it.
pub(crate) fn shown(kept: &SequencedEntry) -> Value {
    let SequencedEntry { anchor, entry } = kept;
    let json_of = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    json!({
        "seq": anchor.seq, "link": hex(&anchor.link), "at": entry.at, "actor": entry.act.actor,
        "on_behalf": entry.act.on_behalf, "from": entry.act.from, "action": entry.act.action,
        "object": entry.act.object, "reason": entry.act.reason, "before": json_of(&entry.before),
        "after": json_of(&entry.after), "revision": entry.revision, "request": entry.act.request,
        "owner": entry.act.owner,
    })
}

/// The operations on the audit.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: FILTERS,
        ..operations::list(
            "/audit",
            ("audit", "What was done, the newest first"),
            Action::Audit,
            Kind::Object(SHOWN),
            list,
        )
    },
    operations::list(
        "/me/entries",
        ("my_entries", "What who asks did, the newest first"),
        Action::Me,
        Kind::Object(SHOWN),
        own,
    ),
    operations::get(
        "/audit/head",
        ("audit_head", "The newest place of the audit's chain, to be kept elsewhere"),
        Action::Audit,
        Answers::One(ANCHOR),
        head,
    ),
    operations::get("/audit/{seq}", ("audit_entry", "An entry of the audit"), Action::Audit, Answers::One(SHOWN), read),
    operations::act(
        "/audit/verify",
        ("verify_audit", "Go through the whole audit"),
        Action::Audit,
        (Some(VERIFY), VERIFIED),
        verify,
    ),
];

/// `GET /audit`: the newest first.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let text = |name: &str| call.query.get(name).and_then(Value::as_str).map(str::to_owned);
    let instant = |name: &str| text(name).and_then(|instant| instant.parse().ok());
    let object = match (text("object_kind"), text("object_key")) {
        (Some(kind), Some(key)) => Some(AuditObject { kind, key }),
        (None, None) => None,
        _ => return Err(Problem::at("/object_key", "expected `object_kind` and `object_key` together")),
    };
    let filter = AuditFilter {
        before_seq: behind(&page),
        actor: text("actor"),
        party: text("party"),
        concerning: party(call)?,
        actions: text("action").iter().flat_map(|words| words.split(',')).map(str::to_owned).collect(),
        object,
        from: instant("from"),
        until: instant("until"),
    };
    answer(call, &page, &filter)
}

/// `GET /me/entries`.
fn own(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    // A token is of one party: what its user did for another is not its matter.
    let caller = call.caller()?;
    let party = caller.party.clone().filter(|_| caller.session.is_none());
    let actor = Some(call.actor().id.clone());
    let filter = AuditFilter { before_seq: behind(&page), actor, party, ..AuditFilter::default() };
    answer(call, &page, &filter)
}

fn behind(page: &Page) -> Option<u64> {
    page.after.parse().ok()
}

fn answer(call: &Call<'_>, page: &Page, filter: &AuditFilter) -> Result<Answer, Problem> {
    let entries = call.control.registry.entries(filter, page.most())?;
    let mut names = Names::of(call);
    let shown = entries.iter().map(|kept| Ok((kept.anchor.seq.to_string(), names.told(kept)?)));
    Ok(page.answer(shown.collect::<Result<Vec<_>, Problem>>()?))
}

/// The names of users who did something, each looked up once.
struct Names<'c> {
    call: &'c Call<'c>,
    known: HashMap<String, Option<String>>,
}

impl<'c> Names<'c> {
    fn of(call: &'c Call<'_>) -> Self {
        Self { call, known: HashMap::new() }
    }

    /// An entry as JSON shows it, with the name of the user who acted.
    fn told(&mut self, kept: &SequencedEntry) -> Result<Value, Problem> {
        let mut shown = shown(kept);
        let actor = &kept.entry.act.actor;
        if actor.kind == ActorKind::User {
            let name = match self.known.get(&actor.id) {
                Some(known) => known.clone(),
                None => {
                    let name = users::name_of(self.call, &actor.id)?;
                    self.known.entry(actor.id.clone()).or_insert(name).clone()
                }
            };
            if let (Some(name), Some(actor)) = (name, shown.get_mut("actor").and_then(Value::as_object_mut)) {
                actor.insert("name".to_owned(), name.into());
            }
        }
        Ok(shown)
    }
}

/// `GET /audit/{seq}`.
pub(crate) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let seq: u64 = call.path("seq").parse().map_err(|_| Problem::from(Code::NotFound))?;
    let filter = AuditFilter { before_seq: seq.checked_add(1), concerning: party(call)?, ..AuditFilter::default() };
    let entries = call.control.registry.entries(&filter, 1)?;
    let found = entries.iter().find(|kept| kept.anchor.seq == seq);
    let found = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(Names::of(call).told(found)?))
}

fn anchor(anchor: &Anchor) -> Value {
    json!({"seq": anchor.seq, "link": hex(&anchor.link)})
}

/// `GET /audit/head`: to be kept elsewhere.
pub(crate) fn head(call: &Call<'_>) -> Result<Answer, Problem> {
    let newest = call.control.registry.anchor()?;
    newest.map(|newest| Answer::of(anchor(&newest))).ok_or_else(|| Code::NotFound.into())
}

/// `POST /audit/verify`.
pub(crate) fn verify(call: &Call<'_>) -> Result<Answer, Problem> {
    let given = call.body.get("anchor").filter(|given| !given.is_null());
    let given = given.map(|given| {
        let link = given.get("link").and_then(Value::as_str).and_then(unhex).and_then(|link| link.try_into().ok());
        let link = link.ok_or_else(|| Problem::at("/anchor/link", "expected 64 hexadecimal digits"))?;
        Ok::<_, Problem>(Anchor { seq: given.get("seq").and_then(Value::as_u64).unwrap_or_default(), link })
    });
    let given = given.transpose()?;
    let turn = call.control.verifying.take();
    let Some(_turn) = turn else { return Err(Problem::after(Code::TooManyRequests, VERIFYING_S)) };
    let broken: Option<Broken> = call.control.registry.verify(given)?;
    let head = call.control.registry.anchor()?;
    call.note("audit_verified", None);
    Ok(Answer::of(json!({
        "holds": broken.is_none(),
        "broken_at": broken.map(|broken| broken.to_string()),
        "head": head.as_ref().map(anchor),
    })))
}
