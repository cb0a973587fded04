//! One party: what it is called and may be. Its administrator changes its name and contact, an operator also the rest.

use avis_admin::control::{OPERATOR, Refusal, encoded};
use serde_json::{Value, json};

use super::parties::CAPACITIES;
use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{is, state, text, texts};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, link};
use crate::visit::Visit;

const STATES: [&str; 2] = ["active", "closed"];

fn path(visit: &Visit<'_>) -> String {
    format!("/parties/{}", encoded(visit.parameter("code")))
}

/// The page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let reply = visit.get(path(visit))?;
    let (party, etag) = (reply.body, reply.etag.unwrap_or_default());
    let (code, name) = (text(&party, "code"), party.get("name").unwrap_or(&Value::Null));
    let mut page = Page::new(visit.named(name).to_owned());
    let capacities = texts(&party, "capacities");
    let told: Vec<String> = capacities.iter().map(|word| visit.word("capacity", word)).collect();
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "code"), Html::text(code)),
            (visit.word("column", "capacities"), Html::text(told.join(", "))),
            (visit.say("parties-commercial"), Html::text(visit.yes_or_no(is(&party, "commercial")))),
            (visit.word("column", "contact"), Html::text(text(&party, "contact"))),
            (visit.word("column", "state"), state(visit, text(&party, "state"))),
        ],
    }));
    if visit.may("PUT", "/parties/{code}") && (visit.is("op") || code == visit.own()) {
        page.add(Html::of(&Heading { id: "change-title", text: visit.say("party-change") }));
        let line = |field: &str, label: &str| Field::new(field, visit.say(label)).value(text(name, field));
        let contact = Field::new("contact", visit.word("column", "contact")).value(text(&party, "contact")).optional();
        let form = Form::new("change", visit.say("party-change-do"));
        let form = form.field(line("lv", "parties-name-lv")).field(line("en", "parties-name-en")).field(contact);
        let form = if is_operators(visit) { of_operator(visit, &party, form) } else { form };
        page.add(visit.form(form.hidden("etag", &*etag)));
    }
    page.add(link("/parties", visit.word("room", "parties")));
    Ok(Shown::Page(page))
}

/// Whether who visits changes what the party may be: the one that runs the installation stays as it is.
fn is_operators(visit: &Visit<'_>) -> bool {
    visit.is("op") && visit.parameter("code") != OPERATOR
}

fn of_operator(visit: &Visit<'_>, party: &Value, form: Form) -> Form {
    let capacities = CAPACITIES.map(|word| (word.to_owned(), visit.word("capacity", word)));
    let states = STATES.map(|word| (word.to_owned(), visit.word("state", word)));
    let commercial = if is(party, "commercial") { "yes" } else { "" };
    form.field(
        Field::new("capacities", visit.word("column", "capacities"))
            .kind(Kind::Ticks(capacities.into()))
            .value(texts(party, "capacities").join(",")),
    )
    .field(Field::new("commercial", visit.say("parties-commercial")).kind(Kind::Tick).value(commercial).optional())
    .field(
        Field::new("state", visit.word("column", "state"))
            .kind(Kind::Choice(states.into()))
            .value(text(party, "state"))
            .hint(visit.say("party-closed-means")),
    )
}

/// Changes it; what the form does not have stays.
pub(super) fn change(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut party = visit.get(path(visit))?.body;
    let typed = |name: &str| visit.form.text(name);
    if let Some(fields) = party.as_object_mut() {
        fields.remove("code");
        fields.insert("name".to_owned(), json!({"lv": typed("lv"), "en": typed("en")}));
        fields.insert("contact".to_owned(), json!(typed("contact")));
        if is_operators(visit) {
            fields.insert("capacities".to_owned(), json!(visit.form.all("capacities").collect::<Vec<_>>()));
            fields.insert("commercial".to_owned(), json!(typed("commercial") == "yes"));
            fields.insert("state".to_owned(), json!(typed("state")));
        }
    }
    visit.send("PUT", path(visit), party).map_err(|refusal| Visit::placed(refusal, &[("/name/", "/")]))?;
    Ok(Stepped::Go(format!("{}?done=saved", path(visit))))
}
