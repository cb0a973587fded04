//! What became of a pair's stakes in a month that is closed, as it is added up: what its statement is made of (settlement 3.1).

use avis_core::settlement::reports::{Span, Spans};
use avis_core::settlement::{Began, Change, Month, Stake};
use jiff::civil::Date;

use super::Days;
use crate::movements::{Cursor, MovementsError};
use crate::reports::{Authorizations, ClosedDays, Entries, Tallied, TallyPart, TallyRow, Wanted};

/// A month of a grantor with a provider.
#[derive(Clone, Copy, Debug)]
pub struct PairMonth<'a> {
    /// Who bears or grants.
    pub grantor: &'a str,
    /// Who sold.
    pub provider: &'a str,
    /// The month of business dates.
    pub month: Month,
    /// The days that the provider closed.
    pub closed: &'a ClosedDays,
    /// From which day on the first one with entries of the pair is looked for.
    pub since: Date,
}

/// All that counts by the end of a month was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeMonth {
    /// The first day before it on which the pair has entries, as far back as it was looked.
    pub first_before: Option<Date>,
}

/// Takes what became of a stake in so many authorizations that are alike: of when they began the month alone is right, and units are
/// those of all of them.
pub type ChangeSink<'s> = dyn FnMut(Began, &Stake, Change, i64) + 's;

impl Days<'_> {
    /// Gives what became of each stake of a pair in a month to a sink; none where something that counts by the end of the month may not
    /// be added up yet, so that what was given is not all.
    ///
    /// # Errors
    /// What can't be read.
    pub fn each_change(
        &self,
        of: &PairMonth<'_>,
        sink: &mut ChangeSink<'_>,
    ) -> Result<Option<WholeMonth>, MovementsError> {
        let (grantor, mut first_before) = (of.grantor, None::<Date>);
        let (from, until) = (of.month.first(), of.month.end());
        let spans = [
            Spans { word: Span::MONTH, from, until },
            Spans { word: Span::DAY, from: of.since.min(from), until: from },
        ];
        let (parts, spans) = match of.since < from {
            true => (&[TallyPart::Changed, TallyPart::Borne][..], &spans[..]),
            false => (&[TallyPart::Changed][..], &spans[..1]),
        };
        let wanted = Tallied { of: parts, spans, provider: Some(of.provider), party: Some(of.grantor) };
        let reached = self.reports.each_tallied(&wanted, &mut |row| {
            match row {
                TallyRow::Changed(alike, authorizations, units) => {
                    let change = Change { before: alike.before, after: alike.after, units: units.into() };
                    sink(alike.began, &alike.stake, change, authorizations);
                }
                TallyRow::Borne(Span::Day(date), granted, bearer, _)
                    if granted.grantor.as_deref() == Some(grantor) || *bearer.payer == *grantor =>
                {
                    first_before = Some(first_before.map_or(date, |first| first.min(date)));
                }
                _ => {}
            }
            Ok(())
        })?;
        let is_whole = self.has_all(of, &reached)? && self.is_of_this_ledger(&reached)?;
        Ok(is_whole.then_some(WholeMonth { first_before }))
    }

    /// Whether what is added up so far is not of a ledger that was restored to an earlier state since, whereupon it begins anew.
    fn is_of_this_ledger(&self, reached: &Cursor) -> Result<bool, MovementsError> {
        if !self.reports.is_apart() {
            return Ok(true);
        }
        match self.reports.sealed_after(reached, 0) {
            Err(MovementsError::Diverged(_)) => Ok(false),
            reached => reached.map(|_| true),
        }
    }

    /// Whether everything that counts by the end of a month is sealed within a cursor.
    fn has_all(&self, of: &PairMonth<'_>, reached: &Cursor) -> Result<bool, MovementsError> {
        let Some(waited) = of.closed.waited(of.month.end(), reached) else { return Ok(false) };
        let (provider, closed, of) = (of.provider, of.closed, Authorizations::Of(&waited));
        let mut has_all = true;
        if !waited.is_empty() {
            self.reports.each_posting(&Wanted { provider, entries: Entries::None, closed, of }, &mut |posting| {
                has_all &= posting.sealed.is_some_and(|place| reached.has(place));
                Ok(())
            })?;
        }
        Ok(has_all)
    }
}
