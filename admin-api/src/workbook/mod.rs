//! Workbooks (XLSX) as provider's files: the rows of one sheet, one after another, within bounds. What formulas came to when the file
//! was saved is read; nothing is evaluated, and nothing else of the file is looked at.

mod guarded;
mod parts;
mod xml;

#[cfg(test)]
mod tests;

use std::io::{Read, Seek, SeekFrom};

use avis_core::Faults;
use avis_core::limits::{
    RECONCILED_CELL_CHARACTERS_MAX, RECONCILED_COLUMNS_MAX, UNPACKED_BYTES_MAX, UNPACKED_RATIO_MAX,
};
use avis_core::settlement::reconcile::{CellKind, FileRow, time_of_serial};
use jiff::civil::{Date, DateTime};

use guarded::Budget;
use parts::{Book, Parts};
use xml::{Element, Piece, Reading};

/// The last row that Excel knows.
const ROWS_MAX: u64 = 1_048_576;

/// Why a workbook is refused as a whole.
fn refused(detail: &str) -> Faults {
    Faults::of_document(format!("expected a workbook (XLSX): {detail}"))
}

/// A cell in which more stands than is read.
fn too_long(line: u64) -> Faults {
    Faults::of_document(format!("line {line}: expected at most {RECONCILED_CELL_CHARACTERS_MAX} characters in a cell"))
}

/// Gives a sink the rows of a sheet in their order.
pub(crate) fn each_row<E: From<Faults>>(
    file: &mut (impl Read + Seek),
    sheet: Option<&str>,
    sink: &mut dyn FnMut(&FileRow) -> Result<(), E>,
) -> Result<(), E> {
    let bytes = file.seek(SeekFrom::End(0)).map_err(|_| refused("it can't be read"))?;
    let budget = Budget::of(UNPACKED_BYTES_MAX.min(bytes.saturating_mul(UNPACKED_RATIO_MAX)));
    let mut parts = Parts::open(file, &budget)?;
    let book = parts.book(sheet)?;
    let mut part = parts.part(&book.sheet)?.ok_or_else(|| refused("its sheet is in no part"))?;
    let mut rows = Rows { book: &book, row: FileRow::default(), next: 0, cell: None, reading: Reading::default() };
    while let Some(piece) = part.next()? {
        match piece {
            Piece::Opens(element) => rows.open(&element)?,
            Piece::Text(text) => rows.add(&text)?,
            Piece::Closes(name) => match &*name {
                "row" => sink(&rows.row)?,
                "sheetData" => return Ok(()),
                name => rows.close(name)?,
            },
        }
    }
    Err(refused("its sheet ends before its rows do").into())
}

/// The rows of a sheet, while they come.
struct Rows<'b> {
    book: &'b Book,
    row: FileRow,
    /// The column of a cell that names none.
    next: usize,
    cell: Option<OpenCell>,
    /// Whether what comes is of the cell's value.
    reading: Reading,
}

/// A cell that has not ended yet.
struct OpenCell {
    column: usize,
    kind: String,
    style: usize,
    text: String,
}

impl Rows<'_> {
    fn open(&mut self, element: &Element<'_>) -> Result<(), Faults> {
        match &*element.name() {
            "row" => {
                let number = element.value("r").map_or(Ok(self.row.line + 1), |number| number.parse());
                let line = number.ok().filter(|line| (self.row.line + 1..=ROWS_MAX).contains(line));
                let line = line.ok_or_else(|| refused("its rows are not in their order"))?;
                (self.row, self.next) = (FileRow { line, ..FileRow::default() }, 0);
            }
            "c" => {
                let column = element.value("r").map_or(Some(self.next), |place| column_of(&place));
                let column = column.ok_or_else(|| refused("a cell of it has no place"))?;
                self.next = column + 1;
                let style = element.value("s").and_then(|style| style.parse().ok()).unwrap_or_default();
                let kind = element.value("t").unwrap_or_default();
                self.cell = Some(OpenCell { column, kind, style, text: String::new() });
            }
            name => self.reading.open(name),
        }
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<(), Faults> {
        let line = self.row.line;
        if let Some(cell) = self.cell.as_mut().filter(|_| self.reading.is_on()) {
            // No character has more than four bytes.
            if cell.text.len() + text.len() > 4 * RECONCILED_CELL_CHARACTERS_MAX {
                return Err(too_long(line));
            }
            cell.text.push_str(text);
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), Faults> {
        self.reading.close(name);
        let ended = self.cell.take_if(|_| name == "c").filter(|cell| !cell.text.is_empty());
        ended.map_or(Ok(()), |cell| self.put(cell))
    }

    /// Puts what stands in a cell into its row.
    fn put(&mut self, cell: OpenCell) -> Result<(), Faults> {
        let OpenCell { column, kind, style, text } = cell;
        if column >= RECONCILED_COLUMNS_MAX {
            let detail = format!("line {}: expected at most {RECONCILED_COLUMNS_MAX} columns", self.row.line);
            return Err(Faults::of_document(detail));
        }
        let (text, kind) = match &*kind {
            "s" => {
                let shared = text.parse().ok().and_then(|place| self.book.shared.get(place));
                let shared = shared.ok_or_else(|| refused("a cell of it shares a text that is not there"))?;
                // Before it is copied: each cell may share the same long text.
                if shared.chars().nth(RECONCILED_CELL_CHARACTERS_MAX).is_some() {
                    return Err(too_long(self.row.line));
                }
                (shared.to_owned(), CellKind::Text)
            }
            "b" => ((if text == "1" { "TRUE" } else { "FALSE" }).to_owned(), CellKind::Text),
            "d" => time_of_text(&text).map_or((text, CellKind::Text), |time| (time.to_string(), CellKind::Time)),
            "" | "n" => self.number(text, style),
            _ => (text, CellKind::Text),
        };
        if self.row.cells.len() <= column {
            self.row.cells.resize(column + 1, String::new());
            self.row.kinds.resize(column + 1, CellKind::Text);
        }
        if let (Some(at), Some(of)) = (self.row.cells.get_mut(column), self.row.kinds.get_mut(column)) {
            (*at, *of) = (text, kind);
        }
        Ok(())
    }

    /// A number, or the time that it is by its style.
    fn number(&self, text: String, style: usize) -> (String, CellKind) {
        let is_time = self.book.times.get(style).copied().unwrap_or_default();
        let time = is_time.then(|| time_of_serial(&text, self.book.epoch)).flatten();
        time.map_or((text, CellKind::Number), |time| (time.to_string(), CellKind::Time))
    }
}

/// A date or a time as ISO 8601 writes it.
fn time_of_text(text: &str) -> Option<DateTime> {
    let date = || text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0));
    text.trim_end_matches('Z').parse().ok().or_else(date)
}

/// The column of a place such as `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let column =
        letters.take(4).fold(0, |column, letter| column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    column.checked_sub(1)
}
