//! Findings that are disputed: of the statement's line in which their movements stand, now or when that is issued (settlement 4.4).

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use avis_core::settlement::{Contracts, Month, Stake};
use avis_store::records::RecordChange;
use avis_store::{AuditEntry, Authorizations, Entries, Wanted};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::dispute::LineClaim;
use super::lines::KeptLine;
use super::statements::{ISSUED, StatementRecord, issued};
use super::{ReadPair, contracts, days, steps};
use crate::control::call::Call;
use crate::control::kept::{self, Kept};
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, optional};

const AMOUNT: Kind = Kind::Whole(-avis_core::limits::AMOUNT_MAX, avis_core::limits::AMOUNT_MAX);

/// How much more the line should reimburse, less where it is negative; absent, what the contract gives of the finding's difference in
/// discounts. Grantor, benefit and version of the contract are named where the movements stand in several lines.
pub(super) const DISPUTE: &[Field] = &[
    optional("amount", AMOUNT),
    optional("grantor", Kind::Code),
    optional("benefit", Kind::Code),
    optional("contract", Kind::Whole(1, i64::MAX)),
];

/// What of a line is disputed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claim {
    grantor: String,
    at: Dates,
    line: OfLine,
    /// Minor units.
    more: More,
}

/// When what is disputed took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Dates {
    /// The business date of the movement: of which statement it is.
    business: Date,
    /// The day of the sale: of which version of the contract it is.
    authorized: Date,
}

/// A line in which movements stand, whatever statement has it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Stands {
    grantor: String,
    /// The version of the contract; none where there is none.
    contract: Option<i64>,
    line: OfLine,
}

/// By what a line of a statement is found, beside who pays and by which contract.
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
        let by = said("contract").and_then(Value::as_i64);
        let mut lines = lines_of(call, provider, movements)?;
        lines.retain(|Stands { grantor, contract, line }, _| {
            is_said("grantor", grantor) && is_said("benefit", &line.benefit) && (by.is_none() || by == *contract)
        });
        let is_one = lines.len() < 2;
        let Some((Stands { grantor, line, .. }, at)) = lines.pop_first() else {
            return Err(Problem::new(Code::NotInThisState, "the finding has no movement that a statement reimburses"));
        };
        if is_one {
            Ok(Self { grantor, at, line, more })
        } else {
            Err(Problem::at(
                "/dispute",
                "the movements stand in several lines: expected `grantor`, `benefit` and `contract` of one",
            ))
        }
    }

    /// Disputes the line of the pair's issued statement, if there is one already, for the resolution of a finding.
    ///
    /// # Errors
    /// A statement that its provider issued itself, or that is agreed; a line of which a dispute ended; a finding that is disputed.
    pub(super) fn dispute(&self, call: &Call<'_>, provider: &str, finding: &str) -> Result<Disputed, Problem> {
        // Before its statements: what is issued after it was read makes the claim lose that would wait for it.
        let read = ReadPair::of(call, &self.grantor, provider)?;
        let (records, _) = issued(call, &self.grantor, provider)?;
        let of_date =
            |kept: &Kept<StatementRecord>| kept.object.period().is_ok_and(|period| period.contains(self.at.business));
        let Some(mut kept) = records.into_iter().find(of_date) else {
            let pair = read.pair();
            return Ok(Disputed::Waits(Box::new(read.replace(pair))));
        };
        let contracts = contracts::of_pair(call, &self.grantor, provider)?;
        let line = self.line_in(&kept, &contracts).map(|line| (line.line, self.more(line)));
        let (line, more) = line.ok_or_else(|| {
            Problem::new(Code::NotInThisState, "what the movement changed is in no line: it came to nothing")
        })?;
        steps::enter_dispute(call, &mut kept, line, (Some(finding), more))?;
        Ok(Disputed::Now(Box::new(kept), line))
    }

    /// Enters it into a statement that is about to be issued, unless what it is of came to nothing. `claim` is made of how much more
    /// the line should say.
    ///
    /// # Errors
    /// One that was entered already.
    pub(super) fn enter(
        &self,
        statement: &mut Kept<StatementRecord>,
        contracts: &Contracts,
        claim: impl FnOnce(i64) -> LineClaim,
    ) -> Result<(), Problem> {
        let line = self.line_in(statement, contracts).map(|line| (line.line, self.more(line)));
        line.map_or(Ok(()), |(line, more)| statement.object.claim(line, claim(more)))
    }

    /// Whether it is of a statement of a grantor for days.
    pub(super) fn is_of(&self, grantor: &str, statement: &StatementRecord) -> bool {
        self.grantor == grantor && statement.period().is_ok_and(|period| period.contains(self.at.business))
    }

    /// The line in a sealed statement.
    fn line_in<'k>(&self, kept: &'k Kept<StatementRecord>, contracts: &Contracts) -> Option<&'k KeptLine> {
        let (sealed, period) = (kept.object.sealed.as_ref()?, kept.object.period().ok()?);
        let contract = contracts.for_day(self.at.authorized).map(|contract| contract.version);
        sealed.lines.iter().find(|line| line.is_of(&self.grantor, &self.line, period) && line.is_by(contract))
    }

    /// How much more the line should reimburse.
    fn more(&self, line: &KeptLine) -> i64 {
        match self.more {
            More::Amount(amount) => amount,
            // At most the discount.
            More::Discount(amount) => i64::try_from(line.due(amount)).unwrap_or(amount),
        }
    }
}

