//! What benefits came to in days that are chosen: uses, people, discount, and who paid; for who sells also what was sold, and what is
//! owed and paid for it. Each as a picture, as a table beside it, and as a file.

use std::collections::BTreeMap;

use avis_admin::control::{Code, Refusal};
use serde_json::Value;

use super::period::{Period, sees_all};
use super::{Shown, downloaded, turnover, unused};
use crate::layout::Page;
use crate::reading::{items, items_of, text, whole};
use crate::view::{Heading, Html, Notice, Table, Tone, Ways, bars, link};
use crate::visit::Visit;

/// Groups of figures by a dimension, and whether there are more than a page shows.
fn by(visit: &Visit<'_>, period: Period, dimension: &str) -> Result<(Vec<Value>, bool), Refusal> {
    let mut query = period.query();
    query.extend([("by", dimension.to_owned()), ("limit", "200".to_owned())]);
    let reply = visit.list("/reports/figures", query)?;
    Ok((items(&reply).to_vec(), !text(&reply.body, "next").is_empty()))
}

/// The page.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "figures"));
    let period = Period::of(visit)?;
    page.add(Html::paragraph(visit.say(if sees_all(visit) { "figures-lead-of-all" } else { "figures-lead" })));
    page.add(Period::form(visit, period));
    if sees_all(visit) {
        page.add(unused::open_data_form(visit));
    } else if visit.may("GET", "/drafts") {
        page.add(link("/figures/unused", visit.say("unused-title")));
    }
    let Some(period) = period else { return Ok(Shown::Page(page)) };
    if visit.may("POST", "/providers/{code}/reconciliations") {
        turnover::add(visit, &mut page, period)?;
    }
    match granted(visit, &mut page, period) {
        // What others did is published of months in which everything is closed.
        Err(refusal) if refusal.code == Code::DayIsOpen => {
            page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("figures-not-closed") }));
        }
        done => done?,
    }
    Ok(Shown::Page(page))
}

/// What benefits gave: of the own party, or as it is published of all.
fn granted(visit: &Visit<'_>, page: &mut Page, period: Period) -> Result<(), Refusal> {
    let (months, _) = by(visit, period, "month")?;
    let deeper = if sees_all(visit) { "grantor" } else { "benefit" };
    let (groups, has_more) = by(visit, period, deeper)?;
    page.add(Html::of(&Heading { id: "granted", text: visit.say("figures-granted") }));
    add_groups(visit, page, ("month", visit.say("figures-by-month")), &months);
    let caption = visit.word("figures-by", deeper);
    add_groups(visit, page, (deeper, caption), &groups);
    if has_more {
        page.add(Html::of(&Notice { tone: Tone::Plain, text: visit.say("figures-more") }));
    }
    if !sees_all(visit) {
        add_payers(visit, page, &groups);
    }
    let mut ways = vec![link(period.address("/figures/csv?"), visit.say("figures-csv"))];
    if !sees_all(visit) {
        ways.push(link(period.address("/figures/csv?of=payers&"), visit.say("figures-csv-payers")));
    }
    page.add(Html::of(&Ways { ways }));
    Ok(())
}

fn add_groups(visit: &Visit<'_>, page: &mut Page, (dimension, caption): (&str, String), groups: &[Value]) {
    let discount = |group: &Value| whole(group, "discount").unwrap_or_default();
    let called = |group: &Value| match dimension {
        "month" => visit.when_of(group, dimension),
        code => text(group, code).to_owned(),
    };
    let bar = |group: &Value| {
        let amount = discount(group);
        (called(group), amount, visit.amount(amount))
    };
    page.add(bars(caption.clone(), groups.iter().map(bar).collect()));
    let row = |group: &Value| {
        let number = |name: &str| Html::text(visit.number(whole(group, name).unwrap_or_default()));
        let amount = Html::text(visit.amount(discount(group)));
        vec![Html::text(called(group)), number("uses"), number("holders"), amount]
    };
    let columns = visit.columns(&[dimension], &["uses", "people", "discount"]);
    page.add(Html::of(&Table {
        caption,
        columns,
        rows: groups.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
}

/// Who bore what of all groups, by payer and cause.
fn add_payers(visit: &Visit<'_>, page: &mut Page, groups: &[Value]) {
    let mut payers: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for entry in groups.iter().flat_map(|group| items_of(group, "entries")) {
        *payers.entry((text(entry, "payer"), text(entry, "cause"))).or_default() +=
            whole(entry, "amount").unwrap_or_default();
    }
    let named = |payer: &str, cause: &str| match cause {
        "" => payer.to_owned(),
        cause => format!("{payer}: {}", visit.word("cause", cause)),
    };
    let bar = |(&(payer, cause), amount): (&(&str, &str), &i64)| (named(payer, cause), *amount, visit.amount(*amount));
    page.add(bars(visit.say("figures-payers"), payers.iter().map(bar).collect()));
    let row = |(&(payer, cause), amount): (&(&str, &str), &i64)| {
        let cause = if cause.is_empty() { String::new() } else { visit.word("cause", cause) };
        vec![Html::text(payer), Html::text(cause), Html::text(visit.amount(*amount))]
    };
    let columns = visit.columns(&["payer", "cause"], &["bears"]);
    page.add(Html::of(&Table {
        caption: visit.say("figures-payers"),
        columns,
        rows: payers.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
}

/// The figures as a file: groups by month, grantor and benefit, or who bears what of them.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let period = Period::needed(visit)?;
    let of_payers = visit.query.text("of") == "payers";
    let by = if sees_all(visit) { "month,grantor,benefit" } else { "month,grantor,benefit,provider" };
    let mut query = period.query();
    query.extend([("by", by.to_owned()), ("of", if of_payers { "payers" } else { "groups" }.to_owned())]);
    let reply = visit.list("/reports/figures/csv", query)?;
    downloaded(reply, if of_payers { "payers.csv" } else { "figures.csv" }).map(Shown::File)
}
