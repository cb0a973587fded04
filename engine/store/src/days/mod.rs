//! Business days of providers and of their terminals: closed with what they come to, and never changing from then on (settlement 1.3,
//! 1.4). They are records beside the ledger, so that no till waits for who closes a day.

mod adding;
mod answer;
mod kept;
mod stating;
mod tallying;

use std::collections::BTreeMap;

use avis_core::movement::ServiceDay;
use avis_core::settlement::Totals;
use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::audit::AuditEntry;
use crate::movements::MovementsError;
use crate::records::RecordChange;
use crate::registry::Registry;
use crate::reports::{ClosedDays, Reports};
use crate::store::StoreError;

pub use answer::DayAnswer;
use kept::Last;
pub use kept::{ClosedDay, OF_PROVIDER as DAY_KIND, OF_TERMINAL as TERMINAL_DAY_KIND, ReadRecords};
pub use stating::{ChangeSink, PairMonth, WholeMonth};
pub use tallying::TallyVerification;

/// How often a close begins anew where others of the provider are faster.
const TRIES: usize = 20;

/// Days that one request closes: those before the one that it names, too.
pub const DAYS_CLOSED_MAX: i32 = 366;

/// Whose days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose<'a> {
    /// The provider.
    pub provider: &'a str,
    /// One of its terminals; all of them where none is named.
    pub terminal: Option<&'a str>,
}

/// Where days are kept, and what they come to is read.
#[derive(Clone)]
pub struct Days<'s> {
    /// The records.
    pub registry: &'s dyn Registry,
    /// What was sold.
    pub reports: &'s dyn Reports,
    /// On which day of the provider moments fall.
    pub day: ServiceDay,
    /// This moment.
    pub now: Timestamp,
}

/// Makes the audit entry of a closed day, of its key and what is told of it.
pub type EntryOf<'e> = dyn Fn(&str, &ToldDay) -> AuditEntry + 'e;

/// A day as it is told.
#[derive(Clone, Debug)]
pub struct ToldDay {
    /// Which one.
    pub date: Date,
    /// When it was closed; none while it is open.
    pub closed_at: Option<Timestamp>,
    /// What counts on it.
    pub ours: Totals,
    /// What of that took place before it.
    pub late: Totals,
    /// What who closed it, or asks, has itself.
    pub theirs: Option<Totals>,
    /// Whether it was closed before it was asked for.
    pub already_closed: bool,
}

/// Why a day can't be told or closed.
#[derive(Debug, thiserror::Error)]
pub enum DaysError {
    /// It is to come.
    #[error("{0} has not begun")]
    NotBegun(Date),
    /// Too many days before it are open.
    #[error("{0} is open: close a day that is less than {DAYS_CLOSED_MAX} days after it first")]
    TooManyOpen(Date),
    /// The ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] MovementsError),
    /// The records can't be read or written, or somebody else closed a day meanwhile.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Days<'_> {
    /// The days that a provider and its terminals closed.
    ///
    /// # Errors
    /// Records that can't be read.
    pub fn closed(&self, provider: &str) -> Result<ClosedDays, StoreError> {
        Ok(closes(&kept::since(self.registry, provider, Date::MIN)?))
    }

    /// A day: as it was closed, or as it stands.
    ///
    /// # Errors
    /// A day to come; what can't be read.
    pub fn read(&self, whose: Whose<'_>, date: Date) -> Result<ToldDay, DaysError> {
        self.check_begun(date)?;
        match kept::load(self.registry, whose, date)? {
            Some(day) => Ok(day.told()),
            None => self.standing(whose, date, None),
        }
    }

