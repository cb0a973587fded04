//! A provider's own file held against the ledger, and what is done about what does not match.

use avis_admin::control::{Question, Refusal, media_type};
use avis_core::settlement::reconcile::Profile;
use serde_json::Value;

use super::jobs::{self, Jobs};
use super::{Shown, Stepped, profile, resolving};
use crate::layout::Page;
use crate::reading::{is, items, items_of, state, text, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Notice, Table, Tone, link};
use crate::visit::Visit;

/// Files on their way.
const FILES: Jobs =
    Jobs { told: "/jobs", shown: "/reconciling/files", messages: ["lists-progress", "reconciling-progress"] };

/// Runs so far, and a new one.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "reconciling"));
    page.add(Html::paragraph(visit.say("reconciling-lead")));
    let (reply, next) = visit.page_of(
        format!("/providers/{}/reconciliations", visit.own()),
        vec![("limit", "50".into()), ("newest_first", "true".into())],
    )?;
    let row = |run: &Value| {
        let when = |name: &str| visit.when_of(run, name);
        vec![
            link(format!("/reconciling/{}", text(run, "id")), when("made_at")),
            Html::text(format!("{} – {}", when("from"), when("until"))),
            Html::text(whole(run, "bad_count").unwrap_or_default().to_string()),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.say("reconciling-so-far"),
        columns: visit.columns(&["at", "period", "bad-rows"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("reconciling-none"),
        next,
    }));
    if visit.may("POST", "/providers/{code}/reconciliations") {
        let kept = profile::kept(visit)?;
        page.add(Html::of(&Heading { id: "new", text: visit.say("reconciling-new") }));
        if kept.profile.is_some() {
            let date = |name: &str, label: String| Field::new(name, label).kind(Kind::Line("date"));
            let form = Form::new("reconcile", visit.say("reconciling-do"))
                .field(date("from", visit.word("column", "from")))
                .field(date("until", visit.say("statements-until")))
                .field(Field::new("file", visit.say("lists-file")).kind(Kind::File));
            page.add(visit.form(form));
        } else {
            page.add(Html::paragraph(visit.say("reconciling-profile-first")));
        }
        profile::add(visit, &mut page, &kept);
    }
    Ok(Shown::Page(page))
}

/// Holds a file against the ledger. It is taken in as it comes; a job does the rest.
pub(super) fn reconcile(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let profile = profile::kept(visit)?.profile.and_then(|profile| Profile::from_value(&profile).ok());
    let media_type = profile.map(|profile| media_type(profile.format)).unwrap_or_default();
    let file = visit.take_file().map(|file| (media_type, file));
    let query = ["from", "until"].map(|name| (name, visit.form.text(name).to_owned())).into();
    let path = format!("/providers/{}/reconciliations/file", visit.own());
    let job = visit.ask(Question { method: "POST", path, query, file, ..Question::default() })?;
    Ok(Stepped::Go(format!("/reconciling/files/{}?done=file-taken-in", text(&job.body, "id"))))
}

/// A file on its way: how far it is, and what it came to.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let job = FILES.read(visit)?;
    let of = job.get("of").unwrap_or(&Value::Null);
    let mut page = Page::new(visit.word("room", "reconciling"));
    page.add(FILES.progress(visit, &job));
    let period = format!("{} – {}", visit.when_of(of, "from"), visit.when_of(of, "until"));
    let rows = vec![
        (visit.word("column", "period"), Html::text(period)),
        (visit.word("column", "at"), Html::text(visit.when_of(&job, "started_at"))),
    ];
    page.add(Html::of(&Facts { rows }));
    page.add(jobs::failure(visit, &job));
    if let Some(run) = job.get("result").map(|result| text(result, "reconciliation")).filter(|run| !run.is_empty()) {
        page.add(link(format!("/reconciling/{run}"), visit.say("reconciling-findings")));
    }
    page.add(jobs::cancelling(visit, &job));
    page.add(link("/reconciling", visit.word("room", "reconciling")));
    Ok(Shown::Page(page))
}

/// The part that is told anew each second.
pub(super) fn progress(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    FILES.part(visit)
}

