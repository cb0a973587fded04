//! Why not? By what a person shows at a desk: what a till would answer now, and why; printed, it is the answer to a complaint.

use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::why::by_number;
use super::{Shown, Stepped, finding};
use crate::layout::Page;
use crate::reading::{items, items_of, text, texts};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Notice, Tone, link};
use crate::visit::{IDENTIFIER, Visit};
use crate::why;

/// What would be sold to whom.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "why"));
    if visit.may("GET", "/authorizations/{id}/explain") {
        page.add(Html::paragraph(visit.say("why-not-by-number")));
        page.add(by_number(visit, None));
    }
    page.add(Html::paragraph(visit.say("why-not-lead")));
    page.add(visit.form(form(visit)?));
    Ok(Shown::Page(page))
}

/// Whether who visits is told of a person alone whom they found.
fn is_of_who_was_found(visit: &Visit<'_>) -> bool {
    visit.may("POST", "/people/find")
}

/// The providers that the rules know, by the names of their parties; for who does not read providers, the parties that are one.
fn providers(visit: &Visit<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let first = |list: &str| Ok::<_, Refusal>(items(&visit.list(list, vec![("limit", "200".into())])?).to_vec());
    let parties = first("/parties")?;
    let known = if visit.may("GET", "/providers") {
        first("/providers")?
    } else {
        let sells = |party: &&Value| texts(party, "capacities").iter().any(|capacity| capacity == "provider");
        parties.iter().filter(sells).cloned().collect()
    };
    let called = |provider: &Value| {
        let code = text(provider, "code");
        let party = parties.iter().find(|party| text(party, "code") == code);
        let name = party.and_then(|party| party.get("name")).map(|name| visit.named(name)).unwrap_or_default();
        (code.to_owned(), if name.is_empty() { code.to_owned() } else { format!("{name} ({code})") })
    };
    Ok(known.iter().map(called).collect())
}

fn form(visit: &Visit<'_>) -> Result<Form, Refusal> {
    let providers = providers(visit)?;
    let field = |name: &str| Field::new(name, visit.word("why-not", name));
    let mut form = Form::new("ask", visit.say("why-not-do"))
        .field(finding::schemes(visit)?)
        .field(finding::shown(visit))
        .field(field("provider").kind(Kind::Choice(providers)))
        .field(field("product").hint(visit.say("why-not-product-hint")))
        .field(field("quantity").value("1"))
        .field(field("price").hint(visit.say("why-not-price-hint")))
        .field(field("channel").value("desk"))
        .field(field("at").hint(visit.say("instant-hint")).optional());
    if is_of_who_was_found(visit) {
        form = form.field(finding::cause(visit));
    }
    Ok(form.field(visit.reason()))
}

/// Asks what a till would answer, once the audit knows for whom and why.
pub(super) fn ask(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let mut body = Map::from_iter([
        ("provider".to_owned(), json!(typed("provider"))),
        ("request".to_owned(), request(visit)?),
        ("reason".to_owned(), json!(typed("reason"))),
    ]);
    if is_of_who_was_found(visit) {
        body.insert("handle".to_owned(), json!(finding::find(visit)?));
    }
    let found = visit.send("POST", "/explain", Value::Object(body)).map_err(placed)?.body;
    Ok(Stepped::Show(answer(visit, &found)))
}

fn request(visit: &Visit<'_>) -> Result<Value, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let quantity: i64 = typed("quantity").parse().map_err(|_| Visit::at("quantity", &visit.say("places-no-number")))?;
    let price = visit.of_amount(typed("price")).ok_or_else(|| Visit::at("price", &visit.say("places-no-number")))?;
    let mut request = json!({"currency": visit.currency(), "channel": typed("channel"),
        "identifiers": [{"scheme": typed("scheme"), "value": typed(IDENTIFIER)}],
        "lines": [{"line_id": "1", "product": typed("product"), "quantity": quantity, "unit_price": price}]});
    if let (Some(fields), false) = (request.as_object_mut(), typed("at").is_empty()) {
        fields.insert("occurred_at".to_owned(), json!(typed("at")));
    }
    Ok(request)
}

/// Faults of what was asked, at the fields of the form.
fn placed(refusal: Refusal) -> Refusal {
    let fields = [
        ("/request/lines/0/product", "/product"),
        ("/request/lines/0/quantity", "/quantity"),
        ("/request/lines/0/unit_price", "/price"),
        ("/request/identifiers", "/value"),
        ("/request/occurred_at", "/at"),
        ("/request/channel", "/channel"),
    ];
    Visit::placed(refusal, &fields)
}

/// A part for each benefit, or that there is none.
pub(super) fn told(visit: &Visit<'_>, page: &mut Page, lines: &[Value]) {
    if lines.is_empty() {
        page.add(Html::paragraph(visit.say("why-nothing")));
    }
    why::lines(visit, lines).into_iter().for_each(|line| page.add(line));
}

/// The answer, as it is printed: what was asked, what came of the means, and each benefit with its reason.
fn answer(visit: &Visit<'_>, found: &Value) -> Page {
    let typed = |name: &str| visit.form.text(name).to_owned();
    let mut page = Page::new(visit.word("room", "why"));
    let sentence = found.get("explanation").map(|words| visit.named(words)).unwrap_or_default();
    if !sentence.is_empty() {
        page.add(Html::of(&Notice { tone: Tone::Plain, text: sentence.to_owned() }));
    }
    let at = if typed("at").is_empty() { json!(visit.now) } else { json!(typed("at")) };
    let price = visit.of_amount(&typed("price")).map(|it| visit.amount(it)).unwrap_or_default();
    let row = |name: &str, value: String| (visit.word("why-not", name), Html::text(value));
    let mut rows = vec![
        (visit.word("column", "at"), Html::text(visit.when(&at))),
        row("provider", typed("provider")),
        row("product", typed("product")),
        row("quantity", typed("quantity")),
        row("price", price),
        row("channel", typed("channel")),
    ];
    for means in items_of(found.get("trace").unwrap_or(&Value::Null), "identifiers") {
        let verdict = visit.word("means-verdict", text(means, "verdict"));
        rows.push(row("scheme", format!("{}: {verdict}", text(means, "scheme"))));
    }
    rows.push((visit.word("column", "reason"), Html::text(typed("reason"))));
    page.add(Html::of(&Facts { rows }));
    page.add(Html::of(&Heading { id: "benefits", text: visit.say("why-benefits") }));
    told(visit, &mut page, items_of(found, "lines"));
    page.add(Html::paragraph(visit.texts.with("fault-request", &[("id", visit.request().into())])));
    page.add(link("/why", visit.say("why-not-again")));
    page
}
