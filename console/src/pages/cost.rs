//! What a benefit cost, by month and payer, and how far its budgets reach: as a picture, as tables beside it, and in a sentence.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use avis_admin::control::Refusal;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::{budgets, period};
use crate::formats::short_month;
use crate::reading::{items, items_of, text, whole};
use crate::view::{Column, Heading, Html, Notice, Table};
use crate::visit::Visit;

/// Months that are shown, this one with them.
const MONTHS: i32 = 12;
/// Where bars begin, and how long the longest is; before them the months, behind them the amounts.
const BAR: (i64, i64) = (76, 188);
/// From one row to the next.
const ROW: i64 = 28;
/// How many kinds of payers the stylesheet tells apart.
const KINDS: usize = 3;

/// Bars of months beneath each other, each of the parts that payers bore.
#[derive(Template)]
#[template(path = "months.html")]
struct Picture {
    title: String,
    height: i64,
    rows: Vec<Row>,
    payers: Vec<Payer>,
}

/// A month in the picture.
struct Row {
    name: String,
    top: i64,
    parts: Vec<Part>,
    /// Where its bar ends.
    end: i64,
    total: String,
}

/// What a payer bore in a month.
struct Part {
    kind: usize,
    from: i64,
    width: i64,
    told: String,
}

/// A payer beside its colour.
struct Payer {
    kind: usize,
    name: String,
}

/// What each payer bore in a month, and how often it was used.
struct Month {
    month: String,
    uses: i64,
    borne: BTreeMap<String, i64>,
}

impl Month {
    /// What was borne; what was given back beyond it is nothing to draw.
    fn sum(&self) -> i64 {
        self.borne.values().map(|amount| (*amount).max(0)).sum()
    }
}

/// The part of a benefit's page, for its grantor; nothing for who reads no figures.
///
/// # Errors
/// What the control plane refuses.
pub(super) fn part(visit: &Visit<'_>, code: &str) -> Result<Html, Refusal> {
    if !visit.may("GET", "/reports/figures") {
        return Ok(Html::default());
    }
    let months = months(visit, code)?;
    let payers: Vec<&str> = months
        .iter()
        .flat_map(|month| month.borne.keys())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|it| &**it)
        .collect();
    let mut parts = vec![Html::of(&Heading { id: "cost", text: visit.say("cost-title") })];
    if !months.is_empty() {
        parts.push(Html::of(&picture(visit, &months, &payers)));
    }
    parts.push(table(visit, &months, &payers));
    parts.push(running(visit, code)?);
    Ok(Html::joined(parts))
}

/// The last months in which something moved.
fn months(visit: &Visit<'_>, code: &str) -> Result<Vec<Month>, Refusal> {
    let until = visit.today().last_of_month().tomorrow().unwrap_or(Date::MAX);
    let from = until.checked_sub(MONTHS.months()).unwrap_or(Date::MIN);
    let query = vec![
        ("from", from.to_string()),
        ("until", until.to_string()),
        ("by", "month".to_owned()),
        ("benefit", code.to_owned()),
        ("grantor", visit.party().unwrap_or_default().to_owned()),
        ("limit", "200".to_owned()),
    ];
    let reply = visit.list("/reports/figures", query)?;
    let month = |row: &Value| {
        let mut borne = BTreeMap::new();
        for entry in items_of(row, "entries") {
            *borne.entry(text(entry, "payer").to_owned()).or_default() += whole(entry, "amount").unwrap_or_default();
        }
        Month { month: text(row, "month").to_owned(), uses: whole(row, "uses").unwrap_or_default(), borne }
    };
    Ok(items(&reply).iter().map(month).collect())
}

