//! Rows of CSV (RFC 4180, with any line end), each with the line on which it begins.
//!
//! Our own few lines, since a row has to be named by its physical line, and a quote that is left open has to be told.

use super::file_row::FileRow;

/// The rows of a text.
pub struct CsvRows<'t> {
    rest: &'t str,
    delimiter: char,
    line: u64,
}

impl<'t> CsvRows<'t> {
    /// The rows of a text that this cuts into cells.
    pub fn new(text: &'t str, delimiter: char) -> Self {
        Self { rest: text, delimiter, line: 1 }
    }

    fn take(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let mut letter = letters.next()?;
        self.rest = letters.as_str();
        if letter == '\r' {
            self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
            letter = '\n';
        }
        self.line += u64::from(letter == '\n');
        Some(letter)
    }

    /// Whether the quoted text ended.
    fn quoted(&mut self, cell: &mut String) -> bool {
        while let Some(letter) = self.take() {
            if letter != '"' {
                cell.push(letter);
            } else if let Some(rest) = self.rest.strip_prefix('"') {
                self.rest = rest;
                cell.push('"');
            } else {
                return true;
            }
        }
        false
    }
}

impl Iterator for CsvRows<'_> {
    type Item = FileRow;

    fn next(&mut self) -> Option<FileRow> {
        if self.rest.is_empty() {
            return None;
        }
        let mut row = FileRow { line: self.line, ..FileRow::default() };
        let mut cell = String::new();
        while let Some(letter) = self.take() {
            match letter {
                '\n' => break,
                '"' if cell.is_empty() => row.is_open |= !self.quoted(&mut cell),
                letter if letter == self.delimiter => row.cells.push(std::mem::take(&mut cell)),
                letter => cell.push(letter),
            }
        }
        row.cells.push(cell);
        Some(row)
    }
}

/// Of `;`, tab, `,` and `|` the one that cuts a text's first row that is not empty into most cells.
pub fn delimiter_of(text: &str) -> char {
    let mut best = (';', 0);
    for delimiter in [';', '\t', ',', '|'] {
        let cells = CsvRows::new(text, delimiter).find(|row| !row.is_empty()).map_or(0, |row| row.cells.len());
        if cells > best.1 {
            best = (delimiter, cells);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_by_the_line_on_which_they_begin() {
        let text = "a;b\r\n\"x\n\"\"y;\";2\r3;\"4\"\n\n5;\"open\n6;7";
        let rows: Vec<_> = CsvRows::new(text, ';').map(|row| (row.line, row.cells.join("|"), row.is_open)).collect();
        let expected =
            [(1, "a|b", false), (2, "x\n\"y;|2", false), (4, "3|4", false), (5, "", false), (6, "5|open\n6;7", true)];
        assert_eq!(rows, expected.map(|(line, cells, is_open)| (line, cells.to_owned(), is_open)));
        assert_eq!((delimiter_of("a;b,c;d"), delimiter_of("a,b;c"), delimiter_of("a\tb|c")), (';', ';', '\t'));
        assert_eq!((delimiter_of("\r\n \r\na,b"), delimiter_of(";;;\na,b;c")), (',', ';'), "empty rows say nothing");
    }
}
