//! One user: which roles they have where, another role, and whether they may sign in.

use avis_admin::control::{Refusal, encoded};
use serde_json::{Value, json};

use super::parties::ROLES;
use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{items_of, state, text};
use crate::view::{Details, Facts, Field, Form, Heading, Html, Kind, Table, link};
use crate::visit::Visit;

fn path(visit: &Visit<'_>) -> String {
    format!("/users/{}", encoded(visit.parameter("id")))
}

/// The page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let user = visit.get(path(visit))?.body;
    let mut page = Page::new(text(&user, "name").to_owned());
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "email"), Html::text(text(&user, "email"))),
            (visit.word("column", "state"), state(visit, text(&user, "state"))),
        ],
    }));
    page.add(roles(visit, &user));
    if visit.may("POST", "/grants") {
        page.add(Html::of(&Heading { id: "another", text: visit.say("user-another-role") }));
        page.add(Html::paragraph(visit.say("user-another-role-lead")));
        let roles = ROLES.map(|role| (role.to_owned(), visit.word("role", role)));
        let form = Form::new("give", visit.say("user-give"))
            .field(Field::new("party", visit.word("column", "party")).value(visit.own()))
            .field(Field::new("role", visit.word("column", "role")).kind(Kind::Choice(roles.into())))
            .field(visit.reason().optional());
        page.add(visit.form(form));
    }
    if visit.may("POST", "/users/{id}/disable") {
        let step = if text(&user, "state") == "active" { "disable" } else { "enable" };
        page.add(Html::of(&Heading { id: "account", text: visit.say("user-account") }));
        page.add(Html::paragraph(visit.say("user-account-lead")));
        let form = Form::new(step, visit.word("user-do", step)).field(visit.reason());
        page.add(visit.form(if step == "disable" { form.danger() } else { form }));
    }
    page.add(link("/users", visit.word("room", "users")));
    Ok(Shown::Page(page))
}

fn roles(visit: &Visit<'_>, user: &Value) -> Html {
    let ends = visit.may("DELETE", "/grants/{id}");
    let row = |grant: &Value| {
        let end = Form::new(format!("take:{}", text(grant, "id")), visit.say("user-take")).danger();
        let action = if ends {
            let parts = vec![Html::paragraph(visit.say("user-take-means")), visit.form(end)];
            Html::of(&Details { summary: visit.say("user-take"), parts, is_open: false })
        } else {
            Html::default()
        };
        vec![
            Html::text(visit.word("role", text(grant, "role"))),
            Html::text(text(grant, "party")),
            state(visit, text(grant, "state")),
            action,
        ]
    };
    Html::of(&Table {
        caption: visit.word("column", "roles"),
        columns: visit.columns(&["role", "party", "state", "action"], &[]),
        rows: items_of(user, "roles").iter().map(row).collect(),
        empty: visit.say("user-no-role"),
        next: None,
    })
}

fn done(visit: &Visit<'_>, word: &str) -> Stepped {
    Stepped::Go(format!("{}?done={word}", path(visit)))
}

/// Gives another role. One that opens much counts once a second person confirmed it.
pub(super) fn give(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let [party, role, reason] = ["party", "role", "reason"].map(|name| visit.form.text(name));
    let mut body = json!({"user": visit.parameter("id"), "party": party, "role": role});
    if let (Some(fields), false) = (body.as_object_mut(), reason.is_empty()) {
        fields.insert("reason".to_owned(), json!(reason));
    }
    visit.send("POST", "/grants", body)?;
    Ok(done(visit, "role-given"))
}

/// Takes a role away.
pub(super) fn take(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", format!("/grants/{}", encoded(visit.which())), Value::Null)?;
    // Who had no other role here is seen here no more.
    let is_seen = visit.get(path(visit)).is_ok();
    Ok(if is_seen { done(visit, "role-taken") } else { Stepped::Go("/users?done=role-taken".to_owned()) })
}

fn settle(visit: &Visit<'_>, step: &str) -> Result<Stepped, Refusal> {
    visit.send("POST", format!("{}/{step}", path(visit)), json!({"reason": visit.form.text("reason")}))?;
    Ok(done(visit, step))
}

/// Ends a user's sessions and tokens at once.
pub(super) fn disable(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    settle(visit, "disable")
}

/// Lets a user sign in again.
pub(super) fn enable(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    settle(visit, "enable")
}
