//! Columns of a list that are called otherwise than here: which of them is what, with the first rows beside. The file is kept nowhere, so
//! it is chosen once more.

use std::io::{Cursor, Read};

use avis_admin::control::{Code, Refusal, list_columns};
use avis_core::settlement::reconcile::{CsvRows, delimiter_of};
use avis_core::without_mark;
use serde_json::{Map, Value};

use super::{Shown, lists};
use crate::layout::Page;
use crate::view::{Column, Field, Form, Html, Kind, Table, link};
use crate::visit::Visit;

/// Where it is said.
pub(super) const PATH: &str = "/lists/columns";
/// Bytes of a file that are looked at.
const LOOKED_AT: usize = 64 * 1024;
/// Columns that may be mapped.
const COLUMNS_MAX: usize = 100;
/// Rows that are shown.
const ROWS: usize = 3;
/// Characters of a cell that are shown.
const CELL: usize = 40;
/// The field that carries the header from the one form to the other.
const HEADER: &str = "header";

/// A file that goes on to be read, whose beginning was looked at.
pub(super) type Whole = Box<dyn Read + Send>;

/// The beginning of a file, and the whole of it.
pub(super) fn looked_at(file: Whole) -> (Vec<u8>, Whole) {
    let (mut begins, mut file) = (Vec::new(), file);
    // What breaks off does so again for who reads it all.
    let _ = file.by_ref().take(LOOKED_AT as u64).read_to_end(&mut begins);
    let whole = Cursor::new(begins.clone()).chain(file);
    (begins, Box::new(whole))
}

/// The header of a file and its first rows, where it has columns that a list of its kind has not; none where it can be read as it is.
pub(super) fn unknown(kind: &str, begins: &[u8]) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let known = list_columns(kind);
    // The last line may be cut in its middle.
    let ends = if begins.len() < LOOKED_AT { begins.len() } else { begins.iter().rposition(|byte| *byte == b'\n')? };
    let whole = std::str::from_utf8(without_mark(begins.get(..ends)?).ok()?).ok()?;
    let is_blank = |cells: &Vec<String>| cells.iter().all(|cell| cell.trim().is_empty());
    let rows = CsvRows::of(whole, delimiter_of(whole, 0)).into_iter().map(|row| row.cells);
    let mut rows = rows.filter(|cells| !is_blank(cells));
    let header: Vec<String> = rows.next()?.iter().map(|name| name.trim().to_owned()).collect();
    let is_other = header.iter().any(|name| !known.contains(&name.as_str()));
    let is_text = header.iter().all(|name| !name.contains(char::is_control));
    let can_be_mapped = is_text && !known.is_empty() && header.len() <= COLUMNS_MAX;
    (is_other && can_be_mapped).then(|| (header, rows.take(ROWS).collect()))
}

/// The header that the form carries.
fn carried(visit: &Visit<'_>) -> Option<Vec<String>> {
    serde_json::from_str(visit.form.text(HEADER)).ok()
}

/// Which column is what, as the form says it; none where it was not asked.
///
/// # Errors
/// Two columns that are the same, or columns of one name that are to be different.
pub(super) fn said(visit: &Visit<'_>) -> Result<Option<String>, Refusal> {
    let Some(header) = carried(visit) else { return Ok(None) };
    let mut all = Map::new();
    for (place, name) in header.into_iter().enumerate() {
        let column = format!("column-{place}");
        let field = Some(visit.form.text(&column)).filter(|field| !field.is_empty());
        if field.is_some() && all.values().any(|other: &Value| other.as_str() == field) {
            return Err(Visit::at(&column, &visit.say("mapping-twice")));
        }
        let field = Value::from(field);
        if all.insert(name, field.clone()).is_some_and(|before| before != field) {
            return Err(Visit::at(&column, &visit.say("mapping-one-name")));
        }
    }
    Ok(Some(Value::Object(all).to_string()))
}

