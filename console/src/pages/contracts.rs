//! Contracts of a grantor with providers: what it reimburses. One person drafts a version, another one confirms it.

use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::{Shown, Stepped};
use crate::formats::of_hundredths;
use crate::layout::Page;
use crate::reading::{items, state, text, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Notice, Table, Tone, link};
use crate::visit::Visit;

const WINDOWS: [&str; 3] = ["month", "year", "validity"];
const ROUNDINGS: [&str; 2] = ["record", "batch"];

fn rate(visit: &Visit<'_>, contract: &Value) -> String {
    visit.percent(whole(contract, "rate").unwrap_or_default())
}

fn ceiling(visit: &Visit<'_>, contract: &Value) -> String {
    let Some(ceiling) = contract.get("ceiling").filter(|ceiling| ceiling.is_object()) else {
        return visit.say("contract-no-ceiling");
    };
    let amount = visit.amount(whole(ceiling, "amount").unwrap_or_default());
    format!("{amount} {}", visit.word("contract-per", text(ceiling, "per")))
}

/// Those of the own party, as a grantor or as a provider.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "contracts"));
    page.add(Html::paragraph(visit.say("contracts-lead")));
    let (reply, next) = visit.newest_of("/contracts", 100)?;
    let row = |contract: &Value| {
        let when = |name: &str| visit.when_of(contract, name);
        let version = whole(contract, "version").map(|version| version.to_string()).unwrap_or_default();
        let pair = format!("{} – {}", text(contract, "grantor"), text(contract, "provider"));
        vec![
            link(format!("/contracts/{}", text(contract, "id")), pair),
            Html::text(version),
            state(visit, text(contract, "state")),
            Html::text(when("from")),
            Html::text(when("until")),
            Html::text(rate(visit, contract)),
            Html::text(ceiling(visit, contract)),
        ]
    };
    let columns = ["contract", "version", "state", "from", "until", "rate", "ceiling"];
    page.add(Html::of(&Table {
        caption: visit.word("room", "contracts"),
        columns: visit.columns(&columns, &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("contracts-none"),
        next,
    }));
    if visit.may("POST", "/contracts") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("contracts-new") }));
        page.add(Html::paragraph(visit.say("contracts-new-lead")));
        page.add(visit.form(drafted(visit)));
    }
    Ok(Shown::Page(page))
}

fn drafted(visit: &Visit<'_>) -> Form {
    let column = |name: &str| visit.word("column", name);
    let choice = |family: &'static str, words: &[&str]| {
        Kind::Choice(words.iter().map(|word| ((*word).to_owned(), visit.word(family, word))).collect())
    };
    let mut windows = vec![(String::new(), visit.say("contract-no-ceiling"))];
    windows.extend(WINDOWS.map(|word| (word.to_owned(), visit.word("contract-per", word))));
    let date = |name: &str, label: String| Field::new(name, label).kind(Kind::Line("date"));
    Form::new("make", visit.say("contracts-make"))
        .field(Field::new("provider", column("provider")))
        .field(date("from", column("from")))
        .field(date("until", visit.say("contract-until")).optional())
        .field(Field::new("rate", visit.say("contract-rate")).value("100"))
        .field(
            Field::new("rates", visit.say("contract-rates"))
                .hint(visit.say("contract-rates-hint"))
                .kind(Kind::Area(3))
                .optional(),
        )
        .field(Field::new("rounding", visit.say("contract-rounding")).kind(choice("contract-rounded", &ROUNDINGS)))
        .field(Field::new("per", column("ceiling")).kind(Kind::Choice(windows)))
        .field(Field::new("ceiling", visit.say("contract-ceiling")).hint(visit.say("contract-ceiling-hint")).optional())
}

/// Percent that were typed into a field, as basis points.
fn percent(visit: &Visit<'_>, field: &str, typed: &str) -> Result<i64, Refusal> {
    of_hundredths(typed).ok_or_else(|| Visit::at(field, &visit.say("contract-percent")))
}

