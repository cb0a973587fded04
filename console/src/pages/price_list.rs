//! Prices from a file, as a spreadsheet writes it: read line by line, and told all or none.

use std::io::Read;

use avis_admin::control::{Code, Question, Refusal};
use avis_core::settlement::reconcile::{CsvRows, FileRow, delimiter_of};
use avis_core::telling::Language;
use avis_core::without_mark;
use serde_json::{Map, Value, json};

use super::{Shown, Stepped, ground, prices};
use crate::reading::whole;
use crate::texts::Texts;
use crate::view::{Field, Form, Kind};
use crate::visit::Visit;

/// Bytes of a file: as many prices as are told at once, and their longest products.
const BYTES_MAX: usize = 200 * 1024;
/// The columns of a file; the last two may be absent.
const COLUMNS: [&str; 5] = ["product", "price", "from", "until", "reduced"];
const NEEDED: usize = 3;

/// The form that sends one.
pub(super) fn form(visit: &Visit<'_>, provider: &str) -> Form {
    let columns = COLUMNS.join(", ");
    let hint = visit.texts.with("price-list-hint", &[("columns", columns.as_str().into())]);
    Form::new("file", visit.say("price-list-tell"))
        .to(format!("/prices/{provider}"))
        .field(Field::new("dry_run", visit.say("lists-dry-run")).kind(Kind::Tick).value("yes").optional())
        .field(visit.reason())
        .field(Field::new("file", visit.say("lists-file")).kind(Kind::File).hint(hint))
}

/// Tells what is in a file, or tries it.
pub(super) fn tell(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let provider = visit.parameter("code");
    let (lines, told): (Vec<u64>, Vec<Value>) = read(visit)?.into_iter().unzip();
    let is_tried = visit.form.text("dry_run") == "yes";
    let query = if is_tried { vec![("dry_run", "true".to_owned())] } else { Vec::new() };
    let body = json!({"prices": told, "reason": visit.form.text("reason")});
    let path = format!("/providers/{provider}/prices");
    let done = visit.ask(Question { method: "POST", path, query, body, ..Question::default() });
    let done = done.map_err(|refusal| placed(visit, refusal, &lines))?;
    if is_tried && let Shown::Page(mut page) = prices::show(visit)? {
        page.parts.insert(0, ground::effect(visit, &done.body));
        return Ok(Stepped::Show(page));
    }
    let revision = whole(&done.body, "revision").unwrap_or_default();
    Ok(Stepped::Go(format!("/prices/{provider}?done=price-told&revision={revision}")))
}

/// A fault of a line of the file.
fn fault(visit: &Visit<'_>, line: u64, what: &str) -> (String, String) {
    let line = i64::try_from(line).unwrap_or(i64::MAX);
    ("/file".to_owned(), visit.texts.with("price-list-line", &[("line", line.into()), ("fault", what.into())]))
}

/// Faults of the prices, at the file by their lines.
fn placed(visit: &Visit<'_>, mut refusal: Refusal, lines: &[u64]) -> Refusal {
    for (pointer, detail) in &mut refusal.errors {
        let Some((place, field)) =
            pointer.strip_prefix("/prices/").map(|rest| rest.split_once('/').unwrap_or((rest, "")))
        else {
            continue;
        };
        let line = place.parse::<usize>().ok().and_then(|place| lines.get(place)).copied().unwrap_or_default();
        let named =
            if field.is_empty() { detail.clone() } else { format!("{}: {detail}", visit.word("column", field)) };
        (*pointer, *detail) = fault(visit, line, &named);
    }
    refusal
}

/// The prices of the file, each with its line.
fn read(visit: &Visit<'_>) -> Result<Vec<(u64, Value)>, Refusal> {
    let mut bytes = Vec::new();
    if let Some(file) = visit.take_file() {
        // What broke off is too short to be read.
        let _ = file.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    }
    if bytes.len() > BYTES_MAX {
        return Err(Visit::at("file", &visit.say("price-list-long")));
    }
    let text = without_mark(&bytes).ok().and_then(|bytes| std::str::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| Visit::at("file", &visit.say("price-list-utf-8")))?;
    let rows = CsvRows::of(text, delimiter_of(text, 0)).into_iter();
    let mut rows = rows.filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()));
    let first = rows.next().map(|row| row.cells).unwrap_or_default();
    let header = columns(visit, &first);
    let is_known = header.iter().zip(&first).all(|(name, cell)| name.is_some() || cell.trim().is_empty());
    if !is_known || !COLUMNS.iter().take(NEEDED).all(|name| header.contains(&Some(*name))) {
        return Err(Visit::at(
            "file",
            &visit.texts.with("price-list-columns", &[("columns", (&*COLUMNS.join(", ")).into())]),
        ));
    }
    let (mut told, mut faults) = (Vec::new(), Vec::new());
    for row in rows {
        match price(visit, &header, &row) {
            Ok(price) => told.push((row.line, price)),
            Err(what) => faults.push(fault(visit, row.line, &what)),
        }
    }
    if faults.is_empty() { Ok(told) } else { Err(Refusal { errors: faults, ..Code::Invalid.into() }) }
}

/// Which column each is, by its name for programs or as the page calls it.
fn columns(visit: &Visit<'_>, header: &[String]) -> Vec<Option<&'static str>> {
    let is = |name: &str, cell: &str| {
        let cell = cell.trim().to_lowercase();
        cell == name || cell == visit.word("column", name).to_lowercase()
    };
    header.iter().map(|cell| COLUMNS.into_iter().find(|name| is(name, cell))).collect()
}

fn price(visit: &Visit<'_>, header: &[Option<&str>], row: &FileRow) -> Result<Value, String> {
    if row.is_open || row.cells.len() != header.len() {
        return Err(visit.word("row-fault", if row.is_open { "open_quote" } else { "other_columns" }));
    }
    let mut price = Map::new();
    for (name, cell) in header.iter().zip(&row.cells).filter_map(|(name, cell)| Some(((*name)?, cell.trim()))) {
        let value = match name {
            _ if cell.is_empty() => continue,
            "price" => json!(visit.of_amount(cell).ok_or_else(|| visit.say("price-hint"))?),
            "reduced" => json!(yes_or_no(cell).ok_or_else(|| visit.say("price-list-reduced"))?),
            _ => json!(cell),
        };
        price.insert(name.to_owned(), value);
    }
    match COLUMNS.iter().take(NEEDED).find(|name| !price.contains_key(**name)) {
        Some(absent) => {
            Err(format!("{}: {}", visit.word("column", absent), visit.texts.fault("this field is required")))
        }
        None => Ok(Value::Object(price)),
    }
}

/// What a cell says: a word of a spreadsheet, or of either language of the pages, whichever this page is in.
fn yes_or_no(cell: &str) -> Option<bool> {
    let cell = cell.to_lowercase();
    let is = |word: &str, text: &str| {
        cell == word || Language::ALL.iter().any(|language| cell == Texts(*language).say(text))
    };
    if is("true", "yes") { Some(true) } else { is("false", "no").then_some(false) }
}
