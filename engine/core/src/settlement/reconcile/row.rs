//! A row of a provider's file: what it says was sold or given back.

use std::hash::Hash;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

use super::amounts::{AmountField, AmountForm, Amounts, Totals};
use super::file_row::{CellKind, FileRow};
use super::header::Header;
use super::profile::{Profile, RowKind, Sign};
use super::times::{TimePattern, Written};
use crate::limits::TEXT_CHARACTERS_MAX;
use crate::movement::{Direction, ServiceDay};

/// Ids of authorizations in one cell, by the definition of settlement.
const AUTHORIZATIONS_MAX: usize = 8;
/// What the profile calls the time.
const TIME: &str = "occurred_at";

/// What a row says. The order of its fields is that in which rows are looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    /// None where the file has dates alone.
    pub(super) at: Option<Timestamp>,
    /// The provider's day.
    pub(super) date: Date,
    pub(super) external_id: Option<Box<str>>,
    pub(super) amounts: Amounts,
    pub(super) is_return: bool,
    /// Our name of it.
    pub(super) terminal: Option<Box<str>>,
    pub(super) request_id: Option<Uuid>,
    pub(super) authorizations: Vec<Uuid>,
    /// The physical line on which it begins.
    pub(super) line: u64,
}

impl Row {
    /// Everything but the line.
    pub(super) fn content(&self) -> impl Eq + Hash + Serialize + '_ {
        let ids = (&self.external_id, &self.terminal, self.request_id, &self.authorizations);
        (self.at, self.date, self.amounts, self.is_return, ids)
    }

    pub(super) fn has_ids(&self) -> bool {
        self.request_id.is_some() || !self.authorizations.is_empty()
    }
}

/// What a cell should have been.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadCell {
    /// The physical line on which the row begins, from 1.
    pub line: u64,
    /// What the profile calls the column; empty for the row.
    pub field: &'static str,
    /// What was expected. What was written does not come back.
    pub expected: String,
}

/// What becomes of a row that can be read.
#[derive(Debug)]
pub(super) enum Taken {
    Row(Row),
    Ignored,
    /// Without time and ids: sums of those amounts that it has, if it is the last one.
    Sums(Totals),
}

/// Reads the rows of one file.
pub(super) struct RowReader<'p> {
    pub(super) profile: &'p Profile,
    pub(super) header: Header,
    pub(super) zone: TimeZone,
    pub(super) day: ServiceDay,
}

