//! Signing in through providers of OpenID Connect, where the settings name some: on the page of who comes in, and of who was invited.

use avis_admin::control::{Refusal, encoded};
use serde_json::json;

use super::Stepped;
use super::choices::own_path;
use crate::layout::Page;
use crate::reading::text;
use crate::view::{Field, Form, Heading, Html, Kind, go};
use crate::visit::Visit;

/// A button for each provider. It leads away, and back to a path: what was typed before does not come along.
pub(super) fn add_buttons(visit: &Visit<'_>, page: &mut Page, then: &str, is_typed: bool) {
    let providers = visit.sign_in_providers();
    if providers.is_empty() {
        return;
    }
    if visit.takes_passwords() {
        page.add(Html::of(&Heading { id: "through", text: visit.say("through-title") }));
    }
    if is_typed {
        page.add(Html::paragraph(visit.say("through-loses")));
    }
    for name in providers {
        let address = format!("/admin/v1/auth/{name}/start?to={}", encoded(own_path(then)));
        page.add(go(address, visit.texts.with("through-do", &[("name", name.into())])));
    }
}

/// Forms by which an invitation is taken up by signing in through a provider.
pub(super) fn add_invited(visit: &Visit<'_>, page: &mut Page) {
    let providers = visit.sign_in_providers();
    if providers.is_empty() {
        return;
    }
    page.add(Html::of(&Heading { id: "through", text: visit.say("through-invited") }));
    let choice = providers.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
    let form = Form::new("through", visit.say("through-invited-do"))
        .field(Field::new("provider", visit.say("through-provider")).kind(Kind::Choice(choice)))
        .field(Field::new("link", visit.say("join-link")).hint(visit.say("join-link-hint")))
        .field(Field::new("email", visit.say("sign-in-email")).kind(Kind::Line("email")).autocomplete("username"))
        .field(Field::new("name", visit.say("join-name")).autocomplete("name"))
        .field(
            Field::new("password", visit.say("through-password"))
                .kind(Kind::Line("password"))
                .autocomplete("current-password")
                .optional(),
        );
    page.add(visit.form(form));
}

/// Begins to take an invitation up: the browser goes on to the provider.
pub(super) fn begin(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.text(name);
    let mut body = json!({"link": field("link"), "email": field("email"), "name": field("name"), "to": "/"});
    let password = visit.form.find("password").unwrap_or_default();
    if let (false, Some(fields)) = (password.is_empty(), body.as_object_mut()) {
        fields.insert("password".to_owned(), json!(password));
    }
    let name = field("provider");
    let reply = visit.send("POST", format!("/auth/{}/start", encoded(name)), body)?;
    visit.cookies.borrow_mut().extend(reply.cookies);
    // A form leads to pages of this host alone, so that going to the provider is a step of its own.
    let mut page = Page::new(visit.say("through-invited"));
    page.add(Html::paragraph(visit.say("through-goes-on")));
    page.add(go(text(&reply.body, "location"), visit.texts.with("through-do", &[("name", name.into())])));
    Ok(Stepped::Show(page))
}
