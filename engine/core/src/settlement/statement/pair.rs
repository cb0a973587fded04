//! What one grantor's part in one provider's movements comes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use super::ceiling;
use super::{Line, Part, Period, PeriodRefused, Statement};
use crate::movement::{Cause, Entry, MovedDiscount};
use crate::settlement::contract::{Contract, ContractRounding, Contracts, due};
use crate::settlement::month::Month;
use crate::settlement::movement::PostedMovement;

/// The entries of one provider's movements that a grantor pays, or that are of the grantor's benefits.
#[derive(Debug)]
pub struct SettledPair {
    grantor: Arc<str>,
    provider: Arc<str>,
    contracts: Contracts,
    authorizations: BTreeMap<Uuid, Authorized>,
}

/// A statement that was issued, and what of it is settled since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The statement.
    pub statement: Statement,
    /// Whether it was paid when the next one is issued.
    pub is_paid: bool,
}

/// An authorization as far as the pair is concerned.
#[derive(Debug)]
struct Authorized {
    /// The business date of its first movement.
    first: Date,
    authorized_on: Date,
    posted: BTreeMap<Stake, Vec<Posting>>,
}

/// Who bears a part of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stake {
    benefit: Arc<str>,
    version: i64,
    benefit_grantor: Option<Arc<str>>,
    payer: Arc<str>,
    cause: &'static str,
}

/// What one movement posted.
#[derive(Debug)]
struct Posting {
    date: Date,
    units: i64,
    amount: i64,
}

/// What a stake came to before a period and after it.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    before: i128,
    after: i128,
    units: i128,
}

impl SettledPair {
    /// A grantor and a provider with their contracts, and no movements.
    pub fn new(grantor: Arc<str>, provider: Arc<str>, contracts: Contracts) -> Self {
        Self { grantor, provider, contracts, authorizations: BTreeMap::new() }
    }

    /// Takes a movement in, if it is the provider's. In whatever order they come, they come to the same.
    pub fn add(&mut self, movement: &PostedMovement) {
        if movement.provider != self.provider {
            return;
        }
        let date = movement.business_date;
        let authorized = self.authorizations.entry(movement.id.authorization).or_insert_with(|| Authorized {
            first: date,
            authorized_on: movement.authorized_on,
            posted: BTreeMap::new(),
        });
        // Business dates of an authorization never go back.
        authorized.first = authorized.first.min(date);
        for discount in movement.moved.lines.iter().flat_map(|line| &line.discounts) {
            let is_own = discount.grantor.as_ref() == Some(&self.grantor);
            for entry in discount.entries.iter().filter(|entry| is_own || entry.payer == self.grantor) {
                let posting = Posting { date, units: discount.units, amount: entry.amount };
                authorized.posted.entry(Stake::of(discount, entry)).or_default().push(posting);
            }
        }
    }

    /// The next statement of the pair. `adjustments` are lines and reasons with what disputes about them ended in.
    ///
    /// # Errors
    /// Days that an earlier statement has, or that none has.
    pub fn next_statement(
        &self,
        period: Period,
        earlier: &[Settled],
        adjustments: impl IntoIterator<Item = (Box<str>, i128)>,
    ) -> Result<Statement, PeriodRefused> {
        self.check_follows(period, earlier)?;
        let mut lines = self.posted_lines(period);
        let before = earlier.iter().flat_map(|settled| &settled.statement.lines);
        lines.extend(ceiling::lines(&self.contracts, before, &lines));
        lines.extend(adjustments.into_iter().map(|(note, amount)| Line::of_pair(Part::Adjustment, amount, note)));
        lines.retain(|line| !line.is_of_zeros());
        lines.sort();
        let unpaid = earlier.iter().filter(|settled| !settled.is_paid);
        Ok(Statement {
            number: u32::try_from(earlier.len()).unwrap_or(u32::MAX).saturating_add(1),
            grantor: self.grantor.clone(),
            provider: self.provider.clone(),
            period,
            lines,
            opening: unpaid.map(|settled| settled.statement.total()).sum(),
        })
    }

