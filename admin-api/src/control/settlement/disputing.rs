//! Findings that are disputed: of the statement's line in which their movements stand, now or when that is issued (settlement 4.4).

use std::collections::{BTreeMap, BTreeSet};

use avis_core::settlement::{Month, Stake};
use avis_store::records::RecordChange;
use avis_store::{Authorizations, Entries, Wanted};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::lines::KeptLine;
use super::statements::{Dispute, StatementRecord, issued};
use super::{ReadPair, days, steps};
use crate::control::call::Call;
use crate::control::kept::Kept;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, optional};

const AMOUNT: Kind = Kind::Whole(-avis_core::limits::AMOUNT_MAX, avis_core::limits::AMOUNT_MAX);

/// How much more the line should reimburse, less where it is negative; absent, what the contract gives of the finding's difference in
/// discounts. Grantor and benefit are named where the movement stands in several lines.
pub(super) const DISPUTE: &[Field] =
    &[optional("amount", AMOUNT), optional("grantor", Kind::Code), optional("benefit", Kind::Code)];

/// What of a line is disputed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claim {
    grantor: String,
    /// The business date of the movement.
    date: Date,
    line: OfLine,
    /// Minor units.
    more: More,
}

/// By what a line of a statement is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct OfLine {
    /// The business date of the authorization's first movement.
    pub(super) first: Date,
    pub(super) benefit: String,
    pub(super) version: i64,
    pub(super) benefit_grantor: Option<String>,
    pub(super) cause: String,
}

/// How much more a line should reimburse.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum More {
    /// So much.
    Amount(i64),
    /// What the contract gives of so much more discount.
    Discount(i64),
}

/// What became of a claim.
pub(super) enum Disputed {
    /// The line is disputed: the statement as it is to be written.
    Now(Box<Kept<StatementRecord>>, usize),
    /// The statement is not issued yet: the pair as it was, so that whoever issues it meanwhile loses, or this does.
    Waits(Box<RecordChange>),
}

impl Claim {
    /// What the body says of a finding's movements, with the difference in discounts.
    ///
    /// # Errors
    /// Movements in no line, or in several; no amount.
    pub(super) fn of(
        call: &Call<'_>,
        provider: &str,
        movements: &[String],
        difference: Option<i64>,
    ) -> Result<Self, Problem> {
        let said = |name: &str| call.body.get("dispute").and_then(|said| said.get(name)).filter(|said| !said.is_null());
        let more = match (said("amount").and_then(Value::as_i64), difference) {
            (Some(amount), _) => More::Amount(amount),
            (None, Some(difference)) => More::Discount(difference),
            (None, None) => {
                return Err(Problem::at("/dispute/amount", "expected how much more the line should reimburse"));
            }
        };
        let is_said = |name: &str, value: &str| said(name).and_then(Value::as_str).is_none_or(|said| said == value);
        let mut lines = lines_of(call, provider, movements)?;
        lines.retain(|(grantor, line), _| is_said("grantor", grantor) && is_said("benefit", &line.benefit));
        let is_one = lines.len() < 2;
        let Some(((grantor, line), date)) = lines.pop_first() else {
            return Err(Problem::new(Code::NotInThisState, "the finding has no movement that a statement reimburses"));
        };
        if is_one {
            Ok(Self { grantor, date, line, more })
        } else {
            Err(Problem::at(
                "/dispute",
                "the movement stands in several lines: expected `grantor` and `benefit` of one",
            ))
        }
    }

