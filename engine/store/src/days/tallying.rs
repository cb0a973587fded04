//! What moved, added up by business days as the ledger grows, and asked: what is added up already, and what came since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avis_core::narrow;
use avis_core::settlement::reports::{Person, Span, Spans, Tally, Tallying};
use jiff::civil::Date;

use super::kept::{self, Last};
use super::{Days, DaysError, TRIES, closes};
use crate::movements::{Cursor, MovementsError};
use crate::reports::tally::{Between, Mover, Tallied, TallyPart, TallyRow, TallySink};
use crate::reports::{Authorizations, ClosedDays, Entries, Wanted};
use crate::store::StoreError;

/// Positions of a lane that are added up at a time.
const AT_ONCE: u32 = 2_000;

/// Days back from the last closed one among which the closes are looked for by which new movements are dated; then all are read.
const DAYS_BACK: [i64; 3] = [2, 31, 400];

/// How a tally differs from what the rows of the ledger come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TallyVerification {
    /// Rows that are as they should be.
    pub whole: u64,
    /// Rows that are not, are missing, or should not be there: the first of them.
    pub differing: Vec<String>,
    /// How many those are.
    pub differing_count: u64,
}

/// Differences that are named.
const NAMED_MAX: usize = 20;

impl Days<'_> {
    /// Adds up what was sealed since the last time, a part at a time, until it is stopped. It can be stopped anywhere and repeated.
    ///
    /// # Errors
    /// What can't be read or written.
    pub fn tally(&self, is_stopped: &dyn Fn() -> bool) -> Result<(), DaysError> {
        while !is_stopped() {
            let from = self.reports.tallied()?;
            let until = match self.reports.sealed_after(&from, AT_ONCE) {
                // The ledger was restored to an earlier state.
                Err(MovementsError::Diverged(_)) => {
                    self.reports.clear_tally()?;
                    continue;
                }
                until => until?,
            };
            if until == from {
                break;
            }
            let between = Between { after: &from, until: Some(&until) };
            let mut tallying = Tallying::default();
            for mover in self.reports.movers(between)? {
                // Whoever closes a day with less than this begins anew: from here on each close takes what is added up.
                self.renew(&mover.provider)?;
                self.take_in(&mut tallying, &mover, between)?;
            }
            // Where another node added the same meanwhile, this goes on from there.
            self.reports.add_tally(&from, &until, &tallying.tally())?;
        }
        Ok(())
    }

    /// Gives each row of a tally that counts on days from one until another to a sink, and what came since as rows of its days; as if
    /// all were added up. Rows of one key may be several; those that came since are everybody's.
    ///
    /// # Errors
    /// What can't be read, or what the sink fails with.
    pub fn each_tallied(
        &self,
        (from, until): (Date, Date),
        wanted: &Tallied<'_>,
        sink: &mut TallySink<'_>,
    ) -> Result<(), DaysError> {
        let reached = self.reports.each_tallied(wanted, sink)?;
        let between = Between { after: &reached, until: None };
        let mut tallying = Tallying::default();
        for mover in self.reports.movers(between)? {
            self.take_in(&mut tallying, &mover, between)?;
        }
        let days = Spans { word: Span::DAY, from, until };
        let counts = |row: &TallyRow| match row.part() {
            TallyPart::Changed => wanted.spans.iter().any(|spans| spans.has(row.span())),
            _ => days.has(row.span()),
        };
        for row in self.rows_of(&tallying.tally())? {
            if counts(&row) && wanted.of.contains(&row.part()) {
                sink(row)?;
            }
        }
        Ok(())
    }

    /// Compares a tally with the rows of the ledger as far as it has come, provider by provider and month by month, also those that are
    /// in one of them alone; in memory is a month of one provider.
    ///
    /// # Errors
    /// What can't be read.
    pub fn verify_tally(&self) -> Result<TallyVerification, DaysError> {
        let mut found = TallyVerification::default();
        let providers = self.reports.providers()?.into_iter().map(|provider| (provider, BTreeSet::new()));
        let mut months: BTreeMap<Arc<str>, BTreeSet<Date>> = providers.collect();
        let everybody =
            Tallied { of: &TallyPart::ALL, spans: &days_and_months(Date::MIN, Date::MAX), provider: None, party: None };
        self.reports.each_tallied(&everybody, &mut |row| {
            months.entry(row.provider().clone()).or_default().insert(row.span().start().first_of_month());
            Ok(())
        })?;
        for (provider, months) in months {
            // What is before the first of them and behind the last one belongs to these.
            let starts = std::iter::once(Date::MIN).chain(months.iter().skip(1).copied());
            let ends = months.iter().skip(1).copied().chain([Date::MAX]);
            for days in starts.zip(ends) {
                self.verify_days(&provider, days, &mut found)?;
            }
        }
        Ok(found)
    }

    /// Compares what counts for a provider on days from one until another.
    fn verify_days(
        &self,
        provider: &str,
        (from, until): (Date, Date),
        found: &mut TallyVerification,
    ) -> Result<(), DaysError> {
        let (spans, mut kept) = (days_and_months(from, until), Vec::new());
        let wanted = Tallied { of: &TallyPart::ALL, spans: &spans, provider: Some(provider), party: None };
        let reached = self.reports.each_tallied(&wanted, &mut |row| {
            kept.push(row);
            Ok(())
        })?;
        let (begin, closed, mut tallying) = (Cursor::default(), self.closed(provider)?, Tallying::default());
        let between = Between { after: &begin, until: Some(&reached) };
        self.add_postings(&mut tallying, (provider, &closed), Authorizations::OfDays(from, until), between)?;
        kept.sort_unstable();
        let mut expected = self.rows_of(&tallying.tally())?;
        expected.retain(|row| spans.iter().any(|spans| spans.has(row.span())));
        found.compare(expected, kept);
        Ok(())
    }

    /// Adds up what a provider moved between cursors.
    fn take_in(&self, tallying: &mut Tallying, mover: &Mover, between: Between<'_>) -> Result<(), DaysError> {
        let (provider, closed) = (&*mover.provider, self.closed_for(mover, between.after)?);
        Ok(self.add_postings(tallying, (provider, &closed), Authorizations::Sealed(between), between)?)
    }

    /// Adds up every posting of some authorizations of a provider, of which those between cursors count.
    fn add_postings(
        &self,
        tallying: &mut Tallying,
        (provider, closed): (&str, &ClosedDays),
        of: Authorizations<'_>,
        between: Between<'_>,
    ) -> Result<(), MovementsError> {
        let wanted = Wanted { provider, entries: Entries::All, closed, of };
        self.reports.each_posting(&wanted, &mut |posting| {
            tallying.add(&posting.step(), between.has(posting.sealed));
            Ok(())
        })
    }

    /// Writes the last days of a provider as they are, so that closes that are under way begin anew.
    fn renew(&self, provider: &str) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            let same = Last::read(self.registry, provider)?.renewed(provider);
            match self.registry.change(&[same], &[]) {
                Err(StoreError::RecordChanged { .. }) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    /// The closes by which movements are dated that were sealed behind a cursor: those that may not have taken them, and the last one
    /// that has not for sure. With them those of the days on which anything took place of these authorizations, by which earlier
    /// movements are dated.
    fn closed_for(&self, Mover { provider, first }: &Mover, after: &Cursor) -> Result<ClosedDays, StoreError> {
        let Some(last) = Last::read(self.registry, provider)?.of(None) else { return self.closed(provider) };
        for back in DAYS_BACK {
            let from = last.saturating_sub(jiff::Span::new().days(back)).min(*first);
            let closed = closes(&kept::since(self.registry, provider, from)?);
            if closed.begin_before(after) {
                return Ok(closed);
            }
        }
        self.closed(provider)
    }

    /// A tally as rows, in their order, with the numbers of its persons. Who has none yet gets one from the end of all numbers.
    fn rows_of(&self, tally: &Tally) -> Result<Vec<TallyRow>, MovementsError> {
        let people: BTreeMap<&Person, u32> = self.numbers(tally)?;
        let mut rows = Vec::new();
        for ((span, provider, kind), sold) in &tally.sold {
            rows.push(TallyRow::Sold(*span, provider.clone(), kind, *sold));
        }
        for ((span, granted, bearer), amount) in &tally.borne {
            rows.push(TallyRow::Borne(*span, granted.clone(), bearer.clone(), *amount));
        }
        for ((span, granted, seer), used) in &tally.used {
            let mut numbers: Vec<u32> = used.people.iter().filter_map(|person| people.get(person)).copied().collect();
            numbers.sort_unstable();
            rows.push(TallyRow::Used(*span, granted.clone(), seer.clone(), used.uses, numbers));
        }
        for ((span, provider, seer), count) in &tally.standing {
            rows.push(TallyRow::Standing(*span, provider.clone(), seer.clone(), *count));
        }
        for (alike, changed) in &tally.changed {
            rows.push(TallyRow::Changed(alike.clone(), changed.authorizations, narrow(changed.units)));
        }
        rows.sort_unstable();
        Ok(rows)
    }

    fn numbers<'t>(&self, tally: &'t Tally) -> Result<BTreeMap<&'t Person, u32>, MovementsError> {
        let mut people: BTreeMap<&Person, u32> =
            tally.used.values().flat_map(|used| &used.people).map(|person| (person, 0)).collect();
        let names: Vec<String> = people.keys().map(|person| person.name()).collect();
        let mut next = u32::MAX;
        for (number, known) in people.values_mut().zip(self.reports.numbers_of(&names)?) {
            *number = known.unwrap_or(next);
            next -= u32::from(known.is_none());
        }
        Ok(people)
    }
}

/// Those from one date until another.
fn days_and_months(from: Date, until: Date) -> [Spans; 2] {
    [Span::DAY, Span::MONTH].map(|word| Spans { word, from, until })
}

impl TallyVerification {
    /// Whether everything is as it should be.
    pub fn is_whole(&self) -> bool {
        self.differing_count == 0
    }

    /// Compares rows with what they should be, both in their order.
    fn compare(&mut self, expected: Vec<TallyRow>, kept: Vec<TallyRow>) {
        let (mut expected, mut kept) = (expected.into_iter().peekable(), kept.into_iter().peekable());
        loop {
            let row = match (expected.peek(), kept.peek()) {
                (Some(one), Some(other)) if one == other => {
                    self.whole += 1;
                    kept.next();
                    expected.next();
                    continue;
                }
                (Some(one), Some(other)) if other < one => kept.next().map(|row| ("kept", row)),
                (Some(_), _) => expected.next().map(|row| ("expected", row)),
                (None, _) => kept.next().map(|row| ("kept", row)),
            };
            let Some((which, row)) = row else { return };
            self.differing_count += 1;
            if self.differing.len() < NAMED_MAX {
                self.differing.push(format!("{which}: {}", row.named()));
            }
        }
    }
}
