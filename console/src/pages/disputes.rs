//! A line of an issued statement, opened to the movements that sum to it; and disputes of lines, from who says why to who answers.

use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::{Shown, Stepped, statements};
use crate::layout::Page;
use crate::reading::{items, items_of, text, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Table, link};
use crate::visit::Visit;

/// Whether who visits may dispute lines of a statement: another party issued it.
fn may_dispute(visit: &Visit<'_>, statement: &Value) -> bool {
    may_act(visit, statement, false)
}

/// Whether who visits may answer disputes: the own party issued it.
fn may_answer(visit: &Visit<'_>, statement: &Value) -> bool {
    may_act(visit, statement, true)
}

fn may_act(visit: &Visit<'_>, statement: &Value, as_issuer: bool) -> bool {
    text(statement, "state") == "issued"
        && statements::acts_for(visit, statement)
        && statements::is_issuer(visit, statement) == Some(as_issuer)
}

/// One line.
pub(super) fn line(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (id, number) = (visit.parameter("id"), visit.parameter("n"));
    let reply = visit.get(format!("/statements/{id}"))?;
    let (statement, etag) = (reply.body, reply.etag.unwrap_or_default());
    let (moved, next) =
        visit.page_of(format!("/statements/{id}/lines/{number}/movements"), vec![("limit", "100".into())])?;
    let mut page = Page::new(visit.texts.with("statement-line", &[("n", number.into())]));
    let of_line = |one: &&Value| whole(one, "line").is_some_and(|own| own.to_string() == number);
    if let Some(line) = items_of(&statement, "lines").iter().find(of_line) {
        let (columns, cells) = (statements::columns(visit), statements::cells(visit, &statement, line));
        page.add(Html::of(&Facts { rows: columns.into_iter().map(|column| column.name).zip(cells).collect() }));
    }
    match items_of(&statement, "disputes").iter().find(of_line) {
        Some(dispute) => page.add(Html::paragraph(told(visit, &statement, dispute))),
        None if may_dispute(visit, &statement) => {
            let form = Form::new("dispute", visit.say("dispute-do"))
                .field(Field::new("claimed", visit.say("dispute-claimed")).hint(visit.say("amount-hint")))
                .field(visit.reason());
            page.add(visit.form(form.hidden("etag", etag)));
        }
        None => {}
    }
    let currency = text(&statement, "currency");
    let row = |one: &Value| {
        let number = |name: &str| Html::text(visit.number(whole(one, name).unwrap_or_default()));
        vec![
            Html::text(visit.when_of(one, "occurred_at")),
            Html::text(visit.word("movement", text(one, "kind"))),
            Html::text(text(one, "terminal")),
            Html::text(visit.when_of(one, "business_date")),
            number("units"),
            Html::text(visit.money(whole(one, "amount").unwrap_or_default(), currency)),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.say("line-movements"),
        columns: visit.columns(&["at", "movement", "terminal", "day"], &["units", "discount"]),
        rows: items(&moved).iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next,
    }));
    page.add(link(format!("/statements/{id}"), visit.say("statement-title")));
    Ok(Shown::Page(page))
}

/// What became of a dispute.
fn outcome(visit: &Visit<'_>, statement: &Value, dispute: &Value) -> String {
    let outcome = text(dispute, "outcome");
    if outcome.is_empty() {
        return visit.say("dispute-open");
    }
    let ended = match whole(dispute, "amount") {
        Some(amount) => {
            format!("{}: {}", visit.word("dispute", outcome), visit.money(amount, text(statement, "currency")))
        }
        None => visit.word("dispute", outcome),
    };
    format!("{ended}. {}", text(dispute, "outcome_reason"))
}

fn claimed(visit: &Visit<'_>, statement: &Value, dispute: &Value) -> String {
    let claimed = whole(dispute, "claimed");
    claimed.map(|claimed| visit.money(claimed, text(statement, "currency"))).unwrap_or_default()
}

fn told(visit: &Visit<'_>, statement: &Value, dispute: &Value) -> String {
    let (claimed, outcome) = (claimed(visit, statement, dispute), outcome(visit, statement, dispute));
    let places = [
        ("claimed", claimed.as_str().into()),
        ("reason", text(dispute, "reason").into()),
        ("outcome", outcome.as_str().into()),
    ];
    visit.texts.with("line-disputed", &places)
}

/// Disputes of a statement's lines, with the answer of who issued it.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page, statement: &Value, etag: &str) {
    let (disputes, may_dispute) = (items_of(statement, "disputes"), may_dispute(visit, statement));
    if disputes.is_empty() && !may_dispute {
        return;
    }
    page.add(Html::of(&Heading { id: "disputes", text: visit.say("statement-disputes") }));
    if may_dispute {
        page.add(Html::paragraph(visit.say("disputes-lead")));
    }
    let row = |dispute: &Value| {
        let line = whole(dispute, "line").unwrap_or_default();
        let end = if text(dispute, "outcome").is_empty() && may_answer(visit, statement) {
            let form = Form::new(format!("end_dispute:{line}"), visit.say("dispute-end")).quiet();
            let amount = Field::new("amount", visit.say("dispute-amount")).hint(visit.say("dispute-amount-hint"));
            visit.form(form.field(amount.optional()).field(visit.reason()).hidden("etag", etag))
        } else {
            Html::text(outcome(visit, statement, dispute))
        };
        let path = format!("/statements/{}/lines/{line}", visit.parameter("id"));
        let claimed = Html::text(claimed(visit, statement, dispute));
        vec![link(path, line.to_string()), claimed, Html::text(text(dispute, "reason")), end]
    };
    page.add(Html::of(&Table {
        caption: visit.say("statement-disputes"),
        columns: visit.columns(&["line", "claimed", "reason", "outcome"], &[]),
        rows: disputes.iter().map(row).collect(),
        empty: visit.say("disputes-none"),
        next: None,
    }));
}

fn amount(visit: &Visit<'_>, field: &str) -> Result<i64, Refusal> {
    visit.of_signed_amount(visit.form.text(field)).ok_or_else(|| Visit::at(field, &visit.say("amount-hint")))
}

/// Says what a line should say instead, and why.
pub(super) fn dispute(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let line: i64 = visit.parameter("n").parse().unwrap_or_default();
    let body = json!({"line": line, "claimed": amount(visit, "claimed")?, "reason": visit.form.text("reason")});
    visit.send("POST", format!("/statements/{}/disputes", visit.parameter("id")), body)?;
    Ok(Stepped::Go(format!("{}?done=statement-disputes", visit.path)))
}

/// Answers a dispute: with an amount that the next statement adds, or keeping the line.
pub(super) fn end(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let line: i64 = visit.which().parse().unwrap_or_default();
    let mut body = json!({"line": line, "reason": visit.form.text("reason")});
    if let (false, Some(fields)) = (visit.form.text("amount").is_empty(), body.as_object_mut()) {
        fields.insert("amount".to_owned(), json!(amount(visit, "amount")?));
    }
    statements::step(visit, "disputes/end", body)
}
