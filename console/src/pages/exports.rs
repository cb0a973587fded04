//! Lists that are taken out as files: each with a reason, which is in the audit before the first row. No identifier is among them.

use avis_admin::control::Refusal;

use super::{Stepped, downloaded};
use crate::view::{Details, Form, Html};
use crate::visit::Visit;

/// The step that takes one.
const STEP: &str = "export";

/// Everybody who has means.
pub(super) const HOLDERS: &str = "/exports/holders";
/// Who speaks for whom.
pub(super) const RELATIONS: &str = "/exports/relations";
/// The own rules, each as a draft.
pub(super) const RULES: &str = "/exports/rules";
/// The own terminals, without keys.
pub(super) const TERMINALS: &str = "/exports/terminals";

/// A form by which a list is taken out; nothing for who may not. What is sought on the page is in the file.
pub(super) fn form(visit: &Visit<'_>, list: &str) -> Html {
    one_of(visit, list, STEP, visit.say("export-title"))
}

/// The same, of one of several on a page, each with a step and a title of its own.
pub(super) fn one_of(visit: &Visit<'_>, list: &str, step: &str, title: String) -> Html {
    if !visit.may("GET", list) {
        return Html::default();
    }
    let form = Form::new(step, visit.say("export-do")).field(visit.reason()).quiet();
    let parts = vec![Html::paragraph(visit.say("export-lead")), visit.form(form)];
    Html::of(&Details { summary: title, parts, is_open: visit.shows_typed(step) })
}

/// Takes a list out under a name.
pub(super) fn take(
    visit: &Visit<'_>,
    (list, name): (&str, &str),
    mut query: Vec<(&'static str, String)>,
) -> Result<Stepped, Refusal> {
    query.push(("reason", visit.form.text("reason").to_owned()));
    downloaded(visit.list(list, query)?, name).map(Stepped::Save)
}