/// The page, as what was sent to it is mended; the rows are not known any more.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let header = carried(visit).ok_or(Code::NotFound)?;
    Ok(Shown::Page(page(visit, &(header, Vec::new()))))
}

/// The page on which it is said, with the first rows.
pub(super) fn page(visit: &Visit<'_>, (header, rows): &(Vec<String>, Vec<Vec<String>>)) -> Page {
    let kind = visit.form.text("kind");
    let mut page = Page::new(visit.say("mapping-title"));
    page.add(Html::paragraph(visit.say("mapping-lead")));
    let cell = |cell: &String| Html::text(cell.chars().take(CELL).collect::<String>());
    if !rows.is_empty() {
        page.add(Html::of(&Table {
            caption: visit.say("mapping-rows"),
            columns: header.iter().map(|name| Column::text(name.clone())).collect(),
            rows: rows.iter().map(|row| row.iter().take(header.len()).map(cell).collect()).collect(),
            empty: String::new(),
            next: None,
        }));
    }
    let mut options = vec![(String::new(), visit.say("mapping-passed-over"))];
    options.extend(list_columns(kind).iter().map(|field| ((*field).to_owned(), called(visit, field))));
    page.add(visit.form(asked(visit, kind, header, &options)));
    page.add(link("/lists", visit.word("room", "lists")));
    page
}

/// What was typed before, of the kind that it is, with the columns before the file.
fn asked(visit: &Visit<'_>, kind: &str, header: &[String], options: &[(String, String)]) -> Form {
    let mut form = lists::form(visit).to(PATH).hidden(HEADER, Value::from(header).to_string()).hidden("kind", kind);
    form.fields.retain(|field| field.name != "kind" && field.name != "file");
    for field in &mut form.fields {
        field.value = visit.form.text(&field.name).to_owned();
    }
    for (place, name) in header.iter().enumerate() {
        let field = Field::new(format!("column-{place}"), name.clone()).kind(Kind::Choice(options.to_vec()));
        form = form.field(field.value(guessed(visit, kind, name)));
    }
    form.field(Field::new("file", visit.say("lists-file")).kind(Kind::File).hint(visit.say("mapping-file-hint")))
}

fn called(visit: &Visit<'_>, field: &str) -> String {
    visit.word("list-column", field)
}

/// The field that a column is called by, here or in words.
fn guessed(visit: &Visit<'_>, kind: &str, name: &str) -> &'static str {
    let name = name.to_lowercase();
    let is = |field: &&&str| name == **field || name == called(visit, field).to_lowercase();
    list_columns(kind).iter().find(is).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_asked_about_where_a_column_of_it_is_not_known() {
        assert_eq!(unknown("entitlements", b"scheme,value,from\ncard,1,2026-01-01\n"), None);
        assert_eq!(unknown("entitlements", b"\xef\xbb\xbfscheme,value,from\ncard,1,2026-01-01\n"), None);
        assert_eq!(unknown("entitlements", b",,\n\nscheme,value,from\ncard,1,2026-01-01\n"), None);
        let (header, rows) =
            unknown("entitlements", "Karte;Veids\n1;card\n2;card\n3;card\n4;card\n".as_bytes()).unwrap();
        assert_eq!((header, rows.len()), (vec!["Karte".to_owned(), "Veids".to_owned()], ROWS));
        assert_eq!(unknown("rules", b"{\"code\": 1}\n"), None, "JSON has no header");
        assert_eq!(unknown("means", "a,".repeat(COLUMNS_MAX).as_bytes()), None);
    }

    #[test]
    fn what_was_looked_at_is_read_again() {
        let file = "a,b\n1,2\n".repeat(20_000);
        let (begins, mut whole) = looked_at(Box::new(Cursor::new(file.clone())));
        let mut read = String::new();
        whole.read_to_string(&mut read).unwrap();
        assert_eq!((begins.len(), read), (LOOKED_AT, file));
    }
}
