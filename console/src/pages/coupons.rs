//! Coupons of a merchant's campaign in bulk: made by a job, their codes taken as a file, once.

use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::{Shown, Stepped, downloaded};
use crate::layout::Page;
use crate::reading::{items, pretty, state, text, whole};
use crate::view::{Code, Facts, Field, Form, Heading, Html, Kind, Live, Notice, Tone, link};
use crate::visit::Visit;

/// After so many looks nobody looks by itself any more.
const LOOKS_MAX: u32 = 1_800;

/// A campaign.
pub(super) fn campaign(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let code = visit.parameter("code");
    let campaigns = visit.list("/campaigns", vec![("limit", "200".into())])?;
    let found = items(&campaigns).iter().find(|campaign| text(campaign, "code") == code);
    let campaign = found.ok_or_else(|| Refusal::from(avis_admin::control::Code::NotFound))?;
    let mut page = Page::new(code.to_owned());
    page.add(Html::of(&Code { label: visit.say("benefit-json"), text: pretty(campaign) }));
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
    page.add(link("/programmes", visit.word("room", "programmes")));
    Ok(Shown::Page(page))
}

/// Begins to make them; the key of the file is shown once.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let count: i64 = visit.form.text("count").parse().map_err(|_| Visit::at("count", &visit.say("coupons-number")))?;
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
    page.add(told(visit, job, 0));
    page.add(taken(visit).to(&*address).hidden("file_key", key).html());
    page.add(link(address, visit.say("coupons-title")));
    Ok(Stepped::Show(page))
}

fn taken(visit: &Visit<'_>) -> Form {
    Form::new("take", visit.say("coupons-take"))
}

/// A job that makes coupons.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let job = visit.get(format!("/jobs/{}", visit.parameter("id")))?.body;
    let mut page = Page::new(visit.say("coupons-title"));
    page.add(told(visit, &job, 0));
    let of = job.get("of").unwrap_or(&Value::Null);
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "campaign"), Html::text(text(of, "campaign"))),
            (visit.word("column", "count"), Html::text(visit.number(whole(of, "count").unwrap_or_default()))),
            (visit.word("column", "state"), state(visit, text(&job, "state"))),
        ],
    }));
    if text(&job, "state") == "done" && visit.may("POST", "/jobs/{id}/coupons") {
        page.add(Html::paragraph(visit.say("coupons-take-means")));
        page.add(visit.form(taken(visit).field(Field::new("file_key", visit.say("coupons-key")))));
    }
    page.add(link("/programmes", visit.word("room", "programmes")));
    Ok(Shown::Page(page))
}

/// The part that is told anew each second.
pub(super) fn progress(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let job = visit.get(format!("/jobs/{}", visit.parameter("id")))?.body;
    Ok(Shown::Html(told(visit, &job, visit.query.text("looks").parse().unwrap_or_default())))
}

fn told(visit: &Visit<'_>, job: &Value, looks: u32) -> Html {
    let done = job.get("progress").and_then(|progress| whole(progress, "done")).unwrap_or_default();
    let standing = text(job, "state");
    let word = visit.word("state", standing);
    let told = visit.texts.with("coupons-progress", &[("state", word.as_str().into()), ("n", done.into())]);
    let tone = match standing {
        "done" => Tone::Good,
        "failed" | "cancelled" => Tone::Bad,
        _ => Tone::Warn,
    };
    let goes_on = matches!(standing, "waiting" | "running") && looks < LOOKS_MAX;
    let address = goes_on.then(|| format!("/coupons/{}/progress?looks={}", text(job, "id"), looks + 1));
    Html::of(&Live { id: "progress".to_owned(), tone, text: told, address })
}

/// Takes the file with the codes, once.
pub(super) fn take(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let id = visit.parameter("id");
    let reply = visit.send("POST", format!("/jobs/{id}/coupons"), json!({"file_key": visit.form.text("file_key")}))?;
    match downloaded(&reply, &format!("coupons-{id:.8}.csv"))? {
        Shown::File { name, media_type, bytes } => Ok(Stepped::Save { name, media_type, bytes }),
        Shown::Page(_) | Shown::Html(_) => Err(avis_admin::control::Code::Failed.into()),
    }
}