/// Drafts the next version.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.text(name);
    let mut rates = Map::new();
    for line in field("rates").lines().filter(|line| !line.trim().is_empty()) {
        let (benefit, rate) =
            line.trim().rsplit_once(' ').ok_or_else(|| Visit::at("rates", &visit.say("contract-rates-hint")))?;
        rates.insert(benefit.trim().to_owned(), json!(percent(visit, "rates", rate)?));
    }
    let mut body = json!({"provider": field("provider"), "from": field("from"),
        "rate": percent(visit, "rate", field("rate"))?, "rates": rates, "rounding": field("rounding")});
    if let Some(fields) = body.as_object_mut() {
        if !field("until").is_empty() {
            fields.insert("until".to_owned(), json!(field("until")));
        }
        if !field("per").is_empty() {
            let amount = visit.of_amount(field("ceiling"));
            let amount = amount.ok_or_else(|| Visit::at("ceiling", &visit.say("contract-ceiling-hint")))?;
            fields.insert("ceiling".to_owned(), json!({"per": field("per"), "amount": amount}));
        }
    }
    let made = visit.send("POST", "/contracts", body)?.body;
    Ok(Stepped::Go(format!("/contracts/{}?done=contract-made", text(&made, "id"))))
}

/// One version.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let reply = visit.get(format!("/contracts/{}", visit.parameter("id")))?;
    let (contract, etag) = (reply.body, reply.etag.unwrap_or_default());
    let mut page = Page::new(visit.say("contract-title"));
    let when = |name: &str| visit.when_of(&contract, name);
    let row = |name: &str, value: String| (visit.word("column", name), Html::text(value));
    let version = whole(&contract, "version").map(|version| version.to_string()).unwrap_or_default();
    let rates = contract.get("rates").and_then(Value::as_object).into_iter().flatten();
    let rates = rates.map(|(benefit, rate)| format!("{benefit} {}", visit.percent(rate.as_i64().unwrap_or_default())));
    page.add(Html::of(&Facts {
        rows: vec![
            row("grantor", text(&contract, "grantor").to_owned()),
            row("provider", text(&contract, "provider").to_owned()),
            (visit.word("column", "state"), state(visit, text(&contract, "state"))),
            row("version", version),
            row("from", when("from")),
            row("until", when("until")),
            row("rate", rate(visit, &contract)),
            (visit.say("contract-rates"), Html::text(rates.collect::<Vec<_>>().join(", "))),
            (visit.say("contract-rounding"), Html::text(visit.word("contract-rounded", text(&contract, "rounding")))),
            row("ceiling", ceiling(visit, &contract)),
            (visit.say("contract-confirmed-at"), Html::text(when("confirmed_at"))),
        ],
    }));
    let is_draft = text(&contract, "state") == "draft";
    if is_draft && visit.is_me(text(&contract, "drafted_by")) {
        page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("contract-second-person") }));
    } else if is_draft && visit.may("POST", "/contracts/{id}/confirm") {
        page.add(Html::paragraph(visit.say("contract-confirm-means")));
        page.add(visit.form(Form::new("confirm", visit.say("contract-confirm")).hidden("etag", &*etag)));
    }
    if is_draft && visit.may("DELETE", "/contracts/{id}") {
        page.add(visit.form(Form::new("remove", visit.say("contract-remove")).hidden("etag", &*etag).danger()));
    }
    page.add(link("/contracts", visit.word("room", "contracts")));
    Ok(Shown::Page(page))
}

/// Confirms what another drafted.
pub(super) fn confirm(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let id = visit.parameter("id");
    visit.send("POST", format!("/contracts/{id}/confirm"), Value::Null)?;
    Ok(Stepped::Go(format!("/contracts/{id}?done=contract-confirmed")))
}

/// Removes a version that is not confirmed.
pub(super) fn remove(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", format!("/contracts/{}", visit.parameter("id")), Value::Null)?;
    Ok(Stepped::Go("/contracts?done=removed".to_owned()))
}
