//! Which numbers of a sequence came: as ranges, so that what is missing between them shows.

use serde::{Deserialize, Serialize};

/// Numbers that came, as ranges with their first and last, in order and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequences {
    ranges: Vec<(u64, u64)>,
    /// Of lesser numbers it is not known any more which came.
    #[serde(default)]
    forgotten_until: u64,
}

impl Sequences {
    /// Ranges that are kept; of more, those of the least numbers are forgotten. So many are missing between them at most.
    pub const RANGES_MAX: usize = 64;

    /// With a number that came.
    pub fn add(&mut self, number: u64) {
        self.join((number, number));
        self.forget();
    }

    /// With all that came elsewhere. What either forgot is forgotten of both.
    pub fn take_in(&mut self, others: &Self) {
        self.forgotten_until = self.forgotten_until.max(others.forgotten_until);
        for range in std::mem::take(&mut self.ranges).into_iter().chain(others.ranges.iter().copied()) {
            self.join(range);
        }
        self.forget();
    }

    fn join(&mut self, (first, mut last): (u64, u64)) {
        let mut first = first.max(self.forgotten_until);
        if last < first {
            return;
        }
        let touches = |&(from, to): &(u64, u64)| from <= last.saturating_add(1) && first <= to.saturating_add(1);
        let begin = self.ranges.iter().position(touches);
        let place = begin.unwrap_or_else(|| self.ranges.iter().take_while(|(from, _)| *from < first).count());
        let count = self.ranges.iter().skip(place).take_while(|range| touches(range)).count();
        for (from, to) in self.ranges.drain(place..place + count) {
            (first, last) = (first.min(from), last.max(to));
        }
        self.ranges.insert(place, (first, last));
    }

    /// Keeps no more ranges than there is room for, and up to where it forgot.
    fn forget(&mut self) {
        let surplus = self.ranges.len().saturating_sub(Self::RANGES_MAX);
        if let Some((_, last)) = self.ranges.drain(..surplus).next_back() {
            self.forgotten_until = last.saturating_add(1);
        }
    }

    /// The greatest number that came.
    pub fn last(&self) -> Option<u64> {
        self.ranges.last().map(|(_, last)| *last)
    }

    /// What is missing between those that came, as ranges with their first and last; behind what was forgotten.
    pub fn missing(&self) -> impl Iterator<Item = (u64, u64)> {
        let forgotten = Some(self.forgotten_until).filter(|until| *until > 0);
        let begins = forgotten.into_iter().chain(self.ranges.iter().map(|(_, last)| last.saturating_add(1)));
        let ends = self.ranges.iter().skip(usize::from(forgotten.is_none())).map(|(first, _)| *first);
        begins.zip(ends).filter(|(begin, end)| begin < end).map(|(begin, end)| (begin, end.saturating_sub(1)))
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

    fn missing(sequences: &Sequences) -> Vec<(u64, u64)> {
        sequences.missing().collect()
    }

    #[test]
    fn what_did_not_come_is_missing_in_whatever_order_the_others_came() {
        for (numbers, gaps, last) in [
            (vec![], vec![], None),
            (vec![7], vec![], Some(7)),
            (vec![1, 2, 3, 3, 2], vec![], Some(3)),
            (vec![9, 1, 4, 5, 2], vec![(3, 3), (6, 8)], Some(9)),
            (vec![1, 3, 5, 4, 2], vec![], Some(5)),
            (vec![u64::MAX, 0], vec![(1, u64::MAX - 1)], Some(u64::MAX)),
        ] {
            let sequences = of(numbers.clone());
            assert_eq!((missing(&sequences), sequences.last()), (gaps, last), "{numbers:?}");
        }
    }

    #[test]
    fn two_engines_together_miss_what_both_miss() {
        let mut one = of([1, 2, 5, 9]);
        one.take_in(&of([3, 4, 8]));
        assert_eq!(missing(&one), [(6, 7)]);
    }

    #[test]
    fn the_oldest_gaps_are_forgotten_where_there_are_too_many() {
        let sequences = of((0..200).map(|number| number * 2));
        assert_eq!((sequences.ranges.len(), sequences.last()), (Sequences::RANGES_MAX, Some(398)));
        assert_eq!(sequences.forgotten_until, 271);
        assert_eq!(missing(&sequences).first(), Some(&(271, 271)));
    }

    #[test]
    fn what_one_engine_forgot_is_no_gap_between_two() {
        let (even, few) = (of((0..200).map(|number| number * 2)), of([1, 3, 269, 271, 397]));
        for (mut one, other) in [(even.clone(), &few), (few.clone(), &even)] {
            one.take_in(other);
            let expected: Vec<_> = (273..397).step_by(2).map(|number| (number, number)).collect();
            assert_eq!(missing(&one), expected);
            one.add(5);
            assert_eq!(missing(&one), expected, "it comes too late to be known again");
        }
    }

    #[test]
    fn ranges_that_close_each_others_gaps_are_joined_before_any_is_forgotten() {
        let (mut even, odd) = (of((0..64).map(|number| number * 2)), of((0..64).map(|number| number * 2 + 1)));
        even.take_in(&odd);
        assert_eq!((missing(&even), even.last(), even.forgotten_until), (vec![], Some(127), 0));
    }

    #[test]
    fn what_was_kept_before_it_was_known_what_is_forgotten_is_read() {
        let kept: Sequences = serde_json::from_str(r#"{"ranges": [[1, 2], [5, 9]]}"#).unwrap();
        assert_eq!(missing(&kept), [(3, 4)]);
    }
}
