//! How a draft begins: of what it is, and a few fields; the rest is said in its sentence, or all of it as JSON.

use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::text;
use crate::view::{Field, Form, Html, Kind, Ways, link};
use crate::visit::Visit;

/// Of what a draft may be, each with what its names are called in texts.
const KINDS: [&str; 3] = ["benefit", "program", "campaign"];

/// The ways to what may begin.
pub(super) fn ways(visit: &Visit<'_>) -> Html {
    let way = |kind: &str| link(format!("/drafts/new?kind={kind}"), visit.word("begin", kind));
    Html::of(&Ways { ways: KINDS.map(way).into() })
}

/// What begins here.
fn kind(visit: &Visit<'_>) -> &'static str {
    let asked = visit.form.find("kind").or_else(|| visit.query.find("kind"));
    KINDS.into_iter().find(|kind| asked == Some(*kind)).unwrap_or("benefit")
}

/// The page on which something new begins.
pub(super) fn new(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let kind = kind(visit);
    let mut page = Page::new(visit.word("begin", kind));
    page.add(ways(visit));
    page.add(Html::paragraph(visit.word("begin-lead", kind)));
    let mut form = Form::new("make", visit.say("drafts-make"))
        .hidden("kind", kind)
        .field(Field::new("code", visit.word("column", "code")).hint(visit.say("code-hint")));
    if kind != "campaign" {
        form = form
            .field(Field::new("name-lv", visit.word("place", "name.lv")).optional())
            .field(Field::new("name-en", visit.word("place", "name.en")).optional());
    }
    let from = Field::new("from", visit.say("begin-from")).kind(Kind::Line("date")).optional();
    let content = Field::new("content", visit.say("draft-content")).hint(visit.say("begin-json-hint"));
    page.add(visit.form(form.field(from).field(content.kind(Kind::Area(6)).optional())));
    Ok(Shown::Page(page))
}

/// Makes a draft of what is new.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let kind = kind(visit);
    let content = if visit.form.text("content").is_empty() { begun(visit, kind) } else { visit.json_of("content")? };
    let body = json!({"kind": kind, "code": visit.form.text("code"), "content": content, "cases": []});
    let made = visit.send("POST", "/drafts", body)?;
    Ok(Stepped::Go(format!("/drafts/{}?done=draft-begun", text(&made.body, "id"))))
}

/// What was filled in, with what nearly everything of its kind says.
fn begun(visit: &Visit<'_>, kind: &str) -> Value {
    let filled = |fields: &[(&str, &str)]| -> Option<Map<String, Value>> {
        let fields = fields.iter().map(|(name, field)| ((*name).to_owned(), json!(visit.form.text(field))));
        Some(fields.filter(|(_, text)| *text != "").collect()).filter(|all: &Map<String, Value>| !all.is_empty())
    };
    let mut content = match kind {
        "program" => json!({"scope": {"providers": {"codes": [visit.own()]}}, "earn": {"per": 100}}),
        "campaign" => json!({"uses": 1}),
        _ => json!({"scope": {}, "priority": 50}),
    };
    for (name, fields) in
        [("name", filled(&[("lv", "name-lv"), ("en", "name-en")])), ("valid", filled(&[("from", "from")]))]
    {
        if let (Some(all), Some(fields)) = (content.as_object_mut(), fields) {
            all.insert(name.to_owned(), Value::Object(fields));
        }
    }
    content
}
