//! Drafts: from the first word to what is published, each step as the policy and the draft's state allow it.

use avis_admin::control::{Code as Refused, Refusal, encoded};
use serde_json::{Map, Value, json};

use super::{
    Shown, Stepped, beginning, benefits, case, cases, changed_cases, changes, conditions, history, live, meeting,
    places,
};
use crate::layout::{Anchor, Page, nowhere};
use crate::reading::{items, items_of, pretty, state, text, whole};
use crate::sentence::said;
use crate::view::{Code, Details, Facts, Field, Form, Heading, Html, Kind, Notice, Table, Tone, Ways, link};
use crate::visit::Visit;

pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "drafts"));
    if visit.may("POST", "/drafts") {
        page.add(beginning::ways(visit));
    }
    let (reply, next) = visit.newest_of("/drafts", 100)?;
    let row = |draft: &Value| {
        let base = whole(draft, "base").map(|base| base.to_string()).unwrap_or_default();
        vec![
            link(format!("/drafts/{}", text(draft, "id")), text(draft, "code")),
            Html::text(visit.word("subject", text(draft, "kind"))),
            state(visit, text(draft, "state")),
            Html::text(base),
            Html::text(text(draft, "note")),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.word("room", "drafts"),
        columns: visit.columns(&["code", "subject", "state", "base", "note"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("drafts-none"),
        next,
    }));
    Ok(Shown::Page(page))
}

/// One draft.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    page(visit).map(Shown::Page)
}

/// Its page.
///
/// # Errors
/// A draft that can't be read.
pub(super) fn page(visit: &Visit<'_>) -> Result<Page, Refusal> {
    let id = visit.parameter("id");
    let reply = visit.get(format!("/drafts/{id}"))?;
    let (draft, etag) = (reply.body, reply.etag.unwrap_or_default());
    let content = draft.get("content").unwrap_or(&Value::Null);
    let title = content.get("name").map(|name| visit.named(name)).filter(|name| !name.is_empty());
    let mut page = Page::new(title.unwrap_or(text(&draft, "code")).to_owned());
    told(visit, &mut page, &draft);
    if let Some(revision) = draft.get("revision").and_then(Value::as_u64) {
        page.add(live::part(visit, revision, 0)?);
        let room = match text(&draft, "kind") {
            "program" => "programmes",
            "campaign" => "campaigns",
            _ => "benefits",
        };
        page.add(link(format!("/{room}/{}", text(&draft, "code")), visit.say("draft-to-published")));
    }
    page.anchor = anchor(visit, &draft);
    page.add(to_till(visit, &draft));
    // Who decides reads first what changes.
    let decides = matches!(text(&draft, "state"), "submitted" | "approved") && !may_be_edited(visit, &draft);
    if !decides {
        steps(visit, &mut page, &draft, &etag);
    }
    if may_be_edited(visit, &draft) && matches!(text(&draft, "state"), "submitted" | "approved") {
        page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("draft-edit-clears") }));
    }
    let (changed, meets, history) = (changed(visit, &draft)?, meeting::part(visit, &draft)?, history::part(visit)?);
    let json = cases::beside(editor(visit, &draft, &etag));
    let beside = [&changed, &meets, &history, &json, &places(visit, &draft, &etag, false)];
    let is_long = is_long(&draft) || beside.iter().map(|part| part.to_string().len()).sum::<usize>() > BYTES_MAX;
    let is_alone = is_long && (visit.query.find(JSON).is_some() || visit.form.find("do") == Some("save"));
    if is_alone {
        page.add(link(format!("/drafts/{id}"), visit.say("draft-as-sentence")));
    } else {
        page.add(changed);
    }
    if decides {
        steps(visit, &mut page, &draft, &etag);
    }
    if is_alone {
        page.add(json);
        page.add(cases::part(visit, &draft));
    } else {
        let json =
            if is_long { link(format!("/drafts/{id}?{JSON}=yes#edit"), visit.say("draft-as-json")) } else { json };
        let said = as_sentence(visit, &draft, &etag, is_long)?;
        // Who moved a benefit, or asked, reads first where it meets others.
        let parts = if meeting::is_asked(visit) { [meets, said, json] } else { [said, meets, json] };
        parts.into_iter().for_each(|part| page.add(part));
    }
    page.add(history);
    Ok(page)
}

/// Where faults lead: to what the editor has for it, and of cases that fail to how they come out.
fn anchor(visit: &Visit<'_>, draft: &Value) -> Anchor {
    let is_edited = may_be_edited(visit, draft);
    let in_editor = if is_edited { places::anchors(draft) } else { nowhere() };
    Box::new(move |pointer| match pointer {
        cases::FAILING if is_edited => Some(cases::OUTCOME.to_owned()),
        cases::FAILING => Some(String::new()),
        pointer => in_editor(pointer),
    })
}

