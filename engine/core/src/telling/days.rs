//! Days as people name them.

use jiff::civil::Date;

use crate::telling::Language;

/// In English, in Latvian, and in Latvian as it stands after "until".
const MONTHS: [(&str, &str, &str); 12] = [
    ("January", "janvāris", "janvārim"),
    ("February", "februāris", "februārim"),
    ("March", "marts", "martam"),
    ("April", "aprīlis", "aprīlim"),
    ("May", "maijs", "maijam"),
    ("June", "jūnijs", "jūnijam"),
    ("July", "jūlijs", "jūlijam"),
    ("August", "augusts", "augustam"),
    ("September", "septembris", "septembrim"),
    ("October", "oktobris", "oktobrim"),
    ("November", "novembris", "novembrim"),
    ("December", "decembris", "decembrim"),
];

fn names(date: Date) -> (&'static str, &'static str, &'static str) {
    let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    MONTHS.get(month).copied().unwrap_or_default()
}

/// A day as it stands after "until": `30 November 2026`, in Latvian `2026. gada 30. novembrim`.
pub fn day(date: Date, language: Language) -> String {
    let ((english, _, latvian), year, day) = (names(date), date.year(), date.day());
    language.choose(format!("{day} {english} {year}"), format!("{year}. gada {day}. {latvian}"))
}

/// The month of a day: `November 2026`, in Latvian `2026. gada novembris`.
pub fn month(date: Date, language: Language) -> String {
    let ((english, latvian, _), year) = (names(date), date.year());
    language.choose(format!("{english} {year}"), format!("{year}. gada {latvian}"))
}
