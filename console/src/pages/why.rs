//! Why not? A sale as it came out: each benefit in the order of the decision, with its conditions, the values read, and its limits.

use avis_admin::control::{Refusal, encoded};
use jiff::civil::Date;
use serde_json::Value;

use super::{Shown, Stepped, exports, why_not};
use crate::layout::Page;
use crate::reading::{items, items_of, pretty, text, whole};
use crate::view::{Code, Details, Facts, Field, Heading, Html, Notice, Search, Table, Tone, link};
use crate::visit::Visit;

/// The list of all of them.
const RECORDS: &str = "/exports/records";

/// Sales to look at, the newest first.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (number, explains) = (visit.query.text("number").trim(), visit.may("GET", "/authorizations/{id}/explain"));
    let mut fault = None;
    if !number.is_empty() && explains {
        match one(visit, number) {
            // Somebody mistyped it: the list stays.
            Err(refusal) if refusal.code.status() == 404 => fault = Some(visit.say("sales-no-such-number")),
            found => return found,
        }
    }
    let mut page = Page::new(visit.word("room", "sales"));
    page.add(Html::paragraph(visit.say("sales-lead")));
    if explains {
        page.add(by_number(visit, fault));
    }
    let mut query = vec![("limit", "50".to_owned())];
    query.extend(asked(visit));
    let is_provider = visit.is("pr");
    let mut fields = vec![visit.sought("date", "from"), visit.sought("date", "until")];
    fields.push(visit.sought("text", if is_provider { "terminal" } else { "provider" }));
    page.add(visit.search(fields));
    let (reply, next) = visit.page_of("/authorizations", query)?;
    page.add(table(visit, items(&reply), next));
    page.add(exports::form(visit, RECORDS));
    Ok(Shown::Page(page))
}

/// A table of sales, of what is told of them: a grantor hears what its benefits gave, and neither where nor of how much.
fn table(visit: &Visit<'_>, sales: &[Value], next: Option<(String, String)>) -> Html {
    let is_told = |name: &&str| sales.iter().any(|sale| sale.get(*name).is_some());
    let texts: Vec<&str> = ["provider", "terminal"].into_iter().filter(is_told).collect();
    let amounts: Vec<&str> = ["gross", "discount", "payable"].into_iter().filter(is_told).collect();
    let row = |sale: &Value| {
        let at = visit.when_of(sale, "occurred_at");
        let address = format!("/sales/{}", text(sale, "id"));
        let amount = |name: &&str| Html::text(whole(sale, name).map(|it| visit.amount(it)).unwrap_or_default());
        let mut cells = vec![link(address, at)];
        cells.extend(texts.iter().map(|name| Html::text(text(sale, name))));
        cells.push(Html::text(visit.word("state", text(sale, "state"))));
        cells.extend(amounts.iter().map(amount));
        cells
    };
    let heads: Vec<&str> = ["at"].into_iter().chain(texts.iter().copied()).chain(["state"]).collect();
    Html::of(&Table {
        caption: visit.word("room", "sales"),
        columns: visit.columns(&heads, &amounts),
        rows: sales.iter().map(row).collect(),
        empty: visit.say("sales-none"),
        next,
    })
}

/// Records of use as a file, as they are sought.
pub(super) fn export(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    exports::take(visit, (RECORDS, "sales.ndjson"), asked(visit))
}

/// Which sales are sought.
fn asked(visit: &Visit<'_>) -> Vec<(&'static str, String)> {
    let typed = ["provider", "terminal"].map(|name| (name, visit.query.text(name).to_owned()));
    sought(visit).into_iter().chain(typed.into_iter().filter(|(_, typed)| !typed.is_empty())).collect()
}

/// The times that are sought: from the beginning of one day until the end of another. What is no day goes on as it was written.
pub(super) fn sought(visit: &Visit<'_>) -> Vec<(&'static str, String)> {
    let begins = |day: Date| Some(visit.zone().to_timestamp(day.at(0, 0, 0, 0)).ok()?.to_string());
    let ends = |day: Date| begins(day.tomorrow().ok()?);
    let (from, until) = (visit.query.text("from"), visit.query.text("until"));
    let day = |text: &str| text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    let from = day(from).and_then(begins).unwrap_or_else(|| from.to_owned());
    let until = day(until).and_then(ends).unwrap_or_else(|| until.to_owned());
    [("from", from), ("until", until)].into_iter().filter(|(_, at)| !at.is_empty()).collect()
}