/// To the till: what a sale comes to now and with the draft, or by what was published of it.
fn to_till(visit: &Visit<'_>, draft: &Value) -> Html {
    let is_benefit = text(draft, "kind") == "benefit";
    match text(draft, "state") {
        _ if visit.simulator.is_none() || !is_benefit => Html::default(),
        "published" => benefits::to_till(visit, text(draft, "code")),
        _ if !visit.has_action("try") => Html::default(),
        _ => {
            Html::of(&Ways { ways: vec![link(format!("/try?draft={}", text(draft, "id")), visit.say("draft-to-try"))] })
        }
    }
}

/// By which name the address asks for the JSON alone.
const JSON: &str = "json";
/// Bytes of the parts of a page that stand together; of more, one place is open at a time and the JSON has a page of its own, so that
/// each stays light.
const BYTES_MAX: usize = 52_000;
/// Bytes of JSON that stand beside the sentence.
const JSON_BESIDE_MAX: usize = 8_000;

/// Whether what a draft says is too long for all of it to stand on one page.
fn is_long(draft: &Value) -> bool {
    let bytes = |name: &str| draft.get(name).map(|value| pretty(value).len()).unwrap_or_default();
    bytes("content") + bytes("cases") > JSON_BESIDE_MAX
}

/// What it changes: of the version on which it is based, and of its cases.
fn changed(visit: &Visit<'_>, draft: &Value) -> Result<Html, Refusal> {
    let difference = visit.get(path(visit, "/difference"))?.body;
    let content = draft.get("content").unwrap_or(&Value::Null);
    let cases = changed_cases::part(visit, &difference);
    if whole(draft, "base").is_none() {
        return Ok(cases);
    }
    let all = path(visit, "/differences");
    Ok(Html::joined([changes::part(visit, (text(draft, "kind"), content), &difference, &all), cases]))
}

/// What it says, place by place: each opens where it may be edited.
fn places(visit: &Visit<'_>, draft: &Value, etag: &str, is_long: bool) -> Html {
    if may_be_edited(visit, draft) {
        return cases::beside(places::editor(visit, draft, etag, is_long));
    }
    let content = draft.get("content").unwrap_or(&Value::Null);
    Html::of(&Facts { rows: said(visit, text(draft, "kind"), content) })
}

/// What it says as a sentence, and its cases run beside it where it may be edited.
fn as_sentence(visit: &Visit<'_>, draft: &Value, etag: &str, is_long: bool) -> Result<Html, Refusal> {
    let heading = Html::of(&Heading { id: "sentence", text: visit.say("draft-sentence") });
    let said = places(visit, draft, etag, is_long);
    if !may_be_edited(visit, draft) {
        return Ok(Html::joined([heading, said]));
    }
    let lead = Html::paragraph(visit.say("places-lead"));
    let cases_heading = Html::of(&Heading { id: "cases-title", text: visit.say("cases-title") });
    let (expecting, cases) = (cases::expecting(visit, etag), cases::part(visit, draft));
    Ok(Html::joined([heading, lead, said, cases_heading, expecting, cases, case::form(visit, draft, etag)?]))
}

fn told(visit: &Visit<'_>, page: &mut Page, draft: &Value) {
    let because = |name: &str, message: &str| {
        let because = text(draft, name);
        let text = visit.texts.with(message, &[("reason", because.into())]);
        if because.is_empty() { Html::default() } else { Html::of(&Notice { tone: Tone::Bad, text }) }
    };
    page.add(because("rejected_because", "draft-rejected"));
    page.add(because("not_published_because", "draft-not-published"));
    let mut rows = vec![
        (visit.word("column", "state"), state(visit, text(draft, "state"))),
        (visit.word("column", "code"), Html::text(text(draft, "code"))),
    ];
    let base = whole(draft, "base").map_or_else(|| visit.say("draft-no-base"), |base| base.to_string());
    rows.push((visit.word("column", "base"), Html::text(base)));
    if let Some(at) = draft.get("publish_at").filter(|at| !at.is_null()) {
        rows.push((visit.say("draft-publish-at"), Html::text(visit.when(at))));
    }
    if !text(draft, "note").is_empty() {
        rows.push((visit.word("column", "note"), Html::text(text(draft, "note"))));
    }
    page.add(Html::of(&Facts { rows }));
}

