//! Closed days of a provider, and the business dates that follow from them (settlement 1.3).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use crate::movements::{Cursor, MovementsError, StoredMovement, UnreadableMovement};

/// Units of a ledger that may wait to be sealed when a day is closed: what is appended in a second or two.
pub const UNSEALED_MAX: usize = 10_000;

/// What a ledger holds at a moment: what is sealed by then, and what waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Taken {
    pub(crate) sealed: Cursor,
    /// Authorizations and events.
    pub(crate) waiting: BTreeSet<(Uuid, i64)>,
}

impl Taken {
    /// Itself, unless more waits than may.
    pub(crate) fn within_bound(self) -> Result<Self, MovementsError> {
        match self.waiting.len() {
            ..=UNSEALED_MAX => Ok(self),
            _ => Err(MovementsError::failed(format!("more than {UNSEALED_MAX} of its units wait to be sealed"))),
        }
    }

    /// Whether a unit was there that is seen in a snapshot, whose newest seals are given where it may lag behind the close.
    fn has(&self, place: &Place, newest: Option<&Cursor>) -> bool {
        let is_there = match place.position {
            Some(position) => self.sealed.has((place.lane, position)),
            // Less was sealed in the snapshot than the close took, so that it came before the close, with all that is in it.
            None => newest.is_some_and(|newest| newest.position(place.lane) < self.sealed.position(place.lane)),
        };
        is_there || self.waiting.contains(&(place.authorization, place.event))
    }
}

/// The unit of a movement, with its lane, and its position if it is sealed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) authorization: Uuid,
    pub(crate) event: i64,
    pub(crate) lane: u16,
    pub(crate) position: Option<u64>,
}

/// The days that a provider closed for all its terminals, and those that terminals closed for themselves, each with what the ledger
/// held then. So a closed day never changes, and no till waits for who closes it.
#[derive(Clone, Debug, Default)]
pub struct ClosedDays {
    of_provider: Closes,
    of_terminals: BTreeMap<String, Closes>,
}

/// Days that were closed one after another.
#[derive(Clone, Debug, Default)]
struct Closes(Vec<(Date, Taken)>);

impl ClosedDays {
    /// Days that the provider closed with what each took, in whatever order. Closing a day closes those before it.
    pub fn new(days: impl IntoIterator<Item = (Date, Taken)>) -> Self {
        Self { of_provider: Closes::new(days), of_terminals: BTreeMap::new() }
    }

    /// With days that terminals closed for themselves, in whatever order.
    #[must_use]
    pub fn with_terminals(mut self, days: impl IntoIterator<Item = (String, Date, Taken)>) -> Self {
        let mut by_terminal: BTreeMap<String, Vec<(Date, Taken)>> = BTreeMap::new();
        for (terminal, date, taken) in days {
            by_terminal.entry(terminal).or_default().push((date, taken));
        }
        self.of_terminals = by_terminal.into_iter().map(|(terminal, days)| (terminal, Closes::new(days))).collect();
        self
    }

    /// The last day that is closed for all terminals.
    pub fn last(&self) -> Option<Date> {
        self.of_provider.last()
    }

    /// How far the ledger was sealed before anything could count on a day, or a later one, for a close; none if nothing can.
    pub(crate) fn sealed_before(&self, day: Date) -> Option<Cursor> {
        let closes = std::iter::once(&self.of_provider).chain(self.of_terminals.values());
        closes.filter_map(|closes| closes.sealed_before(day)).cloned().reduce(|one, other| one.least(&other))
    }

    /// The authorizations of what waited to be sealed when the day before another was closed for all terminals: with what that close took,
    /// this is all that counts before. None where the day is open, or the close took something that is sealed behind a cursor.
    pub(crate) fn waited(&self, until: Date, reached: &Cursor) -> Option<Vec<Uuid>> {
        let last = until.yesterday().unwrap_or(until);
        let index = self.of_provider.0.partition_point(|(date, _)| *date < last);
        let (_, taken) = self.of_provider.0.get(index).filter(|(_, taken)| taken.sealed.is_within(reached))?;
        Some(taken.waiting.iter().map(|(authorization, _)| *authorization).collect())
    }

    /// Whether the first close for all terminals took nothing that is sealed behind a cursor, so that no close before it matters to that:
    /// it was sealed no further, and what waited then was sealed by a later close that was no further either.
    pub(crate) fn begin_before(&self, after: &Cursor) -> bool {
        let is_before = |taken: &Taken| taken.sealed.is_within(after);
        let closes = &self.of_provider.0;
        let Some((_, first)) = closes.first().filter(|(_, taken)| is_before(taken)) else { return false };
        let mut later = closes.iter().filter(|(_, taken)| is_before(taken));
        first.waiting.is_empty() || later.any(|(_, taken)| taken.waiting.is_disjoint(&first.waiting))
    }

