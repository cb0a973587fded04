//! What a terminal called: told anew each second until its first call came, with what it was refused and what is missing of what it
//! sold without a connection.

use avis_admin::control::{Refusal, encoded};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Shown;
use crate::layout::Page;
use crate::reading::{items_of, text, whole};
use crate::view::{Facts, Heading, Html, Listing, Live, Table, Tone, tag};
use crate::visit::Visit;

/// So often it is looked for a first call: connecting a till takes ten minutes.
const LOOKS_MAX: u32 = 900;
/// A till that is silent so long is worth a look.
const SILENT_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Whether what a terminal called is told to who visits.
pub(super) fn are_told(visit: &Visit<'_>) -> bool {
    visit.may("GET", "/terminals/{code}/calls")
}

/// The part of a page alone.
pub(super) fn waiting(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let since = visit.query.text("since").parse().unwrap_or(visit.now);
    let looks = visit.query.text("looks").parse().unwrap_or_default();
    wait(visit, visit.parameter("code"), since, looks).map(Shown::Html)
}

/// Waits for a call of a terminal since a moment: a part that is told anew until it came.
pub(super) fn wait(visit: &Visit<'_>, code: &str, since: Timestamp, looks: u32) -> Result<Html, Refusal> {
    let calls = visit.get(format!("/terminals/{code}/calls"))?.body;
    let when = |name: &str| visit.when_of(&calls, name);
    let came = |name: &str| text(&calls, name).parse::<Timestamp>().is_ok_and(|at| at >= since);
    let address = format!(
        "/terminals/{}/waiting?since={}&looks={}",
        encoded(code),
        encoded(&since.to_string()),
        looks.saturating_add(1)
    );
    let (tone, text, goes_on) = if came("taken_at") {
        let told = visit.texts.with("calls-came", &[("at", when("taken_at").as_str().into())]);
        (Tone::Good, told, false)
    } else if came("last_call_at") {
        let because = items_of(&calls, "refused").first().map(|refused| told(visit, refused)).unwrap_or_default();
        (Tone::Bad, visit.texts.with("calls-refused", &[("because", because.as_str().into())]), true)
    } else {
        (Tone::Warn, visit.say("calls-waiting"), true)
    };
    let goes_on = goes_on && looks < LOOKS_MAX;
    Ok(Html::of(&Live { id: "first-call".to_owned(), tone, text, address: goes_on.then_some(address) }))
}

/// Why a call was refused, with the field to blame.
fn told(visit: &Visit<'_>, refused: &Value) -> String {
    let because = visit.word("call-refused", text(refused, "code"));
    match text(refused, "pointer") {
        "" => because,
        pointer => format!("{because} ({pointer})"),
    }
}

/// In a list: when a terminal called last, and whether that is too long ago; and how much is missing.
pub(super) fn cells(visit: &Visit<'_>, terminal: &Value) -> [Html; 2] {
    let last = text(terminal, "last_call_at").parse::<Timestamp>().ok();
    let called = match last {
        None => tag(Tone::Plain, visit.say("calls-never")),
        Some(at) => {
            let told = visit.when(&Value::from(at.to_string()));
            let is_silent = at.duration_until(visit.now) >= SILENT_AFTER;
            let silent = is_silent.then(|| tag(Tone::Warn, visit.say("calls-silent")));
            Html::joined([Some(Html::text(told)), silent].into_iter().flatten())
        }
    };
    let gaps = match whole(terminal, "gaps").unwrap_or_default() {
        0 => Html::text("0"),
        gaps => tag(Tone::Bad, visit.number(gaps)),
    };
    [called, gaps]
}

/// On the page of a terminal: its last call, its last refusals, and what it did not upload.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page, code: &str) -> Result<(), Refusal> {
    let calls = visit.get(format!("/terminals/{code}/calls"))?.body;
    page.add(Html::of(&Heading { id: "calls", text: visit.say("calls-title") }));
    let when = |name: &str| match calls.get(name).filter(|at| at.is_string()) {
        Some(at) => visit.when(at),
        None => visit.say("calls-never"),
    };
    let mut rows = vec![
        (visit.word("column", "last-call"), Html::text(when("last_call_at"))),
        (visit.word("column", "taken"), Html::text(when("taken_at"))),
    ];
    if let Some(number) = whole(&calls, "last_number") {
        rows.push((visit.word("column", "last-number"), Html::text(number.to_string())));
    }
    page.add(Html::of(&Facts { rows }));
    add_missing(visit, page, &calls);
    let row = |refused: &Value| {
        vec![
            Html::text(visit.when_of(refused, "at")),
            Html::text(text(refused, "call")),
            Html::text(told(visit, refused)),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.say("calls-refusals"),
        columns: visit.columns(&["at", "call", "cause"], &[]),
        rows: items_of(&calls, "refused").iter().map(row).collect(),
        empty: visit.say("calls-no-refusal"),
        next: None,
    }));
    Ok(())
}

fn add_missing(visit: &Visit<'_>, page: &mut Page, calls: &Value) {
    let range = |range: &Value| {
        let (first, last) = (whole(range, "first").unwrap_or_default(), whole(range, "last").unwrap_or_default());
        if first == last { first.to_string() } else { format!("{first} – {last}") }
    };
    let missing: Vec<String> = items_of(calls, "missing").iter().map(range).collect();
    if !missing.is_empty() {
        page.add(Html::paragraph(visit.say("calls-missing")));
        page.add(Html::of(&Listing { texts: missing }));
    }
}