type Read<T> = Result<T, (&'static str, String)>;

impl RowReader<'_> {
    /// Whether every row has a time, so that rows without ids can be found by it.
    pub(super) fn has_times(&self) -> bool {
        self.profile.dates.iter().all(TimePattern::has_time)
    }

    pub(super) fn read(&self, cells: &FileRow) -> Result<Taken, BadCell> {
        self.taken(cells).map_err(|(field, expected)| BadCell { line: cells.line, field, expected })
    }

    fn taken(&self, cells: &FileRow) -> Read<Taken> {
        if cells.is_open {
            return Err(("", "a quote that is closed".to_owned()));
        }
        if cells.cells.iter().skip(self.header.width).any(|cell| !cell.trim().is_empty()) {
            return Err(("", format!("at most {} cells, as the header has", self.header.width)));
        }
        let kind = self.kind(cells);
        if kind == Ok(Some(RowKind::Ignored)) {
            return Ok(Taken::Ignored);
        }
        let (request_id, authorizations) = (self.request_id(cells)?, self.authorizations(cells)?);
        let time = self.header.time(cells);
        if time.is_empty() && request_id.is_none() && authorizations.is_empty() {
            // Whatever stands in `kind`, such as "Total".
            return Ok(Taken::Sums(self.sums(cells)?));
        }
        let kind = kind?;
        let (amounts, is_return) = self.directed(self.amounts(cells)?, kind)?;
        let written = match (self.header.local_time(cells), self.header.mixed_time(cells)) {
            (Some(local), _) => self.written_at(local)?,
            (None, Some(halves)) => self.written_by(|pattern, zone| pattern.read_halves(halves, zone))?,
            (None, None) => self.written_by(|pattern, zone| pattern.read(&time, zone))?,
        };
        let (at, date) = match written {
            Written::Date(date) => (None, date),
            Written::At(at) => (Some(at).filter(|_| self.has_times()), self.day.date(at)),
        };
        let terminal = self.text(cells, "terminal", self.header.terminal)?;
        Ok(Taken::Row(Row {
            at,
            external_id: self.text(cells, "external_id", self.header.external_id)?.map(Into::into),
            amounts,
            is_return,
            terminal: terminal.map(|theirs| self.profile.terminal(theirs).into()),
            request_id,
            authorizations,
            line: cells.line,
            date,
        }))
    }

    /// The text of a cell; none of an empty one, and of what a spreadsheet made of a number.
    fn text<'c>(&self, cells: &'c FileRow, field: &'static str, column: Option<usize>) -> Read<Option<&'c str>> {
        let Some(text) = column.and_then(|column| self.header.cell(cells, column)) else { return Ok(None) };
        let is_plain = text.len() <= TEXT_CHARACTERS_MAX && text.bytes().all(|letter| matches!(letter, b' '..=b'~'));
        if !is_plain && (text.chars().count() > TEXT_CHARACTERS_MAX || text.chars().any(char::is_control)) {
            return Err((field, format!("at most {TEXT_CHARACTERS_MAX} characters, none of them a control character")));
        }
        Ok(Some(text).filter(|text| field == "terminal" || !is_mangled(text)))
    }

    fn kind(&self, cells: &FileRow) -> Read<Option<RowKind>> {
        match self.text(cells, "kind", self.header.kind)? {
            Some(text) => {
                let known = || ("kind", "one of the words in `kinds`".to_owned());
                self.profile.kind(text).map(Some).ok_or_else(known)
            }
            None => Ok(None),
        }
    }

    fn request_id(&self, cells: &FileRow) -> Read<Option<Uuid>> {
        let text = self.text(cells, "request_id", self.header.request_id)?;
        let id = |text: &str| text.parse().map_err(|_| ("request_id", "a UUID".to_owned()));
        text.map(id).transpose()
    }

    fn authorizations(&self, cells: &FileRow) -> Read<Vec<Uuid>> {
        const FIELD: &str = "authorization_id";
        let text = self.header.authorization_id.and_then(|column| self.header.cell(cells, column)).unwrap_or_default();
        let cuts = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
        let parts = text.split(cuts).filter(|part| !part.is_empty());
        let ids: Result<Vec<Uuid>, _> = parts.filter(|part| !is_mangled(part)).map(str::parse).collect();
        let mut ids = ids.map_err(|_| (FIELD, "UUIDs".to_owned()))?;
        ids.sort();
        ids.dedup();
        if ids.len() > AUTHORIZATIONS_MAX {
            return Err((FIELD, format!("at most {AUTHORIZATIONS_MAX} ids")));
        }
        Ok(ids)
    }

    /// By the first pattern that fits.
    fn written_by(&self, read: impl Fn(&TimePattern, &TimeZone) -> Option<Option<Written>>) -> Read<Written> {
        let zone = self.profile.time_zone.as_ref().unwrap_or(&self.zone);
        let read = self.profile.dates.iter().find_map(|pattern| read(pattern, zone));
        let expected = "a time that one of the patterns in `dates` fits";
        read.ok_or((TIME, expected.to_owned()))?.ok_or((TIME, "a time that the clock did not skip".to_owned()))
    }

    /// A date cell of a workbook; a date alone where the profile has no times.
    fn written_at(&self, local: DateTime) -> Read<Written> {
        if !self.has_times() {
            return Ok(Written::Date(local.date()));
        }
        let zone = self.profile.time_zone.as_ref().unwrap_or(&self.zone);
        let at = super::times::instant(local, zone).map(Written::At);
        at.ok_or((TIME, "a time that the clock did not skip".to_owned()))
    }

    /// Each amount that the file has must be there.
    fn amounts(&self, cells: &FileRow) -> Read<[i64; 3]> {
        let written = self.written_amounts(cells)?;
        let mut mapped = AmountField::ALL.into_iter().zip(self.header.mapped()).zip(written);
        match mapped.find(|((_, is_mapped), amount)| *is_mapped && amount.is_none()) {
            Some(((field, _), _)) => Err(expected_amount(field)),
            None => Ok(written.map(Option::unwrap_or_default)),
        }
    }

    /// Sums may leave amounts out.
    fn sums(&self, cells: &FileRow) -> Read<Totals> {
        let written = self.written_amounts(cells)?;
        let amounts = Amounts(written.map(|amount| amount.unwrap_or_default().into()));
        Ok(Totals { amounts, mapped: written.map(|amount| amount.is_some()) })
    }

    /// The amounts that are there.
    fn written_amounts(&self, cells: &FileRow) -> Read<[Option<i64>; 3]> {
        let form = AmountForm { decimal: self.profile.decimal, is_minor: self.profile.is_minor };
        let mut amounts = [None; 3];
        for ((amount, column), field) in amounts.iter_mut().zip(self.header.amounts).zip(AmountField::ALL) {
            let Some(column) = column else { continue };
            let Some(text) = self.header.cell(cells, column) else { continue };
            let read = if cells.kind(column) == CellKind::Number { form.of_number(text) } else { form.parse(text) };
            let read = read.ok_or_else(|| expected_amount(field))?;
            *amount = Some(if self.profile.negate.contains(&field) { -read } else { read });
        }
        Ok(amounts)
    }

    /// The amounts with their signs, and whether it is a return.
    fn directed(&self, amounts: [i64; 3], kind: Option<RowKind>) -> Read<(Amounts, bool)> {
        let is_return = kind == Some(RowKind::Is(Direction::Return));
        let field = || self.header.first_amount().word();
        let (is_below, is_above) = (amounts.iter().any(|amount| *amount < 0), amounts.iter().any(|amount| *amount > 0));
        match self.profile.sign {
            Sign::Signed if is_below && is_above => Err((field(), "amounts of one sign".to_owned())),
            Sign::Signed => Ok((signed(amounts), is_below || (!is_above && is_return))),
            Sign::ByKind if kind.is_none() => Err(("kind", "one of the words in `kinds`".to_owned())),
            Sign::ByKind if is_return => Ok((signed(amounts.map(|amount| -amount.abs())), true)),
            Sign::ByKind if is_below => Err((field(), "an amount of a sale that is not below zero".to_owned())),
            Sign::ByKind => Ok((signed(amounts), false)),
        }
    }
}

fn signed(amounts: [i64; 3]) -> Amounts {
    Amounts(amounts.map(i128::from))
}

fn expected_amount(field: AmountField) -> (&'static str, String) {
    (field.word(), "an amount".to_owned())
}

/// What a spreadsheet makes of a long number: digits with an exponent, or 16 and more with only zeros after the fifteenth.
fn is_mangled(text: &str) -> bool {
    const EXACT: usize = 15;
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
    let has_exponent = || {
        let (number, exponent) = text.split_once(['E', 'e'])?;
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        Some(is_digits(exponent) && is_digits(&number.replace(['.', ','], "")))
    };
    let is_cut = is_digits(text)
        && text.get(EXACT..).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|digit| digit == b'0'));
    is_cut || has_exponent().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_made_of_a_number_is_no_id() {
        for (text, expected) in [
            ("1.23457E+18", true),
            ("1,5e+20", true),
            ("123456789012345000", true),
            ("1234567890123450", true),
            ("123456789012345", false),
            ("1234567890123456", false),
            ("A-17", false),
            ("1E5", true),
            ("A1E5", false),
            ("e-5", false),
        ] {
            assert_eq!(is_mangled(text), expected, "{text}");
        }
    }
}
