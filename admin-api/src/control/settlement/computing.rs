//! What a pair's statement for a period comes to, from what is added up of the ledger or its rows, the contracts, and the statements
//! before it.

use std::collections::HashMap;

use avis_core::settlement::{
    Began, Change, Changes, Contracts, Earlier, Month, OneByOne, Period, PeriodRefused, Stake, Statement,
};
use avis_store::{Authorizations, ClosedDays, Entries, PairMonth, Posting, Wanted};
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

/// What changed in a period.
struct Found<'c> {
    changes: Changes<'c>,
    /// The first day on which something is in no statement; where everything is added up, one before the period.
    unstated: Option<Date>,
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
    found: Found<'c>,
    current: OneByOne<Authorization>,
}

impl Adding<'_> {
    fn add(&mut self, posting: Posting) {
        let (movement, id) = (&posting.movement, posting.movement.id.authorization);
        let whole = self.current.whole_before(id);
        self.take(whole);
        let date = movement.business_date;
        let Some(borne) = posting.borne.filter(|_| date < self.period.until()) else { return };
        if date >= self.stated_until {
            self.found.unstated = Some(self.found.unstated.map_or(date, |unstated| unstated.min(date)));
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
            changes.into_iter().for_each(|(stake, change)| self.found.changes.add(began, &stake, change));
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
    let reading = Reading { call, stated, contracts: &contracts, closed: &closed, stated_until };
    let found = match reading.added_up()? {
        Some(found) => found,
        None => reading.rows()?,
    };
    earlier.check(period, found.unstated).map_err(refused)?;
    let number = earlier.next_number();
    let statement = earlier.next_statement(provider.into(), found.changes, opening, adjustments);
    let first_open = closed.last().map_or(period.from(), |last| last.tomorrow().unwrap_or(Date::MAX));
    let open_from = (first_open < period.until()).then_some(first_open.max(period.from()));
    Ok(Computed { statement, number, open_from })
}

/// What is read for a statement.
struct Reading<'r, 'c> {
    call: &'r Call<'c>,
    stated: Stated<'r>,
    contracts: &'r Contracts,
    closed: &'r ClosedDays,
    /// From which day on nothing is stated yet.
    stated_until: Date,
}

impl<'r> Reading<'r, '_> {
    fn nothing(&self) -> Found<'r> {
        let changes = Changes::new(self.stated.grantor, self.contracts, self.stated.period);
        Found { changes, unstated: None }
    }

    /// By months, where the period is a month of which everything is added up.
    fn added_up(&self) -> Result<Option<Found<'r>>, Problem> {
        let Stated { grantor, provider, period } = self.stated;
        let month = Month::of(period.from());
        if (month.first(), month.end()) != (period.from(), period.until()) {
            return Ok(None);
        }
        let mut found = self.nothing();
        let of = PairMonth { grantor, provider, month, closed: self.closed, since: self.stated_until };
        let whole = days(self.call.control).each_change(&of, &mut |began, stake, change, authorizations| {
            found.changes.add_alike(began, stake, change, authorizations);
        })?;
        let Some(whole) = whole else { return Ok(None) };
        found.unstated = whole.first_before;
        Ok(Some(found))
    }

    /// Authorization by authorization.
    fn rows(&self) -> Result<Found<'r>, Problem> {
        let Stated { grantor, provider, period } = self.stated;
        let of = Authorizations::OfDays(self.stated_until.min(period.from()), period.until());
        let wanted = Wanted { provider, entries: Entries::Of(grantor), closed: self.closed, of };
        let (stated_until, found) = (self.stated_until, self.nothing());
        let mut adding = Adding { period, stated_until, found, current: OneByOne::default() };
        self.call.control.reports.each_posting(&wanted, &mut |posting| {
            adding.add(posting);
            Ok(())
        })?;
        let last = adding.current.last();
        adding.take(last);
        Ok(adding.found)
    }
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
