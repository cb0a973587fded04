//! The description for people: a page without scripts or styles, made of the same tables as the one for programs.

use std::fmt::Write;
use std::sync::LazyLock;

use super::answer::Answer;
use super::call::Call;
use super::operations::{Operation, all};
use super::policy::{Action, Role};
use super::problem::{Code, Problem};
use super::shape::Field;

static PAGE: LazyLock<String> = LazyLock::new(page);

/// `GET /docs`.
pub(crate) fn html(_: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer { status: 200, page: Some(PAGE.clone()), ..Answer::default() })
}

fn page() -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>AVIS for parties</title></head>\n<body>\n\
         <h1>AVIS for parties</h1>\n<p>For programs: <a href=\"openapi.json\">openapi.json</a>. Sign in with \
         <code>POST /admin/v1/sessions</code>, or send a token as <code>authorization: Bearer avisu_…</code>.</p>\n<h2>Calls</h2>\n",
    );
    for operation in all() {
        page.push_str(&call(operation));
    }
    page.push_str(
        "<h2>Who may do what</h2>\n<p><code>A</code> what is anyone's, <code>O</code> the own party's, <code>S</code> \
         one's own, <code>.</code> not at all.</p>\n",
    );
    page.push_str(&table(&policy()));
    page.push_str("<h2>Problems</h2>\n");
    let row = |code: &Code| [code.word().to_owned(), code.status().to_string(), code.title().to_owned()].into();
    let heads = ["code", "status", "what it is about"].map(str::to_owned).into();
    page.push_str(&table(&std::iter::once(heads).chain(Code::ALL.iter().map(row)).collect::<Vec<_>>()));
    page + "</body>\n</html>\n"
}

/// One call: what it does, who may, and what it takes.
fn call(operation: &Operation) -> String {
    let Operation { method, path, name, summary, .. } = operation;
    let mut told = format!("<h3 id=\"{name}\"><code>{method} /admin/v1{path}</code></h3>\n<p>{}.", escaped(summary));
    let needs = [
        operation.action.map(|action| format!("Action <code>{}</code>.", action.word())),
        operation.is_once.then(|| "Needs <code>idempotency-key</code>.".to_owned()),
        operation.needs_match.then(|| "Needs <code>if-match</code>.".to_owned()),
        operation.needs_fresh_sign_in.then(|| "Needs a sign-in of the last ten minutes.".to_owned()),
    ];
    for need in needs.into_iter().flatten() {
        told.push(' ');
        told.push_str(&need);
    }
    told.push_str("</p>\n");
    for (of, fields) in [("parameter", operation.query), ("field", operation.body.unwrap_or_default())] {
        if !fields.is_empty() {
            let heads = [of, "", "what it is"].map(str::to_owned).into();
            told.push_str(&table(&std::iter::once(heads).chain(fields.iter().map(field)).collect::<Vec<_>>()));
        }
    }
    told
}

fn field(field: &Field) -> Vec<String> {
    let expected = field.kind.expected();
    let needed = if field.is_required { "needed" } else { "" };
    vec![field.name.to_owned(), needed.to_owned(), expected.trim_start_matches("expected ").to_owned()]
}

fn policy() -> Vec<Vec<String>> {
    let heads = std::iter::once("action").chain(Role::WORDS).map(str::to_owned).collect();
    let row = |action: Action| {
        let letter = |role: Role| action.reach(role, false).map_or(".", super::policy::Reach::letter).to_owned();
        std::iter::once(action.word().to_owned()).chain(Role::ALL.map(letter)).collect()
    };
    std::iter::once(heads).chain(Action::all().map(row)).collect()
}

/// The first row is of heads.
fn table(rows: &[Vec<String>]) -> String {
    let mut table = String::from("<table>\n");
    for (place, row) in rows.iter().enumerate() {
        let tag = if place == 0 { "th" } else { "td" };
        table.push_str("<tr>");
        for cell in row {
            // Writing to a text does not fail.
            let _ = write!(table, "<{tag}>{}</{tag}>", escaped(cell));
        }
        table.push_str("</tr>\n");
    }
    table + "</table>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
