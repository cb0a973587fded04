//! What a draft changes of its own cases: those that are new, changed or gone, each told as such, so that nobody approves them unseen.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::Shown;
use crate::layout::Page;
use crate::sentence::case;
use crate::view::{Details, Heading, Html, Listing, Notice, Tone, link};
use crate::visit::Visit;

/// Bytes of cases that are told on the draft's own page, and on a page of theirs.
const BYTES_MAX: (usize, usize) = (6_000, 24_000);
/// Bytes of one case that are told; the rest of a longer one stands in its JSON.
const CASE_BYTES_MAX: usize = 4_000;
/// By which name the address says with which case a page begins.
const FROM: &str = "from";

/// The part of a draft's page, of what differs in it.
pub(super) fn part(visit: &Visit<'_>, difference: &Value) -> Html {
    // Of what was published long ago it is not known what its cases were.
    let Some(cases) = changed(difference) else { return Html::default() };
    let heading = Html::of(&Heading { id: "changed-cases", text: visit.say("draft-cases-changed") });
    if cases.is_empty() {
        return Html::joined([heading, Html::paragraph(visit.say("draft-cases-same"))]);
    }
    let counted = Html::of(&Notice { tone: Tone::Warn, text: counted(visit, cases) });
    let (told, end) = told(visit, cases, BYTES_MAX.0);
    let path = format!("/drafts/{}/changed-cases", visit.parameter("id"));
    let more = if end < cases.len() { link(path, visit.say("draft-cases-all")) } else { Html::default() };
    Html::joined([heading, counted, Html::joined(told), more])
}

/// All of them, page by page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let difference = visit.get(format!("/drafts/{id}/difference"))?.body;
    let cases = changed(&difference).unwrap_or_default();
    let from = visit.query.text(FROM).parse().unwrap_or(0).min(cases.len());
    let mut page = Page::new(visit.say("draft-cases-changed"));
    page.add(link(format!("/drafts/{id}"), visit.say("draft-back")));
    page.add(Html::of(&Notice { tone: Tone::Warn, text: counted(visit, cases) }));
    let (told, end) = told(visit, cases.get(from..).unwrap_or_default(), BYTES_MAX.1);
    told.into_iter().for_each(|case| page.add(case));
    let end = from + end;
    if end < cases.len() {
        page.add(crate::view::next(format!("{}?{FROM}={end}", visit.path), visit.say("table-next")));
    }
    Ok(Shown::Page(page))
}

fn changed(difference: &Value) -> Option<&[Value]> {
    Some(difference.get("cases")?.as_array()?.as_slice())
}

/// How many are new, changed and gone.
fn counted(visit: &Visit<'_>, cases: &[Value]) -> String {
    let is_there = |case: &&Value, name: &str| case.get(name).is_some_and(|of| !of.is_null());
    let count = |before: bool, after: bool| {
        let all = cases.iter().filter(|case| (is_there(case, "before"), is_there(case, "after")) == (before, after));
        i64::try_from(all.count()).unwrap_or(i64::MAX)
    };
    let (added, changed, removed) = (count(false, true), count(true, true), count(true, false));
    let counts = [("added", added.into()), ("changed", changed.into()), ("removed", removed.into())];
    visit.texts.with("draft-cases-counted", &counts)
}

/// As many of them as there is room for, and how many that are: at least one.
fn told(visit: &Visit<'_>, cases: &[Value], room: usize) -> (Vec<Html>, usize) {
    let (mut told, mut bytes) = (Vec::new(), 0);
    for case in cases {
        let one = one(visit, case);
        bytes += one.to_string().len();
        if bytes > room && !told.is_empty() {
            break;
        }
        told.push(one);
    }
    let end = told.len();
    (told, end)
}

fn one(visit: &Visit<'_>, change: &Value) -> Html {
    let (summary, all) = case::changes(visit, change);
    let mut texts = Vec::new();
    let mut bytes = 0;
    for text in &all {
        bytes += text.len();
        if bytes > CASE_BYTES_MAX {
            texts.push(visit.say("draft-case-long"));
            break;
        }
        texts.push(text.clone());
    }
    Html::of(&Details { summary, parts: vec![Html::of(&Listing { texts })], is_open: true })
}
