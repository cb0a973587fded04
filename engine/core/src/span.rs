//! Half-open spans of time as they are written: ends are instants, or dates that a time zone makes instants.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use crate::read::{Object, Place, Read};

/// One end of a span. As `from` a date means its local 00:00, as `until` the end of that local date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Bound {
    /// A local date.
    Date(Date),
    /// An instant.
    Instant(Timestamp),
}

/// `[from, until)`; an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// The first moment inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Bound>,
    /// The first moment outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Bound>,
}

/// A point in time as one zone sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) instant: Timestamp,
    pub(crate) date: Date,
}

impl Span {
    /// Whether the span holds at the moment, its dates read in the moment's zone.
    pub(crate) fn holds_at(&self, moment: &Moment) -> bool {
        let begun = match self.from {
            None => true,
            Some(Bound::Date(date)) => moment.date >= date,
            Some(Bound::Instant(instant)) => moment.instant >= instant,
        };
        begun
            && match self.until {
                None => true,
                Some(Bound::Date(date)) => moment.date <= date,
                Some(Bound::Instant(instant)) => moment.instant < instant,
            }
    }

    /// The same span with both ends as instants of the zone.
    pub fn resolve(&self, zone: &TimeZone) -> Interval {
        let from = self.from.map(|bound| bound.start(zone));
        // A last day at the end of time is as good as open.
        let until = self.until.and_then(|bound| match bound {
            Bound::Date(date) => date.tomorrow().ok().map(|next| start_of(next, zone)),
            Bound::Instant(instant) => Some(instant),
        });
        Interval { from, until }
    }

    /// Notes a fault unless `from` is before `until`.
    pub(crate) fn check_order(&self, zone: &TimeZone, place: &Place<'_>) {
        if let Interval { from: Some(from), until: Some(until) } = self.resolve(zone)
            && from >= until
        {
            let _ = place.field("from").fault::<()>("expected a moment before `until`");
        }
    }

    /// Whether it ends before it begins. Only ends of one kind are compared: which of a date and an instant is first depends on
    /// the zone of who reads them.
    pub(crate) fn is_reversed(&self) -> bool {
        match (self.from, self.until) {
            (Some(Bound::Date(from)), Some(Bound::Date(until))) => from > until,
            (Some(Bound::Instant(from)), Some(Bound::Instant(until))) => from > until,
            _ => false,
        }
    }

    /// The two fields of an object that has others as well.
    pub(crate) fn read_from(object: &Object<'_>) -> Option<Self> {
        let (from, until) = (object.optional("from"), object.optional("until"));
        Some(Self { from: from?, until: until? })
    }
}

impl Bound {
    /// A date, or an instant with its offset.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        if text.len() == DATE_BYTES { date(text).map(Self::Date) } else { far_instant(text).map(Self::Instant) }
    }

    /// The instant at which a span that starts with this bound begins.
    pub(crate) fn start(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Date(date) => start_of(date, zone),
            Self::Instant(instant) => instant,
        }
    }
}

/// Local 00:00 of the date, or the first instant after it where the clock jumps over it.
pub(crate) fn start_of(date: Date, zone: &TimeZone) -> Timestamp {
    zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// `[from, until)` in instants; an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// The first moment inside.
    pub from: Option<Timestamp>,
    /// The first moment outside.
    pub until: Option<Timestamp>,
}

impl Interval {
    /// The part of it before an instant, if there is one.
    pub(crate) fn before(&self, end: Option<Timestamp>) -> Self {
        let until = self.until.into_iter().chain(end).min();
        Self { from: self.from, until }
    }

    /// Whether some moment is in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let begins_before_end = |one: &Self, other: &Self| match (one.from, other.until) {
            (Some(from), Some(until)) => from < until,
            _ => true,
        };
        begins_before_end(self, other) && begins_before_end(other, self)
    }

    /// Whether it ends before it begins, or as it does.
    pub fn is_never(&self) -> bool {
        self.from.zip(self.until).is_some_and(|(from, until)| until <= from)
    }

    /// Whether an instant is in it.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.from.is_none_or(|from| instant >= from) && self.until.is_none_or(|until| instant < until)
    }
}

impl Read for Span {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let span = Self::read_from(&object);
        object.close();
        span
    }
}

impl Read for Bound {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let text = value.as_str().unwrap_or_default();
        Self::of_text(text).or_else(|| {
            place.fault("expected a date such as `2026-11-18` or an instant such as `2026-11-18T08:12:00+02:00`")
        })
    }
}

