//! Coupons of a merchant's campaign in bulk: made by a job, their codes taken as a file, once.

use avis_admin::control::{Refusal, Reply};
use serde_json::{Value, json};

use super::jobs::Jobs;
use super::{Shown, Stepped, downloaded};
use crate::layout::Page;
use crate::reading::{items, pretty, state, text, whole};
use crate::sentence::said;
use crate::view::{Code, Details, Facts, Field, Form, Heading, Html, Kind, Notice, Table, Tone, link};
use crate::visit::Visit;

const MAKING: Jobs = Jobs { told: "/jobs", shown: "/coupons", messages: ["coupons-progress"; 2] };

/// Campaigns of the own party, from where those on the page of programmes end.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("campaigns"));
    let (campaigns, next) = visit.page_of("/campaigns", vec![("limit", "50".into())])?;
    page.add(table(visit, &campaigns, next));
    page.add(link("/programmes", visit.word("room", "programmes")));
    Ok(Shown::Page(page))
}

/// Campaigns of a list, with the way to those that follow.
pub(super) fn table(visit: &Visit<'_>, campaigns: &Reply, next: Option<(String, String)>) -> Html {
    let row = |campaign: &Value| {
        let code = text(campaign, "code");
        let valid = campaign.get("valid").unwrap_or(&Value::Null);
        let when = |name: &str| Html::text(visit.when_of(valid, name));
        let uses = whole(campaign, "uses").map(|uses| visit.number(uses)).unwrap_or_default();
        vec![link(format!("/campaigns/{code}"), code), when("from"), when("until"), Html::text(uses)]
    };
    Html::of(&Table {
        caption: visit.say("campaigns"),
        columns: visit.columns(&["campaign", "from", "until", "uses-of-each"], &[]),
        rows: items(campaigns).iter().map(row).collect(),
        empty: visit.say("campaigns-none"),
        next,
    })
}

/// A campaign.
pub(super) fn campaign(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let code = visit.parameter("code");
    let campaigns = visit.list("/campaigns", vec![("code", code.to_owned())])?;
    let campaign = items(&campaigns).first().ok_or_else(|| Refusal::from(avis_admin::control::Code::NotFound))?;
    let mut page = Page::new(code.to_owned());
    page.add(Html::of(&Facts { rows: said(visit, "campaign", campaign) }));
    let json = Html::of(&Code { label: visit.say("benefit-json"), text: pretty(campaign) });
    page.add(Html::of(&Details { summary: visit.say("benefit-json"), parts: vec![json], is_open: false }));
    if visit.may("POST", "/campaigns/{code}/coupons") {
        page.add(Html::of(&Heading { id: "make-title", text: visit.say("coupons-make") }));
        page.add(Html::paragraph(visit.say("coupons-lead")));
        let until = Field::new("until", visit.say("coupons-until")).kind(Kind::Line("date")).optional();
        page.add(
            visit.form(
                Form::new("make", visit.say("coupons-make"))
                    .field(Field::new("count", visit.say("coupons-count")).kind(Kind::Line("number")))
                    .field(until)
                    .field(visit.reason()),
            ),
        );
    }
    if campaign.get("hold_out").is_some_and(|hold_out| !hold_out.is_null()) {
        add_uplift(visit, &mut page)?;
    }
    page.add(link("/programmes", visit.word("room", "programmes")));
    Ok(Shown::Page(page))
}

