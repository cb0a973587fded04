//! A merchant's programmes: what they are, their figures by month, and what is owed to members still.

use avis_admin::control::{Refusal, encoded};
use serde_json::Value;

use super::{Shown, Stepped, beginning, benefits, breakdown, coupons, csv, live, members};
use crate::layout::Page;
use crate::reading::{items, items_of, pretty, text, whole};
use crate::sentence::said;
use crate::view::{Code, Details, Facts, Field, Form, Heading, Html, Kind, Search, Table, Ways, bars, link};
use crate::visit::Visit;

fn name<'v>(visit: &Visit<'_>, of: &'v Value) -> &'v str {
    visit.named(of.get("name").unwrap_or(&Value::Null))
}

/// Programmes and campaigns of the own party.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "programmes"));
    page.add(Html::paragraph(visit.say("programmes-lead")));
    let query = vec![("limit", "50".into()), ("newest", "true".into())];
    let (programmes, next) = visit.page_of("/programs", query)?;
    let row = |programme: &Value| {
        let code = text(programme, "code");
        let version = whole(programme, "version").map(|version| version.to_string()).unwrap_or_default();
        let valid = programme.get("valid").unwrap_or(&Value::Null);
        let when = |name: &str| Html::text(visit.when_of(valid, name));
        vec![
            link(format!("/programmes/{code}"), code),
            Html::text(name(visit, programme)),
            Html::text(version),
            when("from"),
            when("until"),
        ]
    };
    page.add(Html::of(&Table {
        caption: visit.word("room", "programmes"),
        columns: visit.columns(&["programme", "called", "version", "from", "until"], &[]),
        rows: items(&programmes).iter().map(row).collect(),
        empty: visit.say("programmes-none"),
        next,
    }));
    page.add(Html::of(&Heading { id: "campaigns", text: visit.say("campaigns") }));
    let campaigns = visit.list("/campaigns", vec![("limit", "50".into())])?;
    let next = text(&campaigns.body, "next");
    let next = (!next.is_empty()).then(|| (format!("/campaigns?cursor={next}"), visit.say("table-next")));
    page.add(coupons::table(visit, &campaigns, next));
    if visit.may("POST", "/drafts") {
        page.add(beginning::ways(visit));
    }
    page.add(Html::of(&Ways {
        ways: vec![link("/adjustments", visit.say("adjustments-title")), link("/drafts", visit.word("room", "drafts"))],
    }));
    Ok(Shown::Page(page))
}

/// One programme.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let code = visit.parameter("code");
    let figures = figures(visit)?;
    let programme = visit.get(format!("/programs/{code}"))?.body;
    let content = programme.get("content").unwrap_or(&Value::Null);
    let mut page = Page::new(Some(name(visit, content)).filter(|name| !name.is_empty()).unwrap_or(code).to_owned());
    page.add(live::of_address(visit)?);
    page.add(rules(visit, &programme));
    let members = whole(&figures, "members").map_or_else(|| visit.say("not-told"), |of| visit.number(of));
    let owed = items_of(&figures, "liability").iter().filter_map(|of| whole(of, "points")).sum();
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "members"), Html::text(members)),
            (visit.word("column", "owed-points"), Html::text(visit.number(owed))),
        ],
    }));
    members::add(visit, &mut page);
    add_figures(visit, &mut page, &figures);
    breakdown::add(visit, &mut page, &months(visit))?;
    add_liability(visit, &mut page, &figures);
    let (from, until) = (encoded(visit.query.text("from")), encoded(visit.query.text("until")));
    page.add(link(format!("/programmes/{code}/csv?from={from}&until={until}"), visit.say("figures-csv")));
    let json = Html::of(&Code { label: visit.say("benefit-json"), text: pretty(content) });
    page.add(Html::of(&Details { summary: visit.say("benefit-json"), parts: vec![json], is_open: false }));
    page.add(link("/programmes", visit.word("room", "programmes")));
    Ok(Shown::Page(page))
}

/// What it says, and the way to its next version.
fn rules(visit: &Visit<'_>, programme: &Value) -> Html {
    let (content, fact) = (programme.get("content").unwrap_or(&Value::Null), |name: &str| visit.word("column", name));
    let version = whole(programme, "version").unwrap_or_default().to_string();
    let mut rows = vec![(fact("code"), Html::text(text(programme, "code"))), (fact("version"), Html::text(version))];
    rows.extend(said(visit, "program", content));
    let facts = Html::of(&Facts { rows });
    let is_drafted = visit.may("POST", "/drafts") && visit.party() == Some(text(programme, "owner"));
    let draft = if is_drafted { visit.form(Form::new("draft", visit.say("benefit-draft"))) } else { Html::default() };
    Html::joined([facts, draft])
}

