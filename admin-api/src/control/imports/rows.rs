//! Rows of a list as they come: of CSV with a header, or JSON one a line. Identifiers are hashed at once, and no row is kept.

use std::io::{self, BufReader, Read};

use avis_core::settlement::reconcile::{CsvRows, delimiter_of};
use avis_core::{IdentifierSecret, RegisteredHolder, WrittenHolder, strict_json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::columns::Columns;
use crate::control::problem::{Code, Problem};
use crate::control::secret::hex;
use crate::ndjson::NdjsonReader;

/// Bytes of one line.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Lines of one file.
const LINES_MAX: u64 = 10_000_000;
/// Faults that a report lists.
pub(super) const FAULTS_MAX: usize = 10_000;

/// A fault of a row: where, and of which kind. The value is never told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowFault {
    pub(super) line: u64,
    pub(super) field: String,
    pub(super) code: String,
}

impl RowFault {
    pub(super) fn new(line: u64, field: &str, code: &str) -> Self {
        Self { line, field: field.to_owned(), code: code.to_owned() }
    }
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Ndjson,
}

impl Format {
    /// By the media type of a body.
    ///
    /// # Errors
    /// [`Code::WrongMediaType`].
    pub(super) fn of(content_type: &str, is_encoded: bool, taken: &[Self]) -> Result<Self, Problem> {
        let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
        let essence = parts.next().unwrap_or_default();
        let mut charsets = parts.filter_map(|part| Some(part.strip_prefix("charset=")?.trim_matches('"').to_owned()));
        if charsets.any(|charset| !matches!(&*charset, "utf-8" | "utf8" | "us-ascii")) {
            return Err(Problem::new(Code::WrongMediaType, "expected UTF-8"));
        }
        let format = taken.iter().find(|format| format.media_type() == essence && !is_encoded);
        format.copied().ok_or_else(|| {
            let expected: Vec<String> = taken.iter().map(|format| format!("`{}`", format.media_type())).collect();
            Problem::new(Code::WrongMediaType, format!("expected {}, not compressed", expected.join(" or ")))
        })
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// A row with its line, or its fault.
type NumberedRow = (u64, Result<Value, RowFault>);

/// The rows of a file.
pub(super) struct Rows<R: Read> {
    lines: NdjsonReader<BufReader<Hashing<R>>>,
    format: Format,
    /// The fields of the columns of CSV, and what cuts them; none of a column that is passed over.
    header: Option<(char, Vec<Option<String>>)>,
    /// Which field is in which column.
    columns: Columns,
    /// What a row may say.
    fields: &'static [&'static str],
}

/// Reads on and hashes what it reads.
struct Hashing<R> {
    input: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.hash.update(into.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: R, format: Format, columns: Columns, fields: &'static [&'static str]) -> Self {
        let input = BufReader::new(Hashing { input, hash: Sha256::new() });
        Self { lines: NdjsonReader::new(input, LINE_BYTES_MAX), format, header: None, columns, fields }
    }

    /// The next row, or its fault; none at the end.
    ///
    /// # Errors
    /// A body that broke off, a header that can't be, too many lines.
    pub(super) fn next(&mut self) -> Result<Option<NumberedRow>, Problem> {
        loop {
            let broken =
                |error: io::Error| Problem::new(Code::MalformedRequest, format!("the file ended early: {error}"));
            let Some(line) = self.lines.next_line().map_err(broken)? else { return Ok(None) };
            if line.number > LINES_MAX {
                return Err(Problem::new(Code::TooLarge, format!("expected at most {LINES_MAX} lines")));
            }
            let number = line.number;
            let Some(bytes) = line.json else { return Ok(Some((number, Err(RowFault::new(number, "", "too_long"))))) };
            let read = match self.format {
                Format::Ndjson => self.json(number, &bytes),
                Format::Csv => match self.cells(number, &bytes)? {
                    None => continue,
                    Some(read) => read,
                },
            };
            return Ok(Some((number, read)));
        }
    }

    fn json(&self, line: u64, bytes: &[u8]) -> Result<Value, RowFault> {
        let value = strict_json(bytes).map_err(|_| RowFault::new(line, "", "malformed"))?;
        let Some(fields) = value.as_object() else { return Err(RowFault::new(line, "", "malformed")) };
        match fields.keys().find(|name| !self.fields.contains(&name.as_str())) {
            Some(_) => Err(RowFault::new(line, "", "unknown_field")),
            None => Ok(value),
        }
    }

    /// A row of CSV; none of the header.
    fn cells(&mut self, line: u64, bytes: &[u8]) -> Result<Option<Result<Value, RowFault>>, Problem> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
        let Some((delimiter, names)) = &self.header else {
            let text = text.ok_or_else(|| Problem::new(Code::Invalid, "expected a header in UTF-8"))?;
            let delimiter = delimiter_of(text, 0);
            let names: Vec<String> = row_of(text, delimiter).0.iter().map(|name| name.trim().to_owned()).collect();
            let names = self.columns.fields(&names, self.fields)?;
            self.header = Some((delimiter, names));
            return Ok(None);
        };
        let Some(text) = text else { return Ok(Some(Err(RowFault::new(line, "", "not_utf8")))) };
        let (cells, is_open) = row_of(text, *delimiter);
        if is_open || cells.len() != names.len() {
            return Ok(Some(Err(RowFault::new(line, "", if is_open { "open_quote" } else { "other_columns" }))));
        }
        let given = names.iter().zip(cells).filter(|(_, cell)| !cell.trim().is_empty());
        let given = given.filter_map(|(name, cell)| Some((name.clone()?, json!(cell.trim()))));
        let fields: Map<String, Value> = given.collect();
        Ok(Some(Ok(Value::Object(fields))))
    }

    /// What the whole file hashes to, once it was read to its end.
    pub(super) fn hash(self) -> String {
        hex(&self.lines.into_inner().into_inner().hash.finalize())
    }
}

fn row_of(text: &str, delimiter: char) -> (Vec<String>, bool) {
    let row = CsvRows::of(text, delimiter).into_iter().next();
    row.map(|row| (row.cells, row.is_open)).unwrap_or_default()
}

/// Reads what a row says by the reader of holders, so that every field is judged as a file of holders would be.
///
/// # Errors
/// The first fault, by the name of the row's field.
pub(super) fn said(
    line: u64,
    holder: &Value,
    names: &[(&str, &str)],
    secret: &IdentifierSecret,
) -> Result<RegisteredHolder, RowFault> {
    let read = WrittenHolder::from_value(holder).and_then(|written| written.register(secret));
    read.map_err(|faults| {
        let pointer = faults.list.first().map(|fault| fault.pointer.clone()).unwrap_or_default();
        let field = names.iter().find_map(|(prefix, name)| Some((pointer.strip_prefix(prefix)?, name)));
        let field = field.map(|(rest, name)| if rest.is_empty() { (*name).to_owned() } else { rest.replace('/', "") });
        RowFault::new(line, &field.unwrap_or_default(), "invalid")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_utf_8() {
        let read = |content_type: &str| Format::of(content_type, false, &[Format::Csv]).map_err(|problem| problem.code);
        for content_type in ["text/csv", "text/csv; charset=utf-8", "Text/CSV; header=present; charset=\"UTF-8\""] {
            assert!(read(content_type).is_ok(), "{content_type}");
        }
        for content_type in ["text/csv; charset=iso-8859-1", "text/csv;charset=windows-1257", "application/x-ndjson"] {
            assert!(read(content_type).is_err_and(|code| code == Code::WrongMediaType), "{content_type}");
        }
    }
}
