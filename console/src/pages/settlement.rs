//! Business days of a provider, and statements of what a grantor owes for them: closed, drafted, issued, agreed, paid.

use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{items, items_of, state, text, whole};
use crate::view::{Column, Facts, Field, Form, Heading, Html, Kind, Table, link};
use crate::visit::Visit;

/// The kinds of movements, as a day sums them.
const KINDS: [&str; 6] = ["sale", "capture", "advice", "void", "refund", "reversal"];

fn own(visit: &Visit<'_>) -> String {
    visit.party().unwrap_or_default().to_owned()
}

/// A provider's closed days.
pub(super) fn days(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "days"));
    page.add(Html::paragraph(visit.say("days-lead")));
    let (reply, next) = visit.page_of(format!("/providers/{}/days", own(visit)), vec![("limit", "60".into())])?;
    let row = |day: &Value| {
        let date = text(day, "date");
        let sum = |name: &str| {
            let kinds = KINDS.iter().filter_map(|kind| whole(day.get("ours")?.get(*kind)?, name));
            kinds.sum::<i64>()
        };
        vec![
            link(format!("/days/{date}"), visit.when(&Value::from(date))),
            state(visit, text(day, "state")),
            state(visit, text(day, "result")),
            Html::text(sum("count").to_string()),
            Html::text(visit.money(sum("gross"), "EUR")),
            Html::text(visit.money(sum("discount"), "EUR")),
        ]
    };
    let mut columns: Vec<Column> =
        ["day", "state", "result"].map(|name| Column::text(visit.word("column", name))).into();
    columns.extend(["count", "gross", "discount"].map(|name| Column::number(visit.word("column", name))));
    page.add(Html::of(&Table {
        caption: visit.say("days-closed"),
        columns,
        rows: items(&reply).iter().rev().map(row).collect(),
        empty: visit.say("days-none"),
        next,
    }));
    let field = Field::new("date", visit.word("column", "day")).kind(Kind::Line("date"));
    page.add(visit.form(Form::new("look", visit.say("days-look")).field(field)));
    Ok(Shown::Page(page))
}

/// To a day.
pub(super) fn look(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let date = visit.form.text("date");
    visit.get(format!("/providers/{}/days/{date}", own(visit)))?;
    Ok(Stepped::Go(format!("/days/{date}")))
}

/// A day as it was closed, or as it stands.
pub(super) fn day(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let date = visit.parameter("date");
    let day = visit.get(format!("/providers/{}/days/{date}", own(visit)))?.body;
    let mut page = Page::new(visit.when(&Value::from(date)));
    page.add(state(visit, text(&day, "state")));
    for part in ["ours", "late", "difference"] {
        let of = day.get(part).unwrap_or(&Value::Null);
        let row = |kind: &&str| {
            let total = of.get(*kind)?;
            let amount = |name: &str| Html::text(visit.money(whole(total, name).unwrap_or_default(), "EUR"));
            let count = Html::text(whole(total, "count").unwrap_or_default().to_string());
            let kind = Html::text(visit.word("movement", kind));
            Some(vec![kind, count, amount("gross"), amount("discount"), amount("payable")])
        };
        let rows: Vec<Vec<Html>> = KINDS.iter().filter_map(row).collect();
        if rows.is_empty() && part != "ours" {
            continue;
        }
        let mut columns = vec![Column::text(visit.word("column", "movement"))];
        columns
            .extend(["count", "gross", "discount", "payable"].map(|name| Column::number(visit.word("column", name))));
        page.add(Html::of(&Table {
            caption: visit.word("day-part", part),
            columns,
            rows,
            empty: visit.say("days-nothing"),
            next: None,
        }));
    }
    if text(&day, "state") == "open" && visit.may("POST", "/providers/{code}/days/{date}/close") {
        page.add(Html::paragraph(visit.say("days-close-means")));
        page.add(visit.form(Form::new("close", visit.say("days-close"))));
    }
    page.add(link("/days", visit.word("room", "days")));
    Ok(Shown::Page(page))
}

/// Closes a day and all before it.
pub(super) fn close(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let date = visit.parameter("date");
    visit.send("POST", format!("/providers/{}/days/{date}/close", own(visit)), json!({}))?;
    Ok(Stepped::Go(format!("/days/{date}?done=day-closed")))
}

/// Statements of the own party, as a grantor or as a provider.
pub(super) fn statements(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "statements"));
    let (reply, next) = visit.page_of("/statements", vec![("limit", "100".into())])?;
    let row = |statement: &Value| {
        let when = |name: &str| visit.when(statement.get(name).unwrap_or(&Value::Null));
        let total = whole(statement, "total").map(|total| visit.money(total, "EUR")).unwrap_or_default();
        vec![
            link(format!("/statements/{}", text(statement, "id")), format!("{} – {}", when("from"), when("until"))),
            Html::text(text(statement, "grantor")),
            Html::text(text(statement, "provider")),
            state(visit, text(statement, "state")),
            Html::text(total),
        ]
    };
    let mut columns: Vec<Column> =
        ["period", "grantor", "provider", "state"].map(|name| Column::text(visit.word("column", name))).into();
    columns.push(Column::number(visit.word("column", "total")));
    page.add(Html::of(&Table {
        caption: visit.word("room", "statements"),
        columns,
        rows: items(&reply).iter().rev().map(row).collect(),
        empty: visit.say("statements-none"),
        next,
    }));
    if visit.may("POST", "/statements") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("statements-new") }));
        let date = |name: &str, label: String| Field::new(name, label).kind(Kind::Line("date"));
        let form = Form::new("make", visit.say("statements-make"))
            .field(Field::new("grantor", visit.word("column", "grantor")))
            .field(Field::new("provider", visit.word("column", "provider")).value(own(visit)))
            .field(date("from", visit.word("column", "from")))
            .field(date("until", visit.say("statements-until")));
        page.add(visit.form(form));
    }
    Ok(Shown::Page(page))
}