    /// Every movement is in exactly one statement.
    fn check_follows(&self, period: Period, earlier: &[Settled]) -> Result<(), PeriodRefused> {
        let stated_until = earlier.last().map(|settled| settled.statement.period.until());
        if let Some(until) = stated_until.filter(|until| period.from() < *until) {
            return Err(PeriodRefused::Overlap { until });
        }
        let postings = self.authorizations.values().flat_map(|authorized| authorized.posted.values()).flatten();
        let left_out = postings
            .map(|posting| posting.date)
            .filter(|day| *day < period.from() && stated_until.is_none_or(|until| *day >= until));
        left_out.min().map_or(Ok(()), |day| Err(PeriodRefused::Gap { day }))
    }

    fn posted_lines(&self, period: Period) -> Vec<Line> {
        let mut lines: BTreeMap<LineKey<'_>, Sums> = BTreeMap::new();
        for authorized in self.authorizations.values() {
            let contract = self.contracts.for_day(authorized.authorized_on);
            let part = if period.contains(authorized.first) { Part::Accrued } else { Part::Correction };
            for (stake, postings) in &authorized.posted {
                let change = Change::over(postings, period);
                if change.before == change.after {
                    continue;
                }
                let month = Month::of(authorized.first);
                let version = contract.map(|contract| contract.version);
                let sums = lines.entry(LineKey { part, month, stake, contract: version }).or_default();
                sums.add(change, self.rate(stake, contract));
            }
        }
        lines.into_iter().map(|(key, sums)| self.line(&key, &sums)).collect()
    }

    /// What is reimbursed of a stake: nothing but what the grantor pays by a contract.
    fn rate(&self, stake: &Stake, contract: Option<&Contract>) -> Option<i64> {
        contract.filter(|_| stake.payer == self.grantor).map(|contract| contract.rate_of(&stake.benefit))
    }

    fn line(&self, key: &LineKey<'_>, sums: &Sums) -> Line {
        let LineKey { part, month, stake, contract } = key;
        let contract = contract.and_then(|version| self.contracts.version(version));
        let rate = self.rate(stake, contract);
        let by_line = contract.is_some_and(|contract| contract.rounding == ContractRounding::Batch);
        let reimbursed = if by_line { rate.map_or(0, |rate| due(sums.amount, rate)) } else { sums.due };
        Line {
            part: *part,
            month: Some(month.to_string().into()),
            benefit: Some(stake.benefit.clone()),
            version: Some(stake.version),
            benefit_grantor: stake.benefit_grantor.clone(),
            payer: Some(stake.payer.clone()),
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
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct LineKey<'a> {
    part: Part,
    month: Month,
    stake: &'a Stake,
    contract: Option<i64>,
}

#[derive(Default)]
struct Sums {
    uses: i64,
    units: i128,
    amount: i128,
    /// Rounded by authorization.
    due: i128,
}

impl Sums {
    fn add(&mut self, change: Change, rate: Option<i64>) {
        let Change { before, after, units } = change;
        self.uses += i64::from(after > 0) - i64::from(before > 0);
        self.units += units;
        self.amount += after - before;
        self.due += rate.map_or(0, |rate| due(after, rate) - due(before, rate));
    }
}

impl Change {
    fn over(postings: &[Posting], period: Period) -> Self {
        let until = postings.iter().filter(|posting| posting.date < period.until());
        until.fold(Self::default(), |mut change, posting| {
            let amount = i128::from(posting.amount);
            change.after += amount;
            if period.contains(posting.date) {
                change.units += i128::from(posting.units);
            } else {
                change.before += amount;
            }
            change
        })
    }
}

impl Stake {
    fn of(discount: &MovedDiscount, entry: &Entry) -> Self {
        Self {
            benefit: discount.benefit.clone(),
            version: discount.version,
            benefit_grantor: discount.grantor.clone(),
            payer: entry.payer.clone(),
            cause: Cause::word(entry.cause),
        }
    }
}
