//! Which column is which.

use std::borrow::Cow;

use jiff::civil::DateTime;

use super::amounts::{AmountField, Mapped};
use super::file_row::{CellKind, FileRow};
use super::profile::{Columns, comparable};
use super::times::Half;
use crate::fault::Faults;

/// The places of the columns that a profile names.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) width: usize,
    time: Vec<usize>,
    pub(super) request_id: Option<usize>,
    pub(super) authorization_id: Option<usize>,
    pub(super) external_id: Option<usize>,
    pub(super) terminal: Option<usize>,
    pub(super) kind: Option<usize>,
    /// In the order of [`AmountField::ALL`].
    pub(super) amounts: [Option<usize>; 3],
}

impl Header {
    /// Finds the columns in the header's row.
    ///
    /// # Errors
    /// The pointer in the profile of each column that the file does not have once.
    pub(super) fn find(row: &FileRow, columns: &Columns) -> Result<Self, Faults> {
        let names: Vec<String> = row.cells.iter().map(|name| comparable(name)).collect();
        let mut faults = Faults { list: Vec::new(), unlisted: 0 };
        let mut place = |field: &str, name: &String| {
            let mut places = names.iter().enumerate().filter(|(_, found)| *found == name).map(|(place, _)| place);
            let place = places.next();
            let detail = match (place, places.next()) {
                (Some(_), None) => return place,
                (Some(_), Some(_)) => "the file has several columns of this name",
                (None, _) => "the file has no column of this name",
            };
            faults.list.extend(Faults::at(format!("/columns/{field}"), detail).list);
            None
        };
        let time = columns.time.iter().filter_map(|name| place("occurred_at", name)).collect();
        let mut optional = |field, name: &Option<String>| name.as_ref().and_then(|name| place(field, name));
        let [gross, discount, payable] = &columns.amounts;
        let found = Self {
            width: row.cells.len(),
            time,
            request_id: optional("request_id", &columns.request_id),
            authorization_id: optional("authorization_id", &columns.authorization_id),
            external_id: optional("external_id", &columns.external_id),
            terminal: optional("terminal", &columns.terminal),
            kind: optional("kind", &columns.kind),
            amounts: [optional("gross", gross), optional("discount", discount), optional("payable", payable)],
        };
        if faults.list.is_empty() { Ok(found) } else { Err(faults) }
    }

    pub(super) fn mapped(&self) -> Mapped {
        self.amounts.map(|column| column.is_some())
    }

    pub(super) fn first_amount(&self) -> AmountField {
        let mut present = AmountField::ALL.into_iter().zip(self.amounts);
        present.find(|(_, column)| column.is_some()).map_or(AmountField::Gross, |(field, _)| field)
    }

    /// What stands in a cell; none if it is empty.
    pub(super) fn cell<'c>(&self, row: &'c FileRow, column: usize) -> Option<&'c str> {
        row.cells.get(column).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }

    /// The time of date cells of a workbook: of one column, or the date of the first and the time of the second.
    pub(super) fn local_time(&self, row: &FileRow) -> Option<DateTime> {
        let time = |column: &usize| match self.half(row, *column)? {
            Half::Cell(at) => Some(at),
            Half::Text(_) => None,
        };
        let date = time(self.time.first()?)?;
        self.time.get(1).map_or(Some(date), |second| Some(date.date().to_datetime(time(second)?.time())))
    }

    /// What stands in the two columns of a time, where one is a date cell of a workbook and the other a text.
    pub(super) fn mixed_time<'c>(&self, row: &'c FileRow) -> Option<[Half<'c>; 2]> {
        let [first, second] = *self.time.as_slice() else { return None };
        let halves = [self.half(row, first)?, self.half(row, second)?];
        matches!(halves, [Half::Cell(_), Half::Text(_)] | [Half::Text(_), Half::Cell(_)]).then_some(halves)
    }

    fn half<'c>(&self, row: &'c FileRow, column: usize) -> Option<Half<'c>> {
        let text = self.cell(row, column)?;
        match row.kind(column) {
            CellKind::Time => text.parse().ok().map(Half::Cell),
            CellKind::Text | CellKind::Number => Some(Half::Text(text)),
        }
    }

    /// The time, of one column or of two.
    pub(super) fn time<'c>(&self, row: &'c FileRow) -> Cow<'c, str> {
        let mut parts = self.time.iter().filter_map(|column| self.cell(row, *column));
        let first = parts.next().unwrap_or_default();
        parts.next().map_or(Cow::Borrowed(first), |second| Cow::Owned(format!("{first} {second}")))
    }
}
