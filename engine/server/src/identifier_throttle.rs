//! Bounds how many unknown identifiers a terminal may present, so that nobody finds cards by trying.

use std::time::{Duration, Instant};

use dashmap::DashMap;

/// Unknown identifiers of each terminal in the minute that runs.
#[derive(Debug)]
pub struct IdentifierThrottle {
    most: u32,
    minutes: DashMap<String, Minute>,
}

#[derive(Clone, Copy, Debug)]
struct Minute {
    since: Instant,
    unknown: u32,
}

const MINUTE: Duration = Duration::from_secs(60);

impl IdentifierThrottle {
    /// Allows each terminal so many a minute.
    pub fn new(most: u32) -> Self {
        Self { most, minutes: DashMap::new() }
    }

    /// Whether a terminal may go on in this minute; `Err` with what is left of it if not.
    ///
    /// # Errors
    /// More than are allowed came already.
    pub fn check(&self, terminal: &str, now: Instant) -> Result<(), Duration> {
        let Some(minute) = self.minutes.get(terminal).map(|minute| *minute) else { return Ok(()) };
        let run = now.saturating_duration_since(minute.since);
        if run >= MINUTE || minute.unknown <= self.most { Ok(()) } else { Err(MINUTE.saturating_sub(run)) }
    }

    /// Counts unknown identifiers; `Err` with what is left of the minute if they are too many.
    ///
    /// # Errors
    /// More than are allowed in this minute.
    pub fn charge(&self, terminal: &str, unknown: u32, now: Instant) -> Result<(), Duration> {
        if unknown == 0 {
            return Ok(());
        }
        let mut minute = self.minutes.entry(terminal.to_owned()).or_insert(Minute { since: now, unknown: 0 });
        let run = now.saturating_duration_since(minute.since);
        if run >= MINUTE {
            *minute = Minute { since: now, unknown: 0 };
        }
        minute.unknown = minute.unknown.saturating_add(unknown);
        if minute.unknown <= self.most { Ok(()) } else { Err(MINUTE.saturating_sub(run)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_guesses_waits_for_the_next_minute() {
        let (throttle, begin) = (IdentifierThrottle::new(3), Instant::now());
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(throttle.charge("a", 3, begin), Ok(()));
        assert_eq!(throttle.charge("a", 0, begin), Ok(()), "who is known is not held up");
        assert_eq!(throttle.charge("a", 1, after(20)), Err(Duration::from_secs(40)));
        assert_eq!(throttle.check("a", after(30)), Err(Duration::from_secs(30)));
        assert_eq!((throttle.check("b", after(30)), throttle.check("a", after(60))), (Ok(()), Ok(())));
        assert_eq!(throttle.charge("b", 1, after(20)), Ok(()), "each terminal on its own");
        assert_eq!(throttle.charge("a", 1, after(60)), Ok(()));
    }
}
