//! Parties, their people, invitations, and roles that wait for a second person.

use avis_admin::control::{Refusal, encoded};
use serde_json::{Value, json};

use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{items, items_of, state, text, texts};
use crate::view::{Code, Field, Form, Heading, Html, Kind, Notice, Table, Tone, link};
use crate::visit::Visit;

pub(super) const CAPACITIES: [&str; 4] = ["grantor", "provider", "centre", "institution"];
pub(super) const ROLES: [&str; 8] = ["op", "ad", "ed", "ap", "pr", "cl", "sp", "au"];

pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "parties"));
    let (reply, next) = visit.page_of("/parties", vec![("limit", "100".into())])?;
    let row = |party: &Value| {
        let capacities = texts(party, "capacities");
        let capacities: Vec<String> = capacities.iter().map(|word| visit.word("capacity", word)).collect();
        let code = text(party, "code");
        vec![
            link(format!("/parties/{}", encoded(code)), code),
            Html::text(visit.named(party.get("name").unwrap_or(&Value::Null))),
            Html::text(capacities.join(", ")),
            state(visit, text(party, "state")),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.word("room", "parties"),
        columns: visit.columns(&["code", "called", "capacities", "state"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("parties-none"),
        next,
    }));
    let is_operator = visit.is("op");
    if is_operator && visit.may("POST", "/parties") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("parties-new") }));
        let capacities = CAPACITIES.map(|word| (word.to_owned(), visit.word("capacity", word)));
        let form = Form::new("make", visit.say("parties-make"))
            .field(Field::new("code", visit.word("column", "code")).hint(visit.say("code-hint")))
            .field(Field::new("lv", visit.say("parties-name-lv")))
            .field(Field::new("en", visit.say("parties-name-en")))
            .field(Field::new("capacity", visit.word("column", "capacities")).kind(Kind::Choice(capacities.into())))
            .field(Field::new("commercial", visit.say("parties-commercial")).kind(Kind::Tick).optional());
        page.add(visit.form(form));
    }
    Ok(Shown::Page(page))
}

/// Makes a party.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.text(name);
    let body = json!({"code": field("code"), "name": {"lv": field("lv"), "en": field("en")},
        "capacities": [field("capacity")], "commercial": field("commercial") == "yes"});
    visit.send("POST", "/parties", body)?;
    Ok(Stepped::Go("/parties?done=party-made".to_owned()))
}

/// Who has which role, who was invited, and what waits.
pub(super) fn users(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "users"));
    let mut query = vec![("limit", "100".to_owned())];
    let sought = visit.query.text("q");
    query.extend((!sought.is_empty()).then(|| ("q", sought.to_owned())));
    page.add(visit.search(vec![visit.sought("text", "q")]));
    let (reply, next) = visit.page_of("/users", query)?;
    let users = items(&reply);
    if visit.may("POST", "/grants/{id}/confirm") {
        waiting(visit, &mut page, users);
    }
    page.add(Html::of(&Table {
        caption: visit.word("room", "users"),
        columns: visit.columns(&["name", "email", "roles", "state"], &[]),
        rows: users.iter().map(|user| row(visit, user)).collect(),
        empty: visit.say("users-none"),
        next,
    }));
    invited(visit, &mut page)?;
    if visit.may("POST", "/invitations") {
        page.add(Html::of(&Heading { id: "invite-title", text: visit.say("users-invite") }));
        page.add(Html::paragraph(visit.say("users-invite-lead")));
        let party = visit.party().unwrap_or_default();
        let roles = ROLES.map(|role| (role.to_owned(), visit.word("role", role)));
        let form = Form::new("invite", visit.say("users-invite-do"))
            .field(Field::new("party", visit.word("column", "party")).value(party))
            .field(Field::new("role", visit.word("column", "role")).kind(Kind::Choice(roles.into())))
            .field(
                Field::new("note", visit.say("users-invite-note")).hint(visit.say("users-invite-note-hint")).optional(),
            );
        page.add(visit.form(form));
    }
    Ok(Shown::Page(page))
}

