//! Benefits by state, a benefit with its versions, and stopping it.

use avis_admin::control::{Refusal, not_drafted};
use serde_json::{Map, Value, json};

use super::{Shown, Stepped, changes, cost, exports, live};
use crate::layout::Page;
use crate::reading::{items, items_of, pretty, state, text, whole};
use crate::sentence::{gets, said};
use crate::view::{Code, Column, Details, Facts, Field, Form, Heading, Html, Kind, Table, Ways, link};
use crate::visit::Visit;

/// By which name the address asks for the JSON alone.
const JSON: &str = "json";
/// Bytes of JSON that stand beside what it says; more has a page of its own.
const JSON_BESIDE_MAX: usize = 8_000;
/// Versions to which a benefit's page leads: the newest.
const VERSIONS_MAX: usize = 50;

/// States in the order in which they are shown.
const STATES: [&str; 4] = ["in_force", "suspended", "future", "ended"];

/// The list, of the own party or of all.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "benefits"));
    page.add(live::of_address(visit)?);
    let own = visit.party();
    let of = visit.query.find("grantor").map(str::to_owned);
    let mut query = vec![("limit", "50".to_owned())];
    query.extend(of.iter().filter(|of| !of.is_empty()).map(|of| ("grantor", of.clone())));
    let (reply, next) = visit.page_of("/benefits", query)?;
    let mut choices = vec![link("/benefits", visit.say("benefits-all"))];
    choices.extend(own.filter(|_| visit.may("POST", "/drafts")).map(|own| {
        link(format!("/benefits?grantor={own}"), visit.texts.with("benefits-of", &[("party", own.into())]))
    }));
    if visit.may("POST", "/drafts") {
        choices.push(link("/drafts/new", visit.word("begin", "benefit")));
    }
    if visit.may("POST", "/suspensions") {
        choices.push(link("/benefits/stop", visit.say("benefits-stop")));
    }
    page.add(Html::of(&Ways { ways: choices }));
    let stated = items(&reply).iter().map(|benefit| (text(benefit, "state"), row(visit, benefit)));
    let mut all: Vec<(&str, Vec<Html>)> = stated.collect();
    let mut tables = Vec::new();
    for wanted in STATES {
        let rows: Vec<Vec<Html>> = all.extract_if(.., |(state, _)| *state == wanted).map(|(_, row)| row).collect();
        if !rows.is_empty() {
            let (caption, columns) = (visit.word("state", wanted), columns(visit));
            tables.push(Table { caption, columns, rows, empty: String::new(), next: None });
        }
    }
    if let Some(last) = tables.last_mut() {
        last.next = next;
    }
    tables.iter().for_each(|table| page.add(Html::of(table)));
    page.add(exports::form(visit, exports::RULES));
    Ok(Shown::Page(page))
}

/// The newest version of each own benefit as a file.
pub(super) fn export(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    exports::take(visit, (exports::RULES, "rules.ndjson"), Vec::new())
}

fn columns(visit: &Visit<'_>) -> Vec<Column> {
    visit.columns(&["benefit", "grantor", "gets"], &["priority", "version"])
}

fn row(visit: &Visit<'_>, benefit: &Value) -> Vec<Html> {
    let content = benefit.get("content").unwrap_or(&Value::Null);
    let code = text(benefit, "code");
    vec![
        link(format!("/benefits/{code}"), name(visit, content, code)),
        Html::text(text(benefit, "grantor")),
        Html::text(gets(visit, content).unwrap_or_default()),
        Html::text(whole(content, "priority").unwrap_or_default().to_string()),
        Html::text(whole(benefit, "version").unwrap_or_default().to_string()),
    ]
}

fn name<'v>(visit: &Visit<'_>, content: &'v Value, code: &'v str) -> &'v str {
    content.get("name").map(|name| visit.named(name)).filter(|name| !name.is_empty()).unwrap_or(code)
}

