//! What time it is: the only place that asks.

use std::time::Instant;

use avis_core::movement::ServiceDay;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Tells the time. It never goes back.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// On which day of a provider a moment falls.
    fn service_day(&self) -> &ServiceDay;
}

/// This moment, and on which day of a provider moments fall.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'c> {
    pub(crate) now: Timestamp,
    pub(crate) day: &'c ServiceDay,
}

impl<'c> Moment<'c> {
    pub(crate) fn of(clock: &'c dyn Clock) -> Self {
        Self { now: clock.now(), day: clock.service_day() }
    }
}

/// The system's time as of the start, carried on by elapsed time: who sets the clock moves no hold.
#[derive(Debug)]
pub struct SystemClock {
    started_at: Timestamp,
    started: Instant,
    day: ServiceDay,
}

impl SystemClock {
    /// In a deployment's time zone.
    pub fn in_zone(zone: TimeZone) -> Self {
        let day = ServiceDay::of_deployment(zone);
        Self { started_at: Timestamp::now(), started: Instant::now(), day }
    }
}

impl Default for SystemClock {
    /// In UTC, for where no day is asked for.
    fn default() -> Self {
        Self::in_zone(TimeZone::UTC)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        self.started_at.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    fn service_day(&self) -> &ServiceDay {
        &self.day
    }
}
