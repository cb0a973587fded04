//! What all rules stand on, for who runs the installation: slots and calendars. What a change comes to is told before it is made: the
//! rules are compiled with it, and every case of them is run.

use avis_admin::control::{Question, Refusal, Reply, encoded};
use serde_json::{Map, Value, json};

use super::{Shown, Stepped, live};
use crate::formats::{hundredths, of_hundredths};
use crate::layout::Page;
use crate::reading::{items, items_of, pretty, text, texts, whole};
use crate::view::{Code, Facts, Field, Form, Heading, Html, Kind, Listing, Notice, Table, Tone, link};
use crate::visit::{TRY, Visit};

/// How benefits of one slot meet.
const POLICIES: [&str; 4] = ["", "best", "first", "all"];
/// Where faults of a slot and of a calendar are on the page.
const FIELDS: [(&str, &str); 2] = [("/max_discount", "/rate"), ("/dates", "/dates")];

/// Slots in the order of a decision, and a new one.
pub(super) fn slots(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "ground"));
    page.add(live::of_address(visit)?);
    page.add(Html::paragraph(visit.say("ground-lead")));
    let (reply, next) = visit.page_of("/slots", vec![("limit", "50".into())])?;
    let row = |slot: &Value| {
        let name = text(slot, "name");
        vec![
            link(format!("/ground/slots/{name}"), name),
            Html::text(policy_told(visit, text(slot, "policy"))),
            Html::text(most(slot).map(|rate| visit.percent(rate)).unwrap_or_default()),
            Html::text(visit.number(whole(slot, "priority").unwrap_or_default())),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.say("ground-slots"),
        columns: visit.columns(&["called", "slot-policy", "slot-most"], &["priority"]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("ground-no-slot"),
        next,
    }));
    page.add(link("/ground/calendars", visit.say("ground-calendars")));
    if is_kept(visit) {
        page.add(Html::of(&Heading { id: "new", text: visit.say("ground-new-slot") }));
        page.add(visit.form(named(slot_form(visit, &Value::Null), visit)));
    }
    Ok(Shown::Page(page))
}

/// One slot.
pub(super) fn slot(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let reply = visit.get(format!("/slots/{}", encoded(visit.parameter("name"))))?;
    let form = slot_form(visit, &reply.body);
    one(visit, &reply, form, ("/ground", "ground-slots"))
}

/// Calendars, and a new one.
pub(super) fn calendars(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("ground-calendars"));
    page.add(live::of_address(visit)?);
    let (reply, next) = visit.page_of("/calendars", vec![("limit", "50".into())])?;
    let row = |calendar: &Value| {
        let (name, dates) = (text(calendar, "name"), texts(calendar, "dates"));
        let end = |date: Option<&String>| Html::text(date.map(|date| visit.when(&json!(date))).unwrap_or_default());
        let count = i64::try_from(dates.len()).unwrap_or(i64::MAX);
        let shown = link(format!("/ground/calendars/{name}"), name);
        vec![shown, end(dates.iter().min()), end(dates.iter().max()), Html::text(visit.number(count))]
    };
    page.add(Html::of(&Table {
        caption: visit.say("ground-calendars"),
        columns: visit.columns(&["called", "from", "until"], &["calendar-days"]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("ground-no-calendar"),
        next,
    }));
    page.add(link("/ground", visit.word("room", "ground")));
    if is_kept(visit) {
        page.add(Html::of(&Heading { id: "new", text: visit.say("ground-new-calendar") }));
        page.add(visit.form(named(calendar_form(visit, &Value::Null), visit)));
    }
    Ok(Shown::Page(page))
}

/// One calendar.
pub(super) fn calendar(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let reply = visit.get(format!("/calendars/{}", encoded(visit.parameter("name"))))?;
    let form = calendar_form(visit, &reply.body);
    one(visit, &reply, form, ("/ground/calendars", "ground-calendars"))
}

/// Whether it is kept by who came: who keeps slots keeps calendars.
fn is_kept(visit: &Visit<'_>) -> bool {
    visit.may("PUT", "/slots/{name}")
}

/// What is there, changed and removed as it was read; with the way to all of its kind, and what they are called.
fn one(visit: &Visit<'_>, reply: &Reply, form: Form, (all, called): (&str, &str)) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.parameter("name").to_owned());
    page.add(live::of_address(visit)?);
    if is_kept(visit) {
        let etag = reply.etag.clone().unwrap_or_default();
        page.add(visit.form(form.hidden("etag", &*etag)));
        page.add(Html::of(&Heading { id: "remove-title", text: visit.say("ground-removal") }));
        let remove = Form::new("remove", visit.say("ground-remove")).hidden("etag", &*etag);
        page.add(visit.form(remove.field(visit.reason()).danger()));
    } else {
        page.add(Html::of(&Code { label: visit.say("benefit-json"), text: pretty(&reply.body) }));
    }
    page.add(link(all, visit.say(called)));
    Ok(Shown::Page(page))
}

fn policy_told(visit: &Visit<'_>, policy: &str) -> String {
    if policy.is_empty() { visit.say("slot-policy-none") } else { visit.word("policy", policy) }
}

/// The most that a slot takes off, in hundredths of a percent.
fn most(slot: &Value) -> Option<i64> {
    whole(slot.get("max_discount")?, "rate")
}

/// With the name, of one that is new.
fn named(mut form: Form, visit: &Visit<'_>) -> Form {
    form.fields.insert(0, Field::new("name", visit.word("column", "called")).hint(visit.say("ground-name-hint")));
    form
}

/// With the reason, and whether it is only tried.
pub(super) fn tried(form: Form, visit: &Visit<'_>) -> Form {
    let only = Field::new(TRY, visit.say("ground-try")).kind(Kind::Tick).value("yes").optional();
    form.field(visit.reason()).field(only)
}