    /// Disputes the line of the pair's issued statement, if there is one already.
    ///
    /// # Errors
    /// A statement that its provider issued itself, or that is agreed; a line that was disputed before.
    pub(super) fn dispute(&self, call: &Call<'_>, provider: &str, reason: &str) -> Result<Disputed, Problem> {
        // Before its statements: what is issued after it was read makes the claim lose that would wait for it.
        let read = ReadPair::of(call, &self.grantor, provider)?;
        let (records, _) = issued(call, &self.grantor, provider)?;
        let of_date =
            |kept: &Kept<StatementRecord>| kept.object.period().is_ok_and(|period| period.contains(self.date));
        let Some(mut kept) = records.into_iter().find(of_date) else {
            let pair = read.pair();
            return Ok(Disputed::Waits(Box::new(read.replace(pair))));
        };
        let line = self.line_in(&kept).map(|line| (line.line, self.claimed(line)));
        let line = line.ok_or_else(|| {
            Problem::new(Code::NotInThisState, "what the movement changed is in no line: it came to nothing")
        })?;
        steps::enter_dispute(call, &mut kept, line, reason)?;
        Ok(Disputed::Now(Box::new(kept), line.0))
    }

    /// Enters it into a statement that is about to be issued, unless what it is of came to nothing: several of one line are one
    /// dispute.
    pub(super) fn enter(&self, statement: &mut Kept<StatementRecord>, (by, at, reason): (String, Timestamp, String)) {
        let Some(line) = self.line_in(statement) else { return };
        let (number, claimed, reimbursed) = (line.line, self.claimed(line), line.reimbursed());
        match statement.object.disputes.iter_mut().find(|dispute| dispute.line == number) {
            Some(other) => other.claimed = other.claimed.saturating_add(claimed.saturating_sub(reimbursed)),
            None => statement.object.disputes.push(Dispute { line: number, claimed, reason, by, at, outcome: None }),
        }
    }

    /// Whether it is of a statement of a grantor for days.
    pub(super) fn is_of(&self, grantor: &str, statement: &StatementRecord) -> bool {
        self.grantor == grantor && statement.period().is_ok_and(|period| period.contains(self.date))
    }

    /// The line in a sealed statement.
    fn line_in<'k>(&self, kept: &'k Kept<StatementRecord>) -> Option<&'k KeptLine> {
        let (sealed, period) = (kept.object.sealed.as_ref()?, kept.object.period().ok()?);
        sealed.lines.iter().find(|line| line.is_of(&self.grantor, &self.line, period))
    }

    /// What it should reimburse.
    fn claimed(&self, line: &KeptLine) -> i64 {
        let more = match self.more {
            More::Amount(amount) => i128::from(amount),
            More::Discount(amount) => line.due(amount),
        };
        i64::try_from(i128::from(line.reimbursed()) + more).unwrap_or_default()
    }
}

/// The lines in which movements stand, by who pays them, each with the latest business date.
fn lines_of(
    call: &Call<'_>,
    provider: &str,
    movements: &[String],
) -> Result<BTreeMap<(String, OfLine), Date>, Problem> {
    let wanted: BTreeSet<&str> = movements.iter().map(String::as_str).collect();
    let authorization = |movement: &&str| movement.split_once('/').and_then(|(id, _)| id.parse::<Uuid>().ok());
    let ids: Vec<Uuid> = wanted.iter().filter_map(authorization).collect();
    let closed = days::closed(call, provider)?;
    let (mut lines, of) = (BTreeMap::new(), Authorizations::Of(&ids));
    let asked = Wanted { provider, entries: Entries::All, closed: &closed, of };
    call.control.reports.each_posting(&asked, &mut |posting| {
        let is_wanted = wanted.contains(posting.movement.id.to_string().as_str());
        if let Some(borne) = posting.borne.filter(|borne| is_wanted && *borne.stake.payer != *provider) {
            let of = (borne.stake.payer.to_string(), OfLine::of(posting.first, &borne.stake));
            let date = lines.entry(of).or_insert(posting.movement.business_date);
            *date = posting.movement.business_date.max(*date);
        }
        Ok(())
    })?;
    Ok(lines)
}

impl OfLine {
    pub(super) fn of(first: Date, stake: &Stake) -> Self {
        Self {
            first,
            benefit: stake.benefit.to_string(),
            version: stake.version,
            benefit_grantor: stake.benefit_grantor.as_deref().map(str::to_owned),
            cause: stake.cause.to_owned(),
        }
    }

    /// The month that the line names.
    pub(super) fn month(&self) -> String {
        Month::of(self.first).to_string()
    }
}
