//! One's own tokens, by which programs act: for one party, for certain actions, until a day.

use avis_admin::control::Refusal;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::Stepped;
use crate::layout::Page;
use crate::reading::{items, text, texts};
use crate::view::{Code, Details, Field, Form, Heading, Html, Kind, Notice, Table, Tone, link};
use crate::visit::Visit;

/// The step that makes one.
const MAKE: &str = "make_token";

/// The part of the account's page; nothing for who has none.
pub(super) fn part(visit: &Visit<'_>) -> Result<Html, Refusal> {
    if !visit.may("POST", "/me/tokens") {
        return Ok(Html::default());
    }
    let tokens = visit.list("/me/tokens", vec![("limit", "200".into())])?;
    let row = |token: &Value| {
        let end = Form::new(format!("end_token:{}", text(token, "id")), visit.say("account-end")).quiet();
        vec![
            Html::text(text(token, "name")),
            Html::text(text(token, "prefix")),
            Html::text(text(token, "party")),
            Html::text(texts(token, "scopes").join(", ")),
            Html::text(visit.when_of(token, "expires_at")),
            Html::text(visit.when_of(token, "last_used_on")),
            visit.form(end),
        ]
    };
    let heading = Html::of(&Heading { id: "tokens", text: visit.say("tokens-title") });
    let table = Html::of(&Table {
        caption: visit.say("tokens-title"),
        columns: visit.columns(&["called", "prefix", "party", "scopes", "until", "last-used", "action"], &[]),
        rows: items(&tokens).iter().map(row).collect(),
        empty: visit.say("tokens-none"),
        next: None,
    });
    let form = visit.form(form(visit));
    let new = Details { summary: visit.say("tokens-make"), parts: vec![form], is_open: visit.shows_typed(MAKE) };
    Ok(Html::joined([heading, Html::paragraph(visit.say("tokens-lead")), table, Html::of(&new)]))
}

fn form(visit: &Visit<'_>) -> Form {
    let actions = visit.actions().iter().map(|action| (action.clone(), action.clone()));
    Form::new(MAKE, visit.say("tokens-make"))
        .field(Field::new("name", visit.word("column", "called")).hint(visit.say("tokens-name-hint")))
        .field(
            Field::new("until", visit.word("column", "until"))
                .kind(Kind::Line("date"))
                .hint(visit.say("tokens-until-hint")),
        )
        .field(
            Field::new("scopes", visit.word("column", "scopes"))
                .kind(Kind::Ticks(actions.collect()))
                .hint(visit.say("tokens-scopes-hint")),
        )
}

/// Makes one, which is shown once.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let scopes: Vec<&str> = visit.form.all("scopes").collect();
    // Its last day is a day of it.
    let ends = |day: Date| visit.zone().to_timestamp(day.tomorrow().ok()?.at(0, 0, 0, 0)).ok();
    let until = visit.form.text("until").parse().ok().and_then(ends);
    let until = until.ok_or_else(|| Visit::at("until", &visit.say("period-day")))?;
    let body = json!({"name": visit.form.text("name"), "scopes": scopes, "expires_at": until});
    let made = visit.send("POST", "/me/tokens", body);
    let made = made.map_err(|refusal| Visit::placed(refusal, &[("/expires_at", "/until"), ("/scopes", "/scopes")]))?;
    let secret = text(&made.body, "secret");
    let mut page = Page::new(visit.say("tokens-one"));
    if secret.is_empty() {
        page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("tokens-was-shown") }));
    } else {
        page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("tokens-once") }));
        page.add(Html::of(&Code { label: visit.say("tokens-one"), text: secret.to_owned() }));
        let line = format!("curl -s {}/admin/v1/me -H 'authorization: Bearer {secret}'", visit.origin());
        page.add(Html::of(&Code { label: visit.say("terminals-curl"), text: line }));
    }
    page.add(link("/account#tokens", visit.say("account-title")));
    Ok(Stepped::Show(page))
}

/// Ends one.
pub(super) fn end(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", format!("/me/tokens/{}", visit.which()), Value::Null)?;
    Ok(Stepped::Go("/account?done=token-ended#tokens".to_owned()))
}