/// What may be done with it in its state, by who visits.
fn steps(visit: &Visit<'_>, page: &mut Page, draft: &Value, etag: &str) {
    let hash = text(draft, "content_hash");
    let form = |step: &'static str| {
        let form = Form::new(step, visit.word("draft-do", step)).hidden("etag", etag);
        form.hidden("content_hash", hash)
    };
    let may = |step: &str| visit.may("POST", &format!("/drafts/{{id}}/{step}"));
    let waits = |told: &str| Html::of(&Notice { tone: Tone::Plain, text: visit.say(told) });
    match text(draft, "state") {
        "submitted" if !may("approve") => page.add(waits("draft-waits-for-approval")),
        "submitted" if visit.is_me(text(draft, "edited_by")) => page.add(waits("draft-own-work")),
        "approved" if !may("publish") => page.add(waits("draft-waits-for-publishing")),
        _ => {}
    }
    let mut add = |step: &str, form: Form| {
        if may(step) {
            page.add(visit.form(form));
        }
    };
    match text(draft, "state") {
        "draft" => {
            add("check", form("check").quiet());
            add("submit", form("submit"));
        }
        "submitted" => {
            if !visit.is_me(text(draft, "edited_by")) {
                add("approve", form("approve"));
            }
            add("reject", form("reject").field(visit.reason()).danger());
            add("withdraw", form("withdraw").quiet());
        }
        "approved" => {
            add("publish", form("publish").field(visit.reason()));
            add("reject", form("reject").field(visit.reason()).danger());
            add("withdraw", form("withdraw").quiet());
        }
        "scheduled" => add("unschedule", form("unschedule").quiet()),
        _ => {}
    }
    let is_outdated = visit.refusal.as_ref().is_some_and(|refusal| refusal.code == Refused::Outdated);
    if is_outdated && may_be_edited(visit, draft) {
        page.add(visit.form(form("rebase").quiet()));
    }
}

fn may_be_edited(visit: &Visit<'_>, draft: &Value) -> bool {
    matches!(text(draft, "state"), "draft" | "submitted" | "approved") && visit.may("PUT", "/drafts/{id}")
}

/// The content as it is written: to be edited, or to be read.
fn editor(visit: &Visit<'_>, draft: &Value, etag: &str) -> Html {
    let (content, cases) = (draft.get("content").unwrap_or(&Value::Null), items_of(draft, "cases"));
    if !may_be_edited(visit, draft) {
        let json = |label: &str, value: &Value| Html::of(&Code { label: visit.say(label), text: pretty(value) });
        let parts = vec![json("draft-content", content), json("draft-cases", &Value::from(cases.to_vec()))];
        return Html::of(&Details { summary: visit.say("benefit-json"), parts, is_open: false });
    }
    let heading = Html::of(&Heading { id: "edit", text: visit.say("draft-edit") });
    let form = cases::tried(visit, Form::new("save", visit.say("draft-save")))
        .field(Field::new("content", visit.say("draft-content")).kind(Kind::Area(24)).value(pretty(content)))
        .field(
            Field::new("cases", visit.say("draft-cases"))
                .hint(visit.say("draft-cases-hint"))
                .kind(Kind::Area(12))
                .value(pretty(&Value::from(cases.to_vec()))),
        )
        .field(
            Field::new("publish_at", visit.say("draft-publish-at"))
                .hint(visit.say("instant-hint"))
                .value(text(draft, "publish_at"))
                .optional(),
        )
        .field(Field::new("note", visit.word("column", "note")).value(text(draft, "note")).optional())
        .hidden("etag", etag)
        .hidden("base", whole(draft, "base").map(|base| base.to_string()).unwrap_or_default());
    let remove = Form::new("remove", visit.say("draft-remove")).hidden("etag", etag).danger();
    Html::joined([heading, visit.form(form), visit.form(remove)])
}

fn path(visit: &Visit<'_>, step: &str) -> String {
    format!("/drafts/{}{step}", visit.parameter("id"))
}

/// Writes what was edited.
pub(super) fn save(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    if let Some(tried) = cases::asked(visit)? {
        return Ok(tried);
    }
    let (content, cases) = cases::typed(visit, &Value::Null)?;
    let mut body = Map::from_iter([("content".to_owned(), content), ("cases".to_owned(), cases)]);
    for (name, value) in [("publish_at", visit.form.text("publish_at")), ("note", visit.form.text("note"))] {
        if !value.is_empty() {
            body.insert(name.into(), json!(value));
        }
    }
    if let Ok(base) = visit.form.text("base").parse::<i64>() {
        body.insert("base".into(), json!(base));
    }
    visit.send("PUT", path(visit, ""), Value::Object(body))?;
    Ok(Stepped::Go(format!("{}?done=saved", path(visit, ""))))
}

