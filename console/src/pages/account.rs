//! One's own account: sessions, tokens of programs, and the password.

use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::{Shown, Stepped, tokens};
use crate::layout::Page;
use crate::reading::{is, items, text};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Table, Tone, tag};
use crate::visit::Visit;

pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("account-title"));
    if let Some(me) = &visit.me {
        page.add(Html::of(&Facts {
            rows: vec![
                (visit.word("column", "name"), Html::text(&me.name)),
                (visit.word("column", "email"), Html::text(&me.email)),
                (visit.word("column", "parties"), Html::text(me.parties.join(", "))),
            ],
        }));
    }
    page.add(sessions(visit)?);
    page.add(tokens::part(visit)?);
    page.add(Html::of(&Heading { id: "password-title", text: visit.say("account-password") }));
    let line = |name: &str, label, autocomplete| {
        Field::new(name, visit.say(label)).kind(Kind::Line("password")).autocomplete(autocomplete)
    };
    let email = visit.me.as_ref().map(|me| me.email.clone()).unwrap_or_default();
    let form = Form::new("password", visit.say("account-change"))
        .field(Field::new("email", visit.word("column", "email")).value(email).autocomplete("username"))
        .field(line("current", "account-current", "current-password"))
        .field(line("password", "account-new", "new-password").hint(visit.say("join-password-hint")));
    page.add(visit.form(form));
    Ok(Shown::Page(page))
}

fn sessions(visit: &Visit<'_>) -> Result<Html, Refusal> {
    let (reply, next) = visit.page_of("/me/sessions", vec![("limit", "50".into())])?;
    let row = |session: &Value| {
        let when = |name: &str| Html::text(visit.when_of(session, name));
        let end = if is(session, "current") {
            tag(Tone::Good, visit.say("account-this-one"))
        } else {
            visit.form(Form::new(format!("end_session:{}", text(session, "id")), visit.say("account-end")).quiet())
        };
        vec![when("signed_in_at"), when("last_seen_at"), when("ends_at"), end]
    };
    let columns = ["signed-in-at", "last-seen-at", "ends-at", "session"];
    let heading = Html::of(&Heading { id: "sessions", text: visit.say("account-sessions") });
    let table = Html::of(&Table {
        caption: visit.say("account-sessions"),
        columns: visit.columns(&columns, &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: String::new(),
        next,
    });
    Ok(Html::joined([heading, table]))
}

/// Ends another session.
pub(super) fn end_session(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", format!("/me/sessions/{}", visit.which()), Value::Null)?;
    Ok(Stepped::Go("/account?done=session-ended".to_owned()))
}

/// Changes the password; every session ends.
pub(super) fn change_password(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.find(name).unwrap_or_default();
    let body = json!({"current": field("current"), "password": field("password")});
    visit.send("PUT", "/me/password", body)?;
    Ok(Stepped::Go("/sign-in?done=password-changed".to_owned()))
}
