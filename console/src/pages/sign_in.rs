//! Coming in and leaving. Who has to sign in while something is typed loses nothing of it.

use avis_admin::control::{Question, Refusal, SESSION_COOKIE};
use serde_json::{Value, json};

use super::choices::own_path;
use super::{Next, Shown, Stepped, through};
use crate::layout::Page;
use crate::reading::{is, items, text};
use crate::view::{Field, Form, Html, Kind, Notice, Session, Tone};
use crate::visit::{IDENTIFIER, Visit};

/// With what the names of fields begin that were typed before the session ended.
const KEPT: &str = "kept.";

/// What is typed again: whoever signs in next at this browser need not be who typed it.
const SECRETS: [&str; 5] = ["password", "current", "link", "file_key", IDENTIFIER];

/// The page of who comes by themselves.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let then = visit.query.find("then").or_else(|| visit.form.find("then")).unwrap_or("/");
    let kept = visit.form.pairs().filter(|(name, _)| name.starts_with(KEPT));
    let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut page = entrance(visit, then, kept);
    if let Some(text) = visit.query.find("refused").and_then(|code| visit.texts.known("problem", code)) {
        page.parts.insert(0, Html::of(&Notice { tone: Tone::Bad, text }));
    }
    Ok(Shown::Page(page))
}

/// Where somebody has to sign in before what they asked: a page is shown after it, and a form is sent after it.
pub(super) fn first(visit: &mut Visit<'_>, refusal: &Refusal) -> (u16, Next) {
    let then = visit.address();
    let kept = visit.form.pairs().filter(|(name, _)| !SECRETS.contains(name));
    let kept: Vec<(String, String)> = kept.map(|(name, value)| (format!("{KEPT}{name}"), value.to_owned())).collect();
    let mut page = entrance(visit, &then, kept);
    let why = visit.word("problem", refusal.code.word());
    page.parts.insert(0, Html::of(&Notice { tone: Tone::Warn, text: why }));
    (401, Next::Show(page.whole(visit)))
}

fn entrance(visit: &Visit<'_>, then: &str, kept: Vec<(String, String)>) -> Page {
    let mut page = Page::new(visit.say("sign-in-title"));
    let is_kept = !kept.is_empty();
    if is_kept && visit.takes_passwords() {
        page.add(Html::of(&Notice { tone: Tone::Good, text: visit.say("sign-in-nothing-lost") }));
    }
    let email = visit.me.as_ref().map(|me| me.email.clone()).unwrap_or_default();
    let mut form = Form::new("sign_in", visit.say("sign-in-do"))
        .to("/sign-in")
        .field(
            Field::new("email", visit.say("sign-in-email"))
                .kind(Kind::Line("email"))
                .value(email)
                .autocomplete("username"),
        )
        .field(
            Field::new("password", visit.say("sign-in-password"))
                .kind(Kind::Line("password"))
                .autocomplete("current-password"),
        )
        .hidden("then", own_path(then));
    form.hidden.extend(kept);
    if visit.takes_passwords() {
        page.add(visit.form(form));
    }
    through::add_buttons(visit, &mut page, then, is_kept);
    page.add(Html::paragraph(visit.say("sign-in-help")));
    page
}

/// Signs in, and goes on with what was asked before.
pub(super) fn enter(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let body = json!({"email": visit.form.text("email"), "password": visit.form.find("password").unwrap_or_default()});
    let reply = visit.ask(Question { method: "POST", path: "/sessions".into(), body, ..Question::default() })?;
    visit.cookies.borrow_mut().extend(reply.cookies);
    let then = own_path(visit.form.text("then"));
    let kept: Vec<(&str, &str)> =
        visit.form.pairs().filter_map(|(name, value)| Some((name.strip_prefix(KEPT)?, value))).collect();
    if kept.is_empty() {
        return Ok(Stepped::Go(then.to_owned()));
    }
    let mut page = Page::new(visit.say("sign-in-go-on-title"));
    page.add(Html::paragraph(visit.say("sign-in-nothing-lost")));
    let mut form = Form::new("", visit.say("sign-in-go-on")).to(then);
    for (name, value) in kept {
        match name {
            "do" => value.clone_into(&mut form.step),
            // What the ended session began is not begun twice, and the key was not used.
            name => form = form.hidden(name, value),
        }
    }
    page.add(form.html());
    Ok(Stepped::Show(page))
}

/// Ends the session.
pub(super) fn leave(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    if let Ok(sessions) = visit.list("/me/sessions", vec![("limit", "200".into())])
        && let Some(session) = items(&sessions).iter().find(|session| is(session, "current"))
    {
        visit.send("DELETE", format!("/me/sessions/{}", text(session, "id")), Value::Null)?;
    }
    visit.cookies.borrow_mut().push(format!("{SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"));
    Ok(Stepped::Go("/sign-in?done=signed-out".to_owned()))
}

/// That the session is about to end: a part of every page, asked for shortly before.
pub(super) fn ending(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let ends = Session::ends(visit.say("session-ending"), visit.say("session-prolong"));
    Ok(Shown::Html(Html::of(&ends)))
}

/// Goes on: that somebody came was noted as the visit began.
pub(super) fn prolong(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    Ok(match visit.me {
        Some(_) => Stepped::Html(200, Html::of(&Session::prolonged(visit.say("session-goes-on")))),
        None => Stepped::Html(401, Html::of(&Session::ended(visit.say("session-ended")))),
    })
}

/// The page of who was invited.
pub(super) fn join(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("join-title"));
    page.add(Html::paragraph(visit.say("join-lead")));
    let form = Form::new("join", visit.say("join-do"))
        .field(Field::new("link", visit.say("join-link")).hint(visit.say("join-link-hint")))
        .field(Field::new("email", visit.say("sign-in-email")).kind(Kind::Line("email")).autocomplete("username"))
        .field(Field::new("name", visit.say("join-name")).autocomplete("name"))
        .field(
            Field::new("password", visit.say("sign-in-password"))
                .kind(Kind::Line("password"))
                .hint(visit.say("join-password-hint"))
                .autocomplete("new-password"),
        );
    if visit.takes_passwords() {
        page.add(visit.form(form));
    }
    through::add_invited(visit, &mut page);
    Ok(Shown::Page(page))
}

/// Takes up an invitation.
pub(super) fn accept(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.text(name).to_owned();
    let password = visit.form.find("password").unwrap_or_default();
    let body = json!({"link": field("link"), "email": field("email"), "name": field("name"), "password": password});
    visit.send("POST", "/invitations/accept", body)?;
    Ok(Stepped::Go("/sign-in?done=joined".to_owned()))
}
