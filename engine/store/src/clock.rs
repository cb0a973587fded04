//! What time it is: the only place that asks.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// Tells the time. It never goes back.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's time as of the start, carried on by elapsed time: who sets the clock moves no hold.
#[derive(Debug)]
pub struct SystemClock {
    started_at: Timestamp,
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { started_at: Timestamp::now(), started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        self.started_at.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}
