//! Why not? A sale as it came out: each benefit in the order of the decision, with its conditions, the values read, and its limits.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::Shown;
use crate::layout::Page;
use crate::reading::{items, items_of, text, whole};
use crate::view::{Column, Details, Facts, Heading, Html, Notice, Table, Tone, link, tag};
use crate::visit::Visit;

/// Sales to look at, the newest first.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "sales"));
    page.add(Html::paragraph(visit.say("sales-lead")));
    let mut query = vec![("limit", "50".to_owned())];
    for name in ["from", "until"] {
        if !visit.query.text(name).is_empty() {
            query.push((name, visit.query.text(name).to_owned()));
        }
    }
    page.add(visit.search(&["from", "until"]));
    let (reply, next) = visit.page_of("/authorizations", query)?;
    let explains = visit.may("GET", "/authorizations/{id}/explain");
    let row = |record: &Value| {
        let at = visit.when(record.get("occurred_at").unwrap_or(&Value::Null));
        let address = format!("/sales/{}", text(record, "id"));
        let amount = |name: &str| Html::text(whole(record, name).map(|it| visit.money(it, "EUR")).unwrap_or_default());
        vec![
            if explains { link(address, at) } else { Html::text(at) },
            Html::text(text(record, "provider")),
            Html::text(text(record, "terminal")),
            Html::text(visit.word("state", text(record, "state"))),
            amount("gross"),
            amount("discount"),
            amount("payable"),
        ]
    };
    let mut columns: Vec<Column> =
        ["at", "provider", "terminal", "state"].map(|name| Column::text(visit.word("column", name))).into();
    columns.extend(["gross", "discount", "payable"].map(|name| Column::number(visit.word("column", name))));
    page.add(Html::of(&Table {
        caption: visit.word("room", "sales"),
        columns,
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("sales-none"),
        next,
    }));
    Ok(Shown::Page(page))
}

/// One sale, explained: a line for each benefit, in the order of the decision.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let found = visit.get(format!("/authorizations/{}/explain", visit.parameter("id")))?.body;
    let sale = found.get("authorization").unwrap_or(&Value::Null);
    let mut page = Page::new(visit.say("why-title"));
    let told = found.get("explanation").map(|words| visit.named(words)).unwrap_or_default();
    if !told.is_empty() {
        page.add(Html::of(&Notice { tone: Tone::Plain, text: told.to_owned() }));
    }
    let amount = |name: &str| whole(sale, name).map(|it| visit.money(it, "EUR")).unwrap_or_default();
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "at"), Html::text(visit.when(sale.get("occurred_at").unwrap_or(&Value::Null)))),
            (visit.word("column", "provider"), Html::text(text(sale, "provider"))),
            (visit.word("column", "gross"), Html::text(amount("gross"))),
            (visit.word("column", "discount"), Html::text(amount("discount"))),
            (visit.word("column", "payable"), Html::text(amount("payable"))),
        ],
    }));
    page.add(Html::of(&Heading { id: "benefits", text: visit.say("why-benefits") }));
    let lines = items_of(&found, "lines");
    if lines.is_empty() {
        page.add(Html::paragraph(visit.say("why-nothing")));
    }
    for line in lines {
        page.add(considered(visit, line));
    }
    Ok(Shown::Page(page))
}

/// A benefit: what became of it, and opened its conditions and what would change it.
fn considered(visit: &Visit<'_>, line: &Value) -> Html {
    let name = line.get("name").map(|name| visit.named(name)).filter(|name| !name.is_empty());
    let words = visit.named(line.get("words").unwrap_or(&Value::Null));
    let mut parts = Vec::new();
    let conditions = items_of(line, "conditions");
    if !conditions.is_empty() {
        parts.push(Html::of(&Table {
            caption: visit.say("why-conditions"),
            columns: ["condition", "answer", "read", "source"]
                .map(|name| Column::text(visit.word("column", name)))
                .into(),
            rows: conditions.iter().map(|condition| row_of(visit, condition)).collect(),
            empty: String::new(),
            next: None,
        }));
    }
    let change = line.get("would_change").map(|words| visit.named(words)).unwrap_or_default();
    if !change.is_empty() {
        parts.push(Html::of(&Notice { tone: Tone::Warn, text: change.to_owned() }));
    }
    let benefit = text(line, "benefit");
    parts.push(link(format!("/benefits/{benefit}"), benefit));
    let gave = whole(line, "amount").unwrap_or_default() > 0;
    Html::of(&Details { summary: format!("{}: {words}", name.unwrap_or(benefit)), parts, is_open: !gave })
}

/// A condition as a sentence, with its answer, the value read, and where that is from.
fn row_of(visit: &Visit<'_>, condition: &Value) -> Vec<Html> {
    let answer = text(condition, "answer");
    let tone = match answer {
        "true" => Tone::Good,
        "false" => Tone::Bad,
        _ => Tone::Warn,
    };
    let depth = usize::try_from(whole(condition, "depth").unwrap_or_default()).unwrap_or_default().min(20);
    let words = visit.named(condition.get("words").unwrap_or(&Value::Null));
    let read = condition.get("read").filter(|read| !read.is_null()).map(|read| match read {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let source = condition.get("source").filter(|source| !source.is_null());
    let source = source.map(|source| {
        let at = visit.when(source.get("at").unwrap_or(&Value::Null));
        format!("{} {at}", visit.word("source", text(source, "kind")))
    });
    vec![
        Html::text(format!("{}{words}", "– ".repeat(depth))),
        tag(tone, visit.word("answer", answer)),
        Html::text(read.unwrap_or_default()),
        Html::text(source.unwrap_or_default()),
    ]
}
