//! Lines of a statement as they are kept and shown.

use avis_core::movement::Cause;
use avis_core::narrow;
use avis_core::settlement::{Line, Part, Period, due};
use serde::{Deserialize, Serialize};

use super::disputing::OfLine;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

const PARTS: [(&str, Part); 4] = [
    ("accrued", Part::Accrued),
    ("correction", Part::Correction),
    ("ceiling", Part::Ceiling),
    ("adjustment", Part::Adjustment),
];
const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);

/// A line as it is shown. Amounts are minor units.
pub(super) const SHOWN: &[Field] = &[
    needed("line", Kind::Whole(1, i64::MAX)),
    needed("part", Kind::Word(&["accrued", "correction", "ceiling", "adjustment"])),
    optional("month", Kind::Token(0, 10)),
    optional("benefit", Kind::Token(0, 200)),
    optional("version", SUM),
    optional("benefit_grantor", Kind::Token(0, 200)),
    optional("payer", Kind::Token(0, 200)),
    needed("cause", Kind::Token(0, 20)),
    optional("contract", SUM),
    optional("rate", SUM),
    needed("uses", SUM),
    needed("units", SUM),
    needed("amount", SUM),
    needed("reimbursed", SUM),
    optional("note", Kind::Token(0, 300)),
];

/// A line with its place in the statement, from 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptLine {
    pub(super) line: usize,
    part: String,
    month: Option<String>,
    benefit: Option<String>,
    version: Option<i64>,
    benefit_grantor: Option<String>,
    payer: Option<String>,
    cause: String,
    contract: Option<i64>,
    rate: Option<i64>,
    uses: i64,
    units: i64,
    amount: i64,
    reimbursed: i64,
    note: Option<String>,
}

impl KeptLine {
    /// A statement's lines, to be kept.
    pub(super) fn of(lines: &[Line]) -> Vec<Self> {
        let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
        let kept = |(number, line): (usize, &Line)| Self {
            line: number,
            part: line.part.word().to_owned(),
            month: line.month.as_deref().map(str::to_owned),
            benefit: text(&line.benefit),
            version: line.version,
            benefit_grantor: text(&line.benefit_grantor),
            payer: text(&line.payer),
            cause: line.cause.to_owned(),
            contract: line.contract,
            rate: line.rate,
            uses: line.uses,
            units: narrow(line.units),
            amount: narrow(line.amount),
            reimbursed: narrow(line.reimbursed),
            note: line.note.as_deref().map(str::to_owned),
        };
        (1..).zip(lines).map(kept).collect()
    }

    /// Whether what a grantor pays of this stands in it.
    pub(super) fn is_of(&self, grantor: &str, of: &OfLine, period: Period) -> bool {
        let part = if period.contains(of.first) { Part::Accrued } else { Part::Correction };
        self.part == part.word()
            && self.month.as_deref() == Some(&*of.month())
            && self.payer.as_deref() == Some(grantor)
            && (self.benefit.as_ref(), self.version) == (Some(&of.benefit), Some(of.version))
            && self.benefit_grantor == of.benefit_grantor
            && self.cause == of.cause
    }

    /// Whether it is by this version of the contract, or by none.
    pub(super) fn is_by(&self, contract: Option<i64>) -> bool {
        self.contract == contract
    }

    /// What it says is owed, in minor units.
    pub(super) fn reimbursed(&self) -> i64 {
        self.reimbursed
    }

    /// What would be owed by its rate of so much more, in minor units.
    pub(super) fn due(&self, amount: i64) -> i128 {
        self.rate.map_or(0, |rate| due(amount.into(), rate))
    }

    /// The line as the core has it.
    pub(super) fn line(&self) -> Result<Line, Problem> {
        let part = PARTS.iter().find(|(word, _)| *word == self.part).map(|(_, part)| *part);
        let (Some(part), Some(cause)) = (part, Cause::of_word(&self.cause)) else { return Err(Code::Failed.into()) };
        Ok(Line {
            part,
            month: self.month.as_deref().map(Into::into),
            benefit: self.benefit.as_deref().map(Into::into),
            version: self.version,
            benefit_grantor: self.benefit_grantor.as_deref().map(Into::into),
            payer: self.payer.as_deref().map(Into::into),
            cause: cause.word(),
            contract: self.contract,
            note: self.note.as_deref().map(Into::into),
            reimbursed: self.reimbursed.into(),
            rate: self.rate,
            uses: self.uses,
            units: self.units.into(),
            amount: self.amount.into(),
        })
    }
}
