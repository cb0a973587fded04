//! Beneficiary groups: what they are called and whose they are.

use avis_admin::control::{Refusal, encoded};
use serde_json::{Map, Value, json};

use super::{Shown, Stepped, exports, finding, live};
use crate::layout::Page;
use crate::reading::{items, text, whole};
use crate::view::{Facts, Field, Form, Heading, Html, Kind, Table, link};
use crate::visit::{IDENTIFIER, Visit};

/// The list of a group's memberships.
const ENTITLEMENTS: &str = "/exports/entitlements";

/// The groups, and a new one.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "groups"));
    let (reply, next) = visit.page_of("/groups", vec![("limit", "100".into())])?;
    let row = |group: &Value| {
        let code = text(group, "code");
        vec![
            link(format!("/groups/{}", encoded(code)), code),
            Html::text(called(visit, group)),
            Html::text(text(group, "owner")),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.word("room", "groups"),
        columns: visit.columns(&["code", "called", "owner"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("groups-none"),
        next,
    }));
    if visit.may("POST", "/groups") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("groups-new") }));
        let code = Field::new("code", visit.word("column", "code")).hint(visit.say("code-hint"));
        let [lv, en] = names(visit, &Value::Null).map(Field::optional);
        let form = Form::new("make", visit.say("groups-make")).field(code).field(lv).field(en);
        page.add(visit.form(form.field(visit.reason())));
    }
    Ok(Shown::Page(page))
}

/// One group, which its owner names.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let reply = visit.get(path(visit))?;
    let (group, etag) = (reply.body, reply.etag.unwrap_or_default());
    let mut page = Page::new(called(visit, &group).to_owned());
    page.add(live::of_address(visit)?);
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "code"), Html::text(text(&group, "code"))),
            (visit.word("column", "owner"), Html::text(text(&group, "owner"))),
        ],
    }));
    if visit.may("PUT", "/groups/{code}") && text(&group, "owner") == visit.own() {
        page.add(Html::of(&Heading { id: "name-title", text: visit.say("groups-name") }));
        let [lv, en] = names(visit, &group);
        let form = Form::new("name", visit.say("groups-name")).field(lv).field(en).field(visit.reason());
        page.add(visit.form(form.hidden("etag", &*etag)));
    }
    if text(&group, "owner") == visit.own() {
        if visit.may("POST", "/groups/{code}/members") {
            page.add(Html::of(&Heading { id: "member-title", text: visit.say("groups-member") }));
            page.add(Html::paragraph(visit.say("groups-member-lead")));
            page.add(visit.form(member(visit)?));
        }
        page.add(exports::form(visit, ENTITLEMENTS));
    }
    page.add(link("/groups", visit.word("room", "groups")));
    Ok(Shown::Page(page))
}

/// Who becomes a member, or ends as one, by what they show.
fn member(visit: &Visit<'_>) -> Result<Form, Refusal> {
    let date = |name: &str| Field::new(name, visit.word("column", name)).kind(Kind::Line("date")).optional();
    Ok(Form::new("member", visit.say("groups-member-do"))
        .field(finding::schemes(visit)?)
        .field(finding::shown(visit))
        .field(date("from"))
        .field(date("until").hint(visit.say("groups-member-until")))
        .field(Field::new("source", visit.say("groups-member-source")).optional())
        .field(visit.reason()))
}

/// Writes one membership.
pub(super) fn write_member(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let typed = ["scheme", IDENTIFIER, "from", "until", "source", "reason"].map(|name| (name, visit.form.text(name)));
    let given = typed.into_iter().filter(|(name, typed)| !typed.is_empty() || *name == "reason");
    let body: Map<String, Value> = given.map(|(name, typed)| (name.to_owned(), json!(typed))).collect();
    let written = visit.send("POST", format!("{}/members", path(visit)), Value::Object(body));
    let written = written.map_err(|refusal| match refusal.code.status() {
        404 => Visit::at(IDENTIFIER, &visit.say("finding-nobody")),
        _ => refusal,
    })?;
    let revision = whole(&written.body, "revision").unwrap_or_default();
    Ok(Stepped::Go(format!("{}?done=member-written&revision={revision}", path(visit))))
}

/// The memberships as a file.
pub(super) fn export(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let code = visit.parameter("code").to_owned();
    exports::take(visit, (ENTITLEMENTS, &format!("{code}.csv")), vec![("group", code.clone())])
}

/// What people call a group; its code where nobody named it in a language of the pages.
fn called<'g>(visit: &Visit<'_>, group: &'g Value) -> &'g str {
    let name = group.get("name").map(|name| visit.named(name)).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| text(group, "code"))
}

fn names(visit: &Visit<'_>, group: &Value) -> [Field; 2] {
    let name = group.get("name").unwrap_or(&Value::Null);
    [("lv", "parties-name-lv"), ("en", "parties-name-en")]
        .map(|(tag, label)| Field::new(tag, visit.say(label)).value(text(name, tag)))
}

fn path(visit: &Visit<'_>) -> String {
    format!("/groups/{}", encoded(visit.parameter("code")))
}

/// A refusal, with each fault at the field of the form.
fn placed(refusal: Refusal) -> Refusal {
    Visit::placed(refusal, &[("/name/", "/")])
}

/// Makes a group, with a name if one was typed.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let [code, lv, en, reason] = ["code", "lv", "en", "reason"].map(|field| visit.form.text(field));
    let name = (!lv.is_empty() || !en.is_empty()).then(|| json!({"lv": lv, "en": en}));
    visit.send("POST", "/groups", json!({"code": code, "name": name, "reason": reason})).map_err(placed)?;
    Ok(Stepped::Go("/groups?done=group-made".to_owned()))
}

/// Names it.
pub(super) fn set_name(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let [lv, en, reason] = ["lv", "en", "reason"].map(|field| visit.form.text(field));
    let body = json!({"name": {"lv": lv, "en": en}, "reason": reason});
    visit.send("PUT", path(visit), body).map_err(placed)?;
    Ok(Stepped::Go(format!("{}?done=saved", path(visit))))
}
