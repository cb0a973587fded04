//! What a provider sold in days that are chosen, and what its statements say is owed and paid.

use std::collections::BTreeMap;

use avis_admin::control::Refusal;
use serde_json::Value;

use super::period::Period;
use super::{Shown, csv};
use crate::layout::Page;
use crate::reading::{items, text, whole};
use crate::view::{Column, Facts, Heading, Html, Table, bars, link};
use crate::visit::Visit;

const CURRENCY: &str = "EUR";

/// The part of a page.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page, period: Period) -> Result<(), Refusal> {
    let mut query = period.query();
    query.push(("limit", "200".to_owned()));
    let reply = visit.list("/reports/turnover", query)?;
    let months = items(&reply);
    page.add(Html::of(&Heading { id: "sold", text: visit.say("turnover-title") }));
    page.add(Html::paragraph(visit.say("turnover-lead")));
    let bar = |month: &Value| {
        let gross = whole(month, "gross").unwrap_or_default();
        (text(month, "month").to_owned(), gross, visit.money(gross, CURRENCY))
    };
    page.add(bars(visit.say("turnover-by-month"), months.iter().map(bar).collect()));
    let row = |month: &Value| {
        let amount = |name: &str| Html::text(visit.money(whole(month, name).unwrap_or_default(), CURRENCY));
        let count = Html::text(visit.number(whole(month, "count").unwrap_or_default()));
        vec![Html::text(text(month, "month")), count, amount("gross"), amount("discount"), amount("payable")]
    };
    let mut columns = vec![Column::text(visit.word("column", "month"))];
    columns.extend(["count", "gross", "discount", "payable"].map(|name| Column::number(visit.word("column", name))));
    page.add(Html::of(&Table {
        caption: visit.say("turnover-by-month"),
        columns,
        rows: months.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    page.add(link(period.address("/figures/turnover?"), visit.say("turnover-csv")));
    owed(visit, page, period)
}

/// The months as a file.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let period = Period::of(visit)?.ok_or_else(|| Visit::at("from", &visit.say("period-day")))?;
    let mut query = period.query();
    query.push(("limit", "200".to_owned()));
    let reply = visit.list("/reports/turnover", query)?;
    let row = |month: &Value| {
        let count = whole(month, "count").unwrap_or_default().to_string();
        let amounts = ["gross", "discount", "payable"].map(|name| csv::amount(whole(month, name).unwrap_or_default()));
        [vec![text(month, "month").to_owned(), count], amounts.into()].concat()
    };
    let rows = items(&reply).iter().map(row);
    Ok(csv::file("turnover", &["month", "count", "gross", "discount", "payable"], rows))
}

/// What statements of the period say.
fn owed(visit: &Visit<'_>, page: &mut Page, period: Period) -> Result<(), Refusal> {
    let statements = visit.all_of("/statements")?;
    let is_within = |statement: &&Value| {
        let day = |name: &str| text(statement, name).parse().unwrap_or(period.until);
        text(statement, "provider") == visit.own() && period.from <= day("from") && day("until") <= period.until
    };
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for statement in statements.iter().filter(is_within) {
        let is_paid = text(statement, "state") == "paid";
        *sums.entry(if is_paid { "paid" } else { "owed" }).or_default() +=
            whole(statement, "total").unwrap_or_default();
    }
    let sum = |word: &str| sums.get(word).copied().unwrap_or_default();
    let row = |word: &str| (visit.word("turnover-sum", word), Html::text(visit.money(sum(word), CURRENCY)));
    page.add(Html::of(&Facts { rows: ["owed", "paid"].map(row).into() }));
    Ok(())
}
