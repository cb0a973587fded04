//! A form that was filled in on paper is entered: the clerk finds who filled it in, is told for how long they act for them, and says the
//! one thing that it asks for. Who was found stands in the address as a handle, which is good for this clerk and half an hour.

use avis_admin::control::{Refusal, encoded};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Shown, Stepped, finding, forms};
use crate::formats::moment_in;
use crate::layout::Page;
use crate::reading::{items, items_of, text, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Notice, Table, Tone, Ways, link};
use crate::visit::{IDENTIFIER, Visit};

/// What a form may ask for.
const ASKS: [&str; 3] = ["block", "add", "consultation"];
/// Where the person sat.
const PLACES: [&str; 4] = ["brigade", "centre", "library", "home"];
/// Where the faults of an entry are on the page.
const FIELDS: [(&str, &str); 4] =
    [("/block/means", "/means"), ("/add/", "/"), ("/consultation/institution", "/topic"), ("/consultation/", "/")];

/// On the page of a form that waits: who is looked for.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page) -> Result<(), Refusal> {
    page.add(Html::of(&Heading { id: "person", text: visit.say("entering-find") }));
    page.add(Html::paragraph(visit.say("entering-find-lead")));
    let form = Form::new("find", visit.say("entering-find-do")).field(finding::schemes(visit)?);
    page.add(visit.form(form.field(finding::shown(visit)).field(finding::cause(visit)).field(visit.reason())));
    Ok(())
}

/// Finds who filled it in.
pub(super) fn find(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let handle = finding::find(visit)?;
    Ok(Stepped::Go(format!("/forms/{}/person/{handle}", visit.parameter("number"))))
}

/// The form beside who was found. Whoever comes after the half hour finds the person again.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let person = match visit.get(path(visit, "")) {
        Err(refusal) if refusal.code.status() == 404 => return forms::found_before(visit),
        asked => asked?.body,
    };
    let number = visit.parameter("number");
    let form = visit.get(format!("/forms/{number}"))?.body;
    if !forms::waits(&form) {
        return forms::show(visit);
    }
    let mut page = Page::new(visit.texts.with("form-title", &[("number", number.into())]));
    let until = visit.when_of(&person, "expires_at");
    let acting = visit.texts.with("entering-for", &[("until", until.as_str().into())]);
    page.add(Html::of(&Notice { tone: Tone::Warn, text: acting }));
    let mut rows = vec![(visit.word("column", "printed-at"), Html::text(visit.when_of(&form, "printed_at")))];
    let born = visit.when_of(&person, "birth_date");
    if !born.is_empty() {
        rows.push((visit.say("entering-born"), Html::text(born)));
    }
    page.add(Html::of(&Facts { rows }));
    page.add(Html::of(&Heading { id: "asks", text: visit.say("entering-asks") }));
    let own = format!("/forms/{number}/person/{}", visit.parameter("handle"));
    let way = |asks: &str| link(format!("{own}?asks={asks}"), visit.word("form-blank", asks));
    page.add(Html::of(&Ways { ways: ASKS.map(way).into() }));
    match visit.query.text("asks") {
        "block" => block(visit, &mut page)?,
        "add" => page.add(
            visit.form(
                entry(visit, "add")
                    .field(finding::schemes(visit)?)
                    .field(finding::shown(visit))
                    .field(Field::new("label", visit.say("entering-label")).optional())
                    .field(
                        Field::new("valid_until", visit.word("column", "until")).kind(Kind::Line("date")).optional(),
                    ),
            ),
        ),
        "consultation" => consultation(visit, &mut page, &own)?,
        _ => {}
    }
    page.add(link(format!("/forms/{number}"), visit.say("entering-another")));
    Ok(Shown::Page(page))
}

/// What is asked of who was found.
fn path(visit: &Visit<'_>, rest: &str) -> String {
    format!("/people/{}{rest}", visit.parameter("handle"))
}

/// A form of the page, which begins with the time that stands on the paper.
fn entry(visit: &Visit<'_>, asks: &str) -> Form {
    let at = Field::new("at", visit.word("form-blank", "when")).kind(Kind::Line("datetime-local"));
    Form::new(asks, visit.say("entering-do")).field(at)
}

/// The means of the person, of which one that is active is blocked.
fn block(visit: &Visit<'_>, page: &mut Page) -> Result<(), Refusal> {
    let (means, next) = visit.page_of(path(visit, "/means"), vec![("limit", "100".into())])?;
    let row = |means: &Value| {
        let state = crate::reading::state(visit, text(means, "state"));
        vec![Html::text(told(visit, means)), state, Html::text(visit.when_of(means, "since"))]
    };
    page.add(Html::of(&Table {
        caption: visit.say("entering-means"),
        columns: visit.columns(&["scheme", "state", "from"], &[]),
        rows: items(&means).iter().map(row).collect(),
        empty: visit.say("entering-no-means"),
        next,
    }));
    let active = items(&means).iter().filter(|means| text(means, "state") == "active");
    let active: Vec<_> = active.map(|means| (text(means, "id").to_owned(), told(visit, means))).collect();
    if !active.is_empty() {
        let field = Field::new("means", visit.word("form-blank", "block")).kind(Kind::Choice(active));
        page.add(visit.form(entry(visit, "block").field(field).danger()));
    }
    Ok(())
}