fn slot_form(visit: &Visit<'_>, slot: &Value) -> Form {
    let policies = POLICIES.map(|policy| (policy.to_owned(), policy_told(visit, policy)));
    let priority = whole(slot, "priority").map(|priority| priority.to_string()).unwrap_or_default();
    let form = Form::new("slot", visit.say("ground-save"))
        .field(
            Field::new("priority", visit.word("column", "priority"))
                .hint(visit.say("ground-priority-hint"))
                .value(priority),
        )
        .field(
            Field::new("policy", visit.word("column", "slot-policy"))
                .kind(Kind::Choice(policies.into()))
                .value(text(slot, "policy")),
        )
        .field(
            Field::new("rate", visit.word("column", "slot-most"))
                .hint(visit.say("ground-most-hint"))
                .value(most(slot).map(hundredths).unwrap_or_default())
                .optional(),
        );
    tried(form, visit)
}

fn calendar_form(visit: &Visit<'_>, calendar: &Value) -> Form {
    let dates = Field::new("dates", visit.word("column", "calendar-days")).hint(visit.say("ground-dates-hint"));
    let dates = dates.kind(Kind::Area(12)).value(texts(calendar, "dates").join("\n"));
    tried(Form::new("calendar", visit.say("ground-save")).field(dates), visit)
}

/// The name in the address, else the one that was typed.
fn name<'v>(visit: &'v Visit<'_>) -> &'v str {
    Some(visit.parameter("name")).filter(|name| !name.is_empty()).unwrap_or(visit.form.text("name"))
}

/// Makes or changes something, or tells what that would come to.
fn set(
    visit: &Visit<'_>,
    list: &str,
    body: Value,
    again: fn(&Visit<'_>) -> Result<Shown, Refusal>,
) -> Result<Stepped, Refusal> {
    let if_match = visit.form.find("etag").map(str::to_owned);
    let query = if visit.is_tried() { vec![("dry_run", "true".to_owned())] } else { Vec::new() };
    let path = format!("/{list}/{}", encoded(name(visit)));
    let done =
        visit.ask(Question { method: "PUT", path, query, body, if_match: if_match.clone(), ..Question::default() });
    let done = done.map_err(|refusal| match refusal.code.status() {
        // What is new can't be missing: nothing may have such a name.
        404 if if_match.is_none() => Visit::at("name", &visit.say("ground-name-hint")),
        _ => Visit::placed(refusal, &FIELDS),
    })?;
    if visit.is_tried()
        && let Shown::Page(mut page) = again(visit)?
    {
        page.parts.insert(0, effect(visit, &done.body));
        return Ok(Stepped::Show(page));
    }
    Ok(gone(list, "ground-set", &done.body))
}

fn gone(list: &str, word: &str, done: &Value) -> Stepped {
    let all = if list == "slots" { "/ground" } else { "/ground/calendars" };
    Stepped::Go(format!("{all}?done={word}&revision={}", whole(done, "revision").unwrap_or_default()))
}

/// What a change would come to.
pub(super) fn effect(visit: &Visit<'_>, would: &Value) -> Html {
    let notice = Html::of(&Notice { tone: Tone::Good, text: visit.say("ground-would") });
    let counts = would.get("counts").unwrap_or(&Value::Null);
    let row = |word: &str| {
        (visit.word("ground-counts", word), Html::text(visit.number(whole(counts, word).unwrap_or_default())))
    };
    let warnings = items_of(would, "warnings").iter().filter_map(Value::as_str);
    let texts: Vec<String> = warnings.map(|warning| visit.texts.fault(warning)).collect();
    let warned = match texts[..] {
        [] => Html::default(),
        _ => {
            let said = Html::of(&Notice { tone: Tone::Warn, text: visit.say("ground-warned") });
            Html::joined([said, Html::of(&Listing { texts })])
        }
    };
    Html::joined([notice, Html::of(&Facts { rows: ["added", "changed", "unchanged"].map(row).into() }), warned])
}

/// Makes or changes a slot.
pub(super) fn set_slot(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let priority: i64 = typed("priority").parse().map_err(|_| Visit::at("priority", &visit.say("whole-number")))?;
    let mut slot =
        Map::from_iter([("priority".to_owned(), json!(priority)), ("reason".to_owned(), json!(typed("reason")))]);
    if !typed("policy").is_empty() {
        slot.insert("policy".to_owned(), json!(typed("policy")));
    }
    if !typed("rate").is_empty() {
        let rate = of_hundredths(typed("rate")).ok_or_else(|| Visit::at("rate", &visit.say("ground-most-hint")))?;
        slot.insert("max_discount".to_owned(), json!({"rate": rate}));
    }
    set(visit, "slots", Value::Object(slot), if visit.parameter("name").is_empty() { slots } else { self::slot })
}

/// Makes or changes a calendar.
pub(super) fn set_calendar(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let dates: Vec<&str> =
        visit.form.text("dates").split([',', '\n', ' ']).map(str::trim).filter(|date| !date.is_empty()).collect();
    let body = json!({"dates": dates, "reason": visit.form.text("reason")});
    set(visit, "calendars", body, if visit.parameter("name").is_empty() { calendars } else { calendar })
}

/// Removes a slot that no rule names.
pub(super) fn remove_slot(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    remove(visit, "slots")
}

/// Removes a calendar that no rule names.
pub(super) fn remove_calendar(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    remove(visit, "calendars")
}

fn remove(visit: &Visit<'_>, list: &str) -> Result<Stepped, Refusal> {
    let path = format!("/{list}/{}", encoded(visit.parameter("name")));
    let done = visit.send("DELETE", path, json!({"reason": visit.form.text("reason")}))?;
    Ok(gone(list, "removed", &done.body))
}
