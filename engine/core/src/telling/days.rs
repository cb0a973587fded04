//! Days as people name them.

use jiff::civil::Date;

use crate::telling::Language;

const MONTHS: [(&str, &str); 12] = [
    ("January", "janvārim"),
    ("February", "februārim"),
    ("March", "martam"),
    ("April", "aprīlim"),
    ("May", "maijam"),
    ("June", "jūnijam"),
    ("July", "jūlijam"),
    ("August", "augustam"),
    ("September", "septembrim"),
    ("October", "oktobrim"),
    ("November", "novembrim"),
    ("December", "decembrim"),
];

/// A day as it stands after "until": `30 November 2026`, in Latvian `2026. gada 30. novembrim`.
pub fn day(date: Date, language: Language) -> String {
    let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    let (english, latvian) = MONTHS.get(month).copied().unwrap_or_default();
    let (year, day) = (date.year(), date.day());
    language.choose(format!("{day} {english} {year}"), format!("{year}. gada {day}. {latvian}"))
}
