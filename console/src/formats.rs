//! Days and moments as people write them.

use avis_core::telling::{self, Language};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

const ENGLISH: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `25.11.2026.` in Latvian, `25 Nov 2026` in English.
fn date(date: Date, language: Language) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match language {
        Language::Lv => format!("{day:02}.{month:02}.{year}."),
        Language::En => {
            let place = usize::from(month.unsigned_abs()).saturating_sub(1);
            format!("{day} {} {year}", ENGLISH.get(place).copied().unwrap_or_default())
        }
    }
}

/// A moment with its minute, in a zone.
fn moment(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    let at = zone.to_datetime(at);
    format!("{} {:02}:{:02}", date(at.date(), language), at.hour(), at.minute())
}

/// A day and a time as a browser sends them, by the clocks of a zone; none of what is no such time.
pub(crate) fn moment_in(typed: &str, zone: &TimeZone) -> Option<Timestamp> {
    typed.parse::<DateTime>().ok().and_then(|at| zone.to_timestamp(at).ok())
}

/// The first day of a month as the control plane writes one, such as `2026-11`.
fn month(text: &str) -> Option<Date> {
    format!("{text}-01").parse().ok().filter(|_| text.len() == "2026-11".len())
}

/// A month where there is little room: `nov. 2026` in Latvian, `Nov 2026` in English; any other text as it is.
pub(crate) fn short_month(text: &str, language: Language) -> String {
    const LATVIAN: [&str; 12] =
        ["janv.", "febr.", "marts", "apr.", "maijs", "jūn.", "jūl.", "aug.", "sept.", "okt.", "nov.", "dec."];
    let Some(day) = month(text) else { return text.to_owned() };
    let place = usize::from(day.month().unsigned_abs()).saturating_sub(1);
    let name = language.choose(ENGLISH, LATVIAN).get(place).copied().unwrap_or_default();
    format!("{name} {}", day.year())
}

/// A month, a date or a moment as the control plane writes them; any other text as it is.
pub(crate) fn when(value: &Value, zone: &TimeZone, language: Language) -> String {
    let Some(text) = value.as_str() else { return String::new() };
    if let Ok(at) = text.parse::<Timestamp>() {
        return moment(at, zone, language);
    }
    if let Some(day) = month(text) {
        return telling::month(day, language);
    }
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |day| date(day, language))
}

/// `12.5`, `12,50 €` or `12` as minor units of a currency, by the digits that it has; none of what is no such number.
pub(crate) fn of_amount(typed: &str, currency: &str) -> Option<i64> {
    let typed = typed.trim();
    let bare = typed.strip_suffix(currency).or_else(|| typed.strip_suffix('€').filter(|_| currency == "EUR"));
    telling::amount(bare.unwrap_or(typed).trim(), currency)
}

/// The same, below zero with a minus in front.
pub(crate) fn of_signed_amount(typed: &str, currency: &str) -> Option<i64> {
    match typed.trim().strip_prefix(['-', '−']) {
        Some(typed) => of_amount(typed, currency).map(|amount| -amount),
        None => of_amount(typed, currency),
    }
}

/// Hundredths as people type them, such as of a percent.
pub(crate) fn hundredths(number: i64) -> String {
    if number % 100 == 0 { (number / 100).to_string() } else { format!("{}.{:02}", number / 100, number % 100) }
}

/// `12.5`, `12,50` or `12` as hundredths; none of what is no such number.
pub(crate) fn of_hundredths(typed: &str) -> Option<i64> {
    let typed = typed.trim().trim_end_matches(['%', '€']).trim().replace(',', ".");
    let (whole, rest) = typed.split_once('.').unwrap_or((&typed, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || rest.len() > 2 || !is_digits(whole) || !is_digits(rest) {
        return None;
    }
    let rest: i64 = format!("{rest:0<2}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_written_as_people_write_them() {
        let zone = TimeZone::get("Europe/Riga").unwrap();
        let told = |text: &str| Language::ALL.map(|language| when(&Value::from(text), &zone, language));
        assert_eq!(told("2026-11-25"), ["25.11.2026.", "25 Nov 2026"]);
        assert_eq!(told("2026-11-25T22:05:00Z"), ["26.11.2026. 00:05", "26 Nov 2026 00:05"]);
        assert_eq!(told("2026-11"), ["2026. gada novembris", "November 2026"]);
        assert_eq!(told("soon"), ["soon", "soon"]);
        let short = |text: &str| Language::ALL.map(|language| short_month(text, language));
        assert_eq!(
            (short("2026-11"), short("2026-13")),
            (["nov. 2026".into(), "Nov 2026".into()], ["2026-13".into(), "2026-13".into()])
        );
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (typed, number) in [
            ("50", Some(5_000)),
            ("12,5 %", Some(1_250)),
            ("3.57", Some(357)),
            ("1.234", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(of_hundredths(typed), number, "{typed}");
        }
        assert_eq!((hundredths(5_000), hundredths(1_250)), ("50".to_owned(), "12.50".to_owned()));
    }

    #[test]
    fn amounts_are_typed_with_the_digits_of_their_currency() {
        for (typed, currency, amount) in [
            ("12,50 €", "EUR", Some(1_250)),
            ("12", "EUR", Some(1_200)),
            ("12.345", "EUR", None),
            ("1205", "JPY", Some(1_205)),
            ("12.5", "JPY", None),
            ("1.205 KWD", "KWD", Some(1_205)),
            ("-1", "EUR", None),
            ("", "EUR", None),
        ] {
            assert_eq!(of_amount(typed, currency), amount, "{typed} {currency}");
        }
        let told = ["JPY", "EUR", "KWD"].map(|currency| telling::plain_amount(-1_205, currency));
        assert_eq!(told, ["-1205", "-12.05", "-1.205"]);
    }

    #[test]
    fn what_is_below_zero_has_a_minus_in_front() {
        for (typed, amount) in [("-12,05", Some(-1_205)), ("−1", Some(-100)), ("3.5", Some(350)), ("--1", None)] {
            assert_eq!(of_signed_amount(typed, "EUR"), amount, "{typed}");
        }
    }
}