/// A form by which a sale is found by its number, as it stands on what the person was given.
pub(super) fn by_number(visit: &Visit<'_>, fault: Option<String>) -> Html {
    let field = Field::new("number", visit.say("sales-number")).value(visit.query.text("number"));
    let field = Field { fault, ..field };
    visit.searched(Search { address: "/sales", fields: vec![field], submit: visit.say("sales-why") })
}

/// One sale, explained to who may know why it came out so.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    if visit.may("GET", "/authorizations/{id}/explain") { one(visit, id) } else { sold(visit, id) }
}

/// A sale as it stands, for who sold it.
fn sold(visit: &Visit<'_>, id: &str) -> Result<Shown, Refusal> {
    let sale = visit.get(format!("/authorizations/{}", encoded(id)))?.body;
    let mut page = Page::new(visit.say("sale-title"));
    let state = visit.word("state", text(&sale, "state"));
    let mut rows = facts(visit, &sale, id);
    rows.push((visit.word("column", "terminal"), Html::text(text(&sale, "terminal"))));
    rows.push((visit.word("column", "state"), Html::text(state)));
    page.add(Html::of(&Facts { rows }));
    page.add(link("/sales", visit.word("room", "sales")));
    Ok(Shown::Page(page))
}

/// What is told of a sale, whoever looks at it.
fn facts(visit: &Visit<'_>, sale: &Value, id: &str) -> Vec<(String, Html)> {
    let amount = |name: &str| whole(sale, name).map(|it| visit.amount(it)).unwrap_or_default();
    vec![
        (visit.word("column", "number"), Html::text(id)),
        (visit.word("column", "at"), Html::text(visit.when_of(sale, "occurred_at"))),
        (visit.word("column", "provider"), Html::text(text(sale, "provider"))),
        (visit.word("column", "gross"), Html::text(amount("gross"))),
        (visit.word("column", "discount"), Html::text(amount("discount"))),
        (visit.word("column", "payable"), Html::text(amount("payable"))),
    ]
}

/// A sale of a number: a line for each benefit, in the order of the decision.
fn one(visit: &Visit<'_>, id: &str) -> Result<Shown, Refusal> {
    let found = visit.get(format!("/authorizations/{}/explain", encoded(id)))?.body;
    let sale = found.get("authorization").unwrap_or(&Value::Null);
    let mut page = Page::new(visit.say("why-title"));
    let told = found.get("explanation").map(|words| visit.named(words)).unwrap_or_default();
    if !told.is_empty() {
        page.add(Html::of(&Notice { tone: Tone::Plain, text: told.to_owned() }));
    }
    page.add(Html::of(&Facts { rows: facts(visit, sale, id) }));
    page.add(Html::of(&Heading { id: "benefits", text: visit.say("why-benefits") }));
    why_not::told(visit, &mut page, items_of(&found, "lines"));
    again(visit, &mut page, &found);
    Ok(Shown::Page(page))
}

/// That it comes out the same again from what was read then, for who oversees all; with the trace for programs.
fn again(visit: &Visit<'_>, page: &mut Page, found: &Value) {
    let Some(again) = found.get("again").filter(|again| !again.is_null()) else { return };
    page.add(Html::of(&Heading { id: "again", text: visit.say("again-title") }));
    let revision = whole(again, "revision").unwrap_or_default();
    let differences = items_of(again, "differences");
    let (tone, told) = if differences.is_empty() { (Tone::Good, "again-same") } else { (Tone::Bad, "again-other") };
    let said = visit.texts.with(told, &[("revision", revision.into())]);
    page.add(Html::of(&Notice { tone, text: said }));
    if !differences.is_empty() {
        let cell = |one: &Value, name: &str| Html::text(one.get(name).map(Value::to_string).unwrap_or_default());
        let row = |one: &Value| vec![Html::text(text(one, "pointer")), cell(one, "recorded"), cell(one, "now")];
        page.add(Html::of(&Table {
            caption: visit.say("again-title"),
            columns: visit.columns(&["field", "recorded", "now"], &[]),
            rows: differences.iter().map(row).collect(),
            empty: String::new(),
            next: None,
        }));
    }
    let trace = found.get("trace").unwrap_or(&Value::Null);
    let json = Html::of(&Code { label: visit.say("again-trace"), text: pretty(trace) });
    page.add(Html::of(&Details { summary: visit.say("again-trace"), parts: vec![json], is_open: false }));
}
