//! How much each party recorded in a time that is chosen: as a picture, as a table beside it, and as a file.

use avis_admin::control::Refusal;
use jiff::SignedDuration;
use serde_json::Value;

use super::period::Period;
use super::{Shown, csv};
use crate::layout::Page;
use crate::reading::{items, text, whole};
use crate::view::{Html, Table, bars, link};
use crate::visit::Visit;

/// Days before now, where no time is chosen.
const DAYS: i64 = 30;

/// What was recorded in the days that the address names.
fn metered(visit: &Visit<'_>) -> Result<(Option<Period>, Vec<Value>), Refusal> {
    let is_chosen = !visit.query.text("from").is_empty() || !visit.query.text("to").is_empty();
    let period = if is_chosen { Period::of(visit)? } else { None };
    let begins = |day: jiff::civil::Date| visit.zone().to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(visit.now);
    let (from, until) = period.map_or_else(
        || (visit.now.saturating_sub(SignedDuration::from_hours(DAYS * 24)).unwrap_or(visit.now), visit.now),
        |period| (begins(period.from), begins(period.until)),
    );
    let span = vec![("from", from.to_string()), ("until", until.to_string()), ("limit", "200".to_owned())];
    Ok((period, items(&visit.list("/metering", span)?).to_vec()))
}

/// The page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (period, metered) = metered(visit)?;
    let mut page = Page::new(visit.word("room", "metering"));
    page.add(Html::paragraph(visit.say("metering-lead")));
    page.add(Period::form(visit, period));
    // What is too few to be told of another party is said so.
    let told = |count: Option<i64>| count.map_or_else(|| visit.say("metering-few"), |count| visit.number(count));
    let bar = |one: &Value| {
        let records = whole(one, "records");
        (text(one, "party").to_owned(), records.unwrap_or_default(), told(records))
    };
    page.add(bars(visit.say("metering-records"), metered.iter().map(bar).collect()));
    let row = |one: &Value| {
        let number = |name: &str| Html::text(told(whole(one, name)));
        vec![Html::text(text(one, "party")), number("records"), number("granted"), number("bytes")]
    };
    let columns = visit.columns(&["party"], &["records", "granted", "bytes"]);
    page.add(Html::of(&Table {
        caption: visit.say("metering-records"),
        columns,
        rows: metered.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    let address = period.map_or_else(|| "/metering/csv".to_owned(), |period| period.address("/metering/csv?"));
    page.add(link(address, visit.say("figures-csv")));
    Ok(Shown::Page(page))
}

/// The table as a file.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (_, metered) = metered(visit)?;
    let row = |one: &Value| {
        let number = |name: &str| whole(one, name).map(|count| count.to_string()).unwrap_or_default();
        vec![text(one, "party").to_owned(), number("records"), number("granted"), number("bytes")]
    };
    Ok(Shown::File(csv::file("metering", &["party", "records", "granted", "bytes"], metered.iter().map(row))))
}
