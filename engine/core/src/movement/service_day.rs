//! On which day of a provider something counts.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::plan::LocalMoment;

/// Where a provider's day is counted, and when it turns.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceDay {
    zone: TimeZone,
    start: Time,
}

impl fmt::Debug for ServiceDay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} from {}", self.zone.iana_name().unwrap_or_default(), self.start)
    }
}

impl ServiceDay {
    /// The day of a provider that says nothing of its own: midnight to midnight in the deployment's time zone.
    pub fn of_deployment(zone: TimeZone) -> Self {
        Self::new(zone, Time::midnight())
    }

    /// A day that turns at a time of a zone's clocks.
    pub fn new(zone: TimeZone, start: Time) -> Self {
        Self { zone, start }
    }

    /// When it turns.
    pub fn start(&self) -> Time {
        self.start
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

/// What a provider says of its business days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnDay {
    /// Where they are counted; the deployment's time zone where it does not say.
    pub zone: Option<TimeZone>,
    /// When they turn.
    pub start: Time,
}

impl OwnDay {
    /// Its day, where that is another one than the deployment's.
    pub fn beside(&self, of_deployment: &ServiceDay) -> Option<ServiceDay> {
        let zone = self.zone.clone().unwrap_or_else(|| of_deployment.zone.clone());
        Some(ServiceDay::new(zone, self.start)).filter(|own| own != of_deployment)
    }
}
