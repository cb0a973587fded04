//! A provider's own file held against the ledger, and what is done about what does not match.

use std::io::Read;

use avis_admin::control::Refusal;
use avis_admin::decode_text;
use avis_core::settlement::reconcile::TextEncoding;
use serde_json::{Value, json};

use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{items, items_of, pretty, state, text, whole};
use crate::view::{Column, Facts, Field, Form, Heading, Html, Kind, Table, link};
use crate::visit::Visit;

/// Bytes of a file: what the control plane takes, less what encoding it adds.
const FILE_BYTES_MAX: u64 = 7 * 1024 * 1024;

fn own(visit: &Visit<'_>) -> String {
    visit.party().unwrap_or_default().to_owned()
}

/// Runs so far, and a new one.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "reconciling"));
    page.add(Html::paragraph(visit.say("reconciling-lead")));
    let (reply, next) =
        visit.page_of(format!("/providers/{}/reconciliations", own(visit)), vec![("limit", "50".into())])?;
    let row = |run: &Value| {
        let when = |name: &str| visit.when(run.get(name).unwrap_or(&Value::Null));
        vec![
            link(format!("/reconciling/{}", text(run, "id")), when("made_at")),
            Html::text(format!("{} – {}", when("from"), when("until"))),
            Html::text(whole(run, "bad_count").unwrap_or_default().to_string()),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.say("reconciling-so-far"),
        columns: ["at", "period", "bad-rows"].map(|name| Column::text(visit.word("column", name))).into(),
        rows: items(&reply).iter().rev().map(row).collect(),
        empty: visit.say("reconciling-none"),
        next,
    }));
    if visit.may("POST", "/providers/{code}/reconciliations") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("reconciling-new") }));
        let begun = json!({"delimiter": ";", "decimal": ",", "dates": ["DD.MM.YYYY HH:mm:ss"], "time_zone": "Europe/Riga",
            "columns": {"occurred_at": "", "external_id": "", "gross": "", "discount": ""}});
        let date = |name: &str, label: String| Field::new(name, label).kind(Kind::Line("date"));
        let form = Form::new("reconcile", visit.say("reconciling-do"))
            .field(date("from", visit.word("column", "from")))
            .field(date("until", visit.say("statements-until")))
            .field(
                Field::new("profile", visit.say("reconciling-profile"))
                    .hint(visit.say("reconciling-profile-hint"))
                    .kind(Kind::Area(10))
                    .value(pretty(&begun)),
            )
            .field(Field::new("file", visit.say("lists-file")).kind(Kind::File));
        page.add(visit.form(form));
    }
    Ok(Shown::Page(page))
}

/// Holds a file against the ledger.
pub(super) fn reconcile(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut bytes = Vec::new();
    if let Some(file) = visit.take_file() {
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| Visit::at("file", &error.to_string()))?;
    }
    if bytes.is_empty() || bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Visit::at("file", &visit.say("reconciling-file")));
    }
    let content = decode_text(&bytes, TextEncoding::Auto).map_err(|expected| Visit::at("file", &expected))?;
    let body = json!({"from": visit.form.text("from"), "until": visit.form.text("until"),
        "profile": visit.json_of("profile")?, "file": content});
    let made = visit.send("POST", format!("/providers/{}/reconciliations", own(visit)), body)?.body;
    Ok(Stepped::Go(format!("/reconciling/{}?done=reconciled", text(&made, "id"))))
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
        let amount = |name: &str| whole(of, name).map(|amount| visit.money(amount, "EUR")).unwrap_or_default();
        rows.push((
            visit.word("reconciled", part),
            Html::text(format!("{} · {}", amount("gross"), amount("discount"))),
        ));
    }
    page.add(Html::of(&Facts { rows }));
    let bad = items_of(&run, "bad_rows").iter().map(|bad| {
        let line = whole(bad, "line").unwrap_or_default().to_string();
        vec![Html::text(line), Html::text(text(bad, "field")), Html::text(text(bad, "expected"))]
    });
    let bad: Vec<Vec<Html>> = bad.collect();
    if !bad.is_empty() {
        page.add(Html::of(&Table {
            caption: visit.say("lists-report"),
            columns: ["line", "field", "fault"].map(|name| Column::text(visit.word("column", name))).into(),
            rows: bad,
            empty: String::new(),
            next: None,
        }));
    }
    let (found, next) = visit.page_of(format!("/reconciliations/{id}/findings"), vec![("limit", "50".into())])?;
    page.add(Html::of(&Table {
        caption: visit.say("reconciling-findings"),
        columns: ["state", "lines", "difference", "action"].map(|name| Column::text(visit.word("column", name))).into(),
        rows: items(&found).iter().map(|finding| row(visit, finding)).collect(),
        empty: visit.say("reconciling-all-match"),
        next,
    }));
    page.add(link("/reconciling", visit.word("room", "reconciling")));
    Ok(Shown::Page(page))
}

fn row(visit: &Visit<'_>, finding: &Value) -> Vec<Html> {
    let lines: Vec<String> = items_of(finding, "lines").iter().map(Value::to_string).collect();
    let difference = finding.get("difference").unwrap_or(&Value::Null);
    let amount = |name: &str| whole(difference, name).map(|amount| visit.money(amount, "EUR")).unwrap_or_default();
    let status = text(finding, "status");
    let action = if status != "resolved" && visit.may("POST", "/reconciliations/{id}/findings/{key}/resolve") {
        let actions = ["accept", "ignore"].map(|action| (action.to_owned(), visit.word("finding-do", action)));
        let form = Form::new(format!("resolve:{}", text(finding, "key")), visit.say("reconciling-resolve")).quiet();
        let form = form.field(Field::new("action", visit.word("column", "action")).kind(Kind::Choice(actions.into())));
        visit.form(form.field(Field::new("reason", visit.word("column", "reason"))))
    } else {
        Html::text(finding.get("resolution").map(|resolution| text(resolution, "reason")).unwrap_or_default())
    };
    vec![
        if status == "resolved" { state(visit, "done") } else { Html::text(visit.word("finding", status)) },
        Html::text(lines.join(", ")),
        Html::text(format!("{} {}", amount("gross"), amount("discount"))),
        action,
    ]
}

/// Says what is done about a finding.
pub(super) fn resolve(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (id, key) = (visit.parameter("id"), visit.which());
    let body = json!({"action": visit.form.text("action"), "reason": visit.form.text("reason")});
    visit.send("POST", format!("/reconciliations/{id}/findings/{key}/resolve"), body)?;
    Ok(Stepped::Go(format!("/reconciling/{id}?done=resolved")))
}
