//! Members of a merchant's programme: found by what they show, enrolled with consent, their statement, and points given and taken with a
//! reason. What a member shows stands in no address.

use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{items, items_of, state, text, whole};
use crate::view::{Details, Facts, Field, Form, Heading, Html, Table, link};
use crate::visit::{IDENTIFIER, Visit};

/// On the page of a programme: who is looked for, who joins and who leaves.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page) {
    if !visit.may("POST", "/programs/{code}/members/find") {
        return;
    }
    page.add(Html::of(&Heading { id: "members", text: visit.word("column", "members") }));
    page.add(visit.form(shown_by(visit, "find", "member-find").field(visit.reason())));
    let joins = shown_by(visit, "join", "member-join")
        .field(Field::new("consent", visit.say("member-consent")).hint(visit.say("member-consent-hint")))
        .field(visit.reason());
    let leaves = shown_by(visit, "leave", "member-leave").field(visit.reason()).danger();
    for (said, form) in [("member-join", joins), ("member-leave", leaves)] {
        let is_open = visit.refusal.is_some() && visit.form.find("do") == Some(&*form.step);
        let parts = vec![visit.form(form)];
        page.add(Html::of(&Details { summary: visit.say(said), parts, is_open }));
    }
}

/// By what somebody is recognised. What is shown is typed again after a fault.
fn shown_by(visit: &Visit<'_>, step: &str, said: &str) -> Form {
    Form::new(step, visit.say(said))
        .field(Field::new("scheme", visit.word("column", "scheme")).hint(visit.say("member-scheme-hint")))
        .field(Field::new(IDENTIFIER, visit.say("member-value")))
}

fn body(visit: &Visit<'_>) -> Value {
    let field = |name: &str| visit.form.text(name);
    json!({"scheme": field("scheme"), "value": field(IDENTIFIER), "reason": field("reason")})
}

fn path(visit: &Visit<'_>, rest: &str) -> String {
    format!("/programs/{}/members{rest}", visit.parameter("code"))
}

/// Finds a member.
pub(super) fn find(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let found = visit.send("POST", path(visit, "/find"), body(visit));
    // That there is no such member is said on the page.
    let found = found.map_err(|refusal| match refusal.code.status() {
        404 => Visit::at(IDENTIFIER, &visit.say("member-none")),
        _ => refusal,
    })?;
    Ok(Stepped::Go(format!("/programmes/{}/members/{}", visit.parameter("code"), text(&found.body, "handle"))))
}

/// Makes somebody a member.
pub(super) fn join(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut body = body(visit);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("consent".to_owned(), json!(visit.form.text("consent")));
    }
    done(visit, &visit.send("POST", path(visit, ""), body)?.body, "member-joined")
}

/// Ends somebody's membership.
pub(super) fn leave(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    done(visit, &visit.send("POST", path(visit, "/leave"), body(visit))?.body, "member-left")
}

fn done(visit: &Visit<'_>, written: &Value, word: &str) -> Result<Stepped, Refusal> {
    let revision = whole(written, "revision").unwrap_or_default();
    Ok(Stepped::Go(format!("/programmes/{}?done={word}&revision={revision}", visit.parameter("code"))))
}

/// A member who was found: what they have, and what happened to the account.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (code, handle) = (visit.parameter("code"), visit.parameter("handle"));
    let member = visit.get(path(visit, &format!("/{handle}")))?.body;
    let mut page = Page::new(visit.say("member-title"));
    page.add(facts(visit, &member));
    if visit.may("POST", "/programs/{code}/members/{handle}/adjustments") {
        page.add(Html::of(&Heading { id: "adjust-title", text: visit.say("member-adjust") }));
        page.add(Html::paragraph(visit.say("member-adjust-means")));
        let points = Field::new("points", visit.word("column", "points")).hint(visit.say("member-points-hint"));
        page.add(visit.form(Form::new("adjust", visit.say("member-adjust-do")).field(points).field(visit.reason())));
    }
    page.add(lots(visit, &member));
    let (operations, next) =
        visit.page_of(path(visit, &format!("/{handle}/operations")), vec![("limit", "50".into())])?;
    let row = |operation: &Value| {
        let kind = visit.word("points-operation", text(operation, "kind"));
        vec![
            Html::text(visit.when_of(operation, "at")),
            Html::text(kind),
            Html::text(visit.number(whole(operation, "points").unwrap_or_default())),
            Html::text(text(operation, "reason")),
        ]
    };
    let mut columns = visit.columns(&["at", "movement"], &["points"]);
    columns.extend(visit.columns(&["reason"], &[]));
    page.add(Html::of(&Table {
        caption: visit.say("member-operations"),
        columns,
        rows: items(&operations).iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next,
    }));
    page.add(link(format!("/programmes/{code}"), code));
    Ok(Shown::Page(page))
}

