//! A person is found by what they show, with a reason, before anything of them is told. What is shown stands in no address.

use avis_admin::control::Refusal;
use serde_json::json;

use crate::reading::{items, text};
use crate::view::{Field, Kind};
use crate::visit::{IDENTIFIER, Visit};

/// Why somebody is looked for.
const CODES: [&str; 5] = ["at_desk", "by_phone", "complaint", "correction", "court"];

/// The kinds of means, to choose from.
///
/// # Errors
/// What the control plane refuses.
pub(super) fn schemes(visit: &Visit<'_>) -> Result<Field, Refusal> {
    let schemes = visit.list("/schemes", vec![("limit", "200".into())])?;
    let code = |scheme| text(scheme, "code").to_owned();
    let schemes = items(&schemes).iter().map(|scheme| (code(scheme), code(scheme))).collect();
    Ok(Field::new("scheme", visit.word("why-not", "scheme")).kind(Kind::Choice(schemes)))
}

/// What somebody shows; it is typed again after a fault.
pub(super) fn shown(visit: &Visit<'_>) -> Field {
    Field::new(IDENTIFIER, visit.word("why-not", "value")).hint(visit.say("why-not-value-hint"))
}

/// For which of the causes there are.
pub(super) fn cause(visit: &Visit<'_>) -> Field {
    let codes = CODES.map(|code| (code.to_owned(), visit.word("why-code", code)));
    Field::new("code", visit.word("why-not", "code")).kind(Kind::Choice(codes.into()))
}

/// Finds who is meant by what was typed; a handle, once the audit knows who asked for whom and why.
///
/// # Errors
/// What the control plane refuses, each fault at its field; that there is nobody, at what was shown.
pub(super) fn find(visit: &Visit<'_>) -> Result<String, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let reason = json!({"code": typed("code"), "text": typed("reason")});
    let body = json!({"scheme": typed("scheme"), "value": typed(IDENTIFIER), "reason": reason});
    let found = visit.send("POST", "/people/find", body).map_err(|refusal| match refusal.code.status() {
        404 => Visit::at(IDENTIFIER, &visit.say("finding-nobody")),
        _ => Visit::placed(refusal, &[("/reason/code", "/code"), ("/reason/text", "/reason")]),
    })?;
    Ok(text(&found.body, "handle").to_owned())
}
