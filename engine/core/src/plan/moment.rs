//! The moment of the request as each zone sees it: one conversion per zone and request.

use std::cell::OnceCell;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use smallvec::SmallVec;

use crate::condition::{Anchor, AsOf};
use crate::rules::{Id, Table, Version};
use crate::span::{Bound, Moment, start_of};
use crate::window::{school_year_end, school_year_start};

/// The request's instant in local time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalMoment {
    pub(crate) moment: Moment,
    pub(crate) time: Time,
}

impl LocalMoment {
    pub(crate) fn of(instant: Timestamp, zone: &TimeZone) -> Self {
        let local = zone.to_datetime(instant);
        Self { moment: Moment { instant, date: local.date() }, time: local.time() }
    }

    /// The local date, or the one before while the clock is earlier than the start of the service day.
    pub(crate) fn service_date(&self, service_day_start: Time) -> Date {
        if self.time < service_day_start {
            self.moment.date.yesterday().unwrap_or(self.moment.date)
        } else {
            self.moment.date
        }
    }

    /// The moment at which a fact is looked at: this one, or local 00:00 of the date that is meant.
    pub(crate) fn as_of(&self, as_of: AsOf, zone: &TimeZone) -> Moment {
        let today = self.moment.date;
        let anchor = match as_of.anchor {
            Anchor::Now if as_of.is_now() => return self.moment,
            Anchor::Now => today,
            Anchor::YearStart => today.first_of_year(),
            Anchor::MonthStart => today.first_of_month(),
            Anchor::SchoolYearStart => school_year_start(today),
            Anchor::YearEnd => today.last_of_year(),
            Anchor::MonthEnd => today.last_of_month(),
            Anchor::SchoolYearEnd => school_year_end(today),
        };
        let date = anchor.saturating_add(as_of.plus_days.days());
        Moment { instant: start_of(date, zone), date }
    }
}

impl AsOf {
    /// Whether the look is at the moment of the request itself.
    pub(crate) fn is_now(self) -> bool {
        self.plus_days == 0 && self.anchor == Anchor::Now
    }
}

/// The local moments of one request, each made when it is first asked for.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    instant: Timestamp,
    /// Most rules are of one zone.
    local: SmallVec<[OnceCell<LocalMoment>; 1]>,
}

impl Moments {
    pub(crate) fn new(instant: Timestamp, zones: &Table<TimeZone>) -> Self {
        Self { instant, local: (0..zones.len()).map(|_| OnceCell::new()).collect() }
    }

    #[allow(clippy::indexing_slicing, reason = "there is one for each zone of the table of which the ids are")]
    pub(crate) fn local(&self, id: Id<TimeZone>, zones: &Table<TimeZone>) -> &LocalMoment {
        self.local[id.place()].get_or_init(|| LocalMoment::of(self.instant, zones.get(id)))
    }
}

/// The service date on which something begins, by a version's zone and start of the day.
pub(crate) fn service_date_of(bound: Bound, version: &Version, zone: &TimeZone) -> Date {
    LocalMoment::of(bound.start(zone), zone).service_date(version.service_day_start)
}
