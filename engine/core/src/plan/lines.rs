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

    #[inline]
    pub(crate) fn contains(&self, line: usize) -> bool {
        self.words().get(line / WORD_BITS).is_some_and(|word| word & (1 << (line % WORD_BITS)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words().iter().all(|word| *word == 0)
    }

    pub(crate) fn iter(&self) -> LineNumbers<'_> {
        let mut words = self.words().iter();
        LineNumbers { left: words.next().copied().unwrap_or(0), first: 0, words }
    }

    /// Adds what is in another one.
    pub(crate) fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Few(word), Self::Few(others)) => *word |= others,
            _ => other.iter().for_each(|line| self.insert(line)),
        }
    }

    fn words(&self) -> &[u64] {
        match self {
            Self::Few(word) => std::slice::from_ref(word),
            Self::Many(words) => words.as_slice(),
        }
    }
}

/// The lines of a set, in order.
pub(crate) struct LineNumbers<'a> {
    /// Of the word that is looked at, what was not handed out.
    left: u64,
    /// The line that is its first bit.
    first: usize,
    words: std::slice::Iter<'a, u64>,
}

impl Iterator for LineNumbers<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.left = *self.words.next()?;
            self.first += WORD_BITS;
        }
        let bit = self.left.trailing_zeros() as usize;
        // Without its lowest bit.
        self.left &= self.left - 1;
        Some(self.first + bit)
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
    fn a_set_takes_another_in() {
        for (one, other) in [(&[0, 7][..], &[7, 63][..]), (&[1], &[64, 499]), (&[70, 499], &[2]), (&[], &[])] {
            let mut both: LineSet = one.iter().copied().collect();
            both.add(&other.iter().copied().collect());
            assert_eq!(both, one.iter().chain(other).copied().collect());
        }
    }

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
