//! The first page: what waits for who signed in, and what they did last.

use avis_admin::control::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::statements::acts_for;
use super::{Shown, period};
use crate::layout::Page;
use crate::reading::{is, items, text, whole};
use crate::view::{Heading, Html, Table, Tone, link, tag};
use crate::visit::Visit;

/// Rows of what waits.
const WAITING_MAX: usize = 20;
/// What ends by then ends soon.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What failed longer ago than this is seen in its room alone.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Rows of what was done.
const DID_MAX: usize = 10;
/// What comes with being here, and what came to nothing.
const UNTOLD: [&str; 3] = ["signed_in", "signed_out", "refused"];
/// Characters of a UUID.
const ID_LENGTH: usize = 36;

/// Something that waits: its kind, what it is, and how it stands.
struct Waiting {
    kind: &'static str,
    what: Html,
    state: Html,
}

pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let name = visit.me.as_ref().map(|me| me.name.clone()).unwrap_or_default();
    let mut page = Page::new(visit.texts.with("start-title", &[("name", name.as_str().into())]));
    let me = visit.me.as_ref();
    let roles = me.map(|me| me.roles.iter().map(|role| visit.word("role", role)).collect::<Vec<_>>().join(", "));
    let roles = roles.filter(|roles| !roles.is_empty());
    page.add(Html::paragraph(match (&roles, visit.party()) {
        (Some(roles), Some(party)) => {
            visit.texts.with("start-roles", &[("roles", roles.as_str().into()), ("party", party.into())])
        }
        _ => visit.say("start-no-role"),
    }));
    let mut waiting = drafts(visit)?;
    waiting.extend(grants(visit)?);
    waiting.extend(contracts(visit)?);
    waiting.extend(adjustments(visit)?);
    waiting.extend(statements(visit)?);
    waiting.extend(services(visit)?);
    waiting.extend(ending(visit)?);
    waiting.extend(jobs(visit)?);
    let count = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
    page.add(Html::of(&Heading { id: "waiting", text: visit.say("start-waiting") }));
    // A few are seen at a glance.
    if waiting.len() > WAITING_MAX {
        page.add(Html::paragraph(visit.texts.with("count-items", &[("n", count.into())])));
    }
    waiting.truncate(WAITING_MAX);
    let row = |one: Waiting| vec![Html::text(visit.word("waiting", one.kind)), one.what, one.state];
    page.add(Html::of(&Table {
        caption: visit.say("start-waiting"),
        columns: visit.columns(&["start-kind", "start-what", "state"], &[]),
        rows: waiting.into_iter().map(row).collect(),
        empty: visit.say("start-nothing-waits"),
        next: None,
    }));
    page.add(did(visit)?);
    Ok(Shown::Page(page))
}

/// What who visits did last, and to what.
fn did(visit: &Visit<'_>) -> Result<Html, Refusal> {
    let entries = listed(visit, "/me/entries", vec![("limit", "50".into())])?;
    let is_told = |entry: &&Value| !UNTOLD.contains(&text(entry, "action"));
    let row = |entry: &Value| {
        let at = visit.when_of(entry, "at");
        vec![Html::text(at), Html::text(visit.word("did", text(entry, "action"))), object(visit, entry)]
    };
    let heading = Html::of(&Heading { id: "did", text: visit.say("start-did") });
    let table = Html::of(&Table {
        caption: visit.say("start-did"),
        columns: visit.columns(&["at", "action", "object"], &[]),
        rows: entries.iter().filter(is_told).take(DID_MAX).map(row).collect(),
        empty: visit.say("start-did-nothing"),
        next: None,
    });
    Ok(Html::joined([heading, table]))
}