fn role(visit: &Visit<'_>, grant: &Value) -> String {
    format!("{} · {}", visit.word("role", text(grant, "role")), text(grant, "party"))
}

fn row(visit: &Visit<'_>, user: &Value) -> Vec<Html> {
    let counts = items_of(user, "roles").iter().filter(|grant| text(grant, "state") == "counts");
    let roles: Vec<String> = counts.map(|grant| role(visit, grant)).collect();
    vec![
        link(format!("/users/{}", text(user, "id")), text(user, "name")),
        Html::text(text(user, "email")),
        Html::text(roles.join("; ")),
        state(visit, text(user, "state")),
    ]
}

/// Invitations that nobody took up yet, on the first page.
fn invited(visit: &Visit<'_>, page: &mut Page) -> Result<(), Refusal> {
    if visit.query.find("cursor").is_some() {
        return Ok(());
    }
    let invitations = visit.list("/invitations", vec![("limit", "200".into())])?;
    let row = |invitation: &Value| {
        let form = Form::new(format!("uninvite:{}", text(invitation, "id")), visit.say("users-uninvite")).quiet();
        let action = if visit.may("DELETE", "/invitations/{id}") { visit.form(form) } else { Html::default() };
        vec![
            Html::text(role(visit, invitation)),
            Html::text(text(invitation, "note")),
            Html::text(visit.when_of(invitation, "expires_at")),
            action,
        ]
    };
    let rows: Vec<Vec<Html>> = items(&invitations).iter().map(row).collect();
    if !rows.is_empty() {
        page.add(Html::of(&Table {
            caption: visit.say("users-invited"),
            columns: visit.columns(&["role", "note", "until", "action"], &[]),
            rows,
            empty: String::new(),
            next: None,
        }));
    }
    Ok(())
}

fn waiting(visit: &Visit<'_>, page: &mut Page, users: &[Value]) {
    let asked = users.iter().flat_map(|user| items_of(user, "roles").iter().map(move |grant| (user, grant)));
    let asked = asked.filter(|(_, grant)| text(grant, "state") == "asked");
    let row = |(user, grant): (&Value, &Value)| {
        let confirm = Form::new(format!("confirm:{}", text(grant, "id")), visit.say("users-confirm"));
        vec![Html::text(text(user, "name")), Html::text(role(visit, grant)), visit.form(confirm)]
    };
    let rows: Vec<Vec<Html>> = asked.map(row).collect();
    if !rows.is_empty() {
        page.add(Html::of(&Table {
            caption: visit.say("users-waiting"),
            columns: visit.columns(&["name", "role", "action"], &[]),
            rows,
            empty: String::new(),
            next: None,
        }));
    }
}

/// Confirms a role that another asked for.
pub(super) fn confirm(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("POST", format!("/grants/{}/confirm", visit.which()), Value::Null)?;
    Ok(Stepped::Go("/users?done=confirmed".to_owned()))
}

/// Takes an invitation back: its link leads nowhere any more.
pub(super) fn uninvite(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", format!("/invitations/{}", visit.which()), Value::Null)?;
    Ok(Stepped::Go("/users?done=uninvited".to_owned()))
}

/// Invites somebody: the link is shown once.
pub(super) fn invite(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (party, role) = (visit.form.text("party"), visit.form.text("role"));
    let body = json!({"party": party, "role": role, "note": visit.form.text("note")});
    let made = visit.send("POST", "/invitations", body)?.body;
    let mut page = Page::new(visit.say("users-invite"));
    page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("users-link-once") }));
    let link_ = format!("{}{}", visit.origin(), text(&made, "link"));
    page.add(Html::of(&Code { label: visit.say("join-link"), text: link_ }));
    page.add(Html::paragraph(
        visit.texts.with("users-link-where", &[("address", format!("{}/join", visit.origin()).as_str().into())]),
    ));
    page.add(link("/users", visit.word("room", "users")));
    Ok(Stepped::Show(page))
}