fn picture(visit: &Visit<'_>, months: &[Month], payers: &[&str]) -> Picture {
    let most = months.iter().map(Month::sum).max().unwrap_or_default().max(1);
    let width = |amount: i64| i128::from(amount.max(0)) * i128::from(BAR.1) / i128::from(most);
    let kind = |place: usize| place % KINDS + 1;
    let row = |(place, month): (usize, &Month)| {
        let mut end = BAR.0;
        let parts = payers.iter().enumerate().map(|(place, payer)| {
            let amount = month.borne.get(*payer).copied().unwrap_or_default();
            let (from, width) = (end, i64::try_from(width(amount)).unwrap_or_default());
            end += width;
            Part { kind: kind(place), from, width, told: format!("{payer}: {}", visit.amount(amount)) }
        });
        let parts = parts.collect();
        let total = visit.amount(month.sum());
        Row {
            name: short_month(&month.month, visit.language()),
            top: i64::try_from(place).unwrap_or_default() * ROW,
            parts,
            end,
            total,
        }
    };
    let rows: Vec<Row> = months.iter().enumerate().map(row).collect();
    let payer = |(place, name): (usize, &&str)| Payer { kind: kind(place), name: (*name).to_owned() };
    Picture {
        title: visit.say("cost-title"),
        height: i64::try_from(rows.len()).unwrap_or_default() * ROW,
        rows,
        payers: payers.iter().enumerate().map(payer).collect(),
    }
}

fn table(visit: &Visit<'_>, months: &[Month], payers: &[&str]) -> Html {
    let mut columns = visit.columns(&["month"], &["uses"]);
    columns.extend(payers.iter().map(|payer| Column::number((*payer).to_owned())));
    columns.extend(visit.columns(&[], &["total"]));
    let row = |month: &Month| {
        let amounts = payers.iter().map(|payer| month.borne.get(*payer).copied().unwrap_or_default());
        let amounts: Vec<i64> = amounts.collect();
        let total = amounts.iter().sum();
        let mut cells =
            vec![Html::text(visit.when(&Value::from(month.month.as_str()))), Html::text(visit.number(month.uses))];
        cells.extend(amounts.into_iter().chain([total]).map(|amount| Html::text(visit.amount(amount))));
        cells
    };
    Html::of(&Table {
        caption: visit.say("cost-title"),
        columns,
        rows: months.iter().map(row).collect(),
        empty: visit.say("cost-none"),
        next: None,
    })
}

/// The budgets of the benefit that run today, each with the day on which it runs out.
fn running(visit: &Visit<'_>, code: &str) -> Result<Html, Refusal> {
    let reply = visit.list("/reports/budgets", vec![("limit", "200".to_owned()), ("benefit", code.to_owned())])?;
    let own = items(&reply);
    if own.is_empty() {
        return Ok(Html::default());
    }
    let mut parts = vec![Html::of(&Heading { id: "budget", text: visit.say("budget-title") })];
    parts.extend(own.iter().map(|budget| runs_out(visit, budget)));
    let money = |budget: &Value, name: &str| {
        Html::text(whole(budget, name).map(|amount| visit.amount(amount)).unwrap_or_default())
    };
    let row = |budget: &Value| {
        let mut cells = vec![Html::text(period::told(visit, budget, "start", "end"))];
        cells.extend(["amount", "used", "recent", "forecast"].map(|name| money(budget, name)));
        cells.push(Html::text(visit.when_of(budget, "runs_out")));
        cells
    };
    let mut columns = visit.columns(&["period"], &["budget", "budget-used", "budget-recent", "budget-forecast"]);
    columns.extend(visit.columns(&["runs-out"], &[]));
    parts.push(Html::of(&Table {
        caption: visit.say("budget-title"),
        columns,
        rows: own.iter().map(row).collect(),
        empty: String::new(),
        next: None,
    }));
    Ok(Html::joined(parts))
}

fn runs_out(visit: &Visit<'_>, budget: &Value) -> Html {
    let money = |name: &str| visit.amount(whole(budget, name).unwrap_or_default());
    let (used, amount) = (money("used"), money("amount"));
    let arguments = [("used", used.as_str().into()), ("amount", amount.as_str().into())];
    let told = visit.texts.with("budget-used", &arguments);
    let Notice { tone, text } = budgets::outcome(visit, budget);
    Html::of(&Notice { tone, text: format!("{told} {text}") })
}