/// What the campaign brought, beside those who are held out of it.
fn add_uplift(visit: &Visit<'_>, page: &mut Page) -> Result<(), Refusal> {
    let uplift = visit.list(format!("/campaigns/{}/uplift", visit.parameter("code")), Vec::new())?.body;
    let of = |name: &str| uplift.get(name).unwrap_or(&Value::Null);
    let told = |object: &Value, field: &str, say: &dyn Fn(i64) -> String| {
        Html::text(whole(object, field).map_or_else(|| visit.say("not-told"), say))
    };
    let (number, amount) = (|count| visit.number(count), |amount| visit.amount(amount));
    let group = |name: &str, label: &str| {
        let group = of(name);
        let mut row = vec![Html::text(visit.say(label)), told(group, "members", &number)];
        row.extend([told(group, "spend", &amount), told(group, "purchases", &number)]);
        row
    };
    let change = |field: &str, label: &str| {
        let mut row = vec![Html::text(visit.say(label)), Html::text(String::new())];
        row.extend([told(of("spend"), field, &amount), told(of("purchases"), field, &number)]);
        row
    };
    let rows = vec![
        group("treated", "uplift-treated"),
        group("held_out", "uplift-held-out"),
        change("uplift", "uplift-difference"),
        change("low", "uplift-low"),
        change("high", "uplift-high"),
    ];
    page.add(Html::of(&Heading { id: "uplift", text: visit.say("uplift-title") }));
    page.add(Html::paragraph(visit.say("uplift-lead")));
    let columns = visit.columns(&["group"], &["members", "spend-mean", "purchases-mean"]);
    let (caption, empty) = (visit.say("uplift-title"), visit.say("not-told"));
    page.add(Html::of(&Table { caption, columns, rows, empty, next: None }));
    Ok(())
}

/// Begins to make them; the key of the file is shown once.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let count: i64 = visit.form.text("count").parse().map_err(|_| Visit::at("count", &visit.say("whole-number")))?;
    let mut body = json!({"count": count, "reason": visit.form.text("reason")});
    if let (false, Some(fields)) = (visit.form.text("until").is_empty(), body.as_object_mut()) {
        fields.insert("valid".to_owned(), json!({"until": visit.form.text("until")}));
    }
    let made = visit.send("POST", format!("/campaigns/{}/coupons", visit.parameter("code")), body)?.body;
    let (job, key) = (made.get("job").unwrap_or(&Value::Null), text(&made, "file_key"));
    let address = format!("/coupons/{}", text(job, "id"));
    if key.is_empty() {
        return Ok(Stepped::Go(address));
    }
    let mut page = Page::new(visit.say("coupons-title"));
    page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("coupons-once") }));
    page.add(Html::of(&Code { label: visit.say("coupons-key"), text: key.to_owned() }));
    page.add(MAKING.progress(visit, job));
    page.add(taken(visit).to(&*address).hidden("file_key", key).html());
    page.add(link(address, visit.say("coupons-title")));
    Ok(Stepped::Show(page))
}

fn taken(visit: &Visit<'_>) -> Form {
    Form::new("take", visit.say("coupons-take"))
}

/// A job that makes coupons.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let job = MAKING.read(visit)?;
    let mut page = Page::new(visit.say("coupons-title"));
    page.add(MAKING.progress(visit, &job));
    let of = job.get("of").unwrap_or(&Value::Null);
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "campaign"), Html::text(text(of, "campaign"))),
            (visit.word("column", "count"), Html::text(visit.number(whole(of, "count").unwrap_or_default()))),
            (visit.word("column", "state"), state(visit, text(&job, "state"))),
        ],
    }));
    // Who took the file too soon has the key there, to take it again.
    let is_ready = text(&job, "state") == "done" || visit.refusal.is_some();
    if is_ready && visit.may("POST", "/jobs/{id}/coupons") {
        page.add(Html::paragraph(visit.say("coupons-take-means")));
        page.add(visit.form(taken(visit).field(Field::new("file_key", visit.say("coupons-key")))));
    }
    page.add(link("/programmes", visit.word("room", "programmes")));
    Ok(Shown::Page(page))
}

/// The part that is told anew each second.
pub(super) fn progress(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    MAKING.part(visit)
}

/// Takes the file with the codes, once.
pub(super) fn take(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let id = visit.parameter("id");
    let reply = visit.send("POST", format!("/jobs/{id}/coupons"), json!({"file_key": visit.form.text("file_key")}))?;
    downloaded(reply, &format!("coupons-{id:.8}.csv")).map(Stepped::Save)
}
