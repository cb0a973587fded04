//! Rows of CSV (RFC 4180, with any line end), each with the line on which it begins, of a text that comes whole or in pieces.
//!
//! Our own few lines, since a row has to be named by its physical line, a quote that is left open has to be told, and a row of any
//! length needs no more memory than one that is taken.

use std::convert::Infallible;

use super::file_row::FileRow;
use crate::limits::RECONCILED_COLUMNS_MAX;

/// Bytes of a cell that are kept, which are more than any cell may have.
const CELL_BYTES_MAX: usize = 64 * 1024;
/// What stands for the rest of a cell that is longer.
const CUT: char = '\u{fffd}';
/// What may cut a text into cells, where nobody says what does.
const DELIMITERS: [char; 4] = [';', '\t', ',', '|'];

/// Cuts a text into rows.
pub struct CsvRows {
    delimiter: char,
    /// Lines at the beginning that are no rows.
    skipped: usize,
    line: u64,
    /// The row that has not ended yet; none before its first letter.
    row: Option<FileRow>,
    cell: String,
    at: At,
    /// Whether a carriage return came last: a line feed behind it ends no other line.
    is_after_return: bool,
    /// Cells of rows before, whose memory is used again.
    spare: Vec<String>,
}

/// Where in a cell a letter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Plain,
    Quoted,
    /// Behind a quote that ends the quoted text, unless another one follows.
    Quote,
}

impl CsvRows {
    /// Nothing came yet of a text that this cuts into cells, and of which the first lines are passed over.
    pub fn new(delimiter: char, skipped: usize) -> Self {
        let (row, cell, spare) = (None, String::new(), Vec::new());
        Self { delimiter, skipped, line: 1, row, cell, at: At::Plain, is_after_return: false, spare }
    }

    /// The rows of a text.
    pub fn of(text: &str, delimiter: char) -> Vec<FileRow> {
        let mut found = Vec::new();
        let mut push = |row: &FileRow| {
            found.push(row.clone());
            Ok::<_, Infallible>(())
        };
        let mut rows = Self::new(delimiter, 0);
        let Ok(()) = rows.feed(text, &mut push);
        let Ok(()) = rows.end(&mut push);
        found
    }

    /// Takes the next piece of the text, and gives each row that ends in it to a sink.
    ///
    /// # Errors
    /// What the sink fails with.
    pub fn feed<E>(&mut self, text: &str, sink: &mut impl FnMut(&FileRow) -> Result<(), E>) -> Result<(), E> {
        let mut rest = text;
        while !rest.is_empty() {
            let delimiter = self.delimiter;
            let means = |letter| matches!(letter, '"' | '\r' | '\n') || letter == delimiter;
            let (plain, behind) = rest.split_at(rest.find(means).unwrap_or(rest.len()));
            if !plain.is_empty() {
                self.take_plain(plain);
            }
            let mut letters = behind.chars();
            if let Some(letter) = letters.next() {
                self.take(letter, sink)?;
            }
            rest = letters.as_str();
        }
        Ok(())
    }

    /// The text has ended: so has its last row.
    ///
    /// # Errors
    /// What the sink fails with.
    pub fn end<E>(&mut self, sink: &mut impl FnMut(&FileRow) -> Result<(), E>) -> Result<(), E> {
        if let Some(row) = &mut self.row {
            row.is_open = self.at == At::Quoted;
            self.end_row(sink)?;
        }
        Ok(())
    }

    /// Takes letters that mean nothing but themselves.
    fn take_plain(&mut self, text: &str) {
        self.is_after_return = false;
        if self.skipped > 0 {
            return;
        }
        self.begin_row();
        if self.at == At::Quote {
            self.at = At::Plain;
        }
        self.put(text);
    }

    fn begin_row(&mut self) {
        let line = self.line;
        self.row.get_or_insert_with(|| FileRow { line, ..FileRow::default() });
    }

    /// Puts a text into the cell in which it stands.
    fn put(&mut self, text: &str) {
        match CELL_BYTES_MAX.checked_sub(self.cell.len()) {
            Some(room) if room >= text.len() => self.cell.push_str(text),
            // It is full with what stands for the rest.
            None => {}
            Some(room) => {
                self.cell.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
                while self.cell.len() <= CELL_BYTES_MAX {
                    self.cell.push(CUT);
                }
            }
        }
    }

    /// Takes a letter that may mean more than itself.
    fn take<E>(&mut self, letter: char, sink: &mut impl FnMut(&FileRow) -> Result<(), E>) -> Result<(), E> {
        let was_after_return = std::mem::replace(&mut self.is_after_return, letter == '\r');
        if letter == '\n' && was_after_return {
            return Ok(());
        }
        let ends_line = matches!(letter, '\r' | '\n');
        if self.skipped > 0 {
            self.line += u64::from(ends_line);
            self.skipped -= usize::from(ends_line);
            return Ok(());
        }
        self.begin_row();
        self.line += u64::from(ends_line);
        match (self.at, letter) {
            (At::Quoted, '"') => self.at = At::Quote,
            (At::Quote, '"') => {
                self.put("\"");
                self.at = At::Quoted;
            }
            (At::Quoted, _) if ends_line => self.put("\n"),
            (At::Plain, '"') if self.cell.is_empty() => self.at = At::Quoted,
            (At::Plain | At::Quote, _) if ends_line => self.end_row(sink)?,
            (At::Plain | At::Quote, _) if letter == self.delimiter => self.end_cell(),
            _ => self.put(letter.encode_utf8(&mut [0; 4])),
        }
        Ok(())
    }

