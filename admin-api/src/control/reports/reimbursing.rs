//! What a contract reimburses day by day, rounded as its statements round it (settlement 2.3).

use std::collections::{BTreeMap, HashMap};

use avis_core::settlement::{Contract, ContractRounding, Month, OneByOne, Period, Stake, due};
use avis_store::{Borne, Posting};
use jiff::civil::Date;

/// What is reimbursed, while movements come authorization by authorization.
#[derive(Default)]
pub(super) struct Reimbursing {
    /// Of the pair's issued statements.
    periods: Vec<Period>,
    /// What stands of each stake, where each authorization is rounded.
    standing: OneByOne<HashMap<Stake, i128>>,
    /// What each line comes to by days, where lines are rounded.
    lines: BTreeMap<Line, BTreeMap<Date, i128>>,
}

/// A statement: one that was issued, or the one that a month's days will be in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stated {
    Issued(Date),
    Month(Month),
}

/// A line of a statement.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    statement: Stated,
    is_accrued: bool,
    month: Month,
    stake: Stake,
    contract: i64,
    rate: i64,
}

impl Reimbursing {
    /// By the pair's issued statements.
    pub(super) fn of(periods: Vec<Period>) -> Self {
        Self { periods, ..Self::default() }
    }

    /// What a movement adds on its day by a contract; nothing where lines are rounded, which are told by [`Self::by_lines`].
    pub(super) fn add(&mut self, contract: &Contract, posting: &Posting, borne: &Borne) -> i128 {
        let (movement, rate) = (&posting.movement, contract.rate_of(&borne.stake.benefit));
        match contract.rounding {
            ContractRounding::Record => {
                let authorization = movement.id.authorization;
                drop(self.standing.whole_before(authorization));
                let standing = self.standing.of(authorization, HashMap::new).entry(borne.stake.clone()).or_default();
                let before = *standing;
                *standing += i128::from(borne.amount);
                due(*standing, rate) - due(before, rate)
            }
            ContractRounding::Batch => {
                let statement = self.stated(movement.business_date);
                let line = Line {
                    statement,
                    is_accrued: self.stated(posting.first) == statement,
                    month: Month::of(posting.first),
                    stake: borne.stake.clone(),
                    contract: contract.version,
                    rate,
                };
                let days = self.lines.entry(line).or_default();
                *days.entry(movement.business_date).or_default() += i128::from(borne.amount);
                0
            }
        }
    }

    fn stated(&self, date: Date) -> Stated {
        let issued = self.periods.iter().find(|period| period.contains(date));
        issued.map_or(Stated::Month(Month::of(date)), |period| Stated::Issued(period.from()))
    }

    /// By how much each day changes what lines come to, so that a line's days add up to what it reimburses.
    pub(super) fn by_lines(&self) -> impl Iterator<Item = (Date, i128)> {
        self.lines.iter().flat_map(|(line, days)| {
            let mut stands = 0;
            days.iter().map(move |(date, amount)| {
                let before = due(stands, line.rate);
                stands += amount;
                (*date, due(stands, line.rate) - before)
            })
        })
    }
}