/// Cancels it: as if it had never begun.
pub(super) fn cancel(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    FILES.cancel(visit)
}

/// One run.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let run = visit.get(format!("/reconciliations/{id}"))?.body;
    let mut page = Page::new(visit.word("room", "reconciling"));
    let summary = run.get("summary").and_then(Value::as_object);
    let counts = summary.into_iter().flatten().filter(|(_, count)| count.is_number());
    let mut rows: Vec<(String, Html)> =
        counts.map(|(word, count)| (visit.word("finding", word), Html::text(count.to_string()))).collect();
    for part in ["theirs", "ours"] {
        let of = run.get(part).unwrap_or(&Value::Null);
        let amount = |name: &str| whole(of, name).map(|amount| visit.amount(amount)).unwrap_or_default();
        rows.push((
            visit.word("reconciled", part),
            Html::text(format!("{} · {}", amount("gross"), amount("discount"))),
        ));
    }
    if !is(&run, "counts") {
        page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("reconciling-superseded") }));
    }
    page.add(Html::of(&Facts { rows }));
    let bad = items_of(&run, "bad_rows").iter().map(|bad| {
        let line = whole(bad, "line").unwrap_or_default().to_string();
        vec![Html::text(line), Html::text(text(bad, "field")), Html::text(visit.texts.fault(text(bad, "expected")))]
    });
    let bad: Vec<Vec<Html>> = bad.collect();
    if !bad.is_empty() {
        page.add(Html::of(&Table {
            caption: visit.say("lists-report"),
            columns: visit.columns(&["line", "field", "fault"], &[]),
            rows: bad,
            empty: String::new(),
            next: None,
        }));
    }
    let (found, next) = visit.page_of(format!("/reconciliations/{id}/findings"), vec![("limit", "20".into())])?;
    page.add(Html::of(&Table {
        caption: visit.say("reconciling-findings"),
        columns: visit.columns(&["state", "lines", "sales", "difference", "action"], &[]),
        rows: items(&found).iter().map(|finding| row(visit, finding, is(&run, "counts"))).collect(),
        empty: visit.say("reconciling-all-match"),
        next,
    }));
    let count = |name: &str| whole(&run, name).unwrap_or_default();
    let more = count("findings") - count("findings_kept");
    if more > 0 {
        page.add(Html::paragraph(visit.texts.with("reconciling-more", &[("more", more.into())])));
    }
    page.add(link("/reconciling", visit.word("room", "reconciling")));
    Ok(Shown::Page(page))
}

fn row(visit: &Visit<'_>, finding: &Value, counts: bool) -> Vec<Html> {
    let lines: Vec<String> = items_of(finding, "lines").iter().map(Value::to_string).collect();
    let difference = finding.get("difference").unwrap_or(&Value::Null);
    let amount = |name: &str| whole(difference, name).map(|amount| visit.amount(amount)).unwrap_or_default();
    let status = text(finding, "status");
    vec![
        if status == "resolved" { state(visit, "done") } else { Html::text(visit.word("finding", status)) },
        Html::text(lines.join(", ")),
        sales(visit, finding),
        Html::text(format!("{} {}", amount("gross"), amount("discount"))),
        resolving::part(visit, finding, counts),
    ]
}

/// The sales of which a finding is, each with the way to it.
fn sales(visit: &Visit<'_>, finding: &Value) -> Html {
    let moved = items_of(finding, "moved");
    let sale = |moved: &Value| {
        let gross = whole(moved, "gross").map(|gross| visit.amount(gross)).unwrap_or_default();
        let told = [visit.when_of(moved, "occurred_at"), text(moved, "terminal").to_owned(), gross].join(" · ");
        Html::joined([link(format!("/sales/{}", text(moved, "authorization")), told), Html::text(" ")])
    };
    let more = i64::try_from(items_of(finding, "movements").len().saturating_sub(moved.len())).unwrap_or(i64::MAX);
    let more = (more > 0).then(|| Html::text(visit.texts.with("reconciling-more-sales", &[("more", more.into())])));
    Html::joined(moved.iter().map(sale).chain(more))
}
