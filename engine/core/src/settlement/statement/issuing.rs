//! Statements of one pair, one after another (settlement 3.2).

use std::sync::Arc;

use jiff::civil::Date;

use super::ceiling::Ceilings;
use super::{Changes, Line, Part, Period, PeriodRefused, Statement};
use crate::settlement::contract::Contracts;

/// What the issued statements of a pair come to, as far as the next one looks at them.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    issued: u32,
    until: Option<Date>,
    ceilings: Ceilings,
}

impl Earlier {
    /// Takes in the next statement that was issued.
    pub fn add(&mut self, contracts: &Contracts, period: Period, lines: &[Line]) {
        self.issued += 1;
        self.until = Some(period.until());
        self.ceilings.add(contracts, lines);
    }

    /// The first day that is in no statement; none before the first statement.
    pub fn until(&self) -> Option<Date> {
        self.until
    }

    /// The number of the next statement.
    pub fn next_number(&self) -> u32 {
        self.issued.saturating_add(1)
    }

    /// Whether every movement is in exactly one statement. `unstated` is the first day from [`Self::until`] on that has entries of
    /// the pair.
    ///
    /// # Errors
    /// Days that an earlier statement has, or that none has.
    pub fn check(&self, period: Period, unstated: Option<Date>) -> Result<(), PeriodRefused> {
        if let Some(until) = self.until.filter(|until| period.from() < *until) {
            return Err(PeriodRefused::Overlap { until });
        }
        unstated.filter(|day| *day < period.from()).map_or(Ok(()), |day| Err(PeriodRefused::Gap { day }))
    }

    /// What `provider` is owed for what changed, after these statements: a draft, without a number. `opening` is what of them is not
    /// paid, in minor units; `adjustments` are lines and reasons with what disputes about the last one ended in.
    pub fn next_statement(
        &self,
        provider: Arc<str>,
        changes: Changes<'_>,
        opening: i128,
        adjustments: impl IntoIterator<Item = (Box<str>, i128)>,
    ) -> Statement {
        let (grantor, contracts, period) = (changes.grantor().into(), changes.contracts(), changes.period());
        let mut lines = changes.lines();
        lines.extend(self.ceilings.lines(contracts, &lines));
        lines.extend(adjustments.into_iter().map(|(note, amount)| Line::of_pair(Part::Adjustment, amount, note)));
        lines.retain(|line| !line.is_of_zeros());
        lines.sort();
        Statement { number: None, grantor, provider, period, lines, opening }
    }
}