impl Read for Date {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        date(value.as_str().unwrap_or_default()).or_else(|| place.fault("expected a date such as `2026-11-18`"))
    }
}

impl Read for Timestamp {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        instant(value.as_str().unwrap_or_default())
            .or_else(|| place.fault("expected an instant with its offset such as `2026-11-18T08:12:00+02:00`"))
    }
}

/// A date and an instant differ in length: a date's own reader would take an instant too, and forget its time.
impl<'de> serde::Deserialize<'de> for Bound {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        crate::read::parsed(&value).map_err(serde::de::Error::custom)
    }
}

const DATE_BYTES: usize = "2026-11-18".len();

/// A date such as `2026-11-18`.
pub(crate) fn date(text: &str) -> Option<Date> {
    usual_date(text.as_bytes()).or_else(|| any_date(text))
}

fn any_date(text: &str) -> Option<Date> {
    if text.len() == DATE_BYTES { text.parse().ok() } else { None }
}

/// The short way for digits and dashes; none of what it does not take, right or wrong.
fn usual_date(text: &[u8]) -> Option<Date> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text else { return None };
    let year = i16::from(two_digits(*y0, *y1)?) * 100 + i16::from(two_digits(*y2, *y3)?);
    Date::new(year, two_digits(*m0, *m1)?, two_digits(*d0, *d1)?).ok()
}

/// An instant as an end of a span: the last hours of the year 9999, often written for “for ever”, are past what is counted.
fn far_instant(text: &str) -> Option<Timestamp> {
    let for_ever = || (is_rfc_3339(text.as_bytes()) && text.starts_with("9999-12-31T")).then_some(Timestamp::MAX);
    instant(text).or_else(for_ever)
}

/// RFC 3339 only; the parser behind it would take more (zone names in brackets, no seconds, short offsets).
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    usual_instant(text.as_bytes()).or_else(|| any_instant(text))
}

fn any_instant(text: &str) -> Option<Timestamp> {
    if is_rfc_3339(text.as_bytes()) { text.parse().ok() } else { None }
}

/// The short way for whole seconds, which nearly every terminal writes; none of what it does not take, right or wrong.
fn usual_instant(text: &[u8]) -> Option<Timestamp> {
    let [date @ .., b'T', h0, h1, b':', n0, n1, b':', s0, s1] = text.get(..19)? else { return None };
    let date = usual_date(date)?;
    let time = Time::new(two_digits(*h0, *h1)?, two_digits(*n0, *n1)?, two_digits(*s0, *s1)?, 0).ok()?;
    let offset = match text.get(19..)? {
        [b'Z'] => Offset::UTC,
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (two_digits(*h0, *h1)?, two_digits(*m0, *m1)?);
            let seconds = i32::from(hours) * 3_600 + i32::from(minutes) * 60;
            let is_usual = hours < 24 && minutes < 60;
            Offset::from_seconds(if *sign == b'-' { -seconds } else { seconds }).ok().filter(|_| is_usual)?
        }
        _ => return None,
    };
    offset.to_timestamp(date.to_datetime(time)).ok()
}

