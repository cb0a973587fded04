//! A movement as a line of an export: settlement 1.1.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use super::stored::{EntryRow, LineRow, StoredMovement};
use super::{MovementsError, UnreadableMovement};

#[derive(Serialize)]
struct Exported<'a> {
    movement: String,
    authorization_id: Uuid,
    request_id: Uuid,
    original_request_id: Option<Uuid>,
    provider: &'a str,
    terminal: &'a str,
    kind: &'a str,
    direction: &'a str,
    occurred_at: Timestamp,
    recorded_at: Timestamp,
    authorized_on: Date,
    natural_date: Date,
    business_date: Date,
    late: bool,
    gross: i64,
    discount: i64,
    payable: i64,
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    line_id: &'a str,
    product: &'a str,
    units: i64,
    gross: i64,
    payable: i64,
    discounts: Vec<Discount<'a>>,
}

#[derive(Serialize)]
struct Discount<'a> {
    benefit: &'a str,
    version: i64,
    grantor: Option<&'a str>,
    units: i64,
    amount: i64,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    payer: &'a str,
    cause: &'a str,
    amount: i64,
}

impl StoredMovement {
    /// Writes it as JSON in one line, with the end of the line and the day on which it counts. The holder is not in it.
    ///
    /// # Errors
    /// A row that is not what it should be, an output that can't be written.
    pub fn write_line(&self, business_date: Date, mut output: impl std::io::Write) -> Result<(), MovementsError> {
        serde_json::to_writer(&mut output, &self.exported(business_date)?).map_err(std::io::Error::from)?;
        Ok(output.write_all(b"\n")?)
    }

    fn exported(&self, business_date: Date) -> Result<Exported<'_>, UnreadableMovement> {
        let row = &self.row;
        let natural_date = self.natural_date()?;
        Ok(Exported {
            movement: format!("{}/{}", row.authorization, row.number),
            authorization_id: row.authorization,
            request_id: row.request_id,
            original_request_id: row.original_request_id,
            provider: &row.provider,
            terminal: &row.terminal,
            kind: &row.kind,
            direction: &row.direction,
            occurred_at: self.occurred_at()?,
            recorded_at: self.recorded_at()?,
            authorized_on: self.authorized_on()?,
            natural_date,
            business_date,
            late: business_date > natural_date,
            gross: row.gross,
            discount: row.discount,
            payable: row.payable,
            lines: self.lines.iter().map(|line| self.line(line)).collect(),
        })
    }

    fn line<'a>(&'a self, line: &'a LineRow) -> Line<'a> {
        let entries = self.entries.iter().filter(|entry| entry.line == line.line);
        let entries: Vec<&EntryRow> = entries.collect();
        Line {
            line_id: &line.line_id,
            product: &line.product,
            units: line.units,
            gross: line.gross,
            payable: line.payable,
            discounts: entries.chunk_by(|one, other| one.discount == other.discount).filter_map(discount).collect(),
        }
    }
}

/// A discount of its entries. One that moved units and no money has a row without a payer.
fn discount<'a>(rows: &[&'a EntryRow]) -> Option<Discount<'a>> {
    let first = rows.first()?;
    let borne = rows.iter().filter_map(|row| {
        let payer = row.payer.as_deref()?;
        Some(Entry { payer, cause: &row.cause, amount: row.amount })
    });
    Some(Discount {
        benefit: &first.benefit,
        version: first.version,
        grantor: first.grantor.as_deref(),
        units: first.units,
        amount: rows.iter().map(|row| row.amount).sum(),
        entries: borne.collect(),
    })
}