/// Takes back what was disputed of a finding, as long as nobody answered: what is to be written.
pub(super) fn withdraw(
    call: &Call<'_>,
    statement: &str,
    finding: &str,
) -> Result<Option<(RecordChange, AuditEntry)>, Problem> {
    let kept = kept::load::<StatementRecord>(&*call.control.registry, statement, call.now)?;
    let Some(mut kept) = kept.filter(|kept| kept.state() == ISSUED) else { return Ok(None) };
    let line = kept.object.withdraw(finding);
    line.map(|line| steps::disputed(call, kept, ("dispute_withdrawn", line))).transpose()
}

/// The lines in which movements stand, each with the latest dates.
fn lines_of(call: &Call<'_>, provider: &str, movements: &[String]) -> Result<BTreeMap<Stands, Dates>, Problem> {
    let wanted: BTreeSet<&str> = movements.iter().map(String::as_str).collect();
    let authorization = |movement: &&str| movement.split_once('/').and_then(|(id, _)| id.parse::<Uuid>().ok());
    let ids: Vec<Uuid> = wanted.iter().filter_map(authorization).collect();
    let closed = days::closed(call, provider)?;
    let (mut found, of) = (BTreeSet::new(), Authorizations::Of(&ids));
    let asked = Wanted { provider, entries: Entries::All, closed: &closed, of };
    call.control.reports.each_posting(&asked, &mut |posting| {
        let is_wanted = wanted.contains(posting.movement.id.to_string().as_str());
        if let Some(borne) = posting.borne.filter(|borne| is_wanted && *borne.stake.payer != *provider) {
            let (business, authorized) = (posting.movement.business_date, posting.movement.authorized_on);
            let line = OfLine::of(posting.first, &borne.stake);
            found.insert((Dates { business, authorized }, borne.stake.payer.to_string(), line));
        }
        Ok(())
    })?;
    let (mut lines, mut of_pairs) = (BTreeMap::new(), BTreeMap::new());
    for (at, grantor, line) in found {
        let contracts = match of_pairs.entry(grantor.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(contracts::of_pair(call, &grantor, provider)?),
        };
        let contract = contracts.for_day(at.authorized).map(|contract| contract.version);
        // By dates, so that the latest stays.
        lines.insert(Stands { grantor, contract, line }, at);
    }
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
