//! Closed days of a provider, and the business dates that follow from them (settlement 1.3).

use std::collections::BTreeSet;

use jiff::civil::Date;
use uuid::Uuid;

use crate::movements::{Cursor, MovementsError};

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

    /// Whether a unit was there.
    fn has(&self, place: &Place) -> bool {
        let is_sealed = place.sealed.is_some_and(|(lane, position)| position <= self.sealed.position(lane));
        is_sealed || self.waiting.contains(&(place.authorization, place.event))
    }
}

/// The unit of a movement, with its lane and position if it is sealed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) authorization: Uuid,
    pub(crate) event: i64,
    pub(crate) sealed: Option<(u16, u64)>,
}

/// The days that a provider closed, each with what the ledger held then. So a closed day never changes, and no till waits for who
/// closes it.
#[derive(Clone, Debug, Default)]
pub struct ClosedDays(Vec<(Date, Taken)>);

impl ClosedDays {
    /// Days with what each took, in whatever order. Closing a day closes those before it.
    pub fn new(days: impl IntoIterator<Item = (Date, Taken)>) -> Self {
        let mut days: Vec<_> = days.into_iter().collect();
        days.sort_by_key(|(date, _)| *date);
        Self(days)
    }

    /// The last day that is closed.
    pub fn last(&self) -> Option<Date> {
        self.0.last().map(|(date, _)| *date)
    }

    /// How far the ledger was sealed at the last close of a day before another; none if none is closed before it.
    pub(crate) fn sealed_before(&self, day: Date) -> Option<&Cursor> {
        let count = self.0.partition_point(|(date, _)| *date < day);
        count.checked_sub(1).and_then(|index| self.0.get(index)).map(|(_, taken)| &taken.sealed)
    }

    /// The first day that was open when something was recorded; none if none was closed then.
    fn open_when(&self, place: &Place) -> Option<Date> {
        // What a close took, each later one had, too.
        let count = self.0.partition_point(|(_, taken)| !taken.has(place));
        let (closed, _) = self.0.get(count.checked_sub(1)?)?;
        closed.tomorrow().ok()
    }
}

/// Gives movements their business dates, authorization by authorization and in the order of their numbers.
pub(crate) struct Dating<'c> {
    closed: &'c ClosedDays,
    /// The authorization with the business dates of its first movement and of the last one that came.
    last: Option<(Uuid, Date, Date)>,
}

impl<'c> Dating<'c> {
    pub(crate) fn by(closed: &'c ClosedDays) -> Self {
        Self { closed, last: None }
    }

    /// The business date of the authorization's first movement, and of this one.
    pub(crate) fn date(&mut self, natural: Date, place: &Place) -> (Date, Date) {
        let authorization = place.authorization;
        let own = natural.max(self.closed.open_when(place).unwrap_or(natural));
        let (first, date) = match self.last {
            Some((id, first, before)) if id == authorization => (first, own.max(before)),
            _ => (own, own),
        };
        self.last = Some((authorization, first, date));
        (first, date)
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
        let mut dating = Dating::by(&closed);
        let mut dates = |authorization, event, day, sealed| {
            let (first, date) = dating.date(date(day), &Place { authorization, event, sealed });
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
}
