//! Statements of what a grantor owes a provider: drafted, issued and sealed, disputed line by line, agreed and paid; and as files and
//! on paper.

use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::{Content, File, Shown, Stepped, disputes, downloaded, period};
use crate::layout::Page;
use crate::reading::{items, items_of, state, text, whole};
use crate::view::{Column, Facts, Field, Form, Heading, Html, Kind, Notice, Table, Tone, Ways, link};
use crate::visit::Visit;

/// Lines of one page.
const LINES: usize = 100;
/// Lines of one page on paper, as many as may weigh what a page with a table weighs.
const LINES_PRINTED: usize = 140;

/// Statements of the own party, as a grantor or as a provider.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "statements"));
    let (reply, next) = visit.newest_of("/statements", 100)?;
    let row = |statement: &Value| {
        let total = whole(statement, "total").map(|total| visit.amount(total)).unwrap_or_default();
        vec![
            link(format!("/statements/{}", text(statement, "id")), period::told(visit, statement, "from", "until")),
            Html::text(text(statement, "grantor")),
            Html::text(text(statement, "provider")),
            state(visit, text(statement, "state")),
            Html::text(total),
        ]
    };
    let columns = visit.columns(&["period", "grantor", "provider", "state"], &["total"]);
    page.add(Html::of(&Table {
        caption: visit.word("room", "statements"),
        columns,
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("statements-none"),
        next,
    }));
    if visit.may("POST", "/statements") {
        page.add(Html::of(&Heading { id: "new", text: visit.say("statements-new") }));
        let date = |name: &str, label: String| Field::new(name, label).kind(Kind::Line("date"));
        let (sells, own) = (visit.is("pr"), visit.own());
        let form = Form::new("make", visit.say("statements-make"))
            .field(Field::new("grantor", visit.word("column", "grantor")).value(if sells { "" } else { own }))
            .field(Field::new("provider", visit.word("column", "provider")).value(if sells { own } else { "" }))
            .field(date("from", visit.word("column", "from")))
            .field(date("until", visit.say("statements-until")));
        page.add(visit.form(form));
    }
    Ok(Shown::Page(page))
}

/// Drafts a statement.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.text(name);
    let body = json!({"grantor": field("grantor"), "provider": field("provider"), "from": field("from"),
        "until": field("until")});
    let made = visit.send("POST", "/statements", body)?.body;
    Ok(Stepped::Go(format!("/statements/{}?done=statement-made", text(&made, "id"))))
}

/// One statement.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let reply = visit.get(format!("/statements/{id}"))?;
    let (statement, etag) = (reply.body, reply.etag.unwrap_or_default());
    let mut page = Page::new(visit.say("statement-title"));
    page.add(facts(visit, &statement));
    page.add(Html::of(&Ways { ways: ways(visit, id, &statement) }));
    if let Some(open) = statement.get("open_from").filter(|open| open.is_string()) {
        let told = visit.texts.with("statement-open-from", &[("day", visit.when(open).as_str().into())]);
        page.add(Html::of(&Notice { tone: Tone::Warn, text: told }));
    }
    let refused = statement.get("refused").map(|refused| text(refused, "detail")).unwrap_or_default();
    if !refused.is_empty() {
        let why = visit.texts.fault(refused);
        let told = visit.texts.with("statement-refused", &[("why", why.as_str().into())]);
        page.add(Html::of(&Notice { tone: Tone::Warn, text: told }));
    }
    add_steps(visit, &mut page, &statement, &etag);
    page.add(lines(visit, &statement, LINES));
    disputes::add(visit, &mut page, &statement, &etag);
    page.add(history(visit, &statement));
    Ok(Shown::Page(page))
}

/// As it is printed: parties, period, lines (so many a page), totals, seal.
pub(super) fn printed(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let statement = visit.get(format!("/statements/{}", visit.parameter("id")))?.body;
    let number = whole(&statement, "number").map(|number| number.to_string()).unwrap_or_default();
    let mut page = Page::new(visit.texts.with("statement-number", &[("number", number.as_str().into())]));
    page.add(facts(visit, &statement));
    page.add(lines(visit, &statement, LINES_PRINTED));
    page.add(link(format!("/statements/{}", visit.parameter("id")), visit.say("statement-title")));
    Ok(Shown::Page(page))
}

