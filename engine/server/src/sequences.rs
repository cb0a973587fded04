//! Which numbers of a sequence came: as ranges, so that what is missing between them shows.

use serde::{Deserialize, Serialize};

/// Ranges that are kept; of more, those of the least numbers are forgotten.
const RANGES_MAX: usize = 64;

/// Numbers that came, as ranges with their first and last, in order and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequences(Vec<(u64, u64)>);

impl Sequences {
    /// With a number that came.
    pub fn add(&mut self, number: u64) {
        self.join((number, number));
    }

    /// With all that came elsewhere.
    pub fn take_in(&mut self, others: &Self) {
        others.0.iter().for_each(|range| self.join(*range));
    }

    fn join(&mut self, (mut first, mut last): (u64, u64)) {
        let touches = |&(from, to): &(u64, u64)| from <= last.saturating_add(1) && first <= to.saturating_add(1);
        let begin = self.0.iter().position(touches);
        let place = begin.unwrap_or_else(|| self.0.iter().take_while(|(from, _)| *from < first).count());
        let count = self.0.iter().skip(place).take_while(|range| touches(range)).count();
        for (from, to) in self.0.drain(place..place + count) {
            (first, last) = (first.min(from), last.max(to));
        }
        self.0.insert(place, (first, last));
        if self.0.len() > RANGES_MAX {
            self.0.remove(0);
        }
    }

    /// The greatest number that came.
    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|(_, last)| *last)
    }

    /// What is missing between those that came, as ranges with their first and last.
    pub fn missing(&self) -> impl Iterator<Item = (u64, u64)> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs.map(|((_, before), (behind, _))| (before.saturating_add(1), behind.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: impl IntoIterator<Item = u64>) -> Sequences {
        let mut sequences = Sequences::default();
        numbers.into_iter().for_each(|number| sequences.add(number));
        sequences
    }

    #[test]
    fn what_did_not_come_is_missing_in_whatever_order_the_others_came() {
        for (numbers, missing, last) in [
            (vec![], vec![], None),
            (vec![7], vec![], Some(7)),
            (vec![1, 2, 3, 3, 2], vec![], Some(3)),
            (vec![9, 1, 4, 5, 2], vec![(3, 3), (6, 8)], Some(9)),
            (vec![1, 3, 5, 4, 2], vec![], Some(5)),
            (vec![u64::MAX, 0], vec![(1, u64::MAX - 1)], Some(u64::MAX)),
        ] {
            let sequences = of(numbers.clone());
            assert_eq!((sequences.missing().collect::<Vec<_>>(), sequences.last()), (missing, last), "{numbers:?}");
        }
    }

    #[test]
    fn two_engines_together_miss_what_both_miss() {
        let mut one = of([1, 2, 5, 9]);
        one.take_in(&of([3, 4, 8]));
        assert_eq!(one.missing().collect::<Vec<_>>(), [(6, 7)]);
    }

    #[test]
    fn the_oldest_gaps_are_forgotten_where_there_are_too_many() {
        let sequences = of((0..200).map(|number| number * 2));
        assert_eq!((sequences.0.len(), sequences.last()), (RANGES_MAX, Some(398)));
    }
}