/// Writes one place of the sentence; all else stays as it is.
pub(super) fn set(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    if let Some(tried) = cases::asked(visit)? {
        return Ok(tried);
    }
    let draft = visit.get(path(visit, ""))?.body;
    let (content, _) = cases::typed(visit, &draft)?;
    rewrite(visit, &draft, "content", content)?;
    // Whoever changes what stands where goes on with it.
    let place = visit.which();
    let row = places::asked_row(visit);
    let of_row = row.and_then(|row| places::begin_of_row(text(&draft, "kind"), place, row));
    let goes_on = of_row.or_else(|| conditions::goes_on(visit)).unwrap_or_else(|| format!("at-{place}"));
    let open = match (row, visit.form.find("shape").and(visit.query.find(places::ROW))) {
        (Some(row), _) => format!("&open={place}&row={row}"),
        // What is asked in a row is changed on in it.
        (None, Some(row)) => format!("&open={place}&row={}", encoded(row)),
        (None, None) => visit.form.find("shape").map(|_| format!("&open={place}")).unwrap_or_default(),
    };
    Ok(Stepped::Go(format!("{}?done=saved{open}#{goes_on}", path(visit, ""))))
}

/// Writes another value of one field; all else stays as it is.
///
/// # Errors
/// What the control plane refuses.
pub(super) fn rewrite(visit: &Visit<'_>, draft: &Value, field: &str, value: Value) -> Result<(), Refusal> {
    let kept = ["base", "content", "cases", "publish_at", "note"].into_iter();
    let kept = kept.filter_map(|name| Some((name.to_owned(), draft.get(name).filter(|it| !it.is_null())?.clone())));
    let mut body: Map<String, Value> = kept.collect();
    body.insert(field.to_owned(), value);
    visit.send("PUT", path(visit, ""), Value::Object(body)).map(drop)
}

/// Lets the cases expect what comes now.
pub(super) fn expect(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let draft = visit.get(path(visit, ""))?.body;
    let own = draft.get("cases").cloned().unwrap_or_default();
    let cases = cases::as_they_come(visit, &draft, own)?;
    rewrite(visit, &draft, "cases", cases)?;
    Ok(Stepped::Go(format!("{}?done=expect", path(visit, ""))))
}

/// Finds every fault, and runs every case.
pub(super) fn check(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let checked = visit.send("POST", path(visit, "/check"), Value::Null);
    let checked = checked.map_err(|refusal| cases::named(visit, refusal))?.body;
    let done = if items_of(&checked, "warnings").is_empty() { "checked" } else { "checked-warned" };
    Ok(Stepped::Go(format!("{}?done={done}", path(visit, ""))))
}

fn hashed(visit: &Visit<'_>, step: &str) -> Result<Stepped, Refusal> {
    let body = json!({"content_hash": visit.form.text("content_hash")});
    let sent = visit.send("POST", path(visit, &format!("/{step}")), body);
    sent.map_err(|refusal| cases::named(visit, refusal))?;
    Ok(Stepped::Go(format!("{}?done={step}", path(visit, ""))))
}

fn reasoned(visit: &Visit<'_>, step: &str) -> Result<Stepped, Refusal> {
    let sent = visit.send("POST", path(visit, &format!("/{step}")), json!({"reason": visit.form.text("reason")}));
    sent.map_err(|refusal| cases::named(visit, refusal))?;
    Ok(Stepped::Go(format!("{}?done={step}", path(visit, ""))))
}

fn plain(visit: &Visit<'_>, step: &str) -> Result<Stepped, Refusal> {
    visit.send("POST", path(visit, &format!("/{step}")), Value::Null)?;
    Ok(Stepped::Go(format!("{}?done={step}", path(visit, ""))))
}

/// Hands it to a second person.
pub(super) fn submit(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    hashed(visit, "submit")
}

/// Approves the content that was read.
pub(super) fn approve(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    hashed(visit, "approve")
}

/// Sends it back.
pub(super) fn reject(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    reasoned(visit, "reject")
}

/// Makes it a version, now or at its time.
pub(super) fn publish(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    reasoned(visit, "publish")
}

/// Takes it back to edit it.
pub(super) fn withdraw(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    plain(visit, "withdraw")
}

/// Keeps it from being published at its time.
pub(super) fn unschedule(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    plain(visit, "unschedule")
}

/// Bases it on the newest version: what it says stays as it is, and differs from that one.
pub(super) fn rebase(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let draft = visit.get(path(visit, ""))?.body;
    let room = if text(&draft, "kind") == "program" { "programs" } else { "benefits" };
    let newest = visit.get(format!("/{room}/{}", text(&draft, "code")))?.body;
    rewrite(visit, &draft, "base", newest.get("version").cloned().unwrap_or_default())?;
    Ok(Stepped::Go(format!("{}?done=rebased", path(visit, ""))))
}

/// Removes it.
pub(super) fn remove(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", path(visit, ""), Value::Null)?;
    Ok(Stepped::Go("/drafts?done=removed".to_owned()))
}
