//! Days and moments as people write them.

use avis_core::telling::Language;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

/// `25.11.2026.` in Latvian, `25 Nov 2026` in English.
fn date(date: Date, language: Language) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match language {
        Language::Lv => format!("{day:02}.{month:02}.{year}."),
        Language::En => {
            const MONTHS: [&str; 12] =
                ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            let place = usize::from(month.unsigned_abs()).saturating_sub(1);
            format!("{day} {} {year}", MONTHS.get(place).copied().unwrap_or_default())
        }
    }
}

/// A moment with its minute, in a zone.
fn moment(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    let at = zone.to_datetime(at);
    format!("{} {:02}:{:02}", date(at.date(), language), at.hour(), at.minute())
}

/// A date or a moment as the control plane writes them; any other text as it is.
pub(crate) fn when(value: &Value, zone: &TimeZone, language: Language) -> String {
    let Some(text) = value.as_str() else { return String::new() };
    if let Ok(at) = text.parse::<Timestamp>() {
        return moment(at, zone, language);
    }
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |day| date(day, language))
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
        assert_eq!(told("soon"), ["soon", "soon"]);
    }
}
