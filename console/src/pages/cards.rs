//! Cards that a provider issues: a lost one is blocked by what stands on it. Whether anybody has it is told to nobody.

use avis_admin::control::Refusal;
use serde_json::json;

use super::{Shown, Stepped, finding};
use crate::layout::Page;
use crate::view::{Field, Form, Html, link};
use crate::visit::{IDENTIFIER, Visit};

/// By what a card is blocked.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let provider = visit.get(format!("/providers/{}", visit.own()))?.body;
    let issued = crate::reading::texts(&provider, "issues").join(", ");
    let mut page = Page::new(visit.word("room", "cards"));
    page.add(Html::paragraph(visit.say("cards-lead")));
    if issued.is_empty() {
        page.add(Html::paragraph(visit.say("cards-none")));
        return Ok(Shown::Page(page));
    }
    if visit.may("POST", "/means/block") {
        let hint = visit.texts.with("cards-scheme-hint", &[("schemes", issued.as_str().into())]);
        let scheme = Field::new("scheme", visit.word("why-not", "scheme")).hint(hint).value(issued);
        let form = Form::new("block", visit.say("cards-block")).field(scheme).field(finding::shown(visit));
        page.add(visit.form(form.field(visit.reason()).danger()));
    }
    page.add(link("/lists", visit.say("cards-lists")));
    Ok(Shown::Page(page))
}

/// Blocks it, if anybody has it.
pub(super) fn block(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let body = json!({"scheme": typed("scheme"), "value": typed(IDENTIFIER), "reason": typed("reason")});
    visit.send("POST", "/means/block", body)?;
    Ok(Stepped::Go("/cards?done=card-blocked".to_owned()))
}