/// The kind of means, with the person's word for it and since when, by which two of a kind are told apart.
fn told(visit: &Visit<'_>, means: &Value) -> String {
    let parts = [text(means, "scheme").to_owned(), text(means, "label").to_owned(), visit.when_of(means, "since")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// First the institution, then what it is asked about.
fn consultation(visit: &Visit<'_>, page: &mut Page, own: &str) -> Result<(), Refusal> {
    let chosen = visit.query.text("institution");
    if chosen.is_empty() {
        let (institutions, next) = visit.page_of("/institutions", vec![("limit", "50".into())])?;
        let row = |institution: &Value| {
            let code = text(institution, "code");
            let topics: Vec<&str> = items_of(institution, "topics").iter().map(|topic| named(visit, topic)).collect();
            let address = format!("{own}?asks=consultation&institution={}", encoded(code));
            vec![link(address, code), Html::text(shortened(&topics.join(", ")))]
        };
        page.add(Html::of(&Table {
            caption: visit.say("entering-institutions"),
            columns: visit.columns(&["institution", "topics"], &[]),
            rows: items(&institutions).iter().map(row).collect(),
            empty: visit.say("entering-no-institution"),
            next,
        }));
        return Ok(());
    }
    let institution = visit.get(format!("/institutions/{}", encoded(chosen)))?.body;
    let topics = items_of(&institution, "topics").iter();
    let topics = topics.map(|topic| (text(topic, "code").to_owned(), named(visit, topic).to_owned())).collect();
    let places = PLACES.map(|place| (place.to_owned(), visit.word("consultation-place", place)));
    let form = entry(visit, "consultation")
        .field(Field::new("topic", visit.word("column", "topics")).kind(Kind::Choice(topics)))
        .field(Field::new("place", visit.word("column", "place")).kind(Kind::Choice(places.into())))
        .field(Field::new("agreed", visit.say("entering-agreed")).kind(Kind::Tick).optional())
        .field(Field::new("note", visit.word("column", "note")).kind(Kind::Area(3)).optional());
    page.add(visit.form(form));
    Ok(())
}

fn named<'v>(visit: &Visit<'_>, topic: &'v Value) -> &'v str {
    visit.named(topic.get("name").unwrap_or(&Value::Null))
}

/// The beginning of a long list of topics.
fn shortened(text: &str) -> String {
    const LETTERS: usize = 200;
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}

/// Does what the form asks for, under its number.
fn enter(visit: &Visit<'_>, asks: &str, wanted: &Value) -> Result<Stepped, Refusal> {
    let number = visit.parameter("number");
    let body = json!({"handle": visit.parameter("handle"), "at": filled_in_at(visit)?, asks: wanted});
    let entered = visit.send("POST", format!("/forms/{number}/enter"), body);
    let entered = entered.map_err(|refusal| Visit::placed(refusal, &FIELDS))?.body;
    let revision = whole(&entered, "revision").map(|revision| format!("&revision={revision}")).unwrap_or_default();
    Ok(Stepped::Go(format!("/forms/{number}?done=form-entered{revision}")))
}

/// The time that stands on the paper. Who writes the minute in which it was printed means the rest of that minute.
fn filled_in_at(visit: &Visit<'_>) -> Result<Timestamp, Refusal> {
    let at = moment_in(visit.form.text("at"), visit.zone());
    let at = at.ok_or_else(|| Visit::at("at", &visit.say("try-wrong-time")))?;
    let form = visit.get(format!("/forms/{}", visit.parameter("number")))?.body;
    let printed_at: Option<Timestamp> = text(&form, "printed_at").parse().ok();
    let of_that_minute = printed_at.filter(|printed| minute(*printed) == minute(at));
    Ok(of_that_minute.map_or(at, |printed| at.max(printed)))
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

/// What was typed into some fields, without those that are empty.
fn typed(visit: &Visit<'_>, names: &[&str]) -> Map<String, Value> {
    let typed = names.iter().map(|name| (*name, visit.form.text(name))).filter(|(_, typed)| !typed.is_empty());
    typed.map(|(name, typed)| (name.to_owned(), json!(typed))).collect()
}

/// Blocks what is lost.
pub(super) fn enter_block(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    enter(visit, "block", &Value::Object(typed(visit, &["means"])))
}

/// Adds means that the clerk saw.
pub(super) fn enter_add(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    enter(visit, "add", &Value::Object(typed(visit, &["scheme", IDENTIFIER, "label", "valid_until"])))
}

/// Asks for a consultation, for which the institution finds a time.
pub(super) fn enter_consultation(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut asked = typed(visit, &["topic", "place", "note"]);
    asked.insert("institution".to_owned(), json!(visit.query.text("institution")));
    asked.insert("agreed".to_owned(), json!(visit.form.text("agreed") == "yes"));
    enter(visit, "consultation", &Value::Object(asked))
}
