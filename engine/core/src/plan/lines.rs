//! A set of lines of one request.

use crate::limits::LINES_MAX;

const WORD_BITS: usize = 64;
const WORDS: usize = LINES_MAX.div_ceil(WORD_BITS);

/// Which lines, by their place in the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineSet([u64; WORDS]);

impl LineSet {
    pub(crate) fn insert(&mut self, line: usize) {
        if let Some(word) = self.0.get_mut(line / WORD_BITS) {
            *word |= 1 << (line % WORD_BITS);
        }
    }

    pub(crate) fn contains(&self, line: usize) -> bool {
        self.0.get(line / WORD_BITS).is_some_and(|word| word & (1 << (line % WORD_BITS)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        let mut words = *self;
        let mut place = 0;
        std::iter::from_fn(move || {
            let word = loop {
                match words.0.get_mut(place)? {
                    0 => place += 1,
                    word => break word,
                }
            };
            let bit = word.trailing_zeros() as usize;
            *word &= *word - 1;
            Some(place * WORD_BITS + bit)
        })
    }
}

impl FromIterator<usize> for LineSet {
    fn from_iter<I: IntoIterator<Item = usize>>(lines: I) -> Self {
        let mut set = Self::default();
        lines.into_iter().for_each(|line| set.insert(line));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_its_lines_in_order() {
        let set: LineSet = [499, 0, 64, 63, 7].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 7, 63, 64, 499]);
        assert!(set.contains(63) && !set.contains(62) && !set.contains(10_000));
        assert!(!set.is_empty() && LineSet::default().is_empty());
    }
}
