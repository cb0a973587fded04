//! The bytes of a statement that are sealed (settlement 3.4).

use super::{Line, Statement};
use crate::settlement::written::{Row, sha256};

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
            add_line(&mut row, line);
        }
        self.sums(&mut csv, currency);
        let hash = sha256(&csv);
        Sealed { csv, hash }
    }

    fn row<'c>(&self, csv: &'c mut String, currency: &str) -> Row<'c> {
        let mut row = Row::begin(csv);
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

/// The cells of a line.
fn add_line(row: &mut Row<'_>, line: &Line) {
    row.text(line.month.as_deref()).text(line.benefit.as_deref()).number(line.version);
    row.text(line.benefit_grantor.as_deref()).text(line.payer.as_deref()).text(Some(line.cause));
    row.number(line.contract).number(line.rate).number(Some(line.uses)).number(Some(line.units));
    row.money(line.amount).money(line.reimbursed).text(line.note.as_deref()).end();
}
