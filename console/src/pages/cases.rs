//! How the cases of a draft come out with what is typed and not saved yet: beside the editor as one types, or by a button.

use askama::Template;
use avis_admin::control::{Question, Refusal};
use serde_json::{Map, Value, json};

use super::{Stepped, drafts, places};
use crate::reading::{is, items_of, text, whole};
use crate::view::{Form, Html, Listing, Notice, Table, Tone, tag};
use crate::visit::{TRY, Visit};

/// What is told anew as somebody types.
#[derive(Template)]
#[template(
    source = r#"<div id="cases" role="status">{% for part in parts %}{{ part }}{% endfor %}</div>"#,
    ext = "html"
)]
struct Outcome {
    parts: Vec<Html>,
}

/// The part of the page alone, of a form that is being filled.
pub(super) fn run(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let draft = visit.get(format!("/drafts/{}", visit.parameter("id")));
    let ran = draft.and_then(|draft| ran(visit, &draft.body));
    Ok(Stepped::Html(200, told(visit, ran)))
}

/// What stands on the page: nothing yet, or how the cases come out with what was typed.
pub(super) fn part(visit: &Visit<'_>, draft: &Value) -> Html {
    if visit.is_tried() {
        return told(visit, ran(visit, draft));
    }
    Html::of(&Outcome { parts: vec![Html::paragraph(visit.say("cases-lead"))] })
}

/// A form of a draft whose cases run as somebody types, or by a button.
pub(super) fn tried(visit: &Visit<'_>, form: Form) -> Form {
    form.tried(&format!("/drafts/{}/cases", visit.parameter("id")), (TRY, visit.say("cases-run")))
}

/// The page with what was typed and how its cases come out, if that button was pressed.
///
/// # Errors
/// A draft that can't be read any more.
pub(super) fn asked(visit: &Visit<'_>) -> Result<Option<Stepped>, Refusal> {
    visit.is_tried().then(|| drafts::page(visit).map(Stepped::Show)).transpose()
}

/// The content and the cases of a draft with what stands in the form that was sent.
///
/// # Errors
/// What is typed wrong, at its field.
pub(super) fn typed(visit: &Visit<'_>, draft: &Value) -> Result<(Value, Value), Refusal> {
    let cases = draft.get("cases").cloned().unwrap_or_default();
    if visit.which().is_empty() {
        return Ok((visit.json_of("content")?, visit.json_of("cases")?));
    }
    let mut content = draft.get("content").and_then(Value::as_object).cloned().unwrap_or_default();
    places::write(visit, text(draft, "kind"), visit.which(), &mut content)?;
    Ok((Value::Object(content), cases))
}

fn ran(visit: &Visit<'_>, draft: &Value) -> Result<Value, Refusal> {
    let (content, cases) = typed(visit, draft)?;
    let body = Map::from_iter([("content".to_owned(), content), ("cases".to_owned(), cases)]);
    Ok(visit.send("POST", format!("/drafts/{}/cases", visit.parameter("id")), json!(body))?.body)
}

/// A form by which the cases expect what comes now, where a check or a submission found that they do not.
pub(super) fn expecting(visit: &Visit<'_>, etag: &str) -> Html {
    let errors = visit.refusal.iter().flat_map(|refusal| &refusal.errors);
    if !errors.into_iter().any(|(pointer, _)| pointer.starts_with("/cases/")) {
        return Html::default();
    }
    let said = Notice { tone: Tone::Warn, text: visit.say("cases-expect-means") };
    let form = Form::new("expect", visit.say("cases-expect")).hidden("etag", etag).quiet();
    Html::joined([Html::of(&said), visit.form(form)])
}

/// Cases of a draft as they expect what comes now.
///
/// # Errors
/// A draft whose cases can't be run.
pub(super) fn as_they_come(visit: &Visit<'_>, draft: &Value, mut cases: Value) -> Result<Value, Refusal> {
    let body = json!({"content": draft.get("content"), "cases": cases});
    let ran = visit.ask(Question {
        method: "POST",
        path: format!("/drafts/{}/cases", visit.parameter("id")),
        body,
        ..Question::default()
    })?;
    // Those of the draft come first, in their order.
    let own = items_of(&ran.body, "cases").iter().filter(|case| is(case, "own"));
    for (case, told) in cases.as_array_mut().into_iter().flatten().zip(own) {
        for fault in items_of(told, "faults") {
            let came = fault.get("came").filter(|came| !came.is_null());
            if let Some((expected, came)) = case.pointer_mut(text(fault, "pointer")).zip(came) {
                expected.clone_from(came);
            }
        }
    }
    Ok(cases)
}

fn told(visit: &Visit<'_>, ran: Result<Value, Refusal>) -> Html {
    let parts = match ran {
        Ok(ran) => outcomes(visit, items_of(&ran, "cases"), whole(&ran, "hidden").unwrap_or_default()),
        Err(refusal) => {
            let mut texts: Vec<String> =
                refusal.errors.iter().map(|(at, told)| format!("{}: {told}", at.trim_start_matches('/'))).collect();
            if texts.is_empty() {
                texts.push(refusal.detail);
            }
            let said = Notice { tone: Tone::Warn, text: visit.say("cases-not-run") };
            vec![Html::of(&said), Html::of(&Listing { texts })]
        }
    };
    Html::of(&Outcome { parts })
}

fn outcomes(visit: &Visit<'_>, cases: &[Value], hidden: i64) -> Vec<Html> {
    let failed = cases.iter().filter(|case| !items_of(case, "faults").is_empty()).count();
    let is_refused = cases.iter().any(|case| is(case, "refuses"));
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let (tone, said) = match count(failed).saturating_add(hidden) {
        0 => (Tone::Good, visit.texts.with("cases-pass", &[("n", count(cases.len()).into())])),
        failed => {
            let tone = if is_refused { Tone::Bad } else { Tone::Warn };
            (tone, visit.texts.with("cases-fail", &[("n", failed.into())]))
        }
    };
    let row = |case: &Value| {
        let faults = items_of(case, "faults");
        let told = |fault: &Value| {
            format!("{}: {}", text(fault, "pointer").trim_start_matches('/'), visit.texts.fault(text(fault, "detail")))
        };
        let texts: Vec<String> = faults.iter().map(told).collect();
        let whose = match (is(case, "own"), is(case, "refuses")) {
            (true, _) => "own",
            (false, true) => "grantor",
            (false, false) => "others",
        };
        vec![
            Html::text(text(case, "name")),
            Html::text(visit.word("cases-whose", whose)),
            if faults.is_empty() {
                tag(Tone::Good, visit.say("cases-as-expected"))
            } else {
                Html::of(&Listing { texts })
            },
        ]
    };
    let table = Table {
        caption: visit.say("cases-title"),
        columns: visit.columns(&["case", "case-whose", "case-outcome"], &[]),
        rows: cases.iter().map(row).collect(),
        empty: visit.say("cases-none"),
        next: None,
    };
    let mut told = vec![Html::of(&Notice { tone, text: said })];
    if hidden > 0 {
        told.push(Html::paragraph(visit.texts.with("cases-hidden", &[("n", hidden.into())])));
    }
    told.push(Html::of(&table));
    told
}