/// Drafts a statement.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.text(name);
    let body = json!({"grantor": field("grantor"), "provider": field("provider"), "from": field("from"),
        "until": field("until")});
    let made = visit.send("POST", "/statements", body)?.body;
    Ok(Stepped::Go(format!("/statements/{}?done=statement-made", text(&made, "id"))))
}

/// One statement, to print.
pub(super) fn statement(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let reply = visit.get(format!("/statements/{id}"))?;
    let (statement, etag) = (reply.body, reply.etag.unwrap_or_default());
    let currency = text(&statement, "currency");
    let when = |name: &str| visit.when(statement.get(name).unwrap_or(&Value::Null));
    let mut page = Page::new(visit.say("statement-title"));
    let sum = |name: &str| Html::text(visit.money(whole(&statement, name).unwrap_or_default(), currency));
    let number = whole(&statement, "number").map(|number| number.to_string()).unwrap_or_default();
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "state"), state(visit, text(&statement, "state"))),
            (visit.word("column", "number"), Html::text(number)),
            (visit.word("column", "grantor"), Html::text(text(&statement, "grantor"))),
            (visit.word("column", "provider"), Html::text(text(&statement, "provider"))),
            (visit.word("column", "period"), Html::text(format!("{} – {}", when("from"), when("until")))),
            (visit.word("column", "opening"), sum("opening")),
            (visit.word("column", "total"), sum("total")),
            (visit.word("column", "balance"), sum("balance")),
            (visit.word("column", "seal"), Html::text(text(&statement, "hash"))),
        ],
    }));
    steps(visit, &mut page, &statement, &etag);
    page.add(lines(visit, &statement, currency));
    if !text(&statement, "hash").is_empty() {
        page.add(link(format!("/statements/{id}/sealed"), visit.say("statement-sealed")));
    }
    Ok(Shown::Page(page))
}

fn steps(visit: &Visit<'_>, page: &mut Page, statement: &Value, etag: &str) {
    let mut add = |step: &str, form: Form| {
        if visit.may("POST", &format!("/statements/{{id}}/{step}")) {
            page.add(visit.form(form.hidden("etag", etag)));
        }
    };
    match text(statement, "state") {
        "draft" => add("issue", Form::new("issue", visit.say("statement-issue"))),
        "issued" => add("agree", Form::new("agree", visit.say("statement-agree"))),
        "agreed" => {
            let form = Form::new("pay", visit.say("statement-pay"))
                .field(Field::new("paid_on", visit.say("statement-paid-on")).kind(Kind::Line("date")))
                .field(Field::new("reference", visit.say("statement-reference")));
            add("pay", form);
        }
        _ => {}
    }
}

fn lines(visit: &Visit<'_>, statement: &Value, currency: &str) -> Html {
    let row = |line: &Value| {
        let number = |name: &str| Html::text(whole(line, name).unwrap_or_default().to_string());
        let amount = |name: &str| Html::text(visit.money(whole(line, name).unwrap_or_default(), currency));
        vec![
            Html::text(visit.word("line-part", text(line, "part"))),
            Html::text(text(line, "benefit")),
            number("uses"),
            number("units"),
            amount("amount"),
            amount("reimbursed"),
        ]
    };
    let mut columns: Vec<Column> = ["part", "benefit"].map(|name| Column::text(visit.word("column", name))).into();
    columns.extend(["uses", "units", "discount", "reimbursed"].map(|name| Column::number(visit.word("column", name))));
    Html::of(&Table {
        caption: visit.say("statement-lines"),
        columns,
        rows: items_of(statement, "lines").iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    })
}

/// The sealed bytes.
pub(super) fn sealed(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let sealed = visit.get(format!("/statements/{}/sealed", visit.parameter("id")))?.body;
    Ok(Shown::File {
        name: format!("statement-{:.8}.csv", text(&sealed, "hash")),
        media_type: "text/csv; charset=utf-8",
        bytes: text(&sealed, "csv").as_bytes().to_vec(),
    })
}

fn step(visit: &Visit<'_>, step: &str, body: Value) -> Result<Stepped, Refusal> {
    let id = visit.parameter("id");
    visit.send("POST", format!("/statements/{id}/{step}"), body)?;
    Ok(Stepped::Go(format!("/statements/{id}?done=statement-{step}")))
}

/// Seals it.
pub(super) fn issue(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    step(visit, "issue", Value::Null)
}

/// Accepts what the other party issued.
pub(super) fn agree(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    step(visit, "agree", Value::Null)
}

/// Says when it was paid.
pub(super) fn pay(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let body = json!({"paid_on": visit.form.text("paid_on"), "reference": visit.form.text("reference")});
    step(visit, "pay", body)
}
