//! Forms on paper of the own party: numbered and printed with a QR code each, and what became of them.

use askama::Template;
use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::{Shown, Stepped, entering, live};
use crate::layout::Page;
use crate::reading::{items, state, text, texts};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Notice, Table, Tone, link, next, qr};
use crate::visit::Visit;

/// Forms on one page: each has its code drawn.
const PAPERS_MAX: usize = 25;

/// What a form leaves room for, in its order.
const BLANKS: &[&str] = &["when", "means", "block", "add", "consultation", "agreed", "clerk"];

/// A form as it is printed: nothing of a person is on it.
#[derive(Template)]
#[template(path = "paper.html")]
struct Paper<'a> {
    code: Html,
    number: &'a str,
    lead: &'a str,
    blanks: Vec<String>,
}

/// Those of the own party, those that were printed last first.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "forms"));
    page.add(Html::paragraph(visit.say("forms-lead")));
    if visit.may("POST", "/forms") {
        let count = Field::new("count", visit.say("forms-count")).hint(visit.say("forms-count-hint"));
        page.add(
            visit
                .form(Form::new("print", visit.say("forms-print")).field(count.kind(Kind::Line("number")).value("10"))),
        );
    }
    let (reply, next) = visit.newest_of("/forms", 50)?;
    let row = |form: &Value| {
        vec![
            link(format!("/forms/{}", text(form, "number")), text(form, "number")),
            state(visit, text(form, "state")),
            Html::text(visit.when_of(form, "printed_at")),
            Html::text(visit.when_of(form, "at")),
        ]
    };
    page.add(Html::of(&Heading { id: "all", text: visit.say("forms-all") }));
    if visit.may("POST", "/forms") {
        page.add(link("/forms/print", visit.say("forms-print-again")));
    }
    page.add(Html::of(&Table {
        caption: visit.word("room", "forms"),
        columns: visit.columns(&["number", "state", "printed-at", "filled-in-at"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("forms-none"),
        next,
    }));
    Ok(Shown::Page(page))
}

/// Numbers some, and shows them as they are printed.
pub(super) fn print(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let lead = lead(visit)?;
    let count: usize = visit.form.text("count").parse().unwrap_or_default();
    if !(1..=PAPERS_MAX).contains(&count) {
        return Err(Visit::at("count", &visit.say("forms-count-hint")));
    }
    let numbered = visit.send("POST", "/forms", json!({"count": count}))?.body;
    Ok(Stepped::Show(papers(visit, &lead, &texts(&numbered, "numbers"))))
}

/// Those of the own party that wait, to be printed once more.
pub(super) fn again(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (reply, behind) =
        visit.page_of("/forms", vec![("limit", PAPERS_MAX.to_string()), ("state", "printed".into())])?;
    let own = items(&reply).iter().filter(|form| text(form, "party") == visit.own());
    let numbers: Vec<String> = own.map(|form| text(form, "number").to_owned()).collect();
    let mut page = papers(visit, &lead(visit)?, &numbers);
    if let Some((path, told)) = behind {
        page.add(next(path, told));
    }
    Ok(Shown::Page(page))
}

/// Whose each form is, and how it is filled in.
fn lead(visit: &Visit<'_>) -> Result<String, Refusal> {
    let party = visit.get(format!("/parties/{}", visit.own()))?.body;
    let name = party.get("name").map(|name| visit.named(name)).filter(|name| !name.is_empty());
    Ok(visit.texts.with("form-lead", &[("party", name.unwrap_or(visit.own()).into())]))
}

/// A page of forms: the browser prints it, without what stands around.
fn papers(visit: &Visit<'_>, lead: &str, numbers: &[String]) -> Page {
    let mut page = Page::new(visit.say("forms-papers"));
    page.add(link("/forms", visit.word("room", "forms")));
    for number in numbers {
        let told = visit.texts.with("form-code", &[("number", number.as_str().into())]);
        page.add(Html::of(&Paper {
            code: qr(&format!("{}/forms/{number}", visit.origin()), &told),
            number,
            lead,
            blanks: BLANKS.iter().map(|blank| visit.word("form-blank", blank)).collect(),
        }));
    }
    if numbers.is_empty() {
        page.add(Html::paragraph(visit.say("forms-none-wait")));
    }
    page
}

/// One form, to which its code leads, and what became of it.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    told(visit, None)
}

/// The same for who comes with a person who was found too long ago, or by somebody else.
pub(super) fn found_before(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    told(visit, Some(&Notice { tone: Tone::Warn, text: visit.say("entering-again") }))
}

/// Whether a form waits to be entered.
pub(super) fn waits(form: &Value) -> bool {
    matches!(text(form, "state"), "printed" | "entering")
}

fn told(visit: &Visit<'_>, before: Option<&Notice>) -> Result<Shown, Refusal> {
    let number = visit.parameter("number");
    let form = visit.get(format!("/forms/{number}"))?.body;
    let mut page = Page::new(visit.texts.with("form-title", &[("number", number.into())]));
    page.add(live::of_address(visit)?);
    page.add(state(visit, text(&form, "state")));
    let when = |name: &str| Html::text(visit.when_of(&form, name));
    let mut rows = vec![
        (visit.word("column", "printed-at"), when("printed_at")),
        (visit.word("column", "filled-in-at"), when("at")),
        (visit.say("form-entered-at"), when("entered_at")),
    ];
    if !text(&form, "asks").is_empty() {
        rows.push((visit.say("form-asks"), Html::text(visit.word("form-blank", text(&form, "asks")))));
    }
    if !text(&form, "reason").is_empty() {
        rows.push((visit.word("column", "reason"), Html::text(text(&form, "reason"))));
    }
    page.add(Html::of(&Facts { rows }));
    if waits(&form) && visit.may("POST", "/forms/{number}/enter") {
        before.iter().for_each(|notice| page.add(Html::of(*notice)));
        entering::add(visit, &mut page)?;
    }
    if waits(&form) && visit.may("POST", "/forms/{number}/cancel") {
        page.add(Html::of(&Heading { id: "lost", text: visit.say("form-lost") }));
        page.add(visit.form(Form::new("cancel", visit.say("form-cancel")).field(visit.reason()).danger()));
    }
    page.add(link("/forms", visit.word("room", "forms")));
    Ok(Shown::Page(page))
}

/// One that is lost or spoilt is nobody's to enter.
pub(super) fn cancel(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let number = visit.parameter("number");
    visit.send("POST", format!("/forms/{number}/cancel"), json!({"reason": visit.form.text("reason")}))?;
    Ok(Stepped::Go(format!("/forms/{number}?done=form-cancelled")))
}