/// One benefit.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let code = visit.parameter("code");
    let benefit = visit.get(format!("/benefits/{code}"))?.body;
    let content = benefit.get("content").unwrap_or(&Value::Null);
    if let Some(json) = json_alone(visit, content, visit.say("benefit-back")) {
        return Ok(json);
    }
    let mut page = Page::new(name(visit, content, code).to_owned());
    page.add(live::of_address(visit)?);
    let mut rows = vec![
        (visit.word("column", "state"), state(visit, text(&benefit, "state"))),
        (visit.word("column", "code"), Html::text(code)),
        (visit.word("column", "grantor"), Html::text(text(&benefit, "grantor"))),
    ];
    rows.extend(said(visit, "benefit", content));
    page.add(Html::of(&Facts { rows }));
    let is_own = visit.party() == Some(text(&benefit, "grantor"));
    page.add(to_till(visit, code));
    if is_own {
        actions(visit, &mut page, &benefit);
        page.add(cost::part(visit, code)?);
    }
    versions(visit, &mut page, &benefit);
    page.add(json(visit, content));
    Ok(Shown::Page(page))
}

/// What a version says as JSON: folded, and of a long one on a page of its own, so that each stays light.
fn json(visit: &Visit<'_>, content: &Value) -> Html {
    let (says, text) = (visit.say("benefit-json"), pretty(content));
    if text.len() > JSON_BESIDE_MAX {
        return Html::of(&Ways { ways: vec![link(format!("{}?{JSON}=yes", visit.path), says)] });
    }
    let parts = vec![Html::of(&Code { label: says.clone(), text })];
    Html::of(&Details { summary: says, parts, is_open: false })
}

/// The page of that JSON alone, where the address asks for it.
fn json_alone(visit: &Visit<'_>, content: &Value, back: String) -> Option<Shown> {
    visit.query.find(JSON)?;
    let mut page = Page::new(visit.say("benefit-json"));
    page.add(link(&visit.path, back));
    page.add(Html::of(&Code { label: visit.say("benefit-json"), text: pretty(content) }));
    Some(Shown::Page(page))
}

/// To the till, where it gives something.
pub(super) fn to_till(visit: &Visit<'_>, code: &str) -> Html {
    let is_there = visit.simulator.is_some();
    let way = || link(format!("/try?benefit={code}"), visit.say("benefit-to-try"));
    if is_there { Html::of(&Ways { ways: vec![way()] }) } else { Html::default() }
}

fn versions(visit: &Visit<'_>, page: &mut Page, benefit: &Value) {
    let code = text(benefit, "code");
    page.add(Html::of(&Heading { id: "versions", text: visit.say("benefit-versions") }));
    let numbers = items_of(benefit, "versions").iter().rev().filter_map(Value::as_i64);
    let one = |number: i64| {
        let told = visit.texts.with("benefit-version", &[("n", number.into())]);
        link(format!("/benefits/{code}/{number}"), told)
    };
    // Each leads on to the one before it.
    page.add(Html::of(&Ways { ways: numbers.take(VERSIONS_MAX).map(one).collect() }));
}

fn actions(visit: &Visit<'_>, page: &mut Page, benefit: &Value) {
    if visit.may("POST", "/drafts") {
        page.add(visit.form(Form::new("draft", visit.say("benefit-draft"))));
    }
    if visit.may("POST", "/benefits/{code}/suspend") {
        let mut parts = vec![Html::paragraph(visit.say("benefit-stop-means"))];
        let until = Field::new("until", visit.say("benefit-until")).hint(visit.say("instant-hint")).optional();
        parts.push(
            visit.form(Form::new("suspend", visit.say("benefit-suspend")).field(visit.reason()).field(until).danger()),
        );
        if text(benefit, "state") == "suspended" {
            parts.push(visit.form(Form::new("resume", visit.say("benefit-resume")).field(visit.reason())));
        }
        parts.push(visit.form(Form::new("end", visit.say("benefit-end")).field(visit.reason()).danger()));
        let is_open = visit.refusal.is_some();
        page.add(Html::of(&Details { summary: visit.say("benefit-stop"), parts, is_open }));
    }
}

/// One version, and what differs in it from the one before.
pub(super) fn version(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (code, number) = (visit.parameter("code"), visit.parameter("n"));
    let version = visit.get(format!("/benefits/{code}/versions/{number}"))?.body;
    let difference = visit.get(format!("/benefits/{code}/versions/{number}/difference"))?.body;
    let content = version.get("content").unwrap_or(&Value::Null);
    if let Some(json) = json_alone(visit, content, visit.say("version-back")) {
        return Ok(json);
    }
    let mut page = Page::new(format!("{} · {number}", name(visit, content, code)));
    let mut ways = vec![link(format!("/benefits/{code}"), visit.say("benefit-back"))];
    ways.extend(whole(&difference, "from").map(|before| {
        let told = visit.texts.with("benefit-version", &[("n", before.into())]);
        link(format!("/benefits/{code}/{before}"), told)
    }));
    page.add(Html::of(&Ways { ways }));
    page.add(changes::part(visit, ("benefit", content), &difference, &format!("{}/differences", visit.path)));
    page.add(Html::of(&Facts { rows: said(visit, "benefit", content) }));
    page.add(json(visit, content));
    Ok(Shown::Page(page))
}

