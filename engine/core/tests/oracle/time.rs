//! Instants, intervals, service dates and windows (section 1).

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

const DEPLOYMENT_ZONE: &str = "Europe/Riga";

// 1: "Local rules are read in the benefit's `time_zone` (IANA, default Europe/Riga)"
pub(crate) fn zone(benefit: &Value) -> TimeZone {
    TimeZone::get(benefit["time_zone"].as_str().unwrap_or("Europe/Riga")).unwrap()
}

// 1: "the `valid_until` of an identifier in the deployment's zone"
pub(crate) fn deployment_zone() -> TimeZone {
    TimeZone::get(DEPLOYMENT_ZONE).unwrap()
}

// 1: "Instants: RFC 3339 with offset"
pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Local 00:00 of a date.
pub(crate) fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned_datetime(zone.clone()).unwrap().timestamp()
}

// 1: "A date-only `from` means local 00:00 of that date"; `None` is open.
pub(crate) fn from(value: &Value, zone: &TimeZone) -> Option<Timestamp> {
    let text = value.as_str()?;
    Some(if is_date_only(text) { midnight(text.parse().unwrap(), zone) } else { instant(text) })
}

// 1: "a date-only `until` the end of that local date"; `None` is open.
pub(crate) fn until(value: &Value, zone: &TimeZone) -> Option<Timestamp> {
    let text = value.as_str()?;
    if is_date_only(text) {
        let date: Date = text.parse().unwrap();
        Some(midnight(date.tomorrow().unwrap(), zone))
    } else {
        Some(instant(text))
    }
}

fn is_date_only(text: &str) -> bool {
    text.len() == "2026-01-01".len()
}

// 1: "All intervals are half-open `[from, until)`; null or absence means open."
pub(crate) fn in_force(dated: &Value, zone: &TimeZone, at: Timestamp) -> bool {
    from(&dated["from"], zone).is_none_or(|from| from <= at)
        && until(&dated["until"], zone).is_none_or(|until| at < until)
}

pub(crate) fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned_datetime(zone.clone()).date()
}

pub(crate) fn local_time(at: Timestamp, zone: &TimeZone) -> Time {
    at.to_zoned_datetime(zone.clone()).time()
}

// 1: "The *service date* is the local date, or the one before while the wall clock is earlier than that."
pub(crate) fn service_date(benefit: &Value, at: Timestamp) -> Date {
    let zone = zone(benefit);
    let day_start: Time = benefit["service_day_start"].as_str().unwrap_or("00:00").parse().unwrap();
    let date = local_date(at, &zone);
    if local_time(at, &zone) < day_start { date.yesterday().unwrap() } else { date }
}

// 4.1: "`as_of` is `now` (default), or, each at local 00:00, …; `plus_days` … shifts that local date"
pub(crate) fn as_of(benefit: &Value, leaf: &Value, at: Timestamp) -> Timestamp {
    let zone = zone(benefit);
    // 1: "validity, age, `as_of` and `time_of_day` read plain local time"
    let today = local_date(at, &zone);
    let plus_days = leaf["plus_days"].as_i64().unwrap_or(0);
    let date = match leaf["as_of"].as_str().unwrap_or("now") {
        // "0 is as absent"
        "now" if plus_days == 0 => return at,
        // "`now` then becomes local 00:00 of the shifted one"
        "now" => today,
        "year_start" => Date::new(today.year(), 1, 1).unwrap(),
        "month_start" => Date::new(today.year(), today.month(), 1).unwrap(),
        "school_year_start" => school_year_start(today),
        "year_end" => Date::new(today.year(), 12, 31).unwrap(),
        "month_end" => Date::new(today.year(), today.month(), today.days_in_month()).unwrap(),
        "school_year_end" => Date::new(school_year_start(today).year() + 1, 8, 31).unwrap(),
        other => panic!("as_of {other}"),
    };
    midnight(date.checked_add(Span::new().days(plus_days)).unwrap(), &zone)
}

/// The latest 1 September that is not after the date.
fn school_year_start(date: Date) -> Date {
    let september = Date::new(date.year(), 9, 1).unwrap();
    if date < september { Date::new(date.year() - 1, 9, 1).unwrap() } else { september }
}

// 3: the window that contains a service date, as its first and its last date.
pub(crate) fn window(window: &Value, date: Date) -> (Date, Date) {
    let days = |count: i64| Span::new().days(count);
    let name = window.as_object().unwrap().keys().next().unwrap();
    match name.as_str() {
        "day" => (date, date),
        "week" => {
            let monday = date.saturating_sub(days(i64::from(date.weekday().to_monday_zero_offset())));
            (monday, monday.saturating_add(days(6)))
        }
        "month" => (date.first_of_month(), date.last_of_month()),
        "year" => (date.first_of_year(), date.last_of_year()),
        "school_year" => {
            let first = school_year_start(date);
            (first, Date::new(first.year() + 1, 8, 31).unwrap())
        }
        "lifetime" => (Date::MIN, Date::MAX),
        // 4.6: "this service date and the days − 1 before it"
        "rolling" => (date.saturating_sub(days(window["rolling"]["days"].as_i64().unwrap() - 1)), date),
        other => panic!("window {other}"),
    }
}

/// "MM-DD", the way yearly dates are written.
pub(crate) fn month_and_day(date: Date) -> String {
    format!("{:02}-{:02}", date.month(), date.day())
}
