//! How the cases of a draft come out with what is typed and not saved yet: beside the editor as one types, or by a button.

use askama::Template;
use avis_admin::control::{Code, Question, Refusal};
use serde_json::{Map, Value, json};

use super::{Stepped, drafts, places};
use crate::reading::{is, items_of, text, whole};
use crate::sentence::case;
use crate::view::{Form, Html, Listing, Notice, Table, Tone, tag};
use crate::visit::{TRY, Visit};

/// The id of the part of the page in which it is told.
pub(super) const OUTCOME: &str = "cases";
/// The pointer of what is told of cases that fail; no field has such a name.
pub(super) const FAILING: &str = "/failing";

/// What is told anew as somebody types; who pressed a button for it goes on there.
#[derive(Template)]
#[template(
    source = r#"<div id="cases" role="status"{% if takes_focus %} tabindex="-1" autofocus{% endif %}>{% for part in parts %}{{ part }}{% endfor %}</div>"#,
    ext = "html"
)]
struct Outcome {
    parts: Vec<Html>,
    takes_focus: bool,
}

/// The part of the page alone, of a form that is being filled.
pub(super) fn run(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let draft = visit.get(format!("/drafts/{}", visit.parameter("id")));
    let ran = draft.and_then(|draft| ran(visit, &draft.body));
    Ok(Stepped::Html(200, told(visit, ran, false)))
}

/// Forms whose outcome is told there.
#[derive(Template)]
#[template(
    source = r##"<div hx-target:inherited="#cases" hx-swap:inherited="outerMorph">{{ forms }}</div>"##,
    ext = "html"
)]
struct Beside {
    forms: Html,
}

/// Forms of a draft whose cases run as somebody types.
pub(super) fn beside(forms: Html) -> Html {
    Html::of(&Beside { forms })
}

/// What stands on the page: nothing yet, or how the cases come out with what was typed.
pub(super) fn part(visit: &Visit<'_>, draft: &Value) -> Html {
    if visit.is_tried() {
        return told(visit, ran(visit, draft), true);
    }
    // Where a step was refused for them, how they come out stands here.
    if has_failed(visit) {
        let stored = |name: &str| draft.get(name).cloned().unwrap_or_default();
        return told(visit, run_with(visit, stored("content"), stored("cases")), false);
    }
    Html::of(&Outcome { parts: vec![Html::paragraph(visit.say("cases-lead"))], takes_focus: false })
}

/// Whether a step was refused for cases.
fn has_failed(visit: &Visit<'_>) -> bool {
    visit.refusal.as_ref().is_some_and(|refusal| refusal.code == Code::CaseFailed)
}

/// What was refused for cases of a draft, each by its name.
pub(super) fn named(visit: &Visit<'_>, mut refusal: Refusal) -> Refusal {
    if refusal.code != Code::CaseFailed {
        return refusal;
    }
    let draft = visit.get(format!("/drafts/{}", visit.parameter("id"))).map(|reply| reply.body).unwrap_or_default();
    let cases = items_of(&draft, "cases");
    for (pointer, told) in &mut refusal.errors {
        let place = pointer.strip_prefix("/cases/").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
        if let Some(case) = place.and_then(|place| cases.get(place)) {
            let both = [("name", text(case, "name").into()), ("told", told.as_str().into())];
            *told = visit.texts.with("case-named", &both);
        }
        FAILING.clone_into(pointer);
    }
    refusal
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
    run_with(visit, content, cases)
}

fn run_with(visit: &Visit<'_>, content: Value, cases: Value) -> Result<Value, Refusal> {
    let body = Map::from_iter([("content".to_owned(), content), ("cases".to_owned(), cases)]);
    Ok(visit.send("POST", format!("/drafts/{}/cases", visit.parameter("id")), json!(body))?.body)
}

/// A form by which the cases expect what comes now, where a check or a submission found that they do not.
pub(super) fn expecting(visit: &Visit<'_>, etag: &str) -> Html {
    if !has_failed(visit) {
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

fn told(visit: &Visit<'_>, ran: Result<Value, Refusal>, takes_focus: bool) -> Html {
    let parts = match ran {
        Ok(ran) => outcomes(visit, items_of(&ran, "cases"), whole(&ran, "hidden").unwrap_or_default()),
        Err(refusal) => {
            let called = |(at, told): &(String, String)| {
                let known =
                    ["benefit", "program", "campaign"].into_iter().find_map(|kind| places::called(visit, kind, at));
                let place = known.unwrap_or_else(|| at.trim_start_matches('/').to_owned());
                format!("{place}: {told}")
            };
            let mut texts: Vec<String> = refusal.errors.iter().map(called).collect();
            if texts.is_empty() {
                texts.push(refusal.detail);
            }
            let said = Notice { tone: Tone::Warn, text: visit.say("cases-not-run") };
            vec![Html::of(&said), Html::of(&Listing { texts })]
        }
    };
    Html::of(&Outcome { parts, takes_focus })
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
        let texts: Vec<String> = faults.iter().map(|fault| case::fault(visit, fault)).collect();
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
