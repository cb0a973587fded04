//! On which day of a provider something counts.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::plan::LocalMoment;

/// Where a provider's day is counted, and when it turns.
#[derive(Clone, Debug)]
pub struct ServiceDay {
    zone: TimeZone,
    start: Time,
}

impl ServiceDay {
    /// The day of every provider, midnight to midnight in the deployment's time zone: none has one of its own yet. This is the one
    /// place that says so.
    pub fn of_deployment(zone: TimeZone) -> Self {
        Self { zone, start: Time::midnight() }
    }

    /// Where the day is counted.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The local date of a moment, or the one before while the wall clock is earlier than the day's start.
    pub fn date(&self, at: Timestamp) -> Date {
        LocalMoment::of(at, &self.zone).service_date(self.start)
    }
}