fn facts(visit: &Visit<'_>, member: &Value) -> Html {
    let number = |name: &str| Html::text(visit.number(whole(member, name).unwrap_or_default()));
    let mut rows = vec![
        (visit.word("column", "programme"), Html::text(text(member, "program"))),
        (visit.word("column", "state"), state(visit, text(member, "state"))),
        (visit.word("column", "balance-points"), number("balance")),
        (visit.word("column", "pending-points"), number("pending")),
        (visit.word("column", "owes-points"), number("owed")),
    ];
    if !text(member, "tier").is_empty() {
        rows.push((visit.word("column", "tier"), Html::text(text(member, "tier"))));
    }
    if let Some(next) = member.get("next").filter(|next| next.is_object()) {
        let missing = visit.number(whole(next, "missing").unwrap_or_default());
        let told =
            visit.texts.with("member-next", &[("tier", text(next, "tier").into()), ("points", (&*missing).into())]);
        rows.push((visit.word("column", "next-tier"), Html::text(told)));
    }
    let until = visit.when_of(member, "expires_at");
    rows.push((visit.say("member-found-until"), Html::text(until)));
    Html::of(&Facts { rows })
}

fn lots(visit: &Visit<'_>, member: &Value) -> Html {
    /// Lots that are shown: those that end first come first.
    const LOTS_MAX: usize = 100;
    let row = |lot: &Value| {
        let when = |name: &str| Html::text(visit.when_of(lot, name));
        let points = Html::text(visit.number(whole(lot, "points").unwrap_or_default()));
        vec![points, when("earned_at"), when("active_from"), when("expires_at")]
    };
    let mut columns = visit.columns(&[], &["points"]);
    columns.extend(visit.columns(&["earned-at", "active-from", "until"], &[]));
    Html::of(&Table {
        caption: visit.say("member-lots"),
        columns,
        rows: items_of(member, "lots").iter().take(LOTS_MAX).map(row).collect(),
        empty: visit.say("member-no-points"),
        next: None,
    })
}

/// Gives a member points, or takes some.
pub(super) fn adjust(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (code, handle) = (visit.parameter("code"), visit.parameter("handle"));
    let points: i64 =
        visit.form.text("points").parse().map_err(|_| Visit::at("points", &visit.say("member-points-hint")))?;
    let body = json!({"points": points, "reason": visit.form.text("reason")});
    let made = visit.send("POST", path(visit, &format!("/{handle}/adjustments")), body)?.body;
    let word = if text(&made, "state") == "done" { "adjusted" } else { "adjustment-asked" };
    Ok(Stepped::Go(format!("/programmes/{code}/members/{handle}?done={word}")))
}

/// Adjustments: those that wait for a second person, and those that were done.
pub(super) fn adjustments(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("adjustments-title"));
    page.add(Html::paragraph(visit.say("adjustments-lead")));
    let (reply, next) = visit.page_of("/adjustments", vec![("limit", "50".into())])?;
    let row = |adjustment: &Value| {
        vec![
            Html::text(visit.when_of(adjustment, "asked_at")),
            Html::text(text(adjustment, "program")),
            Html::text(text(adjustment, "member").chars().take(8).collect::<String>()),
            Html::text(visit.number(whole(adjustment, "points").unwrap_or_default())),
            Html::text(text(adjustment, "reason")),
            state(visit, text(adjustment, "state")),
            steps(visit, adjustment),
        ]
    };
    let columns = ["at", "programme", "member", "points", "reason", "state", "action"];
    page.add(Html::of(&Table {
        caption: visit.say("adjustments-title"),
        columns: visit.columns(&columns, &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("adjustments-none"),
        next,
    }));
    page.add(link("/programmes", visit.word("room", "programmes")));
    Ok(Shown::Page(page))
}

/// Confirmed by another than who asked; removed while it is not with the ledger.
fn steps(visit: &Visit<'_>, adjustment: &Value) -> Html {
    let (id, standing) = (text(adjustment, "id"), text(adjustment, "state"));
    let is_own = visit.is_me(text(adjustment, "asked_by"));
    let mut forms = Vec::new();
    if standing != "done" && !is_own && visit.may("POST", "/adjustments/{id}/confirm") {
        forms.push(visit.form(Form::new(format!("confirm:{id}"), visit.say("users-confirm"))));
    }
    if standing == "asked" && visit.may("DELETE", "/adjustments/{id}") {
        forms.push(visit.form(Form::new(format!("remove:{id}"), visit.say("adjustment-remove")).danger()));
    }
    Html::joined(forms)
}

/// Confirms what another asked for.
pub(super) fn confirm(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("POST", format!("/adjustments/{}/confirm", visit.which()), Value::Null)?;
    Ok(Stepped::Go("/adjustments?done=adjusted".to_owned()))
}

/// Removes one that waits.
pub(super) fn remove(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", format!("/adjustments/{}", visit.which()), Value::Null)?;
    Ok(Stepped::Go("/adjustments?done=removed".to_owned()))
}