    /// The first day that was open to a terminal when something was recorded, as a snapshot with its newest seals has it; none if none
    /// was closed then.
    fn open_when(&self, place: &Place, terminal: &str, newest: Option<&Cursor>) -> Option<Date> {
        let own = self.of_terminals.get(terminal).and_then(|closes| closes.open_when(place, newest));
        self.of_provider.open_when(place, newest).max(own)
    }
}

impl Closes {
    fn new(days: impl IntoIterator<Item = (Date, Taken)>) -> Self {
        let mut days: Vec<_> = days.into_iter().collect();
        days.sort_by_key(|(date, _)| *date);
        Self(days)
    }

    fn last(&self) -> Option<Date> {
        self.0.last().map(|(date, _)| *date)
    }

    /// What counts on a day for a close was recorded after that of the day before it.
    fn sealed_before(&self, day: Date) -> Option<&Cursor> {
        let before = day.yesterday().unwrap_or(day);
        let index = self.0.partition_point(|(date, _)| *date < before);
        self.0.get(index).map(|(_, taken)| &taken.sealed)
    }

    fn open_when(&self, place: &Place, newest: Option<&Cursor>) -> Option<Date> {
        // What a close took, each later one had, too.
        let count = self.0.partition_point(|(_, taken)| !taken.has(place, newest));
        let (closed, _) = self.0.get(count.checked_sub(1)?)?;
        closed.tomorrow().ok()
    }
}

/// The authorization whose movements come, with the business dates of its first movement and of the last one that came.
#[derive(Debug, Default)]
struct Dated(Option<(Uuid, Date, Date)>);

impl Dated {
    /// The business date of the authorization's first movement, and of its next one (settlement 1.3), by the first day that was open to
    /// its terminal.
    fn next(&mut self, authorization: Uuid, natural: Date, open: Option<Date>) -> (Date, Date) {
        let own = natural.max(open.unwrap_or(natural));
        let (first, date) = match self.0 {
            Some((id, first, before)) if id == authorization => (first, own.max(before)),
            _ => (own, own),
        };
        self.0 = Some((authorization, first, date));
        (first, date)
    }
}

/// Gives movements of a provider their business dates, authorization by authorization and in the order of their numbers.
pub(crate) struct Dating<'c> {
    closed: &'c ClosedDays,
    /// How far the snapshot is sealed in which they are; none of one that no close is ahead of.
    newest: Option<Cursor>,
    dated: Dated,
}

impl<'c> Dating<'c> {
    pub(crate) fn by(closed: &'c ClosedDays, newest: Option<Cursor>) -> Self {
        Self { closed, newest, dated: Dated::default() }
    }

    /// The business date of the authorization's first movement, and of this one.
    pub(crate) fn date(&mut self, natural: Date, place: &Place, terminal: &str) -> (Date, Date) {
        let open = self.closed.open_when(place, terminal, self.newest.as_ref());
        self.dated.next(place.authorization, natural, open)
    }
}

/// Gives movements of many providers their business dates, authorization by authorization and in the order of their numbers.
#[derive(Debug)]
pub struct BusinessDates<'c> {
    closed: &'c BTreeMap<String, ClosedDays>,
    dated: Dated,
}

impl<'c> BusinessDates<'c> {
    /// By the days that each provider closed, read before the movements are.
    pub fn by(closed: &'c BTreeMap<String, ClosedDays>) -> Self {
        Self { closed, dated: Dated::default() }
    }

