//! A set of lines of one request.

use crate::limits::LINES_MAX;

const WORD_BITS: usize = u64::BITS as usize;
const WORDS: usize = LINES_MAX.div_ceil(WORD_BITS);

/// Which lines, by their place in the request: a bit each, in one word for as many as nearly every basket has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LineSet {
    Few(u64),
    /// There is one beyond the first word.
    Many(Box<[u64; WORDS]>),
}

impl LineSet {
    pub(crate) fn insert(&mut self, line: usize) {
        let (place, bit) = (line / WORD_BITS, 1 << (line % WORD_BITS));
        match self {
            Self::Few(word) if place == 0 => *word |= bit,
            Self::Few(first) => {
                let mut words = [0; WORDS];
                words[0] = *first;
                *self = Self::Many(Box::new(words));
                self.insert(line);
            }
            Self::Many(words) => words.iter_mut().skip(place).take(1).for_each(|word| *word |= bit),
        }
    }

    pub(crate) fn contains(&self, line: usize) -> bool {
        self.words().get(line / WORD_BITS).is_some_and(|word| word & (1 << (line % WORD_BITS)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.words().iter().enumerate().flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                // Without its lowest bit; none is left where it was zero.
                left &= left.checked_sub(1)?;
                Some(place * WORD_BITS + bit)
            })
        })
    }

    fn words(&self) -> &[u64] {
        match self {
            Self::Few(word) => std::slice::from_ref(word),
            Self::Many(words) => words.as_slice(),
        }
    }
}

impl Default for LineSet {
    fn default() -> Self {
        Self::Few(0)
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
        for lines in [&[0, 7, 63][..], &[0, 7, 63, 64, 499], &[499]] {
            let set: LineSet = lines.iter().rev().copied().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), lines);
            assert_eq!(set, lines.iter().copied().collect(), "in whichever order they came");
            assert!(lines.iter().all(|line| set.contains(*line)) && !set.contains(62) && !set.contains(10_000));
            assert!(!set.is_empty());
        }
        assert!(LineSet::default().is_empty() && LineSet::default().iter().next().is_none());
    }
}
