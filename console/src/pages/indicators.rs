//! The programme's indicators with their targets: as a picture of how far each has come, as a table beside it, and as a file.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::period::sees_all;
use super::{Shown, csv};
use crate::layout::Page;
use crate::reading::{items, items_of, text, whole};
use crate::view::{Field, Html, Kind, Search, Table, bars_of, link};
use crate::visit::Visit;

/// The whole of a target, in basis points.
const WHOLE: i64 = 10_000;
/// Characters of a month such as `2026-11`.
const MONTH: usize = 7;

fn asked(visit: &Visit<'_>) -> Result<Vec<Value>, Refusal> {
    // A month is asked for by its first day.
    let query = match visit.query.text("since") {
        "" => Vec::new(),
        month if month.len() == MONTH => vec![("since", format!("{month}-01"))],
        day => vec![("since", day.to_owned())],
    };
    Ok(items(&visit.list("/indicators", query)?).to_vec())
}

/// A number of an indicator: of one an amount, of the others a count.
fn told(visit: &Visit<'_>, indicator: &Value, number: Option<i64>) -> String {
    match number {
        None => visit.say("not-told"),
        Some(amount) if text(indicator, "name") == "volume" => visit.amount(amount),
        Some(count) => visit.number(count),
    }
}

/// The page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let indicators = asked(visit)?;
    let mut page = Page::new(visit.word("room", "indicators"));
    page.add(Html::paragraph(visit.say("indicators-lead")));
    if sees_all(visit) {
        page.add(Html::paragraph(visit.say("indicators-published")));
    }
    let since = visit.query.text("since");
    let field = Field::new("since", visit.say("indicators-since"))
        .kind(Kind::Line("month"))
        .value(since.get(..MONTH).unwrap_or_default());
    page.add(visit.searched(Search { address: "", fields: vec![field], submit: visit.say("period-show") }));
    let bar = |one: &Value| {
        let share = whole(one, "share")?;
        Some((visit.word("indicator", text(one, "name")), share, visit.percent(share)))
    };
    page.add(bars_of(WHOLE, visit.say("indicators-shares"), indicators.iter().filter_map(bar).collect()));
    let row = |one: &Value| {
        let targets = items_of(one, "targets").iter().map(|target| told(visit, one, target.as_i64()));
        let share = whole(one, "share").map(|share| visit.percent(share)).unwrap_or_default();
        let next = whole(one, "next_target").map(|target| told(visit, one, Some(target))).unwrap_or_default();
        vec![
            Html::text(visit.word("indicator", text(one, "name"))),
            Html::text(told(visit, one, whole(one, "value"))),
            Html::text(targets.collect::<Vec<_>>().join(" → ")),
            Html::text(next),
            Html::text(share),
        ]
    };
    let columns = visit.columns(&["indicator"], &["value", "targets", "next-target", "share"]);
    page.add(Html::of(&Table {
        caption: visit.word("room", "indicators"),
        columns,
        rows: indicators.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    let address = format!("/indicators/csv?since={}", avis_admin::control::encoded(since));
    page.add(link(address, visit.say("figures-csv")));
    Ok(Shown::Page(page))
}

/// The table as a file; what is not told is empty.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let indicators = asked(visit)?;
    let row = |one: &Value| {
        let is_amount = text(one, "name") == "volume";
        let number = |name: &str| match whole(one, name) {
            Some(amount) if is_amount && name != "share" => visit.plain_amount(amount),
            Some(number) => number.to_string(),
            None => String::new(),
        };
        vec![text(one, "name").to_owned(), number("value"), number("next_target"), number("share")]
    };
    Ok(Shown::File(csv::file(
        "indicators",
        &["name", "value", "next_target", "share_basis_points"],
        indicators.iter().map(row),
    )))
}
