//! A provider's file as rows: those that can be read, those that can't, and sums at the end.

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::amounts::{Mapped, Totals};
use super::csv::{CsvRows, delimiter_of};
use super::file_row::FileRow;
use super::header::Header;
use super::profile::Profile;
use super::row::{BadCell, Row, RowReader, Taken};
use crate::fault::Faults;
use crate::limits::{
    RECONCILED_BAD_ROWS_MAX, RECONCILED_CELL_CHARACTERS_MAX, RECONCILED_COLUMNS_MAX, RECONCILED_ROWS_MAX,
};
use crate::movement::ServiceDay;

/// The rows of a file.
#[derive(Debug)]
pub struct Sheet {
    pub(super) rows: Vec<Row>,
    pub(super) mapped: Mapped,
    /// Whether rows without ids can be found by their times.
    pub(super) has_times: bool,
    /// How many rows came, be they read or not.
    pub count: u64,
    /// What can't be read; the first thousand rows.
    pub bad: Vec<BadCell>,
    /// How many rows can't be read.
    pub bad_count: u64,
    /// What a last row without time and ids says that the rows come to.
    pub sums: Option<Sums>,
}

/// Sums at the end of a file beside those of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sums {
    /// Those that the file says.
    pub written: Totals,
    /// The same of the rows that can be read.
    pub of_rows: Totals,
}

impl Sheet {
    /// Reads a text. `zone` is that of times without an offset where the profile names none, `day` the provider's.
    ///
    /// # Errors
    /// A column that is missing, more rows, columns or characters than are taken: the whole file is refused.
    pub fn read(text: &str, profile: &Profile, zone: &TimeZone, day: &ServiceDay) -> Result<Self, Faults> {
        let delimiter = profile.delimiter.unwrap_or_else(|| delimiter_of(text, profile.skip_rows));
        let (mut rows, mut reader) = (CsvRows::new(delimiter, profile.skip_rows), SheetReader::new(profile, zone, day));
        rows.feed(text, &mut |row| reader.take(row))?;
        rows.end(&mut |row| reader.take(row))?;
        reader.end()
    }

    /// The requests that its rows name.
    pub fn requests(&self) -> impl Iterator<Item = Uuid> {
        self.rows.iter().filter_map(|row| row.request_id)
    }

    /// The authorizations that its rows name.
    pub fn authorizations(&self) -> impl Iterator<Item = Uuid> {
        self.rows.iter().flat_map(|row| row.authorizations.iter().copied())
    }

    fn refuse(&mut self, bad: BadCell) {
        self.bad_count += 1;
        if self.bad.len() < RECONCILED_BAD_ROWS_MAX {
            self.bad.push(bad);
        }
    }
}

/// Reads the rows of a file one after another; the first that is not empty is the header.
pub struct SheetReader<'p> {
    profile: &'p Profile,
    zone: TimeZone,
    day: ServiceDay,
    /// None before the header.
    rows: Option<RowReader<'p>>,
    sheet: Sheet,
    /// A row of sums, if it is the last one.
    pending: Option<(u64, Totals)>,
}

impl<'p> SheetReader<'p> {
    /// Nothing is read yet. `zone` and `day` are those of [`Sheet::read`].
    pub fn new(profile: &'p Profile, zone: &TimeZone, day: &ServiceDay) -> Self {
        let (mapped, rows, bad) = (Mapped::default(), Vec::new(), Vec::new());
        let sheet = Sheet { rows, mapped, has_times: false, count: 0, bad, bad_count: 0, sums: None };
        Self { profile, zone: zone.clone(), day: day.clone(), rows: None, sheet, pending: None }
    }

    /// How many rows came, be they read or not.
    pub fn count(&self) -> u64 {
        self.sheet.count
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// What the whole file is refused for, as [`Sheet::read`].
    pub fn take(&mut self, row: &FileRow) -> Result<(), Faults> {
        if row.is_empty() {
            return Ok(());
        }
        check_bounds(row)?;
        let Some(reader) = &self.rows else { return self.begin(row) };
        self.sheet.count += 1;
        if self.sheet.count > RECONCILED_ROWS_MAX {
            return Err(Faults::of_document(format!("expected at most {RECONCILED_ROWS_MAX} rows")));
        }
        if let Some((line, _)) = self.pending.take() {
            self.sheet.refuse(no_time(line));
        }
        match reader.read(row) {
            Ok(Taken::Row(row)) => self.sheet.rows.push(row),
            Ok(Taken::Ignored) => {}
            Ok(Taken::Sums(sums)) => self.pending = Some((row.line, sums)),
            Err(bad) => self.sheet.refuse(bad),
        }
        Ok(())
    }

    fn begin(&mut self, header: &FileRow) -> Result<(), Faults> {
        if header.is_open {
            return Err(Faults::of_document("expected a header whose quotes are closed"));
        }
        let header = Header::find(header, &self.profile.columns)?;
        let reader = RowReader { profile: self.profile, header, zone: self.zone.clone(), day: self.day.clone() };
        (self.sheet.mapped, self.sheet.has_times) = (reader.header.mapped(), reader.has_times());
        self.rows = Some(reader);
        Ok(())
    }

    /// All rows came.
    ///
    /// # Errors
    /// There was no header.
    pub fn end(mut self) -> Result<Sheet, Faults> {
        if self.rows.is_none() {
            return Err(Faults::of_document("expected a header"));
        }
        let of_rows = self.sheet.rows.iter().map(|row| row.amounts).sum();
        let beside =
            |(_, written): (u64, Totals)| Sums { written, of_rows: Totals::of_fields(of_rows, written.mapped) };
        self.sheet.sums = self.pending.map(beside);
        self.sheet.rows.sort();
        Ok(self.sheet)
    }
}

/// A row without time and ids that is not the last one.
fn no_time(line: u64) -> BadCell {
    BadCell { line, field: "occurred_at", expected: "a time".to_owned() }
}

fn check_bounds(row: &FileRow) -> Result<(), Faults> {
    let refused = |what: String| Err(Faults::of_document(format!("line {}: expected at most {what}", row.line)));
    if row.cells.len() > RECONCILED_COLUMNS_MAX {
        return refused(format!("{RECONCILED_COLUMNS_MAX} columns"));
    }
    let is_long = |cell: &String| {
        cell.len() > RECONCILED_CELL_CHARACTERS_MAX && cell.chars().count() > RECONCILED_CELL_CHARACTERS_MAX
    };
    // What an open quote took in is told of its row alone.
    if !row.is_open && row.cells.iter().any(is_long) {
        return refused(format!("{RECONCILED_CELL_CHARACTERS_MAX} characters in a cell"));
    }
    Ok(())
}
