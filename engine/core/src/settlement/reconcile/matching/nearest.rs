//! Places by time, of which the nearest to a moment are found.

use std::collections::BTreeSet;
use std::collections::btree_set::Range;
use std::ops::RangeInclusive;

/// Places with their times, in microseconds or whatever else they are counted by.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline(BTreeSet<(i64, usize)>);

impl Timeline {
    pub(super) fn insert(&mut self, at: i64, place: usize) {
        self.0.insert((at, place));
    }

    pub(super) fn remove(&mut self, at: i64, place: usize) {
        self.0.remove(&(at, place));
    }

    /// Of those within a range the nearest to a moment; of equally near ones the first place.
    pub(super) fn nearest_within(&self, to: i64, range: RangeInclusive<i64>) -> Option<(i64, usize)> {
        let (first, last) = range.into_inner();
        let within = |from: i64, until: i64| {
            let is_some = from <= until;
            is_some.then(|| self.0.range((from, 0)..=(until, usize::MAX)))
        };
        let after = within(to.max(first), last).and_then(|mut after| after.next());
        let before = within(first, to.min(last)).and_then(|mut before| before.next_back());
        let before = before.and_then(|(at, _)| within(*at, *at)?.next());
        before.into_iter().chain(after).min_by_key(|(at, place)| (at.abs_diff(to), *place)).copied()
    }

    /// All of them, the nearest to a moment first; of equally near ones the first place.
    pub(super) fn nearest(&self, to: i64) -> Nearest<'_> {
        let mut nearest = Nearest {
            all: &self.0,
            to,
            group: to,
            before: self.0.range(..(i64::MIN, 0)),
            after: self.0.range((to, 0)..),
            heads: [None; 2],
        };
        nearest.heads = [nearest.next_before(), nearest.next_after()];
        nearest
    }
}

/// Walks away from a moment on both sides.
pub(super) struct Nearest<'t> {
    all: &'t BTreeSet<(i64, usize)>,
    to: i64,
    /// The time of those that `before` gives: of equal times the first place comes first on that side, too.
    group: i64,
    before: Range<'t, (i64, usize)>,
    after: Range<'t, (i64, usize)>,
    /// What comes next on each side.
    heads: [Option<(i64, usize)>; 2],
}

impl Nearest<'_> {
    fn next_before(&mut self) -> Option<(i64, usize)> {
        if let Some(next) = self.before.next() {
            return Some(*next);
        }
        let (earlier, _) = self.all.range(..(self.group, 0)).next_back()?;
        self.group = *earlier;
        self.before = self.all.range((*earlier, 0)..=(*earlier, usize::MAX));
        self.before.next().copied()
    }

    fn next_after(&mut self) -> Option<(i64, usize)> {
        self.after.next().copied()
    }
}

impl Iterator for Nearest<'_> {
    type Item = (i64, usize);

    fn next(&mut self) -> Option<(i64, usize)> {
        let [before, after] = self.heads;
        let distance = |(at, place): (i64, usize)| (at.abs_diff(self.to), place);
        let is_before = match (before, after) {
            (Some(before), Some(after)) => distance(before) < distance(after),
            (before, _) => before.is_some(),
        };
        if is_before {
            self.heads[0] = self.next_before();
            before
        } else {
            self.heads[1] = self.next_after();
            after
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_of_equally_near_ones_the_first_place() {
        let mut timeline = Timeline::default();
        for (at, place) in [(10, 5), (10, 1), (20, 3), (7, 2), (13, 0), (13, 9), (40, 4)] {
            timeline.insert(at, place);
        }
        timeline.remove(13, 9);
        let near = |to| timeline.nearest(to).map(|(_, place)| place).collect::<Vec<_>>();
        assert_eq!(near(13), [0, 1, 5, 2, 3, 4]);
        assert_eq!(near(10), [1, 5, 0, 2, 3, 4]);
        assert_eq!(near(15), [0, 1, 3, 5, 2, 4]);
        assert_eq!(near(i64::MAX).len(), 6);
        assert_eq!(near(i64::MIN)[0], 2);
        let within = |to, range| timeline.nearest_within(to, range).map(|(_, place)| place);
        assert_eq!((within(13, 0..=12), within(13, 14..=20), within(12, 10..=13)), (Some(1), Some(3), Some(0)));
        assert_eq!(
            (within(50, 0..=10), within(0, 10..=20), within(15, 14..=19), within(5, RangeInclusive::new(9, 8))),
            (Some(1), Some(1), None, None)
        );
    }
}
