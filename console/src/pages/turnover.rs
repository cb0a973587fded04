//! What a provider sold in days that are chosen, and what its statements say is owed and paid.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::period::Period;
use super::{Shown, breakdown, csv};
use crate::layout::Page;
use crate::reading::{items, text, whole};
use crate::view::{Facts, Heading, Html, Table, bars, link};
use crate::visit::Visit;

/// What was sold, by month.
fn sold(visit: &Visit<'_>, period: Period) -> Result<Vec<Value>, Refusal> {
    let mut query = period.query();
    query.push(("limit", "200".to_owned()));
    Ok(items(&visit.list("/reports/turnover", query)?).to_vec())
}

/// The part of a page.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page, period: Period) -> Result<(), Refusal> {
    let months = sold(visit, period)?;
    page.add(Html::of(&Heading { id: "sold", text: visit.say("turnover-title") }));
    page.add(Html::paragraph(visit.say("turnover-lead")));
    let bar = |month: &Value| {
        let gross = whole(month, "gross").unwrap_or_default();
        (visit.when_of(month, "month"), gross, visit.amount(gross))
    };
    page.add(bars(visit.say("turnover-by-month"), months.iter().map(bar).collect()));
    let row = |month: &Value| {
        let amount = |name: &str| Html::text(visit.amount(whole(month, name).unwrap_or_default()));
        let count = Html::text(visit.number(whole(month, "count").unwrap_or_default()));
        vec![Html::text(visit.when_of(month, "month")), count, amount("gross"), amount("discount"), amount("payable")]
    };
    let columns = visit.columns(&["month"], &["count", "gross", "discount", "payable"]);
    page.add(Html::of(&Table {
        caption: visit.say("turnover-by-month"),
        columns,
        rows: months.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    page.add(link(period.address("/figures/turnover?"), visit.say("turnover-csv")));
    owed(visit, page, period)?;
    breakdown::add_tenders(visit, page, period)
}

/// The months as a file.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let period = Period::needed(visit)?;
    let months = sold(visit, period)?;
    let row = |month: &Value| {
        let count = whole(month, "count").unwrap_or_default().to_string();
        let amounts =
            ["gross", "discount", "payable"].map(|name| visit.plain_amount(whole(month, name).unwrap_or_default()));
        [vec![text(month, "month").to_owned(), count], amounts.into()].concat()
    };
    Ok(Shown::File(csv::file("turnover", &["month", "count", "gross", "discount", "payable"], months.iter().map(row))))
}

/// What statements of the period say.
fn owed(visit: &Visit<'_>, page: &mut Page, period: Period) -> Result<(), Refusal> {
    let statements = visit.list("/statements", vec![("limit", "200".to_owned())])?;
    // Of more than one page of them a sum would say too little.
    if statements.body.get("next").is_some_and(Value::is_string) {
        page.add(Html::paragraph(visit.say("turnover-many")));
        page.add(link("/statements", visit.word("room", "statements")));
        return Ok(());
    }
    let is_within = |statement: &&Value| {
        let day = |name: &str| text(statement, name).parse().unwrap_or(period.until);
        text(statement, "provider") == visit.own() && period.from <= day("from") && day("until") <= period.until
    };
    let (mut owed, mut paid) = (0_i64, 0_i64);
    for statement in items(&statements).iter().filter(is_within) {
        let sum = if text(statement, "state") == "paid" { &mut paid } else { &mut owed };
        *sum += whole(statement, "total").unwrap_or_default();
    }
    let row = |word: &str, sum: i64| (visit.word("turnover-sum", word), Html::text(visit.amount(sum)));
    page.add(Html::of(&Facts { rows: vec![row("owed", owed), row("paid", paid)] }));
    Ok(())
}