    /// The day on which a movement counts.
    ///
    /// # Errors
    /// A row that is not what it should be.
    pub fn of(&mut self, movement: &StoredMovement) -> Result<Date, UnreadableMovement> {
        let (natural, place) = (movement.natural_date()?, movement.place()?);
        let closed = self.closed.get(&movement.row.provider);
        let open = closed.and_then(|closed| closed.open_when(&place, &movement.row.terminal, None));
        Ok(self.dated.next(place.authorization, natural, open).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: i8) -> Date {
        Date::constant(2026, 11, day)
    }

    fn taken(position: u64, waiting: &[(Uuid, i64)]) -> Taken {
        let sealed = serde_json::from_value(serde_json::json!({"3": {"position": position, "link": "00"}})).unwrap();
        Taken { sealed, waiting: waiting.iter().copied().collect() }
    }

    #[test]
    fn what_comes_after_a_close_counts_on_the_next_open_day_and_so_does_what_follows_it() {
        let (one, two, three) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let closed = ClosedDays::new([(date(5), taken(20, &[(three, 4)])), (date(3), taken(10, &[]))]);
        let mut dating = Dating::by(&closed, None);
        let mut dates = |authorization, event, day, sealed: Option<(u16, u64)>| {
            let (lane, position) = (sealed.map_or(3, |(lane, _)| lane), sealed.map(|(_, position)| position));
            let (first, date) = dating.date(date(day), &Place { authorization, event, lane, position }, "desk");
            (first.day(), date.day())
        };
        assert_eq!(dates(one, 0, 3, Some((3, 10))), (3, 3), "the close took it");
        assert_eq!(dates(one, 1, 3, Some((3, 11))), (3, 4), "it came after the first close");
        assert_eq!(dates(one, 2, 2, Some((3, 12))), (3, 4));
        assert_eq!(dates(two, 0, 3, Some((3, 21))), (6, 6), "and this after the second");
        assert_eq!(dates(two, 1, 9, None), (6, 9));
        assert_eq!(dates(one, 3, 1, None), (6, 6), "what is not there no close took");
        assert_eq!(dates(one, 4, 1, Some((4, 1))), (6, 6), "nor what a lane had not yet");
        assert_eq!(dates(three, 4, 5, None), (5, 5), "what waited to be sealed was there");
        assert_eq!(dates(three, 5, 5, Some((3, 22))), (5, 6));
    }

    #[test]
    fn what_a_snapshot_has_that_lags_behind_a_close_was_taken_by_it() {
        let closed = ClosedDays::new([(date(3), taken(10, &[])), (date(5), taken(20, &[]))]);
        let newest = |position| Some(taken(position, &[]).sealed);
        let date_of = |newest, position| {
            let place = Place { authorization: Uuid::from_u128(1), event: 0, lane: 3, position };
            Dating::by(&closed, newest).date(date(1), &place, "desk").1.day()
        };
        assert_eq!([9, 10, 19, 20].map(|position| date_of(newest(position), None)), [1, 4, 4, 6]);
        assert_eq!(
            [9, 20].map(|position| date_of(newest(position), Some(9))),
            [1, 1],
            "what is sealed tells it by itself"
        );
        assert_eq!(date_of(newest(20), Some(11)), 4);
        assert_eq!(date_of(None, None), 6, "without a lag it came afterwards");
    }

    #[test]
    fn a_terminal_closes_for_itself_and_the_provider_for_all() {
        let closed = ClosedDays::new([(date(2), taken(5, &[])), (date(8), taken(30, &[]))]).with_terminals([
            ("desk".to_owned(), date(4), taken(10, &[])),
            ("desk".to_owned(), date(6), taken(20, &[])),
        ]);
        let date_of = |terminal: &str, position| {
            let place = Place { authorization: Uuid::from_u128(1), event: 0, lane: 3, position: Some(position) };
            Dating::by(&closed, None).date(date(1), &place, terminal).1.day()
        };
        assert_eq!([5, 6, 11, 21, 31].map(|position| date_of("desk", position)), [1, 3, 5, 7, 9]);
        assert_eq!([5, 6, 11, 21, 31].map(|position| date_of("other", position)), [1, 3, 3, 3, 9]);
        assert_eq!(closed.last(), Some(date(8)));
        let position = |day| closed.sealed_before(date(day)).map(|cursor| cursor.position(3));
        assert_eq!([2, 3, 5, 7, 9, 10].map(position), [Some(5), Some(5), Some(10), Some(20), Some(30), None]);
    }

    #[test]
    fn all_that_counts_before_a_day_is_what_its_close_took_and_what_waited_then() {
        let one = Uuid::from_u128(1);
        let closed = ClosedDays::new([(date(2), taken(5, &[])), (date(4), taken(10, &[(one, 0)]))]).with_terminals([(
            "desk".to_owned(),
            date(9),
            taken(40, &[]),
        )]);
        let waited = |until, position| closed.waited(date(until), &taken(position, &[]).sealed);
        assert_eq!([(3, 4), (3, 5), (2, 5)].map(|(until, at)| waited(until, at)), [None, Some(vec![]), Some(vec![])]);
        assert_eq!(
            [(4, 9), (4, 10), (5, 99)].map(|(until, at)| waited(until, at)),
            [None, Some(vec![one]), Some(vec![one])]
        );
        assert_eq!(waited(6, 99), None, "a terminal closes for itself");
    }
}
