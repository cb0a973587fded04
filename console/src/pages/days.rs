//! Business days of a provider: closed with what they come to.

use avis_admin::control::Refusal;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Shown, Stepped};
use crate::layout::Page;
use crate::reading::{items, state, text, whole};
use crate::view::{Field, Form, Html, Kind, Table, link};
use crate::visit::Visit;

/// The kinds of movements, as a day sums them.
const KINDS: [&str; 6] = ["sale", "capture", "advice", "void", "refund", "reversal"];

/// A provider's closed days.
pub(super) fn days(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "days"));
    page.add(Html::paragraph(visit.say("days-lead")));
    let (reply, next) = visit.newest_of(format!("/providers/{}/days", visit.own()), 60)?;
    let row = |day: &Value| {
        let date = text(day, "date");
        let sum = |name: &str| {
            let kinds = KINDS.iter().filter_map(|kind| whole(day.get("ours")?.get(*kind)?, name));
            kinds.sum::<i64>()
        };
        vec![
            link(format!("/days/{date}"), visit.when(&Value::from(date))),
            state(visit, text(day, "state")),
            state(visit, text(day, "result")),
            Html::text(sum("count").to_string()),
            Html::text(visit.amount(sum("gross"))),
            Html::text(visit.amount(sum("discount"))),
        ]
    };
    let columns = visit.columns(&["day", "state", "result"], &["count", "gross", "discount"]);
    page.add(Html::of(&Table {
        caption: visit.say("days-closed"),
        columns,
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("days-none"),
        next,
    }));
    let field = Field::new("date", visit.word("column", "day")).kind(Kind::Line("date"));
    page.add(visit.form(Form::new("look", visit.say("days-look")).field(field)));
    Ok(Shown::Page(page))
}

/// To a day.
pub(super) fn look(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let date = visit.form.text("date");
    date.parse::<Date>().map_err(|_| Visit::at("date", &visit.say("period-day")))?;
    visit.get(format!("/providers/{}/days/{date}", visit.own()))?;
    Ok(Stepped::Go(format!("/days/{date}")))
}

/// A day as it was closed, or as it stands.
pub(super) fn day(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let date = visit.parameter("date");
    let day = visit.get(format!("/providers/{}/days/{date}", visit.own()))?.body;
    let mut page = Page::new(visit.when(&Value::from(date)));
    page.add(state(visit, text(&day, "state")));
    for part in ["ours", "late", "difference"] {
        let of = day.get(part).unwrap_or(&Value::Null);
        let row = |kind: &&str| {
            let total = of.get(*kind)?;
            let amount = |name: &str| Html::text(visit.amount(whole(total, name).unwrap_or_default()));
            let count = Html::text(whole(total, "count").unwrap_or_default().to_string());
            let kind = Html::text(visit.word("movement", kind));
            Some(vec![kind, count, amount("gross"), amount("discount"), amount("payable")])
        };
        let rows: Vec<Vec<Html>> = KINDS.iter().filter_map(row).collect();
        if rows.is_empty() && part != "ours" {
            continue;
        }
        let columns = visit.columns(&["movement"], &["count", "gross", "discount", "payable"]);
        page.add(Html::of(&Table {
            caption: visit.word("day-part", part),
            columns,
            rows,
            empty: visit.say("days-nothing"),
            next: None,
        }));
    }
    if text(&day, "state") == "open" && visit.may("POST", "/providers/{code}/days/{date}/close") {
        page.add(Html::paragraph(visit.say("days-close-means")));
        page.add(visit.form(Form::new("close", visit.say("days-close"))));
    }
    page.add(link("/days", visit.word("room", "days")));
    Ok(Shown::Page(page))
}

/// Closes a day and all before it.
pub(super) fn close(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let date = visit.parameter("date");
    visit.send("POST", format!("/providers/{}/days/{date}/close", visit.own()), json!({}))?;
    Ok(Stepped::Go(format!("/days/{date}?done=day-closed")))
}
