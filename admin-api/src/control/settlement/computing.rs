//! What a pair's statement for a period comes to, from the rows of the ledger, the contracts, and the statements before it.

use std::collections::HashMap;

use avis_core::settlement::{Began, Change, Changes, Earlier, OneByOne, Period, PeriodRefused, Stake, Statement};
use avis_store::{Authorizations, ClosedDays, Entries, Posting, Wanted};
use jiff::civil::Date;

use super::statements::Issued;
use super::{contracts, days};
use crate::control::call::Call;
use crate::control::problem::{Code, Problem};

/// Who has a statement with whom, for which days.
#[derive(Clone, Copy)]
pub(super) struct Stated<'a> {
    pub(super) grantor: &'a str,
    pub(super) provider: &'a str,
    pub(super) period: Period,
}

/// A statement as it would be issued now.
pub(super) struct Computed {
    /// Without a number.
    pub(super) statement: Statement,
    /// The number that it would have.
    pub(super) number: u32,
    /// The first day of the period that is still open; none if all are closed.
    pub(super) open_from: Option<Date>,
}

/// The stakes of one authorization, while its postings come.
struct Authorization {
    began: Began,
    changes: HashMap<Stake, Change>,
}

/// Adds up postings, authorization by authorization.
struct Adding<'c> {
    period: Period,
    /// From which day on nothing is stated yet.
    stated_until: Date,
    changes: Changes<'c>,
    current: OneByOne<Authorization>,
    /// The first day on which something is in no statement.
    unstated: Option<Date>,
}

impl Adding<'_> {
    fn add(&mut self, posting: Posting) {
        let (movement, id) = (&posting.movement, posting.movement.id.authorization);
        let whole = self.current.whole_before(id);
        self.take(whole);
        let date = movement.business_date;
        let Some(borne) = posting.borne.filter(|_| date < self.period.until()) else { return };
        if date >= self.stated_until {
            self.unstated = Some(self.unstated.map_or(date, |unstated| unstated.min(date)));
        }
        let began = Began { first: posting.first, authorized_on: movement.authorized_on };
        let current = self.current.of(id, || Authorization { began, changes: HashMap::new() });
        let (change, amount) = (current.changes.entry(borne.stake).or_default(), i128::from(borne.amount));
        change.after += amount;
        if self.period.contains(date) {
            change.units += i128::from(borne.units);
        } else {
            change.before += amount;
        }
    }

    /// Takes in an authorization that is whole.
    fn take(&mut self, whole: Option<Authorization>) {
        if let Some(Authorization { began, changes }) = whole {
            changes.into_iter().for_each(|(stake, change)| self.changes.add(began, &stake, change));
        }
    }
}

/// What is stated of a pair, after the statements that were issued. `issued` are these in the order of their numbers.
pub(super) fn compute(call: &Call<'_>, stated: Stated<'_>, issued: &[Issued]) -> Result<Computed, Problem> {
    let Stated { grantor, provider, period } = stated;
    let (contracts, closed) = (contracts::of_pair(call, grantor, provider)?, days::closed(call, provider)?);
    let (mut earlier, mut opening, mut adjustments) = (Earlier::default(), 0, Vec::new());
    for statement in issued {
        earlier.add(&contracts, statement.period, &statement.lines);
        opening += if statement.is_paid { 0 } else { statement.total };
        adjustments.extend(statement.adjustments.iter().cloned());
    }
    let stated_until = earlier.until().unwrap_or(Date::MIN);
    let changes = Changes::new(grantor, &contracts, period);
    let mut adding = Adding { period, stated_until, changes, current: OneByOne::default(), unstated: None };
    each_posting(call, stated, &closed, stated_until.min(period.from()), &mut adding)?;
    let last = adding.current.last();
    adding.take(last);
    earlier.check(period, adding.unstated).map_err(refused)?;
    let number = earlier.next_number();
    let statement = earlier.next_statement(provider.into(), adding.changes, opening, adjustments);
    let first_open = closed.last().map_or(period.from(), |last| last.tomorrow().unwrap_or(Date::MAX));
    let open_from = (first_open < period.until()).then_some(first_open.max(period.from()));
    Ok(Computed { statement, number, open_from })
}

fn each_posting(
    call: &Call<'_>,
    Stated { grantor, provider, period }: Stated<'_>,
    closed: &ClosedDays,
    from: Date,
    adding: &mut Adding<'_>,
) -> Result<(), Problem> {
    let of = Authorizations::OfDays(from, period.until());
    let wanted = Wanted { provider, entries: Entries::Of(grantor), closed, of };
    Ok(call.control.reports.each_posting(&wanted, &mut |posting| {
        adding.add(posting);
        Ok(())
    })?)
}

/// Why days can't be those of the pair's next statement.
fn refused(refused: PeriodRefused) -> Problem {
    let code = match refused {
        PeriodRefused::Gap { .. } => Code::Gap,
        PeriodRefused::Overlap { .. } => Code::PeriodIsIssued,
        PeriodRefused::Empty | PeriodRefused::Months => Code::Invalid,
    };
    Problem::new(code, refused.to_string())
}
