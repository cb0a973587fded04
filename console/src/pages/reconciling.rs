//! A provider's own file held against the ledger, and what is done about what does not match.

use std::io::Read;

use avis_admin::control::Refusal;
use avis_admin::decode_text;
use avis_core::settlement::reconcile::{Format, Profile, TextEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Shown, Stepped, profile, resolving};
use crate::layout::Page;
use crate::reading::{items, items_of, state, text, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Table, link};
use crate::visit::Visit;

/// Bytes of a file as it is sent: what the control plane takes, less what is sent beside it.
const FILE_BYTES_MAX: u64 = 7 * 1024 * 1024;

/// Runs so far, and a new one.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "reconciling"));
    page.add(Html::paragraph(visit.say("reconciling-lead")));
    let (reply, next) =
        visit.page_of(format!("/providers/{}/reconciliations", visit.own()), vec![("limit", "50".into())])?;
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
        rows: items(&reply).iter().rev().map(row).collect(),
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

/// Holds a file against the ledger.
pub(super) fn reconcile(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut bytes = Vec::new();
    if let Some(file) = visit.take_file() {
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| Visit::at("file", &error.to_string()))?;
    }
    if bytes.is_empty() || bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Visit::at("file", &visit.say("reconciling-file")));
    }
    let profile = profile::kept(visit)?.profile;
    let content = sent(&bytes, profile.as_ref()).map_err(|expected| Visit::at("file", &expected))?;
    if content.len() as u64 > FILE_BYTES_MAX {
        return Err(Visit::at("file", &visit.say("reconciling-workbook")));
    }
    let body = json!({"from": visit.form.text("from"), "until": visit.form.text("until"), "profile": profile,
        "file": content});
    let made = visit.send("POST", format!("/providers/{}/reconciliations", visit.own()), body)?.body;
    Ok(Stepped::Go(format!("/reconciling/{}?done=reconciled", text(&made, "id"))))
}

/// A file as the control plane takes it: a workbook in base64, a text decoded as the profile says. `Err` with what was expected.
fn sent(bytes: &[u8], profile: Option<&Value>) -> Result<String, String> {
    // What is wrong with a profile is said by the control plane.
    let read = profile.and_then(|profile| Profile::from_value(profile).ok());
    match read {
        Some(Profile { format: Format::Xlsx, .. }) => Ok(STANDARD.encode(bytes)),
        Some(Profile { encoding, .. }) => decode_text(bytes, encoding),
        None => decode_text(bytes, TextEncoding::Auto),
    }
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
        let amount = |name: &str| whole(of, name).map(|amount| visit.euro(amount)).unwrap_or_default();
        rows.push((
            visit.word("reconciled", part),
            Html::text(format!("{} · {}", amount("gross"), amount("discount"))),
        ));
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
    let (found, next) = visit.page_of(format!("/reconciliations/{id}/findings"), vec![("limit", "50".into())])?;
    page.add(Html::of(&Table {
        caption: visit.say("reconciling-findings"),
        columns: visit.columns(&["state", "lines", "difference", "action"], &[]),
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
    let amount = |name: &str| whole(difference, name).map(|amount| visit.euro(amount)).unwrap_or_default();
    let status = text(finding, "status");
    vec![
        if status == "resolved" { state(visit, "done") } else { Html::text(visit.word("finding", status)) },
        Html::text(lines.join(", ")),
        Html::text(format!("{} {}", amount("gross"), amount("discount"))),
        resolving::part(visit, finding),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_by(bytes: &[u8], more: &Value) -> Result<String, String> {
        let columns = json!({"occurred_at": "Laiks", "gross": "Cena", "discount": "Atlaide"});
        let mut profile = json!({"columns": columns, "dates": ["DD.MM.YYYY HH:mm:ss"]});
        profile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Profile::from_value(&profile).unwrap();
        sent(bytes, Some(&profile))
    }

    #[test]
    fn a_file_is_sent_as_its_profile_says_it_is_written() {
        let auto = sent_by(b"R\xeega", &json!({}));
        assert_eq!(auto.as_deref(), Ok("Rīga"));
        // A zipped file has bytes that are no text in any encoding.
        assert_eq!(sent_by(b"PK\x03\x04\0\xff", &json!({"format": "xlsx"})).as_deref(), Ok("UEsDBAD/"));
        assert_eq!(sent_by(b"R\0\x2b\x01", &json!({"encoding": "utf-16"})).as_deref(), Ok("Rī"));
        assert!(sent_by(b"R\xeega", &json!({"encoding": "utf-8"})).is_err(), "it says that it is something else");
        let read_as_said = sent_by("Rīga".as_bytes(), &json!({"encoding": "windows-1257"}));
        assert_ne!(read_as_said.as_deref(), Ok("Rīga"), "nothing is guessed where it is said");
    }
}
