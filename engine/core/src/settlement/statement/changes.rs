//! What a period changed of what stands sold, added up to lines (settlement 3.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::{Line, Part, Period};
use crate::movement::{Entry, MovedDiscount};
use crate::settlement::contract::{Contract, ContractRounding, Contracts, due};
use crate::settlement::month::Month;

/// Who bears a part of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stake {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// The benefit's version.
    pub version: i64,
    /// Whose benefit it is.
    pub benefit_grantor: Option<Arc<str>>,
    /// Who bears it.
    pub payer: Arc<str>,
    /// Why the payer bears it; empty for the benefit's own funding.
    pub cause: &'static str,
}

/// When an authorization began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Began {
    /// The business date of its first movement.
    pub first: Date,
    /// The provider's day on which it was authorized.
    pub authorized_on: Date,
}

/// What a stake in one authorization came to before a period and after it, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What stood before the period.
    pub before: i128,
    /// What stands after it.
    pub after: i128,
    /// Units of its discounts that moved within the period.
    pub units: i128,
}

/// The lines of one pair for one period, added up change by change in whatever order.
#[derive(Debug)]
pub struct Changes<'c> {
    grantor: &'c str,
    contracts: &'c Contracts,
    period: Period,
    lines: BTreeMap<LineKey, Sums>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LineKey {
    part: Part,
    month: Month,
    stake: Stake,
    contract: Option<i64>,
}

#[derive(Debug, Default)]
struct Sums {
    uses: i64,
    units: i128,
    amount: i128,
    /// Rounded by authorization.
    due: i128,
}

impl<'c> Changes<'c> {
    /// Nothing changed yet.
    pub fn new(grantor: &'c str, contracts: &'c Contracts, period: Period) -> Self {
        Self { grantor, contracts, period, lines: BTreeMap::new() }
    }

    /// Takes in what became of a stake of the pair in one authorization.
    pub fn add(&mut self, began: Began, stake: &Stake, change: Change) {
        self.add_alike(began, stake, change, 1);
    }

    /// Takes in what became of a stake of the pair in each of so many authorizations; units are those of all of them. Of when they began,
    /// the month tells it where the period is one.
    pub fn add_alike(&mut self, began: Began, stake: &Stake, change: Change, authorizations: i64) {
        if change.before == change.after {
            return;
        }
        let contract = self.contracts.for_day(began.authorized_on);
        let rate = rate_of(self.grantor, stake, contract);
        let key = LineKey {
            part: if self.period.contains(began.first) { Part::Accrued } else { Part::Correction },
            month: Month::of(began.first),
            stake: stake.clone(),
            contract: contract.map(|contract| contract.version),
        };
        self.lines.entry(key).or_default().add(change, rate, authorizations);
    }

    /// The lines, with neither ceilings nor adjustments.
    pub(super) fn lines(self) -> Vec<Line> {
        let (grantor, contracts) = (self.grantor, self.contracts);
        self.lines.into_iter().map(|(key, sums)| line(grantor, contracts, key, &sums)).collect()
    }

    pub(super) fn period(&self) -> Period {
        self.period
    }

    pub(super) fn grantor(&self) -> &'c str {
        self.grantor
    }

    pub(super) fn contracts(&self) -> &'c Contracts {
        self.contracts
    }
}

/// What is reimbursed of a stake: nothing but what the grantor pays by a contract.
fn rate_of(grantor: &str, stake: &Stake, contract: Option<&Contract>) -> Option<i64> {
    contract.filter(|_| *stake.payer == *grantor).map(|contract| contract.rate_of(&stake.benefit))
}

fn line(grantor: &str, contracts: &Contracts, key: LineKey, sums: &Sums) -> Line {
    let LineKey { part, month, stake, contract } = key;
    let contract = contract.and_then(|version| contracts.version(version));
    let rate = rate_of(grantor, &stake, contract);
    let by_line = contract.is_some_and(|contract| contract.rounding == ContractRounding::Batch);
    let reimbursed = if by_line { rate.map_or(0, |rate| due(sums.amount, rate)) } else { sums.due };
    Line {
        part,
        month: Some(month.to_string().into()),
        benefit: Some(stake.benefit),
        version: Some(stake.version),
        benefit_grantor: stake.benefit_grantor,
        payer: Some(stake.payer),
        cause: stake.cause,
        contract: contract.map(|contract| contract.version),
        note: None,
        reimbursed,
        rate,
        uses: sums.uses,
        units: sums.units,
        amount: sums.amount,
    }
}

impl Sums {
    fn add(&mut self, change: Change, rate: Option<i64>, authorizations: i64) {
        let Change { before, after, units } = change;
        let in_all = i128::from(authorizations);
        self.uses += (i64::from(after > 0) - i64::from(before > 0)) * authorizations;
        self.units += units;
        self.amount += (after - before) * in_all;
        self.due += rate.map_or(0, |rate| due(after, rate) - due(before, rate)) * in_all;
    }
}

impl Stake {
    pub(super) fn of(discount: &MovedDiscount, entry: &Entry) -> Self {
        Self {
            benefit: discount.benefit.clone(),
            version: discount.version,
            benefit_grantor: discount.grantor.clone(),
            payer: entry.payer.clone(),
            cause: entry.cause.word(),
        }
    }
}
