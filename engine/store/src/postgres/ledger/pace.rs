//! How much a batch takes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a batch may take however slow the last ones were: below it the cost of the transaction itself would prevail.
const BATCH_MIN: usize = 64;
/// For how long a batch should keep its lanes.
const BATCH_TIME: Duration = Duration::from_millis(10);

/// A batch takes what the last ones would have done in about ten milliseconds.
pub(super) struct Pace {
    ceiling: usize,
    most: AtomicUsize,
}

impl Pace {
    /// At most so many at once.
    pub(super) fn new(ceiling: usize) -> Self {
        let ceiling = ceiling.max(1);
        Self { ceiling, most: AtomicUsize::new(ceiling) }
    }

    /// How many tasks the next batch takes.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Learns how long a batch took.
    pub(super) fn learn(&self, tasks: usize, took: Duration) {
        let most = self.most();
        // A small one says more of the transaction than of its tasks.
        if tasks >= most / 2 {
            let fits = tasks as u128 * BATCH_TIME.as_micros() / took.as_micros().max(1);
            let next = most.midpoint(usize::try_from(fits).unwrap_or(self.ceiling));
            self.most.store(next.max(BATCH_MIN).min(self.ceiling), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_batches_make_smaller_ones_and_fast_ones_larger_ones_within_bounds() {
        let pace = Pace::new(256);
        assert_eq!(pace.most(), 256);
        (0..20)
            .for_each(|_| pace.learn(pace.most(), Duration::from_millis(1) * u32::try_from(pace.most() / 10).unwrap()));
        assert!((90..120).contains(&pace.most()), "{}", pace.most());
        pace.learn(1, Duration::from_secs(1));
        assert!((90..120).contains(&pace.most()), "one alone says nothing");
        (0..20).for_each(|_| pace.learn(pace.most(), Duration::from_secs(1)));
        assert_eq!(pace.most(), BATCH_MIN);
        (0..20).for_each(|_| pace.learn(pace.most(), Duration::from_millis(1)));
        assert_eq!(pace.most(), 256);
        assert_eq!(Pace::new(0).most(), 1);
    }
}
