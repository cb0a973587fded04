//! How much each party recorded in a time that is chosen: as a picture, as a table beside it, and as a file.

use avis_admin::control::Refusal;
use jiff::civil::Date;
use serde_json::Value;

use super::period::{Period, sees_all};
use super::{Shown, csv};
use crate::layout::Page;
use crate::reading::{items, text, whole};
use crate::view::{Html, Table, bars, link};
use crate::visit::Visit;

/// What was recorded in the days that the address names, and which these are: where it names none, the last month that has ended. Of
/// other parties it is one month.
fn metered(visit: &Visit<'_>) -> Result<(Period, Vec<Value>), Refusal> {
    let is_chosen = !visit.query.text("from").is_empty() || !visit.query.text("to").is_empty();
    let mut period = if is_chosen { Period::needed(visit)? } else { Period::month_before(visit.today()) };
    if sees_all(visit) {
        period.from = period.until.yesterday().unwrap_or(period.until).first_of_month();
    }
    let begins = |day: Date| visit.zone().to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(visit.now).to_string();
    let span = vec![("from", begins(period.from)), ("until", begins(period.until)), ("limit", "200".to_owned())];
    let metered = visit.list("/metering", span).map_err(|refusal| Visit::placed(refusal, &[("/until", "/to")]))?;
    Ok((period, items(&metered).to_vec()))
}

/// The page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (period, metered) = metered(visit)?;
    let mut page = Page::new(visit.word("room", "metering"));
    page.add(Html::paragraph(visit.say("metering-lead")));
    page.add(Period::form(visit, Some(period)));
    // What is too few to be told of another party is said so.
    let told = |count: Option<i64>| count.map_or_else(|| visit.say("metering-few"), |count| visit.number(count));
    let bar = |one: &Value| {
        let records = whole(one, "records");
        (text(one, "party").to_owned(), records.unwrap_or_default(), told(records))
    };
    page.add(bars(visit.say("metering-records"), metered.iter().map(bar).collect()));
    let row = |one: &Value| {
        let number = |name: &str| Html::text(told(whole(one, name)));
        vec![Html::text(text(one, "party")), number("records"), number("granted"), number("loyalty"), number("bytes")]
    };
    let columns = visit.columns(&["party"], &["records", "granted", "loyalty", "bytes"]);
    page.add(Html::of(&Table {
        caption: visit.say("metering-records"),
        columns,
        rows: metered.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    page.add(link(period.address("/metering/csv?"), visit.say("figures-csv")));
    Ok(Shown::Page(page))
}

/// The table as a file.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let (_, metered) = metered(visit)?;
    let row = |one: &Value| {
        let number = |name: &str| whole(one, name).map(|count| count.to_string()).unwrap_or_default();
        vec![text(one, "party").to_owned(), number("records"), number("granted"), number("loyalty"), number("bytes")]
    };
    Ok(Shown::File(csv::file(
        "metering",
        &["party", "records", "granted", "loyalty", "bytes"],
        metered.iter().map(row),
    )))
}
