//! Where a programme's points were earned and spent, by which rules, and what points paid at the own provider.

use avis_admin::control::Refusal;
use jiff::ToSpan;
use serde_json::Value;

use super::period::Period;
use crate::layout::Page;
use crate::reading::{items_of, text, whole};
use crate::view::{Heading, Html, Table};
use crate::visit::Visit;

/// Months that are told at a time.
const MONTHS_MAX: i64 = 36;

/// The parts of a programme's page, of the months of its figures.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page, months: &[(&'static str, String)]) -> Result<(), Refusal> {
    let code = visit.parameter("code");
    let asked = |by: &str| visit.list(format!("/programs/{code}/figures/{by}"), months.to_vec());
    let (providers, rules) = (asked("providers")?.body, asked("rules")?.body);
    page.add(Html::of(&Heading { id: "providers", text: visit.say("programme-by-provider") }));
    page.add(Html::paragraph(visit.say("programme-breakdown-lead")));
    let rows = items_of(&providers, "providers").iter().map(|row| {
        let mut cells = vec![Html::text(visit.when_of(row, "month")), Html::text(text(row, "provider"))];
        cells.extend([number(visit, row, "active"), number(visit, row, "purchases"), money(visit, row, "spend")]);
        cells.extend([number(visit, row, "earned"), money(visit, row, "worth")]);
        cells.extend([number(visit, row, "spent"), money(visit, row, "paid")]);
        cells
    });
    let counted = ["active", "purchases", "paid-in-money", "earned", "worth", "spent", "paid-in-points"];
    page.add(Html::of(&Table {
        caption: visit.say("programme-by-provider"),
        columns: visit.columns(&["month", "provider"], &counted),
        rows: rows.collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    page.add(Html::of(&Heading { id: "rules", text: visit.say("programme-by-rule") }));
    let rows = items_of(&rules, "rules").iter().map(|row| {
        let mut cells = vec![Html::text(visit.when_of(row, "month")), Html::text(text(row, "rule"))];
        cells.extend(["active", "purchases", "earned"].map(|name| number(visit, row, name)));
        cells.push(money(visit, row, "worth"));
        cells
    });
    page.add(Html::of(&Table {
        caption: visit.say("programme-by-rule"),
        columns: visit.columns(&["month", "earning-rule"], &["active", "purchases", "earned", "worth"]),
        rows: rows.collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
    Ok(())
}

/// What points paid at the own provider, by the months in which a period is, its last ones where it has too many.
pub(super) fn add_tenders(visit: &Visit<'_>, page: &mut Page, period: Period) -> Result<(), Refusal> {
    let last = period.until.yesterday().unwrap_or(period.until).first_of_month();
    let first = period.from.first_of_month().max(last.saturating_sub((MONTHS_MAX - 1).months()));
    let month = |date: jiff::civil::Date| date.strftime("%Y-%m").to_string();
    let months = vec![("from", month(first)), ("until", month(last))];
    let tenders = visit.list(format!("/providers/{}/tenders", visit.own()), months)?.body;
    let rows: Vec<_> = items_of(&tenders, "tenders")
        .iter()
        .map(|row| {
            let named = ["program", "payer"].map(|name| Html::text(text(row, name)));
            let month = Html::text(visit.when_of(row, "month"));
            [month].into_iter().chain(named).chain([money(visit, row, "amount")]).collect()
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    page.add(Html::of(&Heading { id: "tenders", text: visit.say("tenders-title") }));
    page.add(Html::paragraph(visit.say("tenders-lead")));
    page.add(Html::of(&Table {
        caption: visit.say("tenders-title"),
        columns: visit.columns(&["month", "programme", "payer"], &["paid-in-points"]),
        rows,
        empty: String::new(),
        next: None,
    }));
    Ok(())
}

/// A number; that it is not told, where it is not.
fn number(visit: &Visit<'_>, of: &Value, name: &str) -> Html {
    Html::text(whole(of, name).map_or_else(|| visit.say("not-told"), |number| visit.number(number)))
}

/// An amount; nothing where points are worth none, or it is not told.
fn money(visit: &Visit<'_>, of: &Value, name: &str) -> Html {
    Html::text(whole(of, name).map(|amount| visit.amount(amount)).unwrap_or_default())
}
