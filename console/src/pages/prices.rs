//! Prices of a provider as it tells them: of one that is reduced, tills are answered the lowest of the thirty days before.

use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::{Shown, Stepped, live, price_list, priorities};
use crate::layout::Page;
use crate::reading::{is, items, text, whole};
use crate::view::{Field, Form, Heading, Html, Kind, Table};
use crate::visit::Visit;

/// Who sells sees the own prices at once, who oversees several chooses.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    if visit.is("pr") {
        return of_provider(visit, visit.own());
    }
    priorities::providers(visit, "prices", visit.say("prices-lead"))
}

/// Those of one provider.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    of_provider(visit, visit.parameter("code"))
}

fn of_provider(visit: &Visit<'_>, provider: &str) -> Result<Shown, Refusal> {
    let (reply, next) = visit.page_of(format!("/providers/{provider}/prices"), vec![("limit", "100".into())])?;
    let mut page = Page::new(visit.texts.with("prices-at", &[("provider", provider.into())]));
    page.add(live::of_address(visit)?);
    page.add(Html::paragraph(visit.say("prices-lead")));
    let row = |price: &Value| {
        let amount = |name: &str| whole(price, name).map(|told| visit.amount(told)).unwrap_or_default();
        let reduced = if is(price, "reduced") { visit.say("price-reduced") } else { String::new() };
        // Of a reduction in force; one before which nothing was told has none.
        let lowest = match price.get("reference") {
            Some(told) if told.is_object() => {
                whole(told, "price").map_or_else(|| visit.say("price-no-lowest"), |amount| visit.amount(amount))
            }
            _ => String::new(),
        };
        vec![
            Html::text(text(price, "product")),
            Html::text(visit.when_of(price, "from")),
            Html::text(visit.when_of(price, "until")),
            Html::text(reduced),
            Html::text(amount("price")),
            Html::text(lowest),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.word("room", "prices"),
        columns: visit.columns(&["product", "from", "until", "reduced"], &["price", "lowest-before"]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("prices-none"),
        next,
    }));
    if visit.may("POST", "/providers/{code}/prices") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("prices-new") }));
        let day = |name: &str| Field::new(name, visit.word("column", name)).kind(Kind::Line("date"));
        let form = Form::new("tell", visit.say("prices-tell"))
            .to(format!("/prices/{provider}"))
            .field(Field::new("product", visit.word("column", "product")).hint(visit.say("why-not-product-hint")))
            .field(Field::new("price", visit.word("column", "price")).hint(visit.say("price-hint")))
            .field(day("from").value(visit.today().to_string()))
            .field(day("until").optional())
            .field(Field::new("reduced", visit.say("price-is-reduced")).kind(Kind::Tick))
            .field(visit.reason());
        page.add(visit.form(form));
        page.add(Html::of(&Heading { id: "list", text: visit.say("price-list-title") }));
        page.add(visit.form(price_list::form(visit, provider)));
    }
    Ok(Shown::Page(page))
}

/// Tells a price.
pub(super) fn tell(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (typed, provider) = (|name: &str| visit.form.text(name), visit.parameter("code"));
    let price = visit.of_amount(typed("price")).ok_or_else(|| Visit::at("price", &visit.say("price-hint")))?;
    let mut told = Map::from_iter([
        ("product".to_owned(), json!(typed("product"))),
        ("price".to_owned(), json!(price)),
        ("reduced".to_owned(), json!(typed("reduced") == "yes")),
    ]);
    let days = ["from", "until"].into_iter().filter(|name| !typed(name).is_empty());
    told.extend(days.map(|name| (name.to_owned(), json!(typed(name)))));
    let body = json!({"prices": [told], "reason": typed("reason")});
    let done = visit.send("POST", format!("/providers/{provider}/prices"), body);
    let done = done.map_err(|refusal| Visit::placed(refusal, &[("/prices/0/", "/"), ("/prices", "/from")]))?;
    let revision = whole(&done.body, "revision").unwrap_or_default();
    Ok(Stepped::Go(format!("/prices/{provider}?done=price-told&revision={revision}")))
}
