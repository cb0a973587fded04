//! What differs in a version from the one before it, or in a draft from its base: as much of it as there is room for, and all of it on a
//! page of its own.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::Shown;
use crate::layout::Page;
use crate::reading::{items_of, text};
use crate::sentence::differences;
use crate::view::{Heading, Html, Listing, link, next};
use crate::visit::Visit;

/// Bytes of sentences beside other things, and on a page of their own.
const BYTES_MAX: (usize, usize) = (6_000, 24_000);
/// By which name the address says with which sentence a page begins.
const FROM: &str = "from";

/// The part of a page, of what a version of a kind says; the page of all of it has an address.
pub(super) fn part(visit: &Visit<'_>, of: (&str, &Value), difference: &Value, all: &str) -> Html {
    let heading = Html::of(&Heading { id: "difference", text: visit.say("difference-title") });
    let Some(told) = told(visit, of, difference) else {
        return Html::joined([heading, Html::paragraph(visit.say("difference-first"))]);
    };
    if told.is_empty() {
        return Html::joined([heading, Html::paragraph(visit.say("difference-none"))]);
    }
    let end = fitting(&told, BYTES_MAX.0);
    let more = if end < told.len() { link(all, visit.say("difference-all")) } else { Html::default() };
    Html::joined([heading, listed(&told, end), more])
}

/// All that differs in a draft.
pub(super) fn of_draft(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let path = format!("/drafts/{}", visit.parameter("id"));
    let (draft, difference) = (visit.get(&*path)?.body, visit.get(format!("{path}/difference"))?.body);
    Ok(page(visit, (text(&draft, "kind"), content(&draft)), &difference, (path, visit.say("draft-back"))))
}

/// All that differs in a version of a benefit.
pub(super) fn of_version(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (code, number) = (visit.parameter("code"), visit.parameter("n"));
    let path = format!("/benefits/{code}/versions/{number}");
    let (version, difference) = (visit.get(&*path)?.body, visit.get(format!("{path}/difference"))?.body);
    let back = (format!("/benefits/{code}/{number}"), visit.say("version-back"));
    Ok(page(visit, ("benefit", content(&version)), &difference, back))
}

fn content(of: &Value) -> &Value {
    of.get("content").unwrap_or(&Value::Null)
}

fn page(visit: &Visit<'_>, of: (&str, &Value), difference: &Value, (back, says): (String, String)) -> Shown {
    let told = told(visit, of, difference).unwrap_or_default();
    let from = visit.query.text(FROM).parse().unwrap_or(0).min(told.len());
    let left = told.get(from..).unwrap_or_default();
    let end = fitting(left, BYTES_MAX.1);
    let mut page = Page::new(visit.say("difference-title"));
    page.add(link(back, says));
    page.add(listed(left, end));
    if end < left.len() {
        page.add(next(format!("{}?{FROM}={}", visit.path, from + end), visit.say("table-next")));
    }
    Shown::Page(page)
}

/// Each difference as a sentence; none where there is nothing before.
fn told(visit: &Visit<'_>, (kind, content): (&str, &Value), difference: &Value) -> Option<Vec<String>> {
    let before = difference.get("before").filter(|before| !before.is_null())?;
    Some(differences(visit, kind, (before, content), items_of(difference, "changes")))
}

/// How many of them there is room for: at least one.
fn fitting(told: &[String], room: usize) -> usize {
    let mut bytes = 0;
    let fit = told.iter().take_while(|told| {
        bytes += told.len();
        bytes <= room
    });
    fit.count().max(1).min(told.len())
}

fn listed(told: &[String], end: usize) -> Html {
    Html::of(&Listing { texts: told.iter().take(end).cloned().collect() })
}
