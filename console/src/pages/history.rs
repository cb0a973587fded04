//! Who did what to a draft, when and why.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::Shown;
use crate::layout::Page;
use crate::reading::{items, text};
use crate::view::{Heading, Html, Listing, Table, link};
use crate::visit::Visit;

/// Steps on the draft's own page; a page of its own has all of them.
const STEPS_MAX: usize = 5;

/// The newest steps, on the draft's page.
///
/// # Errors
/// What the control plane refuses.
pub(super) fn part(visit: &Visit<'_>) -> Result<Html, Refusal> {
    let path = format!("/drafts/{}/history", visit.parameter("id"));
    // One step may be no news to anybody, and one more tells that there are others.
    let reply = visit.list(&*path, vec![("limit", (STEPS_MAX + 2).to_string())])?;
    let mut steps = told(items(&reply));
    let has_more = steps.len() > STEPS_MAX || !reply.body.get("next").is_none_or(Value::is_null);
    steps.truncate(STEPS_MAX);
    let heading = Html::of(&Heading { id: "history", text: visit.say("draft-history") });
    let listed = Html::of(&Listing { texts: steps.into_iter().map(|step| sentence(visit, step)).collect() });
    let all = if has_more { link(path, visit.say("draft-history-all")) } else { Html::default() };
    Ok(Html::joined([heading, listed, all]))
}

/// All of them, page by page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let (reply, next) = visit.page_of(format!("/drafts/{id}/history"), vec![("limit", "50".to_owned())])?;
    let mut page = Page::new(visit.say("draft-history"));
    page.add(link(format!("/drafts/{id}"), visit.say("draft-back")));
    page.add(table(visit, rows(visit, items(&reply)), next));
    Ok(Shown::Page(page))
}

fn table(visit: &Visit<'_>, rows: Vec<Vec<Html>>, next: Option<(String, String)>) -> Html {
    Html::of(&Table {
        caption: visit.say("draft-history"),
        columns: visit.columns(&["at", "actor", "action", "reason"], &[]),
        rows,
        empty: visit.say("draft-history-none"),
        next,
    })
}

/// Steps that are news: that somebody began to publish it stands beside what came of that.
fn told(steps: &[Value]) -> Vec<&Value> {
    steps.iter().filter(|step| text(step, "action") != "draft_claimed").collect()
}

/// A step in one sentence.
fn sentence(visit: &Visit<'_>, step: &Value) -> String {
    let who = who(visit, step.get("by").unwrap_or(&Value::Null));
    let (at, did) = (visit.when_of(step, "at"), visit.word("did", text(step, "action")));
    match text(step, "reason") {
        "" => format!("{at} · {who} · {did}"),
        reason => format!("{at} · {who} · {did} · {reason}"),
    }
}

fn rows(visit: &Visit<'_>, steps: &[Value]) -> Vec<Vec<Html>> {
    let row = |step: &Value| {
        vec![
            Html::text(visit.when_of(step, "at")),
            Html::text(who(visit, step.get("by").unwrap_or(&Value::Null))),
            Html::text(visit.word("did", text(step, "action"))),
            Html::text(text(step, "reason")),
        ]
    };
    told(steps).into_iter().map(row).collect()
}

/// Who did it: by name, also where a program did it for them.
fn who(visit: &Visit<'_>, by: &Value) -> String {
    let name = match text(by, "name") {
        "" => visit.say("not-told"),
        name => name.to_owned(),
    };
    match text(by, "kind") {
        "program" => visit.texts.with("draft-by-time", &[("name", (&*name).into())]),
        "token" => visit.texts.with("draft-by-program", &[("name", (&*name).into())]),
        "machine" => visit.say("draft-by-machine"),
        _ => name,
    }
}
