//! Pairs of equal amounts that are near in time.

use super::super::amounts::Amounts;
use super::Map;

/// What a row and a movement must have alike to be a pair; the terminal where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Likeness {
    pub(super) terminal: Option<u32>,
    pub(super) is_return: bool,
    pub(super) amounts: Amounts,
}

/// Places with their times in microseconds, by what they are like, each list by time.
pub(super) type ByLikeness = Map<Likeness, Vec<(i64, usize)>>;

/// Gathers places by what they are like, those of each by time and then by place.
pub(super) fn gathered(places: impl Iterator<Item = (Likeness, i64, usize)>) -> ByLikeness {
    let mut gathered = ByLikeness::default();
    for (likeness, at, place) in places {
        gathered.entry(likeness).or_default().push((at, place));
    }
    gathered.values_mut().for_each(|places| places.sort_unstable());
    gathered
}

/// Pairs the earliest row with the earliest movement in reach; what has none is passed over. Both are by time.
pub(super) fn pairs(rows: &[(i64, usize)], movements: &[(i64, usize)], reach: i64) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut left = movements;
    for (at, row) in rows {
        // What is too early for this row is too early for all that follow.
        left = left.get(left.partition_point(|(moved_at, _)| *moved_at < at - reach)..).unwrap_or_default();
        if let Some(((moved_at, movement), after)) = left.split_first()
            && *moved_at <= at + reach
        {
            pairs.push((*row, *movement));
            left = after;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_take_the_earliest() {
        let at = |times: &[i64]| times.iter().copied().zip(0..).collect::<Vec<_>>();
        assert_eq!(pairs(&at(&[10, 12, 30]), &at(&[9, 11, 13, 40]), 2), [(0, 0), (1, 1)]);
        assert_eq!(pairs(&at(&[10, 10]), &at(&[5, 12]), 2), [(0, 1)]);
        assert!(pairs(&at(&[10]), &at(&[13]), 2).is_empty());
    }
}
