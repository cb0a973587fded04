//! A provider as the rules know it: by which means people are recognised there, which of them it gives out itself, and by which tags
//! rules name it. What a change comes to is told before it is made.

use avis_admin::control::{Question, Refusal, encoded};
use serde_json::{Value, json};

use super::ground::{effect, tried};
use super::terminals::words_of;
use super::{Shown, Stepped, live, priorities};
use crate::layout::Page;
use crate::reading::{items, text, texts, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Ways, link};
use crate::visit::Visit;

/// The providers that the rules know; who sells and is none of them yet is led to its own page.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut shown = priorities::providers(visit, "providers", visit.say("providers-lead"))?;
    if let Shown::Page(page) = &mut shown
        && visit.is("pr")
    {
        page.add(Html::of(&Ways { ways: vec![link(path_of(visit.own()), visit.say("providers-own"))] }));
    }
    Ok(shown)
}

fn path_of(code: &str) -> String {
    format!("/providers/{}", encoded(code))
}

fn path(visit: &Visit<'_>) -> String {
    path_of(visit.parameter("code"))
}

/// Whether a provider is the one for which who visits acts.
fn is_own(visit: &Visit<'_>) -> bool {
    visit.is("pr") && visit.parameter("code") == visit.own()
}

/// One provider; an own one that the rules do not know yet accepts everything and gives out nothing.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (provider, etag) = match visit.get(path(visit)) {
        Err(refusal) if refusal.code.status() == 404 && is_own(visit) => (Value::Null, String::new()),
        asked => asked.map(|reply| (reply.body, reply.etag.unwrap_or_default()))?,
    };
    let mut page = Page::new(visit.parameter("code").to_owned());
    page.add(live::of_address(visit)?);
    page.add(facts(visit, &provider));
    if visit.may("PUT", "/providers/{code}") && (is_own(visit) || visit.is("op")) {
        page.add(Html::of(&Heading { id: "means-title", text: visit.say("providers-means") }));
        page.add(Html::paragraph(visit.say("providers-means-lead")));
        page.add(visit.form(means(visit, &provider)?.hidden("etag", &*etag)));
    }
    if visit.may("PUT", "/providers/{code}/tags") {
        page.add(Html::of(&Heading { id: "tags-title", text: visit.word("column", "tags") }));
        let tags = Field::new("tags", visit.word("column", "tags")).hint(visit.say("providers-tags-hint"));
        let form = Form::new("tags", visit.say("ground-save"));
        let form = form.field(tags.value(texts(&provider, "tags").join(", ")).optional());
        page.add(visit.form(tried(form, visit).hidden("etag", &*etag)));
    }
    let code = encoded(visit.parameter("code"));
    let mut ways = vec![link("/providers", visit.word("room", "providers"))];
    if visit.may("GET", "/providers/{code}/priorities") && !provider.is_null() {
        ways.push(link(format!("/priorities/{code}"), visit.word("room", "priorities")));
    }
    page.add(Html::of(&Ways { ways }));
    Ok(Shown::Page(page))
}

fn facts(visit: &Visit<'_>, provider: &Value) -> Html {
    let listed = |name: &str, none: &str| {
        Some(texts(provider, name).join(", ")).filter(|told| !told.is_empty()).unwrap_or_else(|| visit.say(none))
    };
    let mut rows = vec![
        (visit.word("column", "accepts"), Html::text(listed("accepts", "providers-accepts-all"))),
        (visit.word("column", "issues"), Html::text(listed("issues", "providers-issues-none"))),
        (visit.word("column", "tags"), Html::text(texts(provider, "tags").join(", "))),
    ];
    for (name, column) in [("time_zone", "time-zone"), ("service_day_start", "day-start")] {
        if !text(provider, name).is_empty() {
            rows.push((visit.word("column", column), Html::text(text(provider, name))));
        }
    }
    Html::of(&Facts { rows })
}

/// What its terminals read, and what it gives out: that is said by an operator.
fn means(visit: &Visit<'_>, provider: &Value) -> Result<Form, Refusal> {
    let schemes = visit.list("/schemes", vec![("limit", "200".into())])?;
    let known: Vec<String> = items(&schemes).iter().map(|scheme| text(scheme, "code").to_owned()).collect();
    let ticks = |name: &str| {
        let own = texts(provider, name);
        // What is not among those stays as it is.
        let others = own.iter().filter(|scheme| !known.contains(scheme));
        let options = known.iter().chain(others).map(|scheme| (scheme.clone(), scheme.clone())).collect();
        Field::new(name, visit.word("column", name)).kind(Kind::Ticks(options)).value(own.join(",")).optional()
    };
    let mut form = Form::new("means", visit.say("ground-save"));
    form = form.field(ticks("accepts").hint(visit.say("providers-accepts-hint")));
    if is_said_by_operators(visit) {
        form = form.field(ticks("issues").hint(visit.say("providers-issues-hint")));
    }
    Ok(tried(form, visit))
}

/// Whether who visits says what a provider gives out.
fn is_said_by_operators(visit: &Visit<'_>) -> bool {
    visit.may("PUT", "/providers/{code}/tags")
}

/// Says which means it accepts, and which it gives out.
pub(super) fn set_means(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let ticked = |name: &str| visit.form.all(name).map(str::to_owned).collect::<Vec<String>>();
    let issues = if is_said_by_operators(visit) {
        ticked("issues")
    } else {
        // As it is: somebody else's change meanwhile is found by the etag that the form read.
        match visit.get(path(visit)) {
            Err(refusal) if refusal.code.status() == 404 => Vec::new(),
            asked => texts(&asked?.body, "issues"),
        }
    };
    let body = json!({"accepts": ticked("accepts"), "issues": issues, "reason": visit.form.text("reason")});
    put(visit, "", body)
}

/// Changes the tags by which rules name it.
pub(super) fn set_tags(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    put(visit, "/tags", json!({"tags": words_of(visit.form.text("tags")), "reason": visit.form.text("reason")}))
}

/// Changes it, or tells what that would come to.
fn put(visit: &Visit<'_>, rest: &str, body: Value) -> Result<Stepped, Refusal> {
    let if_match = visit.form.find("etag").filter(|etag| !etag.is_empty()).map(str::to_owned);
    let query = if visit.is_tried() { vec![("dry_run", "true".to_owned())] } else { Vec::new() };
    let path = path(visit);
    let done = visit.ask(Question {
        method: "PUT",
        path: format!("{path}{rest}"),
        query,
        body,
        if_match,
        ..Question::default()
    })?;
    if visit.is_tried()
        && let Shown::Page(mut page) = show(visit)?
    {
        page.parts.insert(0, effect(visit, &done.body));
        return Ok(Stepped::Show(page));
    }
    let revision = whole(&done.body, "revision").unwrap_or_default();
    Ok(Stepped::Go(format!("{path}?done=provider-set&revision={revision}")))
}