/// Drafts its next version.
pub(super) fn draft(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let code = visit.parameter("code");
    let programme = visit.get(format!("/programs/{code}"))?.body;
    let draft = benefits::drafted(visit, ("program", code), &programme, |_| {})?;
    Ok(Stepped::Go(format!("{draft}?done=draft-made")))
}

/// The months that the address names; the last twelve, where it names none.
fn months(visit: &Visit<'_>) -> Vec<(&'static str, String)> {
    let named = ["from", "until"].into_iter().map(|name| (name, visit.query.text(name).to_owned()));
    named.filter(|(_, month)| !month.is_empty()).collect()
}

/// Their figures.
fn figures(visit: &Visit<'_>) -> Result<Value, Refusal> {
    Ok(visit.list(format!("/programs/{}/figures", visit.parameter("code")), months(visit))?.body)
}

const COUNTED: [&str; 5] = ["active", "earned", "spent", "adjusted", "expired"];

fn add_figures(visit: &Visit<'_>, page: &mut Page, figures: &Value) {
    page.add(Html::of(&Heading { id: "figures", text: visit.say("programme-figures") }));
    let months = items_of(figures, "months");
    let ends = (months.first(), months.last());
    let field = |name: &str, label: String, month: Option<&Value>| {
        let value = month.map(|month| text(month, "month")).unwrap_or_default();
        Field::new(name, label).kind(Kind::Line("month")).value(value)
    };
    page.add(visit.searched(Search {
        address: "",
        fields: vec![
            field("from", visit.say("programme-from"), ends.0),
            field("until", visit.say("programme-until"), ends.1),
        ],
        submit: visit.say("period-show"),
    }));
    let bar = |month: &Value| {
        let earned = whole(month, "earned").unwrap_or_default();
        (visit.when_of(month, "month"), earned, visit.number(earned))
    };
    page.add(bars(visit.say("programme-earned"), months.iter().map(bar).collect()));
    let row = |month: &Value| {
        let told = |name: &&str| {
            let number = whole(month, name).map(|number| visit.number(number));
            Html::text(number.unwrap_or_else(|| visit.say("not-told")))
        };
        let mut row = vec![Html::text(visit.when_of(month, "month"))];
        row.extend(COUNTED.iter().map(told));
        row
    };
    let columns = visit.columns(&["month"], &COUNTED);
    page.add(Html::of(&Table {
        caption: visit.say("programme-figures"),
        columns,
        rows: months.iter().map(row).collect(),
        empty: visit.say("days-nothing"),
        next: None,
    }));
}

/// What is owed to members still, by the month in which it ends.
fn add_liability(visit: &Visit<'_>, page: &mut Page, figures: &Value) {
    let liability = items_of(figures, "liability");
    let month = |of: &Value| match text(of, "month") {
        "" => visit.say("programme-no-end"),
        month => visit.when(&Value::from(month)),
    };
    page.add(Html::of(&Heading { id: "liability", text: visit.say("programme-liability") }));
    let bar = |of: &Value| {
        let points = whole(of, "points").unwrap_or_default();
        (month(of), points, visit.number(points))
    };
    page.add(bars(visit.say("programme-liability"), liability.iter().map(bar).collect()));
    let row = |of: &Value| {
        let worth = whole(of, "amount").map(|amount| visit.amount(amount)).unwrap_or_default();
        vec![
            Html::text(month(of)),
            Html::text(visit.number(whole(of, "points").unwrap_or_default())),
            Html::text(worth),
        ]
    };
    let columns = visit.columns(&["ends-in"], &["points", "worth"]);
    page.add(Html::of(&Table {
        caption: visit.say("programme-liability"),
        columns,
        rows: liability.iter().map(row).collect(),
        empty: visit.say("programme-nothing-owed"),
        next: None,
    }));
}

/// The figures by month, and what is owed, as a file: what is owed has no other figures beside it.
pub(super) fn file(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let figures = figures(visit)?;
    let number = |of: &Value, name: &str| whole(of, name).map(|number| number.to_string()).unwrap_or_default();
    let month = |of: &Value| {
        let mut row = vec![text(of, "month").to_owned()];
        row.extend(COUNTED.iter().map(|name| number(of, name)));
        row.extend([String::new(), String::new()]);
        row
    };
    let owed = |of: &Value| {
        let mut row = vec![text(of, "month").to_owned()];
        row.extend(COUNTED.iter().map(|_| String::new()));
        row.extend([
            number(of, "points"),
            whole(of, "amount").map(|amount| visit.plain_amount(amount)).unwrap_or_default(),
        ]);
        row
    };
    let rows = items_of(&figures, "months").iter().map(month);
    let rows = rows.chain(items_of(&figures, "liability").iter().map(owed));
    let columns = ["month", "active", "earned", "spent", "adjusted", "expired", "owed_points", "owed_worth"];
    Ok(Shown::File(csv::file(&format!("programme-{}", visit.parameter("code")), &columns, rows)))
}
