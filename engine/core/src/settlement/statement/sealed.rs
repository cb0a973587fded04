//! The bytes of a statement that are sealed (settlement 3.4).

use std::fmt::{Display, Write as _};

use super::{Line, Statement};
use crate::settlement::written::{Money, sha256};

/// A statement as CSV, and the hash by which anybody sees that it did not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// UTF-8 without a byte order mark, one row a line and a last row of sums.
    pub csv: String,
    /// SHA-256 of the bytes in hexadecimal digits, as `sha256sum` prints it.
    pub hash: String,
}

const COLUMNS: &str = "statement,grantor,provider,from,until,currency,line,part,month,benefit,version,benefit_grantor,payer,cause,\
                       contract,rate,uses,units,amount,reimbursed,note\n";

impl Statement {
    /// Its sealed bytes. Amounts have two decimals.
    pub fn sealed(&self, currency: &str) -> Sealed {
        let mut csv = COLUMNS.to_owned();
        for (index, line) in self.lines.iter().enumerate() {
            let mut row = self.row(&mut csv, currency);
            row.number(Some(index + 1)).text(Some(line.part.word()));
            row.line(line);
        }
        self.sums(&mut csv, currency);
        let hash = sha256(&csv);
        Sealed { csv, hash }
    }

    fn row<'c>(&self, csv: &'c mut String, currency: &str) -> Row<'c> {
        let mut row = Row { csv, is_begun: false };
        row.number(self.number).text(Some(&self.grantor)).text(Some(&self.provider));
        row.number(Some(self.period.from())).number(Some(self.period.until())).text(Some(currency));
        row
    }

    /// The last row: what the grantor bears, and what it owes.
    fn sums(&self, csv: &mut String, currency: &str) {
        let borne = self.lines.iter().filter(|line| line.payer.as_ref() == Some(&self.grantor));
        let borne: i128 = borne.map(|line| line.amount).sum();
        let mut row = self.row(csv, currency);
        row.none().text(Some("total")).none().none().none().none().text(Some(&self.grantor));
        row.none().none().none().none().none();
        row.money(borne).money(self.total()).none().end();
    }
}

/// A row that is being written.
struct Row<'c> {
    csv: &'c mut String,
    is_begun: bool,
}

impl Row<'_> {
    fn cell(&mut self) -> &mut String {
        if self.is_begun {
            self.csv.push(',');
        }
        self.is_begun = true;
        self.csv
    }

    fn none(&mut self) -> &mut Self {
        self.cell();
        self
    }

    fn number(&mut self, number: Option<impl Display>) -> &mut Self {
        let cell = self.cell();
        if let Some(number) = number {
            // Writing to a string can't fail.
            let _ = write!(cell, "{number}");
        }
        self
    }

    /// Minor units with two decimals.
    fn money(&mut self, amount: i128) -> &mut Self {
        self.number(Some(Money(amount)))
    }

    /// Text that no program takes for a formula.
    fn text(&mut self, text: Option<&str>) -> &mut Self {
        let text = text.unwrap_or_default();
        let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
        let cell = self.cell();
        if text.contains([',', '"', '\r', '\n']) {
            // Writing to a string can't fail.
            let _ = write!(cell, "\"{guard}{}\"", text.replace('"', "\"\""));
        } else {
            cell.push_str(guard);
            cell.push_str(text);
        }
        self
    }

    fn line(&mut self, line: &Line) {
        self.text(line.month.as_deref()).text(line.benefit.as_deref()).number(line.version);
        self.text(line.benefit_grantor.as_deref()).text(line.payer.as_deref()).text(Some(line.cause));
        self.number(line.contract).number(line.rate).number(Some(line.uses)).number(Some(line.units));
        self.money(line.amount).money(line.reimbursed).text(line.note.as_deref()).end();
    }

    fn end(&mut self) {
        self.csv.push('\n');
    }
}
