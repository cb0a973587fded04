//! How a draft begins: of what it is, and a few fields; the rest is said in its sentence, or all of it as JSON.

use avis_admin::control::Refusal;
use serde_json::json;

use super::spread::{Content, put};
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
    let is_whole = !visit.form.text("content").is_empty();
    let content = if is_whole { visit.json_of("content")? } else { begun(visit, kind).into() };
    let body = json!({"kind": kind, "code": visit.form.text("code"), "content": content, "cases": []});
    let made = visit.send("POST", "/drafts", body)?;
    Ok(Stepped::Go(format!("/drafts/{}?done=draft-begun", text(&made.body, "id"))))
}

/// What was filled in, with what nearly everything of its kind says.
fn begun(visit: &Visit<'_>, kind: &str) -> Content {
    let usual = match kind {
        "program" => json!({"scope": {"providers": {"codes": [visit.own()]}}, "earn": {"per": 100}}),
        "campaign" => json!({"uses": 1}),
        _ => json!({"scope": {}, "priority": 50}),
    };
    let mut content = usual.as_object().cloned().unwrap_or_default();
    for (name, field) in [("name.lv", "name-lv"), ("name.en", "name-en"), ("valid.from", "from")] {
        let typed = Some(visit.form.text(field)).filter(|typed| !typed.is_empty());
        put(&mut content, name, typed.map(|typed| json!(typed)));
    }
    content
}