fn facts(visit: &Visit<'_>, statement: &Value) -> Html {
    let currency = text(statement, "currency");
    let sum = |name: &str| Html::text(visit.money(whole(statement, name).unwrap_or_default(), currency));
    let named = |name: &str| Html::text(text(statement, name));
    let number = whole(statement, "number").map(|number| number.to_string()).unwrap_or_default();
    let mut rows = vec![
        (visit.word("column", "grantor"), named("grantor")),
        (visit.word("column", "provider"), named("provider")),
        (visit.word("column", "period"), Html::text(period::told(visit, statement, "from", "until"))),
        (visit.word("column", "state"), state(visit, text(statement, "state"))),
        (visit.word("column", "number"), Html::text(number)),
        (visit.word("column", "opening"), sum("opening")),
        (visit.word("column", "total"), sum("total")),
        (visit.word("column", "balance"), sum("balance")),
        (visit.word("column", "seal"), named("hash")),
    ];
    if let Some(paid) = statement.get("paid_on").filter(|paid| paid.is_string()) {
        rows.push((visit.say("statement-paid-on"), Html::text(visit.when(paid))));
        rows.push((visit.say("statement-reference"), named("reference")));
    }
    Html::of(&Facts { rows })
}

fn ways(visit: &Visit<'_>, id: &str, statement: &Value) -> Vec<Html> {
    let way = |path: &str, said: &str| link(format!("/statements/{id}/{path}"), visit.say(said));
    let mut ways = vec![way("print", "statement-print")];
    if !text(statement, "hash").is_empty() {
        ways.push(way("sealed", "statement-sealed"));
        ways.push(way("workbook", "statement-workbook"));
    }
    ways
}

/// Whether the own party issued it; none of a draft.
pub(super) fn is_issuer(visit: &Visit<'_>, statement: &Value) -> Option<bool> {
    let issued = items_of(statement, "steps").iter().find(|step| text(step, "step") == "issued")?;
    Some(text(issued, "party") == visit.own())
}

fn has_open_dispute(statement: &Value) -> bool {
    items_of(statement, "disputes").iter().any(|dispute| text(dispute, "outcome").is_empty())
}

/// Whether who visits acts for the side of a statement that is the own party's: an approver for its grantor, a provider for its own.
pub(super) fn acts_for(visit: &Visit<'_>, statement: &Value) -> bool {
    let is_own = |side: &str| text(statement, side) == visit.own();
    (is_own("grantor") && visit.is("ap")) || (is_own("provider") && visit.is("pr"))
}

fn add_steps(visit: &Visit<'_>, page: &mut Page, statement: &Value, etag: &str) {
    if !acts_for(visit, statement) {
        return;
    }
    let mut add = |form: Form| page.add(visit.form(form.hidden("etag", etag)));
    match text(statement, "state") {
        "draft" => {
            add(Form::new("issue", visit.say("statement-issue")).field(visit.reason().optional()));
            add(Form::new("remove", visit.say("statement-remove")).danger());
        }
        "issued" if is_issuer(visit, statement) == Some(false) && !has_open_dispute(statement) => {
            add(Form::new("agree", visit.say("statement-agree")).field(visit.reason().optional()));
        }
        "agreed" if text(statement, "grantor") == visit.own() && visit.is("ap") => {
            add(Form::new("pay", visit.say("statement-pay"))
                .field(Field::new("paid_on", visit.say("statement-paid-on")).kind(Kind::Line("date")))
                .field(Field::new("reference", visit.say("statement-reference")))
                .field(visit.reason().optional()));
        }
        _ => {}
    }
}

/// The columns of lines.
pub(super) fn columns(visit: &Visit<'_>) -> Vec<Column> {
    let mut columns = visit.columns(&[], &["line"]);
    let numbers = ["uses", "units", "discount", "reimbursed"];
    columns.extend(visit.columns(&["part", "month", "benefit", "payer", "contract-version"], &numbers));
    columns
}

