//! How much each party recorded in a time that is chosen: as a picture, as a table beside it, and as a file.

use askama::Template;
use avis_admin::control::Refusal;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::Shown;
use crate::layout::Page;
use crate::reading::{items, text, whole};
use crate::view::{Column, Html, Table, link};
use crate::visit::Visit;

/// Days before now, where no time is chosen.
const DAYS: i64 = 30;
/// The width of the longest bar.
const WIDTH: i64 = 400;

/// Bars beneath each other.
#[derive(Template)]
#[template(path = "bars.html")]
struct Bars {
    title: String,
    height: usize,
    /// What each is called, what it comes to, how long it is, and where it begins.
    bars: Vec<(String, i64, i64, usize)>,
}

/// The beginning of the day that the address names, in a field.
fn chosen(visit: &Visit<'_>, field: &str) -> Result<Option<Timestamp>, Refusal> {
    let typed = visit.query.text(field);
    if typed.is_empty() {
        return Ok(None);
    }
    let day: Option<Date> = typed.parse().ok();
    let at = day.and_then(|day| visit.zone().to_timestamp(day.at(0, 0, 0, 0)).ok());
    at.map(Some).ok_or_else(|| Visit::at(field, &visit.say("places-day-hint")))
}

fn metered(visit: &Visit<'_>) -> Result<Vec<Value>, Refusal> {
    let until = chosen(visit, "until")?.unwrap_or(visit.now);
    let before = until.checked_sub(jiff::SignedDuration::from_hours(DAYS * 24)).unwrap_or(Timestamp::MIN);
    let from = chosen(visit, "from")?.unwrap_or(before);
    let span = vec![("from", from.to_string()), ("until", until.to_string()), ("limit", "200".to_owned())];
    Ok(items(&visit.list("/metering", span)?).to_vec())
}

/// The page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let metered = metered(visit)?;
    let mut page = Page::new(visit.word("room", "figures"));
    page.add(Html::paragraph(visit.say("figures-lead")));
    page.add(visit.search(&["from", "until"]));
    let records = |one: &Value| whole(one, "records").unwrap_or_default();
    let most = metered.iter().map(records).max().unwrap_or_default().max(1);
    let bar = |(place, one): (usize, &Value)| {
        (text(one, "party").to_owned(), records(one), records(one).saturating_mul(WIDTH) / most, place * 28)
    };
    if !metered.is_empty() {
        let bars: Vec<_> = metered.iter().enumerate().map(bar).collect();
        page.add(Html::of(&Bars { title: visit.say("figures-records"), height: bars.len() * 28, bars }));
    }
    let row = |one: &Value| {
        let number = |name: &str| Html::text(visit.number(whole(one, name).unwrap_or_default()));
        vec![Html::text(text(one, "party")), number("records"), number("granted"), number("bytes")]
    };
    let mut columns = vec![Column::text(visit.word("column", "party"))];
    columns.extend(["records", "granted", "bytes"].map(|name| Column::number(visit.word("column", name))));
    page.add(Html::of(&Table {
        caption: visit.say("figures-records"),
        columns,
        rows: metered.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    let (from, until) = (visit.query.text("from"), visit.query.text("until"));
    let address = format!(
        "/figures/csv?from={}&until={}",
        avis_admin::control::encoded(from),
        avis_admin::control::encoded(until)
    );
    page.add(link(address, visit.say("figures-csv")));
    Ok(Shown::Page(page))
}

/// The table as a file.
pub(super) fn csv(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut csv = String::from("party,records,granted,bytes\r\n");
    for one in metered(visit)? {
        let number = |name: &str| whole(&one, name).unwrap_or_default();
        let line = (text(&one, "party"), number("records"), number("granted"), number("bytes"));
        csv.push_str(&format!("{},{},{},{}\r\n", line.0, line.1, line.2, line.3));
    }
    Ok(Shown::File { name: "figures.csv".to_owned(), media_type: "text/csv; charset=utf-8", bytes: csv.into_bytes() })
}
