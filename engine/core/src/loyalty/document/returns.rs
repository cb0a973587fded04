//! When points become active, when they expire, and what becomes of them when units are given back.

use serde_json::Value;

use crate::condition::YearDay;
use crate::limits::{LOYALTY_DATES_MAX, LOYALTY_DAYS_MAX, LOYALTY_MONTHS_MAX};
use crate::read::{Object, Place, Read, only_field, whole, word};

/// When points become active.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Pending {
    /// At once.
    #[default]
    None,
    /// So many days after the service date.
    Days(i64),
    /// On the first of these days after the service date.
    Dates(Vec<YearDay>),
}

/// When points expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Expiry {
    /// Months after the service date; or…
    pub months: Option<i64>,
    /// …days after it.
    pub days: i64,
    /// To the end of what the last day is moved.
    pub round_up: Option<RoundUp>,
    /// Whether a sale gives all points of the account the end that new ones get.
    pub slides: bool,
}

/// To the end of what a last day is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RoundUp {
    /// So many months, counted from January.
    Months(i8),
    /// The first such day on or after it.
    Day(YearDay),
}

/// What becomes of points when units are given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Returns {
    /// How far earned points are taken back.
    pub earned: ReturnsEarned,
    /// For how long points come back whose lot has expired meanwhile.
    pub expired_days: i64,
}

/// How far earned points are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ReturnsEarned {
    /// As far as there are points.
    WithinBalance,
    /// What is not active yet.
    OnlyPending,
    /// All; what lacks is owed.
    Unlimited,
}

impl Default for Returns {
    fn default() -> Self {
        Self { earned: ReturnsEarned::WithinBalance, expired_days: 30 }
    }
}

impl Read for Pending {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let (name, inner) = only_field(value, place, "`days`, `dates`")?;
        let place = place.field(name);
        match name {
            "days" => whole(inner, &place, 0, LOYALTY_DAYS_MAX).map(Self::Days),
            "dates" => {
                let dates: Vec<EveryYear> = crate::read::list(inner, &place, LOYALTY_DATES_MAX)?;
                if dates.is_empty() {
                    return place.fault("expected at least one entry");
                }
                Some(Self::Dates(dates.into_iter().map(|date| date.0).collect()))
            }
            _ => place.fault("unknown field, expected one of `days`, `dates`"),
        }
    }
}

impl Read for Expiry {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let bounded = |name, most| match object.raw(name) {
            Some(value) => whole(value, &place.field(name), 0, most).map(Some),
            None => Some(None),
        };
        let (months, days) = (bounded("months", LOYALTY_MONTHS_MAX), bounded("days", LOYALTY_DAYS_MAX));
        let round_up = object.optional("round_up");
        let slides = object.or("slides", false);
        object.close();
        let (months, days) = (months?, days?);
        if months.is_some() == days.is_some() {
            return place.fault("expected either `months` or `days`");
        }
        Some(Self { months, days: days.unwrap_or_default(), round_up: round_up?, slides: slides? })
    }
}

impl Read for RoundUp {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let months = value.as_str().and_then(|text| match text {
            "month" => Some(1),
            "quarter" => Some(3),
            "half_year" => Some(6),
            "year" => Some(12),
            _ => None,
        });
        match months {
            Some(months) => Some(Self::Months(months)),
            None if value.as_str().is_some_and(|text| text.contains('-')) => {
                EveryYear::read(value, place).map(|date| Self::Day(date.0))
            }
            None => place.fault("expected `month`, `quarter`, `half_year`, `year` or a day such as `12-31`"),
        }
    }
}

/// A day that every year has.
struct EveryYear(YearDay);

impl Read for EveryYear {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let day = YearDay::read(value, place)?;
        if (day.month(), day.day()) == (2, 29) {
            return place.fault("expected a day that every year has");
        }
        Some(Self(day))
    }
}

impl Read for Returns {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let earned = object.or("earned", ReturnsEarned::WithinBalance);
        let expired_days = object.bounded_or("expired_days", 30, 0, LOYALTY_DAYS_MAX);
        object.close();
        Some(Self { earned: earned?, expired_days: expired_days? })
    }
}

impl Read for ReturnsEarned {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let words = [
            ("within_balance", Self::WithinBalance),
            ("only_pending", Self::OnlyPending),
            ("unlimited", Self::Unlimited),
        ];
        word(value, place, &words)
    }
}
