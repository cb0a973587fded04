//! Lists that are imported: a dry run first, then the import, with its progress and its report by line and field.

use avis_admin::control::{Question, Refusal};
use jiff::Timestamp;
use serde_json::Value;

use super::jobs::{self, Jobs};
use super::{Shown, Stepped, live, mapping};
use crate::layout::Page;
use crate::reading::{is, items, state, text, whole};
use crate::view::{Facts, Field, Form, Html, Kind, Table, link};
use crate::visit::Visit;

const IMPORTS: Jobs = Jobs { told: "/imports", shown: "/lists", messages: ["lists-progress"; 2] };

/// Imports so far, and a new one.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "lists"));
    page.add(Html::paragraph(visit.say("lists-lead")));
    page.add(visit.form(form(visit)));
    let (reply, next) = visit.newest_of("/imports", 50)?;
    let row = |job: &Value| {
        let of = job.get("of").unwrap_or(&Value::Null);
        let at = visit.when_of(job, "started_at");
        vec![
            link(format!("/lists/{}", text(job, "id")), at),
            Html::text(visit.word("list", text(of, "kind"))),
            Html::text(text(of, "group")),
            state(visit, text(job, "state")),
            Html::text(visit.yes_or_no(is(of, "dry_run"))),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.say("lists-so-far"),
        columns: visit.columns(&["at", "list", "group", "state", "dry-run"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("lists-none"),
        next,
    }));
    Ok(Shown::Page(page))
}

/// The kinds that who visits may import.
fn kinds(visit: &Visit<'_>) -> Vec<(String, String)> {
    let kinds = ["entitlements", "rules", "means", "terminals", "holders", "relations"];
    let may = |kind: &&str| match *kind {
        "entitlements" | "rules" => visit.is("ed") || visit.is("op"),
        "means" | "terminals" => visit.is("pr") || visit.is("op"),
        _ => visit.is("op"),
    };
    kinds.into_iter().filter(may).map(|kind| (kind.to_owned(), visit.word("list", kind))).collect()
}

/// What is asked of a list that is to be imported; its file comes last.
pub(super) fn form(visit: &Visit<'_>) -> Form {
    let modes = ["delta", "full"].map(|mode| (mode.to_owned(), visit.word("list-mode", mode)));
    let bad = ["refuse", "set_aside"].map(|way| (way.to_owned(), visit.word("list-bad", way)));
    Form::new("import", visit.say("lists-import"))
        .field(Field::new("kind", visit.word("column", "list")).kind(Kind::Choice(kinds(visit))))
        .field(Field::new("group", visit.word("column", "group")).hint(visit.say("lists-group-hint")).optional())
        .field(Field::new("mode", visit.say("lists-mode")).kind(Kind::Choice(modes.into())))
        .field(Field::new("bad_rows", visit.say("lists-bad-rows")).kind(Kind::Choice(bad.into())))
        .field(Field::new("ends", visit.say("lists-ends")).hint(visit.say("lists-ends-hint")).optional())
        .field(Field::new("dry_run", visit.say("lists-dry-run")).kind(Kind::Tick).value("yes").optional())
        .field(visit.reason())
        .field(Field::new("file", visit.say("lists-file")).kind(Kind::File).hint(visit.say("lists-file-hint")))
}

/// Sends a list. Its file is read as it comes.
pub(super) fn import(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let kind = visit.form.text("kind").to_owned();
    let mut query = vec![("kind", kind.clone()), ("reason", visit.form.text("reason").to_owned())];
    if kind == "entitlements" {
        query.push(("mode", visit.form.text("mode").to_owned()));
    }
    query.push(("bad_rows", visit.form.text("bad_rows").to_owned()));
    for name in ["group", "ends"] {
        if !visit.form.text(name).is_empty() {
            query.push((name, visit.form.text(name).to_owned()));
        }
    }
    if visit.form.text("dry_run") == "yes" {
        query.push(("dry_run", "true".to_owned()));
    }
    let media_type =
        if matches!(&*kind, "rules" | "holders" | "terminals") { "application/x-ndjson" } else { "text/csv" };
    let looked_at = visit.take_file().map(mapping::looked_at);
    let said = mapping::said(visit)?;
    let unknown = looked_at.as_ref().filter(|_| said.is_none()).and_then(|(begins, _)| mapping::unknown(&kind, begins));
    if let Some(unknown) = unknown {
        return Ok(Stepped::Show(mapping::page(visit, &unknown)));
    }
    query.extend(said.map(|columns| ("columns", columns)));
    let file = looked_at.map(|(_, file)| (media_type, file));
    let job = visit.ask(Question { method: "POST", path: "/imports".into(), query, file, ..Question::default() });
    let job = job.map_err(|refusal| Visit::placed(refusal, &[("/columns", "/file")]))?;
    // The same list once more is the import that it was.
    let is_known = text(&job.body, "started_at").parse::<Timestamp>().is_ok_and(|begun| begun < visit.now);
    let word = if is_known { "import-known" } else { "import-begun" };
    Ok(Stepped::Go(format!("/lists/{}?done={word}", text(&job.body, "id"))))
}

/// One import: how far it is, and what it found.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let job = IMPORTS.read(visit)?;
    let of = job.get("of").unwrap_or(&Value::Null);
    let mut page = Page::new(visit.word("list", text(of, "kind")));
    page.add(IMPORTS.progress(visit, &job));
    let row = |name: &str, value: String| (visit.word("column", name), Html::text(value));
    page.add(Html::of(&Facts {
        rows: vec![
            row("group", text(of, "group").to_owned()),
            row("reason", text(of, "reason").to_owned()),
            row("dry-run", visit.yes_or_no(is(of, "dry_run"))),
            row("at", visit.when_of(&job, "started_at")),
        ],
    }));
    if let Some(revision) = job.get("revision").and_then(Value::as_u64) {
        page.add(live::part(visit, revision, 0)?);
    }
    if let Some(result) = job.get("result").and_then(Value::as_object) {
        let counts = result.iter().filter(|(_, value)| value.is_number());
        let rows = counts.map(|(name, value)| (visit.word("count", name), Html::text(value.to_string())));
        page.add(Html::of(&Facts { rows: rows.collect() }));
    }
    page.add(jobs::failure(visit, &job));
    let (report, next) = visit.page_of(format!("/imports/{id}/report"), vec![("limit", "100".into())])?;
    let fault = |fault: &Value| {
        let line = whole(fault, "line").unwrap_or_default().to_string();
        vec![
            Html::text(line),
            Html::text(text(fault, "field")),
            Html::text(visit.word("row-fault", text(fault, "code"))),
        ]
    };
    if !items(&report).is_empty() {
        page.add(Html::of(&Table {
            caption: visit.say("lists-report"),
            columns: visit.columns(&["line", "field", "fault"], &[]),
            rows: items(&report).iter().map(fault).collect(),
            empty: String::new(),
            next,
        }));
    }
    page.add(jobs::cancelling(visit, &job));
    page.add(link("/lists", visit.word("room", "lists")));
    Ok(Shown::Page(page))
}

/// The part that is told anew each second.
pub(super) fn progress(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    IMPORTS.part(visit)
}

/// Cancels it: as if it had never begun.
pub(super) fn cancel(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    IMPORTS.cancel(visit)
}
