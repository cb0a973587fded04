//! The windows in which use is counted, as ranges of service dates.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Span as Duration, ToSpan};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::limits::{FROM_FIRST_MINUTES_MAX, ROLLING_DAYS_MAX};
use crate::nearest::suggestion_of;
use crate::read::{Object, Place, Read, only_field, whole};
use crate::usage::UsageRange;

/// The stretch of service dates over which a limit or a spend cap sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// One service date.
    Day,
    /// An ISO week, Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
    /// From 1 September to 31 August.
    SchoolYear,
    /// All time.
    Lifetime,
    /// This service date and the `days − 1` before it.
    Rolling {
        /// At least 1.
        days: i64,
    },
}

/// The window of a limit or a spend cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitWindow {
    /// Service dates.
    Dates(Window),
    /// From the instant of the first use on.
    FromFirst {
        /// At least 1.
        minutes: i64,
    },
}

impl LimitWindow {
    /// What the window that contains a service date, and an instant in milliseconds since 1970, sums over.
    pub fn around(self, date: Date, at: i64) -> UsageRange {
        match self {
            Self::Dates(window) => UsageRange::Dates(window.around(date)),
            Self::FromFirst { minutes } => UsageRange::FromFirst { minutes, at },
        }
    }
}

/// Service dates from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct DateRange {
    /// The first date inside.
    pub from: Date,
    /// The last date inside.
    pub until: Date,
}

impl DateRange {
    const ALL: Self = Self { from: Date::MIN, until: Date::MAX };

    /// Whether the date lies inside.
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date <= self.until
    }
}

impl Window {
    /// The dates of the window that contains `date`.
    pub fn around(self, date: Date) -> DateRange {
        match self {
            Self::Day => DateRange { from: date, until: date },
            Self::Week => {
                let monday = back(date, i64::from(date.weekday().since(Weekday::Monday)).days());
                DateRange { from: monday, until: on(monday, 6.days()) }
            }
            Self::Month => DateRange { from: date.first_of_month(), until: date.last_of_month() },
            Self::Year => DateRange { from: date.first_of_year(), until: date.last_of_year() },
            Self::SchoolYear => DateRange { from: school_year_start(date), until: school_year_end(date) },
            Self::Lifetime => DateRange::ALL,
            Self::Rolling { days } => DateRange { from: back(date, (days - 1).days()), until: date },
        }
    }
}

/// The 1 September on or before the date.
pub(crate) fn school_year_start(date: Date) -> Date {
    let year = if date.month() >= 9 { date.year() } else { date.year().saturating_sub(1) };
    Date::new(year, 9, 1).unwrap_or(Date::MIN)
}

/// The 31 August on or after the date.
pub(crate) fn school_year_end(date: Date) -> Date {
    Date::new(school_year_start(date).year().saturating_add(1), 8, 31).unwrap_or(Date::MAX)
}

/// Dates at the edge of the calendar stay at the edge.
fn back(date: Date, by: Duration) -> Date {
    date.checked_sub(by).unwrap_or(Date::MIN)
}

fn on(date: Date, by: Duration) -> Date {
    date.checked_add(by).unwrap_or(Date::MAX)
}

/// As in documents.
impl Serialize for LimitWindow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, inner) = match self {
            Self::Dates(Window::Day) => ("day", None),
            Self::Dates(Window::Week) => ("week", None),
            Self::Dates(Window::Month) => ("month", None),
            Self::Dates(Window::Year) => ("year", None),
            Self::Dates(Window::SchoolYear) => ("school_year", None),
            Self::Dates(Window::Lifetime) => ("lifetime", None),
            Self::Dates(Window::Rolling { days }) => ("rolling", Some(("days", *days))),
            Self::FromFirst { minutes } => ("from_first", Some(("minutes", *minutes))),
        };
        let mut window = serializer.serialize_map(Some(1))?;
        window.serialize_entry(name, &BTreeMap::from_iter(inner))?;
        window.end()
    }
}

impl Read for LimitWindow {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        const EXPECTED: &str = "`day`, `week`, `month`, `year`, `school_year`, `lifetime`, `rolling`, `from_first`";
        match only_field(value, place, EXPECTED)? {
            ("from_first", inner) => {
                let place = place.field("from_first");
                let object = Object::open(inner, &place)?;
                let minutes = object.bounded("minutes", 1, FROM_FIRST_MINUTES_MAX);
                object.close();
                Some(Self::FromFirst { minutes: minutes? })
            }
            (name, inner) => Window::named(name, inner, place, EXPECTED).map(Self::Dates),
        }
    }
}

impl Read for Window {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        const EXPECTED: &str = "`day`, `week`, `month`, `year`, `school_year`, `lifetime`, `rolling`";
        let (name, inner) = only_field(value, place, EXPECTED)?;
        Self::named(name, inner, place, EXPECTED)
    }
}

impl Window {
    fn named(name: &str, inner: &Value, place: &Place<'_>, expected: &str) -> Option<Self> {
        let place = place.field(name);
        let window = match name {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "year" => Self::Year,
            "school_year" => Self::SchoolYear,
            "lifetime" => Self::Lifetime,
            "rolling" => {
                let object = Object::open(inner, &place)?;
                let days = object.required::<Days>("days");
                object.close();
                return Some(Self::Rolling { days: days?.0 });
            }
            _ => {
                return place
                    .fault(format!("unknown window, expected one of {expected}{}", suggestion_of(name, expected)));
            }
        };
        Object::open(inner, &place)?.close();
        Some(window)
    }
}

struct Days(i64);

impl Read for Days {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        whole(value, place, 1, ROLLING_DAYS_MAX).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_window_contains_its_date_and_has_its_edges() {
        let day = date(2026, 1, 1);
        for (window, from, until) in [
            (Window::Day, day, day),
            (Window::Week, date(2025, 12, 29), date(2026, 1, 4)),
            (Window::Month, day, date(2026, 1, 31)),
            (Window::Year, day, date(2026, 12, 31)),
            (Window::SchoolYear, date(2025, 9, 1), date(2026, 8, 31)),
            (Window::Rolling { days: 30 }, date(2025, 12, 3), day),
            (Window::Lifetime, Date::MIN, Date::MAX),
        ] {
            assert_eq!(window.around(day), DateRange { from, until }, "{window:?}");
        }
    }

    #[test]
    fn the_edges_of_the_calendar_do_not_overflow() {
        for window in [Window::Week, Window::Month, Window::Year, Window::SchoolYear, Window::Rolling { days: 3660 }] {
            assert!(window.around(Date::MIN).contains(Date::MIN));
            assert!(window.around(Date::MAX).contains(Date::MAX));
        }
    }
}