/// Drafts the next version of a benefit with what is to be different in it; where the draft is.
///
/// # Errors
/// What the control plane refuses.
pub(super) fn draft_next(
    visit: &Visit<'_>,
    code: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<String, Refusal> {
    let benefit = visit.get(format!("/benefits/{code}"))?.body;
    drafted(visit, ("benefit", code), &benefit, change)
}

/// Drafts the next version of what was read, with what is to be different in it; where the draft is.
///
/// # Errors
/// What the control plane refuses.
pub(super) fn drafted(
    visit: &Visit<'_>,
    (kind, code): (&str, &str),
    read: &Value,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<String, Refusal> {
    let mut content = read.get("content").cloned().unwrap_or_default();
    if let Some(fields) = content.as_object_mut() {
        fields.retain(|name, _| !not_drafted(kind).contains(&name.as_str()));
        change(fields);
    }
    let (base, cases) = (whole(read, "version"), items_of(read, "cases"));
    let body = json!({"kind": kind, "code": code, "base": base, "content": content, "cases": cases});
    let made = visit.send("POST", "/drafts", body)?;
    Ok(format!("/drafts/{}", text(&made.body, "id")))
}

/// Drafts the next version.
pub(super) fn draft(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let draft = draft_next(visit, visit.parameter("code"), |_| {})?;
    Ok(Stepped::Go(format!("{draft}?done=draft-made")))
}

fn stop(visit: &Visit<'_>, step: &str, body: &Value) -> Result<Stepped, Refusal> {
    let code = visit.parameter("code");
    let done = visit.send("POST", format!("/benefits/{code}/{step}"), body.clone())?;
    let revision = whole(&done.body, "revision").unwrap_or_default();
    Ok(Stepped::Go(format!("/benefits/{code}?done={step}&revision={revision}")))
}

/// Several of the own party's benefits, to be stopped at once.
pub(super) fn several(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("benefits-stop"));
    page.add(Html::paragraph(visit.say("benefit-stop-means")));
    let own = visit.party().unwrap_or_default().to_owned();
    let (reply, next) = visit.page_of("/benefits", vec![("limit", "200".into()), ("grantor", own)])?;
    let in_force = items(&reply).iter().filter(|benefit| text(benefit, "state") == "in_force");
    let choices = in_force.map(|benefit| {
        let code = text(benefit, "code");
        let content = benefit.get("content").unwrap_or(&Value::Null);
        (code.to_owned(), format!("{} ({code})", name(visit, content, code)))
    });
    let form = Form::new("stop", visit.say("benefits-stop-do"))
        .field(Field::new("codes", visit.word("room", "benefits")).kind(Kind::Ticks(choices.collect())))
        .field(visit.reason())
        .danger();
    page.add(visit.form(form));
    page.add(next.map(|(address, text)| link(address, text)).unwrap_or_default());
    Ok(Shown::Page(page))
}

/// Stops several at once.
pub(super) fn suspend_several(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let codes: Vec<&str> = visit.form.all("codes").collect();
    let body = json!({"codes": codes, "reason": visit.form.text("reason")});
    let done = visit.send("POST", "/suspensions", body)?;
    let revision = whole(&done.body, "revision").unwrap_or_default();
    Ok(Stepped::Go(format!("/benefits?done=suspend&revision={revision}")))
}

/// Stops it, now or for a time.
pub(super) fn suspend(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut body = json!({"reason": visit.form.text("reason")});
    let until = visit.form.text("until");
    if let (Some(fields), false) = (body.as_object_mut(), until.is_empty()) {
        fields.insert("until".to_owned(), json!(until));
    }
    stop(visit, "suspend", &body)
}

/// Lets it go on.
pub(super) fn resume(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    stop(visit, "resume", &json!({"reason": visit.form.text("reason")}))
}

/// Ends it.
pub(super) fn end(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    stop(visit, "end", &json!({"reason": visit.form.text("reason")}))
}
