//! E-services of merchants: drafted by their party, published and withdrawn by an operator, and how often each was opened.

use avis_admin::control::{Refusal, encoded};
use serde_json::{Value, json};

use super::terminals::words_of;
use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{is, items, state, text, texts, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Table, Tone, link, tag};
use crate::visit::Visit;

fn name<'v>(visit: &Visit<'_>, service: &'v Value) -> &'v str {
    visit.named(service.get("name").unwrap_or(&Value::Null))
}

/// Those that are published, and the own party's; an operator sees all.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "services"));
    page.add(Html::paragraph(visit.say("services-lead")));
    let (reply, next) = visit.page_of("/services", vec![("limit", "50".into())])?;
    let row = |service: &Value| {
        let waits = service.get("pending").is_some_and(Value::is_object);
        let waits = waits.then(|| tag(Tone::Warn, visit.say("service-change-waits")));
        vec![
            link(format!("/services/{}", text(service, "id")), name(visit, service)),
            Html::text(text(service, "party")),
            Html::joined([Some(state(visit, text(service, "state"))), waits].into_iter().flatten()),
            Html::text(text(service, "address")),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.word("room", "services"),
        columns: visit.columns(&["called", "party", "state", "address"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("services-none"),
        next,
    }));
    if visit.may("POST", "/services") && visit.is("pr") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("services-new") }));
        page.add(visit.form(drafted(visit, "make", &Value::Null)));
    }
    Ok(Shown::Page(page))
}

/// The form of a service, with what it says so far.
fn drafted(visit: &Visit<'_>, step: &str, service: &Value) -> Form {
    let named = |language: &str| service.get("name").map(|name| text(name, language)).unwrap_or_default();
    let login = if is(service, "login") { "yes" } else { "" };
    Form::new(step, visit.say("service-save"))
        .field(Field::new("name-lv", visit.say("parties-name-lv")).value(named("lv")))
        .field(Field::new("name-en", visit.say("parties-name-en")).value(named("en")))
        .field(
            Field::new("audience", visit.say("service-audience"))
                .hint(visit.say("service-audience-hint"))
                .value(texts(service, "audience").join(", "))
                .optional(),
        )
        .field(
            Field::new("address", visit.word("column", "address"))
                .hint(visit.say("service-address-hint"))
                .value(text(service, "address")),
        )
        .field(Field::new("login", visit.say("service-login")).kind(Kind::Tick).value(login).optional())
}

fn body(visit: &Visit<'_>) -> Value {
    let field = |name: &str| visit.form.text(name);
    json!({"name": {"lv": field("name-lv"), "en": field("name-en")}, "audience": words_of(field("audience")),
        "address": field("address"), "login": field("login") == "yes"})
}

/// A refusal, with each fault at the field of the form.
fn placed(refusal: Refusal) -> Refusal {
    Visit::placed(refusal, &[("/name/", "/name-")])
}

/// Drafts one.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let made = visit.send("POST", "/services", body(visit)).map_err(placed)?.body;
    Ok(Stepped::Go(format!("/services/{}?done=service-made", text(&made, "id"))))
}

/// One service.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let reply = visit.get(format!("/services/{id}"))?;
    let (service, etag) = (reply.body, reply.etag.unwrap_or_default());
    let mut page = Page::new(name(visit, &service).to_owned());
    page.add(state(visit, text(&service, "state")));
    page.add(facts(visit, &service));
    let pending = service.get("pending").filter(|pending| pending.is_object());
    if let Some(pending) = pending {
        page.add(Html::of(&Heading { id: "pending", text: visit.say("service-change-waits") }));
        page.add(facts(visit, pending));
    }
    let is_published = text(&service, "state") == "published";
    if visit.may("POST", "/services/{id}/publish") {
        if pending.is_some() || !is_published {
            let form = Form::new("publish", visit.say("service-publish")).field(visit.reason());
            page.add(visit.form(form.hidden("etag", &*etag)));
        }
        if is_published {
            page.add(visit.form(Form::new("withdraw", visit.say("service-withdraw")).field(visit.reason()).danger()));
        }
    }
    if visit.may("PUT", "/services/{id}") && text(&service, "party") == visit.own() {
        page.add(Html::of(&Heading { id: "change-title", text: visit.say("service-change") }));
        page.add(Html::paragraph(visit.say("service-change-means")));
        let form = drafted(visit, "change", pending.unwrap_or(&service));
        page.add(visit.form(form.hidden("etag", &*etag)));
    }
    add_openings(visit, &mut page, id, &service)?;
    page.add(link("/services", visit.word("room", "services")));
    Ok(Shown::Page(page))
}

fn facts(visit: &Visit<'_>, service: &Value) -> Html {
    let audience = texts(service, "audience").join(", ");
    let audience = if audience.is_empty() { visit.say("service-everybody") } else { audience };
    Html::of(&Facts {
        rows: vec![
            (visit.word("column", "called"), Html::text(name(visit, service))),
            (visit.say("service-audience"), Html::text(audience)),
            (visit.word("column", "address"), Html::text(text(service, "address"))),
            (visit.say("service-login"), Html::text(visit.yes_or_no(is(service, "login")))),
        ],
    })
}

/// How often it was opened, and by how many, by quarter: for its party and for operators.
fn add_openings(visit: &Visit<'_>, page: &mut Page, id: &str, service: &Value) -> Result<(), Refusal> {
    let is_own = text(service, "party") == visit.own();
    if !(visit.is("op") || visit.oversees() || is_own) {
        return Ok(());
    }
    let reply = visit.list(format!("/services/{}/openings", encoded(id)), vec![("limit", "50".into())])?;
    let row = |quarter: &Value| {
        let number = |name: &str| {
            let told = whole(quarter, name).map(|number| visit.number(number));
            Html::text(told.unwrap_or_else(|| visit.say("not-told")))
        };
        vec![Html::text(text(quarter, "quarter")), number("openings"), number("people")]
    };
    let columns = visit.columns(&["quarter"], &["openings", "different-people"]);
    page.add(Html::of(&Table {
        caption: visit.say("service-openings"),
        columns,
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("service-never-opened"),
        next: None,
    }));
    Ok(())
}

fn act(visit: &Visit<'_>, step: &str) -> Result<Stepped, Refusal> {
    let id = visit.parameter("id");
    visit.send("POST", format!("/services/{id}/{step}"), json!({"reason": visit.form.text("reason")}))?;
    Ok(Stepped::Go(format!("/services/{id}?done=service-{step}")))
}

/// Publishes what was read.
pub(super) fn publish(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    act(visit, "publish")
}

/// Withdraws it at once.
pub(super) fn withdraw(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    act(visit, "withdraw")
}

/// Changes it: what was published stays so until an operator publishes the change.
pub(super) fn change(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let id = visit.parameter("id");
    visit.send("PUT", format!("/services/{id}"), body(visit)).map_err(placed)?;
    Ok(Stepped::Go(format!("/services/{id}?done=saved")))
}