    fn end_cell(&mut self) {
        self.at = At::Plain;
        let next = self.spare.pop().unwrap_or_default();
        let mut cell = std::mem::replace(&mut self.cell, next);
        match &mut self.row {
            // One more than there may be tells that there are too many.
            Some(row) if row.cells.len() <= RECONCILED_COLUMNS_MAX => row.cells.push(cell),
            _ => {
                cell.clear();
                self.spare.push(cell);
            }
        }
    }

    fn end_row<E>(&mut self, sink: &mut impl FnMut(&FileRow) -> Result<(), E>) -> Result<(), E> {
        self.end_cell();
        let Some(mut row) = self.row.take() else { return Ok(()) };
        let taken = sink(&row);
        self.spare.extend(row.cells.drain(..).map(|mut cell| {
            cell.clear();
            cell
        }));
        taken
    }
}

/// Of `;`, tab, `,` and `|` the one that cuts a text's first row that is not empty into most cells.
pub struct DelimiterSearch([(char, CsvRows, Option<usize>); 4]);

impl DelimiterSearch {
    /// Nothing came yet of a text of which the first lines are passed over.
    pub fn new(skipped: usize) -> Self {
        Self(DELIMITERS.map(|delimiter| (delimiter, CsvRows::new(delimiter, skipped), None)))
    }

    /// Takes the next piece of the text; whether it is known by now.
    pub fn feed(&mut self, text: &str) -> bool {
        for (_, rows, cells) in self.0.iter_mut().filter(|(_, _, cells)| cells.is_none()) {
            // The sink ends the search of this one by failing.
            let _ = rows.feed(text, &mut |row| first_cells(row, cells));
        }
        self.0.iter().all(|(_, _, cells)| cells.is_some())
    }

    /// What was found in the text that came.
    pub fn end(mut self) -> char {
        let mut best = (';', 0);
        for (delimiter, rows, cells) in &mut self.0 {
            if cells.is_none() {
                let _ = rows.end(&mut |row| first_cells(row, cells));
            }
            let count = cells.unwrap_or_default();
            if count > best.1 {
                best = (*delimiter, count);
            }
        }
        best.0
    }
}

/// Notes how many cells the first row has that is not empty, and has no more come.
fn first_cells(row: &FileRow, cells: &mut Option<usize>) -> Result<(), ()> {
    if row.is_empty() {
        return Ok(());
    }
    *cells = Some(row.cells.len());
    Err(())
}

/// The delimiter of a text of which the first lines are passed over, as [`DelimiterSearch`] finds it.
pub fn delimiter_of(text: &str, skipped: usize) -> char {
    let mut search = DelimiterSearch::new(skipped);
    search.feed(text);
    search.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a text that comes in pieces of so many letters.
    fn in_pieces(text: &str, letters: usize, skipped: usize) -> Vec<(u64, String, bool)> {
        let (mut rows, mut found) = (CsvRows::new(';', skipped), Vec::new());
        let mut push = |row: &FileRow| {
            found.push((row.line, row.cells.join("|"), row.is_open));
            Ok::<_, Infallible>(())
        };
        let all: Vec<char> = text.chars().collect();
        for piece in all.chunks(letters) {
            rows.feed(&piece.iter().collect::<String>(), &mut push).unwrap();
        }
        rows.end(&mut push).unwrap();
        found
    }

    #[test]
    fn rows_are_named_by_the_line_on_which_they_begin_however_the_text_comes() {
        let text = "a;b\r\n\"x\n\"\"y;\";2\r3;\"4\"\n\n5;\"open\n6;7";
        let expected =
            [(1, "a|b", false), (2, "x\n\"y;|2", false), (4, "3|4", false), (5, "", false), (6, "5|open\n6;7", true)];
        let expected = expected.map(|(line, cells, is_open)| (line, cells.to_owned(), is_open));
        for letters in 1..=text.len() {
            assert_eq!(in_pieces(text, letters, 0), expected, "{letters} letters at a time");
            assert_eq!(in_pieces(text, letters, 1), expected[1..], "without the first line");
        }
        for (text, cells) in [("\"\"", ""), ("\"a\"b;", "ab|"), ("a\"b\";\"\"\"c\"", "a\"b\"|\"c"), ("\"a\"\r\n", "a")]
        {
            assert_eq!(in_pieces(text, 1, 0), [(1, cells.to_owned(), false)], "{text}");
        }
        let delimiters = |texts: [&str; 3]| texts.map(|text| delimiter_of(text, 0));
        assert_eq!(delimiters(["a;b,c;d", "a,b;c", "a\tb|c"]), [';', ';', '\t']);
        assert_eq!(delimiters(["\r\n \r\na,b", ";;;\na,b;c", ""]), [',', ';', ';'], "empty rows say nothing");
        assert_eq!(delimiter_of("1;2;3\na,b", 1), ',', "nor do lines that are passed over");
    }

    #[test]
    fn a_row_without_an_end_needs_no_more_memory_than_one_that_is_taken() {
        let mut rows = CsvRows::new(';', 0);
        let mut found = Vec::new();
        let mut push = |row: &FileRow| {
            found.push(row.clone());
            Ok::<_, Infallible>(())
        };
        let (long, many) = ("ā".repeat(1_000), "1;".repeat(1_000));
        for _ in 0..1_000 {
            rows.feed(&long, &mut push).unwrap();
            assert!(rows.cell.capacity() < 4 * CELL_BYTES_MAX, "{}", rows.cell.capacity());
        }
        for _ in 0..1_000 {
            rows.feed(&many, &mut push).unwrap();
        }
        rows.end(&mut push).unwrap();
        assert_eq!((found.len(), found[0].cells.len()), (1, RECONCILED_COLUMNS_MAX + 1));
        assert!(found[0].cells[0].len() <= CELL_BYTES_MAX + 4 && found[0].cells[0].ends_with(CUT));
    }
}
