//! When requests arrive: at random moments that nobody's slowness moves.

use std::time::Duration;

/// Seeded randomness (SplitMix64): the same seed, the same load.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but without, `bound`; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or_default()
    }

    /// Both ends included.
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        let steps = u64::try_from(last - first + 1).unwrap_or(1).max(1);
        first + i64::try_from(self.next() % steps).unwrap_or_default()
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// From 0 up to, but without, 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// One arrival: latency counts from the moment at which it was due, however late somebody was free for it.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// After the beginning of the load.
    pub(crate) due: Duration,
    /// Its own, so that what it does depends on no other thread.
    pub(crate) dice: Dice,
}

/// A Poisson process: gaps are exponential and independent, so that bursts happen as in life.
#[derive(Debug)]
pub(crate) struct Arrivals {
    dice: Dice,
    rate: f64,
    due: f64,
    until: f64,
}

impl Arrivals {
    /// So many a second on average, for so many seconds.
    pub(crate) fn new(seed: u64, rate: u32, seconds: u32) -> Self {
        Self { dice: Dice::new(seed), rate: f64::from(rate), due: 0.0, until: f64::from(seconds) }
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        // 1 − u lies in (0, 1], so the logarithm is finite.
        self.due -= (1.0 - self.dice.unit()).ln() / self.rate;
        let dice = Dice::new(self.dice.next());
        (self.due < self.until).then(|| Arrival { due: Duration::from_secs_f64(self.due), dice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(seed: u64) -> Vec<f64> {
        let due: Vec<f64> = Arrivals::new(seed, 200, 500).map(|arrival| arrival.due.as_secs_f64()).collect();
        due.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn gaps_have_the_mean_and_the_spread_of_an_exponential() {
        let gaps = gaps(7);
        let count = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / count;
        let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count).sqrt();
        assert!((mean * 200.0 - 1.0).abs() < 0.02, "mean {mean}");
        assert!((deviation / mean - 1.0).abs() < 0.05, "an exponential deviates by its mean: {deviation}");
    }

    #[test]
    fn the_same_seed_gives_the_same_arrivals() {
        assert_eq!(gaps(1), gaps(1));
        assert_ne!(gaps(1), gaps(2));
    }

    #[test]
    fn dice_stay_within_their_bounds() {
        let mut dice = Dice::new(3);
        assert!((0..1000).all(|_| dice.below(7) < 7 && (2..=5).contains(&dice.between(2, 5))));
        assert_eq!(dice.below(0), 0);
    }
}
