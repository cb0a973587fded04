//! The dates of points: from when they are active, and when they expire.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::loyalty::{Expiry, Pending, Programme, Returns, RoundUp};
use crate::plan::LocalMoment;
use crate::span::start_of;

/// What a version says of its points once they are there. An authorization keeps that of its version.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Terms {
    #[serde(with = "zone_name")]
    pub(crate) zone: TimeZone,
    pub(crate) service_day_start: Time,
    pub(crate) pending: Pending,
    pub(crate) expiry: Option<Expiry>,
    pub(crate) returns: Returns,
}

/// From when points are active and when they expire; none is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PointDates {
    pub(crate) active_from: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Terms {
    pub(crate) fn of(written: &Programme) -> Self {
        Self {
            zone: written.time_zone.clone(),
            service_day_start: written.service_day_start,
            pending: written.pending.clone(),
            expiry: written.expiry,
            returns: written.returns,
        }
    }

    pub(crate) fn service_date(&self, at: Timestamp) -> Date {
        LocalMoment::of(at, &self.zone).service_date(self.service_day_start)
    }

    /// The dates of points that come at an instant.
    pub(crate) fn dates(&self, at: Timestamp) -> PointDates {
        let date = self.service_date(at);
        let active_from = match &self.pending {
            Pending::None => at,
            Pending::Days(days) => start_of(on(date, *days), &self.zone),
            Pending::Dates(days) => {
                let firsts = days.iter().filter_map(|day| first_on(on(date, 1), day.month(), day.day()));
                firsts.min().map_or(at, |first| start_of(first, &self.zone))
            }
        };
        PointDates { active_from, expires_at: self.expires_at(date) }
    }

    /// When points of a service date expire.
    pub(crate) fn expires_at(&self, date: Date) -> Option<Timestamp> {
        let expiry = self.expiry.as_ref()?;
        let last = match expiry.months {
            Some(months) => date.checked_add(months.months()).unwrap_or(Date::MAX),
            None => on(date, expiry.days),
        };
        let last = match expiry.round_up {
            None => last,
            Some(RoundUp::Months(months)) => end_of_block(last, months),
            Some(RoundUp::Day(day)) => first_on(last, day.month(), day.day()).unwrap_or(last),
        };
        Some(start_of(on(last, 1), &self.zone))
    }

    /// When points expire that come back at an instant, after their lot did.
    pub(crate) fn expired_again(&self, at: Timestamp) -> Timestamp {
        start_of(on(self.service_date(at), self.returns.expired_days.saturating_add(1)), &self.zone)
    }

    pub(crate) fn slides(&self) -> bool {
        self.expiry.is_some_and(|expiry| expiry.slides)
    }
}

/// A zone by its name.
mod zone_name {
    use jiff::tz::TimeZone;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
        let name = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        TimeZone::get(&name).map_err(D::Error::custom)
    }
}

fn on(date: Date, days: i64) -> Date {
    date.checked_add(days.days()).unwrap_or(Date::MAX)
}

/// The first such day of a year on or after a date.
fn first_on(date: Date, month: i8, day: i8) -> Option<Date> {
    let this_year = Date::new(date.year(), month, day).ok()?;
    if this_year >= date { Some(this_year) } else { Date::new(date.year().saturating_add(1), month, day).ok() }
}

/// The last day of a quarter, a half-year and the like, each so many months from January.
fn end_of_block(date: Date, months: i8) -> Date {
    let last_month = (date.month() - 1) / months * months + months;
    Date::new(date.year(), last_month, 1).map_or(date, Date::last_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn terms(pending: Pending, expiry: Option<Expiry>) -> Terms {
        Terms {
            zone: TimeZone::get("Europe/Riga").unwrap(),
            service_day_start: Time::midnight(),
            pending,
            expiry,
            returns: Returns::default(),
        }
    }

    fn expiry(months: Option<i64>, days: i64, round_up: Option<RoundUp>) -> Option<Expiry> {
        Some(Expiry { months, days, round_up, slides: false })
    }

    fn last_day(expiry: Option<Expiry>, service_date: Date) -> Date {
        let terms = terms(Pending::None, expiry);
        let end = terms.expires_at(service_date).unwrap();
        terms.zone.to_datetime(end).date().yesterday().unwrap()
    }

    #[test]
    fn a_day_that_the_month_lacks_becomes_its_last() {
        assert_eq!(last_day(expiry(Some(1), 0, None), date(2025, 1, 31)), date(2025, 2, 28));
        assert_eq!(last_day(expiry(Some(1), 0, None), date(2028, 1, 31)), date(2028, 2, 29));
    }

    #[test]
    fn a_last_day_is_moved_to_the_end_of_what_it_is_rounded_to() {
        for (months, end) in
            [(1, date(2025, 5, 31)), (3, date(2025, 6, 30)), (6, date(2025, 6, 30)), (12, date(2025, 12, 31))]
        {
            let rounded = last_day(expiry(None, 10, Some(RoundUp::Months(months))), date(2025, 5, 3));
            assert_eq!(rounded, end);
        }
        let day: crate::YearDay = crate::read::parsed(&serde_json::json!("03-31")).unwrap();
        let to_day = |from| last_day(expiry(None, 0, Some(RoundUp::Day(day))), from);
        assert_eq!(to_day(date(2025, 3, 31)), date(2025, 3, 31));
        assert_eq!(to_day(date(2025, 4, 1)), date(2026, 3, 31));
    }

    #[test]
    fn pending_points_wait_for_a_day_of_the_year_after_the_service_date() {
        let day: crate::YearDay = crate::read::parsed(&serde_json::json!("07-01")).unwrap();
        let terms = terms(Pending::Dates(vec![day]), None);
        let active = |at: &str| terms.dates(at.parse().unwrap()).active_from.to_string();
        assert_eq!(active("2025-06-30T12:00:00+03:00"), "2025-06-30T21:00:00Z");
        assert_eq!(active("2025-07-01T12:00:00+03:00"), "2026-06-30T21:00:00Z");
    }
}
