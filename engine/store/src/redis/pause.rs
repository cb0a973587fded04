//! How long to wait before Redis is tried again.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// Doubles from attempt to attempt, up to a bound.
pub(super) struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(SHORTEST)
    }
}

impl Pauses {
    /// The next one, up to a half less, so that those who lost Redis together don't come back together.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (2 * pause).min(LONGEST);
        let mut random = [0];
        // Without randomness they may come together.
        let _ = getrandom::fill(&mut random);
        pause - pause / 512 * u32::from(random[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_are_never_nothing() {
        let mut pauses = Pauses::default();
        let all: Vec<Duration> = (0..20).map(|_| pauses.next()).collect();
        assert!(all.iter().all(|pause| (SHORTEST / 2..=LONGEST).contains(pause)), "{all:?}");
        assert!(all[10] >= LONGEST / 2);
    }
}