/// What something was done to, and where it is seen.
fn object(visit: &Visit<'_>, entry: &Value) -> Html {
    let object = entry.get("object").unwrap_or(&Value::Null);
    let (kind, key) = (text(object, "kind"), text(object, "key"));
    let room = match kind {
        "draft" => "drafts",
        "benefit" => "benefits",
        "terminal" => "terminals",
        "authorization" => "sales",
        "statement" => "statements",
        "contract" => "contracts",
        _ => return Html::text(if matches!(kind, "user" | "session" | "person") { "" } else { key }),
    };
    // What it is of is told by what it was or is; an id says nothing to who reads it.
    let of = ["after", "before"]
        .iter()
        .find_map(|moment| Some(text(entry.get(moment)?, "code")).filter(|code| !code.is_empty()));
    let name = if let Some(code) = of {
        format!("{} {code}", visit.word("thing", kind))
    } else if key.len() == ID_LENGTH {
        format!("{} …{}", visit.word("thing", kind), key.get(28..).unwrap_or_default())
    } else {
        key.to_owned()
    };
    link(format!("/{room}/{key}"), name)
}

/// The items of a list; none where who visits may not read it.
fn listed(visit: &Visit<'_>, path: &'static str, query: Vec<(&'static str, String)>) -> Result<Vec<Value>, Refusal> {
    if !visit.may("GET", path) {
        return Ok(Vec::new());
    }
    let reply = visit.list(path, query)?;
    Ok(items(&reply).to_vec())
}

/// So many of a list from what was made last.
fn newest(limit: usize) -> Vec<(&'static str, String)> {
    vec![("limit", limit.to_string()), ("newest_first", "true".to_owned())]
}

/// To approve and to publish, for who decides; to mend and to submit, for who edits.
fn drafts(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    let decides = visit.may("POST", "/drafts/{id}/approve");
    let writes = visit.may("POST", "/drafts/{id}/submit");
    let items = listed(visit, "/drafts", newest(200))?;
    let waits = |draft: &&Value| match text(draft, "state") {
        "submitted" | "approved" => decides,
        "draft" => writes,
        _ => false,
    };
    let row = |draft: &Value| Waiting {
        kind: "draft",
        what: link(format!("/drafts/{}", text(draft, "id")), text(draft, "code")),
        state: state(visit, draft),
    };
    Ok(items.iter().filter(waits).map(row).collect())
}

/// A draft's state, and that it was sent back.
fn state(visit: &Visit<'_>, draft: &Value) -> Html {
    let word = text(draft, "state");
    let because = text(draft, "rejected_because");
    if word == "draft" && !because.is_empty() {
        return tag(Tone::Bad, visit.word("state", "rejected"));
    }
    tag(if word == "approved" { Tone::Good } else { Tone::Warn }, visit.word("state", word))
}

/// To confirm, for a second person.
fn grants(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    if !visit.may("POST", "/grants/{id}/confirm") {
        return Ok(Vec::new());
    }
    let items = listed(visit, "/grants", vec![("limit", "200".into())])?;
    let asked = items.iter().filter(|grant| text(grant, "state") == "asked");
    let row = |grant: &Value| Waiting {
        kind: "grant",
        what: link("/users", format!("{} · {}", visit.word("role", text(grant, "role")), text(grant, "party"))),
        state: tag(Tone::Warn, visit.word("state", "asked")),
    };
    Ok(asked.map(row).collect())
}

/// What waits of a list, for who may take a step of it.
fn to_do(
    visit: &Visit<'_>,
    (step, list): (&str, &'static str),
    query: Vec<(&'static str, String)>,
    waits: impl Fn(&Value) -> Option<Waiting>,
) -> Result<Vec<Waiting>, Refusal> {
    if !visit.may("POST", step) {
        return Ok(Vec::new());
    }
    Ok(listed(visit, list, query)?.iter().filter_map(waits).collect())
}

/// Contracts that another drafted, to be confirmed.
fn contracts(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    to_do(visit, ("/contracts/{id}/confirm", "/contracts"), newest(50), |contract| {
        let waits = text(contract, "state") == "draft" && !visit.is_me(text(contract, "drafted_by"));
        waits.then(|| Waiting {
            kind: "contract",
            what: link(format!("/contracts/{}", text(contract, "id")), text(contract, "provider")),
            state: tag(Tone::Warn, visit.word("state", "asked")),
        })
    })
}

/// Points that another asked to change, to be confirmed.
fn adjustments(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    let asked = vec![("limit", WAITING_MAX.to_string()), ("state", "asked".to_owned())];
    to_do(visit, ("/adjustments/{id}/confirm", "/adjustments"), asked, |adjustment| {
        (!visit.is_me(text(adjustment, "asked_by"))).then(|| Waiting {
            kind: "adjustment",
            what: link("/adjustments", text(adjustment, "program")),
            state: tag(Tone::Warn, visit.word("state", "asked")),
        })
    })
}

/// Drafts of statements to be issued, statements that the other party issued, to be agreed to or disputed, disputes to be answered,
/// and what is to be paid.
fn statements(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    to_do(visit, ("/statements/{id}/agree", "/statements"), newest(200), |statement| {
        let (state, own) = (text(statement, "state"), visit.own());
        let is_disputed = whole(statement, "open_disputes").unwrap_or_default() > 0;
        let is_issuer = text(statement, "issued_by") == own;
        let waits = match state {
            "draft" => true,
            // Who disputed waits for who issued.
            "issued" => is_issuer == is_disputed,
            "agreed" => text(statement, "grantor") == own,
            _ => false,
        };
        let state = if is_disputed { "disputed" } else { state };
        let other = if text(statement, "grantor") == own { "provider" } else { "grantor" };
        let told = format!("{} · {}", text(statement, other), period::told(visit, statement, "from", "until"));
        (waits && acts_for(visit, statement)).then(|| Waiting {
            kind: "statement",
            what: link(format!("/statements/{}", text(statement, "id")), told),
            state: tag(Tone::Warn, visit.word("state", state)),
        })
    })
}

/// E-services of parties, to be published.
fn services(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    to_do(visit, ("/services/{id}/publish", "/services"), vec![("limit", "200".to_owned())], |service| {
        let changes = service.get("pending").is_some_and(Value::is_object);
        (changes || text(service, "state") == "draft").then(|| Waiting {
            kind: "service",
            what: link(
                format!("/services/{}", text(service, "id")),
                visit.named(service.get("name").unwrap_or(&Value::Null)),
            ),
            state: tag(Tone::Warn, visit.word("state", text(service, "state"))),
        })
    })
}

/// Own benefits that end within a month.
fn ending(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    if !visit.may("POST", "/drafts/{id}/submit") && !visit.may("POST", "/drafts/{id}/approve") {
        return Ok(Vec::new());
    }
    let soon = visit.today().saturating_add(SOON).to_string();
    let query = vec![("limit", WAITING_MAX.to_string()), ("grantor", visit.own().to_owned()), ("ends_until", soon)];
    let row = |benefit: &Value| {
        let valid = benefit.get("content").and_then(|content| content.get("valid")).unwrap_or(&Value::Null);
        Waiting {
            kind: "ending",
            what: link(format!("/benefits/{}", text(benefit, "code")), text(benefit, "code")),
            state: tag(Tone::Warn, visit.when_of(valid, "until")),
        }
    };
    Ok(listed(visit, "/benefits", query)?.iter().map(row).collect())
}

/// Lists that are on their way, and those of the last days that failed but for what was only tried.
fn jobs(visit: &Visit<'_>) -> Result<Vec<Waiting>, Refusal> {
    let items = listed(visit, "/jobs", newest(20))?;
    let is_lately = |job: &Value| {
        let began = text(job, "started_at").parse::<Timestamp>().ok();
        began.is_some_and(|began| visit.now.duration_since(began) < LATELY)
    };
    let open = items.iter().filter(|job| match text(job, "state") {
        "waiting" | "running" => true,
        "failed" => is_lately(job) && !job.get("of").is_some_and(|of| is(of, "dry_run")),
        _ => false,
    });
    let row = |job: &Value| {
        let (room, what) = match text(job, "kind") {
            "coupons" => ("/coupons", visit.say("coupons-title")),
            "reconciliation" => ("/reconciling/files", visit.word("room", "reconciling")),
            _ => ("/lists", visit.word("list", text(job.get("of").unwrap_or(&Value::Null), "kind"))),
        };
        let tone = if text(job, "state") == "failed" { Tone::Bad } else { Tone::Warn };
        Waiting {
            kind: "job",
            what: link(format!("{room}/{}", text(job, "id")), what),
            state: tag(tone, visit.word("state", text(job, "state"))),
        }
    };
    Ok(open.map(row).collect())
}
