//! Cards that a provider issues: a lost one is blocked by what stands on it. Whether anybody has it is told to nobody.

use avis_admin::control::Refusal;
use serde_json::json;

use super::{Shown, Stepped, exports, finding};
use crate::layout::Page;
use crate::reading::texts;
use crate::view::{Field, Form, Html, Kind, link};
use crate::visit::{IDENTIFIER, Visit};

/// The list of the means of what the provider gives out.
const MEANS: &str = "/exports/means";

/// By what a card is blocked.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let provider = visit.get(format!("/providers/{}", visit.own()))?.body;
    let issued = texts(&provider, "issues");
    let mut page = Page::new(visit.word("room", "cards"));
    page.add(Html::paragraph(visit.say("cards-lead")));
    if issued.is_empty() {
        page.add(Html::paragraph(visit.say("cards-none")));
        return Ok(Shown::Page(page));
    }
    if visit.may("POST", "/means/block") {
        let schemes = issued.iter().map(|scheme| (scheme.clone(), scheme.clone())).collect();
        let hint = visit.texts.with("cards-scheme-hint", &[("schemes", issued.join(", ").as_str().into())]);
        let scheme = Field::new("scheme", visit.word("why-not", "scheme")).hint(hint).kind(Kind::Choice(schemes));
        let form = Form::new("block", visit.say("cards-block")).field(scheme).field(finding::shown(visit));
        page.add(visit.form(form.field(visit.reason()).danger()));
    }
    page.add(exports::form(visit, MEANS));
    page.add(link("/lists", visit.say("cards-lists")));
    Ok(Shown::Page(page))
}

/// The means that were given out as a file.
pub(super) fn export(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    exports::take(visit, (MEANS, "means.csv"), Vec::new())
}

/// Blocks it, if anybody has it.
pub(super) fn block(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let body = json!({"scheme": typed("scheme"), "value": typed(IDENTIFIER), "reason": typed("reason")});
    visit.send("POST", "/means/block", body)?;
    Ok(Stepped::Go("/cards?done=card-blocked".to_owned()))
}
