//! Budgets of a grantor: limits of its benefits, and ceilings of its contracts. Each as a picture of how it goes down, with the day on
//! which it runs out, and a table beside it.

use avis_admin::control::Refusal;
use jiff::civil::Date;
use serde_json::Value;

use super::{Shown, csv, period};
use crate::layout::Page;
use crate::reading::{items, items_of, text, whole};
use crate::view::{BurnDown, Details, Facts, Heading, Html, Notice, Table, Tone, link};
use crate::visit::Visit;

/// Budgets of one page: each has a picture and a table.
const BUDGETS: &str = "6";

fn name(visit: &Visit<'_>, budget: &Value) -> String {
    let of = if text(budget, "kind") == "limit" { "benefit" } else { "provider" };
    format!("{}: {}", visit.word("budget", text(budget, "kind")), text(budget, of))
}

fn date(budget: &Value, name: &str) -> Option<Date> {
    text(budget, name).parse().ok()
}

/// Those that run today.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "budgets"));
    page.add(Html::paragraph(visit.say("budgets-lead")));
    let (reply, next) = visit.page_of("/reports/budgets", vec![("limit", BUDGETS.into())])?;
    let budgets = items(&reply);
    for (place, budget) in budgets.iter().enumerate() {
        add(visit, &mut page, place, budget);
    }
    if budgets.is_empty() {
        page.add(Html::paragraph(visit.say("budgets-none")));
    } else {
        page.add(link("/budgets/csv", visit.say("figures-csv")));
    }
    if let Some((address, text)) = next {
        page.add(link(address, text));
    }
    Ok(Shown::Page(page))
}

fn add(visit: &Visit<'_>, page: &mut Page, place: usize, budget: &Value) {
    let number = |name: &str| whole(budget, name).unwrap_or_default();
    let money = |amount: i64| Html::text(visit.amount(amount));
    let (amount, used) = (number("amount"), number("used"));
    let id = format!("budget-{place}");
    page.add(Html::of(&Heading { id: &id, text: name(visit, budget) }));
    page.add(Html::of(&outcome(visit, budget)));
    let mut rows = vec![
        (visit.word("column", "period"), Html::text(period::told(visit, budget, "start", "end"))),
        (visit.word("column", "amount"), money(amount)),
        (visit.word("column", "used"), money(used)),
        (visit.word("column", "left"), money(amount.saturating_sub(used))),
        (visit.texts.with("budget-recent", &[("n", number("days").into())]), money(number("recent"))),
    ];
    if let Some(forecast) = whole(budget, "forecast") {
        rows.push((visit.word("column", "forecast"), money(forecast)));
    }
    if let Some(picture) = picture(visit, budget) {
        page.add(picture);
    }
    page.add(Html::of(&Facts { rows }));
    page.add(course(visit, budget, amount));
}

/// Whether it is used up, when it will be, or that it lasts.
pub(super) fn outcome(visit: &Visit<'_>, budget: &Value) -> Notice {
    let number = |name: &str| whole(budget, name).unwrap_or_default();
    let (tone, said) = match date(budget, "runs_out") {
        Some(day) if number("used") >= number("amount") || day < today(visit, budget) => (Tone::Bad, "budget-ran-out"),
        Some(_) => (Tone::Warn, "budget-runs-out"),
        None => (Tone::Good, "budget-lasts"),
    };
    let day = visit.when_of(budget, "runs_out");
    Notice { tone, text: visit.texts.with(said, &[("day", day.as_str().into())]) }
}

/// The morning of which it tells.
fn today(visit: &Visit<'_>, budget: &Value) -> Date {
    let last = items_of(budget, "course").last().and_then(|step| date(step, "date"));
    last.unwrap_or_else(|| visit.today())
}

/// None of what begins or ends with time itself.
fn picture(visit: &Visit<'_>, budget: &Value) -> Option<Html> {
    let (start, end) = (date(budget, "start")?, date(budget, "end")?);
    let course = items_of(budget, "course").iter();
    let amount = whole(budget, "amount")?;
    let drawn = BurnDown {
        title: format!("{}. {}", name(visit, budget), visit.say("budget-picture")),
        amount: (amount, visit.amount(amount)),
        days: (start, end),
        told: (visit.when(&Value::from(start.to_string())), period::last(visit, budget, "end")),
        course: course.filter_map(|step| Some((date(step, "date")?, whole(step, "used")?))).collect(),
        forecast: whole(budget, "forecast").unwrap_or_default(),
        runs_out: date(budget, "runs_out"),
    };
    Some(drawn.html())
}

fn course(visit: &Visit<'_>, budget: &Value, amount: i64) -> Html {
    let row = |step: &Value| {
        let used = whole(step, "used").unwrap_or_default();
        let money = |amount: i64| Html::text(visit.amount(amount));
        let day = visit.when_of(step, "date");
        vec![Html::text(day), money(used), money(amount.saturating_sub(used))]
    };
    let columns = visit.columns(&["morning"], &["used", "left"]);
    let table = Table {
        caption: visit.say("budget-course"),
        columns,
        rows: items_of(budget, "course").iter().map(row).collect(),
        empty: String::new(),
        next: None,
    };
    Html::of(&Details { summary: visit.say("budget-course"), parts: vec![Html::of(&table)], is_open: false })
}

/// All of them as a file.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    const COLUMNS: [&str; 10] =
        ["kind", "benefit", "provider", "version", "start", "end", "amount", "used", "forecast", "runs_out"];
    let budgets = visit.all_of("/reports/budgets")?;
    let cell = |budget: &Value, name: &str| match (name, budget.get(name)) {
        ("amount" | "used" | "forecast", Some(Value::Number(number))) => {
            number.as_i64().map(|amount| visit.plain_amount(amount)).unwrap_or_default()
        }
        (_, Some(Value::String(text))) => text.clone(),
        (_, Some(Value::Number(number))) => number.to_string(),
        _ => String::new(),
    };
    let row = |budget: &Value| COLUMNS.iter().map(|name| cell(budget, name)).collect();
    Ok(Shown::File(csv::file("budgets", &COLUMNS, budgets.iter().map(row))))
}
