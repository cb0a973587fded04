//! Which units of its lines a benefit covers: the cheapest free, three for two, all but one.

use serde_json::Value;

use crate::limits::AMOUNT_MAX;
use crate::read::{Object, Place, Read};

/// Of the units of its lines, the dearest first and in groups, which ones a benefit covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Units in a group; absent is one group of all.
    pub every: Option<i64>,
    /// The dearest ones of a group, which are not covered.
    pub skip: i64,
    /// How many of the others are; absent is all.
    pub take: Option<i64>,
}

impl Pick {
    /// How many of the first `units`, the dearest first, are covered; `total` are laid out.
    pub(crate) fn covered(self, units: i64, total: i64) -> i64 {
        let every = self.every.unwrap_or(total).max(1);
        // Where the dearest of a group pay for the others, a few at the end pay for nobody; where nobody pays, they would be free.
        let full = if self.skip == 0 && self.every.is_some() { total - total % every } else { total };
        let units = units.min(full);
        let of_others = |others: i64| self.take.map_or(others, |take| others.min(take)).max(0);
        units / every * of_others(every - self.skip) + of_others(units % every - self.skip)
    }
}

impl Read for Pick {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let number = |name, from| match object.raw(name) {
            Some(value) => crate::read::whole(value, &place.field(name), from, AMOUNT_MAX).map(Some),
            None => Some(None),
        };
        let (every, skip, take) = (number("every", 1), object.bounded_or("skip", 0, 0, AMOUNT_MAX), number("take", 1));
        object.close();
        let pick = Self { every: every?, skip: skip?, take: take? };
        if pick.every.is_some_and(|every| every <= pick.skip) {
            return place.field("every").fault("expected more than `skip`");
        }
        if pick.every.is_none() && pick.take.is_none() && pick.skip == 0 {
            return place.fault("expected `every`, `take` or a `skip` of at least 1");
        }
        Some(pick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the units that are covered, the dearest first, from 1.
    fn covered(every: Option<i64>, skip: i64, take: Option<i64>, total: i64) -> Vec<i64> {
        let pick = Pick { every, skip, take };
        (1..=total).filter(|unit| pick.covered(*unit, total) > pick.covered(unit - 1, total)).collect()
    }

    #[test]
    fn groups_are_cut_from_the_dearest_on() {
        assert_eq!(covered(Some(3), 2, None, 8), [3, 6], "three for two");
        assert_eq!(covered(None, 1, None, 4), [2, 3, 4], "all but the dearest");
        assert_eq!(covered(Some(7), 6, None, 6), [] as [i64; 0], "one of seven");
        assert_eq!(covered(Some(2), 0, Some(1), 5), [1, 3], "a last group that is not full is left out without `skip`");
        assert_eq!(covered(Some(3), 1, Some(1), 5), [2, 5], "and is one with it");
        assert_eq!(covered(None, 0, Some(2), 5), [1, 2], "the two dearest");
        assert_eq!(covered(None, 3, Some(1), 3), [] as [i64; 0]);
    }
}