fn two_digits(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| i8::try_from(byte.wrapping_sub(b'0')).ok().filter(|digit| *digit < 10);
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// `2026-11-18T08:12:00`, a fraction or none, then `Z` or `+02:00`.
fn is_rfc_3339(text: &[u8]) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let Some((moment, rest)) = text.split_at_checked(SHAPE.len()) else { return false };
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte.eq_ignore_ascii_case(other),
    };
    let offset = match rest.strip_prefix(b".") {
        None => rest,
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            match fraction.split_at_checked(digits) {
                Some((digits, offset)) if !digits.is_empty() => offset,
                _ => return false,
            }
        }
    };
    let is_offset = match offset {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', hours @ .., b':', first, second] => {
            let hour =
                std::str::from_utf8(hours).ok().filter(|hour| hour.len() == 2).and_then(|hour| hour.parse().ok());
            hour.is_some_and(|hour: u8| hour < 24) && first.is_ascii_digit() && second.is_ascii_digit()
        }
        _ => false,
    };
    moment.iter().zip(SHAPE).all(fits) && is_offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(zone: &str, instant: &str) -> Moment {
        let instant: Timestamp = instant.parse().unwrap();
        Moment { instant, date: TimeZone::get(zone).unwrap().to_datetime(instant).date() }
    }

    fn span(from: &str, until: &str) -> Span {
        crate::read::parsed(&serde_json::json!({"from": from, "until": until})).unwrap()
    }

    #[test]
    fn a_date_only_end_is_valid_to_the_end_of_that_local_date() {
        let span = span("2026-01-01", "2026-03-28");
        assert!(span.holds_at(&moment("Europe/Riga", "2026-03-28T23:59:59+02:00")));
        assert!(!span.holds_at(&moment("Europe/Riga", "2026-03-29T00:00:00+02:00")));
        assert!(span.holds_at(&moment("Europe/London", "2026-03-29T00:00:00+02:00")), "still the 28th in London");
    }

    #[test]
    fn dates_and_the_instants_they_stand_for_agree() {
        let riga = TimeZone::get("Europe/Riga").unwrap();
        let span = span("2026-03-29", "2026-10-25");
        let interval = span.resolve(&riga);
        assert_eq!(interval.from, "2026-03-29T00:00:00+02:00".parse().ok());
        assert_eq!(interval.until, "2026-10-26T00:00:00+02:00".parse().ok(), "after a day of 25 hours");
    }

    #[test]
    fn the_last_day_of_the_last_year_is_for_ever() {
        let bound: Bound = crate::read::parsed(&serde_json::json!("9999-12-31T23:59:59Z")).unwrap();
        assert_eq!(bound, Bound::Instant(Timestamp::MAX));
    }

    /// Each byte is changed into each of many others: the short way takes nothing that the long way does not.
    #[test]
    fn both_ways_read_an_instant_alike_whatever_the_short_way_takes() {
        let mut taken = 0;
        for usual in ["2026-11-18T08:12:00+02:00", "2028-02-29T23:59:59Z", "0000-03-31T00:00:00-23:59"] {
            assert!(usual_instant(usual.as_bytes()).is_some(), "{usual}");
            for (place, byte) in (0..usual.len()).flat_map(|place| b" +-.:/0123456789TZtz".map(|byte| (place, byte))) {
                let mut changed = usual.as_bytes().to_vec();
                changed[place] = byte;
                let changed = String::from_utf8(changed).unwrap();
                if let Some(instant) = usual_instant(changed.as_bytes()) {
                    assert_eq!(Some(instant), any_instant(&changed), "{changed}");
                    taken += 1;
                }
            }
        }
        assert!(taken > 200, "{taken}");
    }

    #[test]
    fn both_ways_read_a_date_alike_whatever_the_short_way_takes() {
        let mut taken = 0;
        for usual in ["2026-11-18", "2028-02-29", "0000-03-31", "9999-12-31"] {
            assert_eq!((usual_date(usual.as_bytes()).is_some(), usual_date(usual.as_bytes())), (true, any_date(usual)));
            for (place, byte) in (0..usual.len()).flat_map(|place| b" +-./0123456789T".map(|byte| (place, byte))) {
                let mut changed = usual.as_bytes().to_vec();
                changed[place] = byte;
                let changed = String::from_utf8(changed).unwrap();
                if let Some(date) = usual_date(changed.as_bytes()) {
                    assert_eq!(Some(date), any_date(&changed), "{changed}");
                    taken += 1;
                }
            }
        }
        assert!(taken > 100, "{taken}");
    }

    #[test]
    fn an_instant_needs_its_offset() {
        for bad in [
            "2026-11-18T08:12:00",
            "2026-11-18T08:12:00+02:00[Europe/Riga]",
            "2026-11-18 08:12:00+02:00",
            "2026-11-18T08:12+02:00",
            "20261118T081200+0200",
            "2026-11-18T08:12:00+02",
            "2026-11-18T08:12:00,5Z",
            "2026-11-18T08:12:00.Z",
            "+002026-11-18T08:12:00Z",
            "-000100-11-18T08:12:00Z",
            "2026-11-18T08:12:00+25:59",
            "2026-11-18T08:12:00+02:00:30",
            "yesterday",
            "",
        ] {
            assert!(crate::read::parsed::<Timestamp>(&serde_json::json!(bad)).is_err(), "{bad}");
        }
        for good in ["2026-11-18T08:12:00Z", "2026-11-18T08:12:00.123+02:00"] {
            assert!(crate::read::parsed::<Timestamp>(&serde_json::json!(good)).is_ok(), "{good}");
        }
    }
}