/// A line as its columns have it.
pub(super) fn cells(visit: &Visit<'_>, statement: &Value, line: &Value) -> Vec<Html> {
    let number = |name: &str| Html::text(visit.number(whole(line, name).unwrap_or_default()));
    let amount =
        |name: &str| Html::text(visit.money(whole(line, name).unwrap_or_default(), text(statement, "currency")));
    let cause = text(line, "cause");
    let cause = if cause.is_empty() { String::new() } else { format!(" ({})", visit.word("cause", cause)) };
    vec![
        number("line"),
        Html::text(visit.word("line-part", text(line, "part"))),
        Html::text(visit.when_of(line, "month")),
        Html::text(if text(line, "benefit").is_empty() { text(line, "note") } else { text(line, "benefit") }),
        Html::text(format!("{}{cause}", text(line, "payer"))),
        Html::text(whole(line, "contract").map(|version| version.to_string()).unwrap_or_default()),
        number("uses"),
        number("units"),
        amount("amount"),
        amount("reimbursed"),
    ]
}

/// So many lines from the one that the address names.
fn lines(visit: &Visit<'_>, statement: &Value, most: usize) -> Html {
    let all = items_of(statement, "lines");
    let first = visit.query.text("line").parse::<usize>().unwrap_or(1).max(1);
    let is_issued = !text(statement, "hash").is_empty();
    let row = |line: &Value| {
        let mut cells = cells(visit, statement, line);
        let number = whole(line, "line").unwrap_or_default();
        // A line opens to what sums to it, where it may be disputed.
        if let (Some(first), true) = (cells.first_mut(), is_issued) {
            *first = link(format!("/statements/{}/lines/{number}", visit.parameter("id")), visit.number(number));
        }
        cells
    };
    let behind = first.saturating_add(most);
    let next = (behind <= all.len()).then(|| (format!("{}?line={behind}", visit.path), visit.say("table-next")));
    Html::of(&Table {
        caption: visit.say("statement-lines"),
        columns: columns(visit),
        rows: all.iter().skip(first - 1).take(most).map(row).collect(),
        empty: visit.say("days-nothing"),
        next,
    })
}

/// Who did what to it, when and why.
fn history(visit: &Visit<'_>, statement: &Value) -> Html {
    let row = |step: &Value| {
        vec![
            Html::text(visit.when_of(step, "at")),
            Html::text(visit.word("statement-step", text(step, "step"))),
            Html::text(text(step, "party")),
            Html::text(text(step, "reason")),
        ]
    };
    let steps = items_of(statement, "steps");
    if steps.is_empty() {
        return Html::default();
    }
    Html::of(&Table {
        caption: visit.say("statement-history"),
        columns: visit.columns(&["at", "action", "party", "reason"], &[]),
        rows: steps.iter().map(row).collect(),
        empty: String::new(),
        next: None,
    })
}

/// The sealed bytes.
pub(super) fn sealed(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let sealed = visit.get(format!("/statements/{}/sealed", visit.parameter("id")))?.body;
    Ok(Shown::File(File {
        name: format!("statement-{:.8}.csv", text(&sealed, "hash")),
        content: Content::Written("text/csv; charset=utf-8", text(&sealed, "csv").as_bytes().to_vec()),
    }))
}

/// The sealed rows as a workbook.
pub(super) fn workbook(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let id = visit.parameter("id");
    let reply = visit.get(format!("/statements/{id}/workbook"))?;
    downloaded(reply, &format!("statement-{id:.8}.xlsx")).map(Shown::File)
}

pub(super) fn step(visit: &Visit<'_>, step: &str, body: Value) -> Result<Stepped, Refusal> {
    let id = visit.parameter("id");
    visit.send("POST", format!("/statements/{id}/{step}"), body)?;
    Ok(Stepped::Go(format!("/statements/{id}?done=statement-{}", step.replace('/', "-"))))
}

/// What a step sends, with why if that was typed.
fn why(visit: &Visit<'_>, mut body: Value) -> Value {
    let reason = visit.form.text("reason");
    if let (false, Some(fields)) = (reason.is_empty(), body.as_object_mut()) {
        fields.insert("reason".to_owned(), json!(reason));
    }
    body
}

/// Seals it.
pub(super) fn issue(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    step(visit, "issue", why(visit, json!({})))
}

/// Removes a draft.
pub(super) fn remove(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    visit.send("DELETE", format!("/statements/{}", visit.parameter("id")), Value::Null)?;
    Ok(Stepped::Go("/statements?done=removed".to_owned()))
}

/// Accepts what the other party issued.
pub(super) fn agree(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    step(visit, "agree", why(visit, json!({})))
}

/// Says when it was paid.
pub(super) fn pay(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let body = json!({"paid_on": visit.form.text("paid_on"), "reference": visit.form.text("reference")});
    step(visit, "pay", why(visit, body))
}