    /// Closes a day and all open ones before it. Out of balance it closes all the same; asked again, it is compared anew. `entry`
    /// makes the audit entry of what was closed.
    ///
    /// # Errors
    /// A day to come, too many open days before it; what can't be read or written.
    pub fn close(
        &self,
        whose: Whose<'_>,
        date: Date,
        theirs: Option<&Totals>,
        (by, entry): (&str, &EntryOf<'_>),
    ) -> Result<ToldDay, DaysError> {
        self.check_begun(date)?;
        let mut tries = 0;
        loop {
            match self.close_once(whose, date, theirs, (by, entry)) {
                // Tills close at the same hour.
                Err(DaysError::Store(StoreError::RecordChanged { .. })) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    /// Closes for a provider what ended before a day and is open; while nothing was sold, whole months alone, so that what is told of
    /// a month waits for nobody.
    ///
    /// # Errors
    /// As of [`Days::close`].
    pub fn close_overdue(&self, provider: &str, before: Date, by: (&str, &EntryOf<'_>)) -> Result<(), DaysError> {
        let last = Last::read(self.registry, provider)?.of(None);
        let (Ok(date), from) = (before.yesterday(), last.map_or(Date::MIN, next)) else { return Ok(()) };
        if from > date {
            return Ok(());
        }
        let has_sold = self.has_sold(provider, &self.closed_around(provider, from)?, (from, before))?;
        let date = if has_sold { date } else { before.first_of_month().yesterday().unwrap_or(date) };
        if from > date {
            return Ok(());
        }
        let most = from.checked_add(Span::new().days(DAYS_CLOSED_MAX - 1)).unwrap_or(date);
        let date = if last.is_some() { date.min(most) } else { date };
        self.close(Whose { provider, terminal: None }, date, None, by).map(drop)
    }

    /// The closes by which movements are dated that count on a day or later. What an earlier one did not take counts before that
    /// day whichever it was.
    fn closed_around(&self, provider: &str, day: Date) -> Result<ClosedDays, StoreError> {
        Ok(closes(&self.days_around(provider, day)?))
    }

    fn days_around(&self, provider: &str, day: Date) -> Result<Vec<ClosedDay>, StoreError> {
        kept::since(self.registry, provider, day.yesterday().unwrap_or(day))
    }

    fn close_once(
        &self,
        whose: Whose<'_>,
        date: Date,
        theirs: Option<&Totals>,
        (by, entry): (&str, &EntryOf<'_>),
    ) -> Result<ToldDay, DaysError> {
        // Whoever closes a day of the provider meanwhile, this one is closed anew.
        let last = Last::read(self.registry, whose.provider)?;
        let closed_until = last.of(whose.terminal);
        if closed_until.is_some_and(|closed| date <= closed) {
            return self.again(whose, date, theirs);
        }
        let from = closed_until.map_or(date, next);
        if from.until(date).map_or(i32::MAX, |span| span.get_days()) >= DAYS_CLOSED_MAX {
            return Err(DaysError::TooManyOpen(from));
        }
        let mut days = self.days_around(whose.provider, from)?;
        let known = days.len();
        let taken = self.reports.taken()?;
        days.extend(from.series(Span::new().days(1)).take_while(|day| *day <= date).map(|date| ClosedDay {
            date,
            terminal: whose.terminal.map(str::to_owned),
            taken: taken.clone(),
            closed_at: self.now,
            closed_by: by.to_owned(),
            ours: Totals::new(),
            late: Totals::new(),
            theirs: None,
        }));
        let mut sums = self.added(whose, &closes(&days), (from, next(date)))?;
        let mut made = days.split_off(known);
        for day in &mut made {
            (day.ours, day.late) = sums.remove(&day.date).unwrap_or_default();
            day.theirs = theirs.filter(|_| day.date == date).cloned();
        }
        let mut changes: Vec<RecordChange> = made.iter().map(|day| day.record(whose.provider)).collect();
        changes.push(last.closed(whose, date));
        let told = made.last().map(ClosedDay::told).ok_or(DaysError::NotBegun(date))?;
        self.registry.change(&changes, &[entry(&kept::key(whose, date), &told)])?;
        Ok(told)
    }

    /// A day that has no record: one that is open, one before the first that was ever closed, or one that the provider closed for a
    /// terminal.
    fn standing(&self, whose: Whose<'_>, date: Date, theirs: Option<&Totals>) -> Result<ToldDay, DaysError> {
        let date_of = |at| self.day.date(at);
        let days = kept::around(self.registry, whose.provider, date, date_of)?;
        let is_of = |day: &&ClosedDay| day.terminal.is_none() || day.terminal.as_deref() == whose.terminal;
        // Closing a day closed those before it.
        let closed = days.iter().filter(is_of).filter(|day| day.date >= date);
        let closed_at = closed.map(|day| day.closed_at).min();
        let (ours, late) = self.added(whose, &closes(&days), (date, next(date)))?.remove(&date).unwrap_or_default();
        Ok(ToldDay { date, closed_at, ours, late, theirs: theirs.cloned(), already_closed: false })
    }

    /// A day that is closed, compared anew with what who asks has.
    fn again(&self, whose: Whose<'_>, date: Date, theirs: Option<&Totals>) -> Result<ToldDay, DaysError> {
        let told = match kept::load(self.registry, whose, date)? {
            Some(day) => ToldDay { theirs: theirs.cloned(), ..day.told() },
            None => self.standing(whose, date, theirs)?,
        };
        Ok(ToldDay { already_closed: true, ..told })
    }

    fn check_begun(&self, date: Date) -> Result<(), DaysError> {
        if date > self.day.date(self.now) { Err(DaysError::NotBegun(date)) } else { Ok(()) }
    }
}

/// The closes by which movements are dated that count on a day or later, by provider; all of them where no day is named.
///
/// # Errors
/// Records that can't be read.
pub fn closed_by_all(read: &ReadRecords<'_>, from: Option<Date>) -> Result<BTreeMap<String, ClosedDays>, StoreError> {
    let first = from.map_or(Date::MIN, |from| from.yesterday().unwrap_or(from));
    let days = kept::of_all_since(read, first)?;
    Ok(days.into_iter().map(|(provider, days)| (provider, closes(&days))).collect())
}

/// The closes of days, as reports date movements by them.
fn closes(days: &[ClosedDay]) -> ClosedDays {
    let of_provider = days.iter().filter(|day| day.terminal.is_none()).map(|day| (day.date, day.taken.clone()));
    let of_terminals = days.iter().filter_map(|day| Some((day.terminal.clone()?, day.date, day.taken.clone())));
    ClosedDays::new(of_provider).with_terminals(of_terminals)
}

/// What counts on days, and what of that is late.
type ByDate = BTreeMap<Date, (Totals, Totals)>;

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}
