//! Amounts as people write them.

use crate::telling::Language;

/// An amount of minor units: `€3.57` in English, `3,57 €` in Latvian.
pub fn money(amount: i64, currency: &str, language: Language) -> String {
    let digits = decimals(currency);
    let magnitude = amount.unsigned_abs();
    let unit = 10_u64.pow(digits);
    let whole = grouped(magnitude / unit, language.choose(',', '\u{a0}'));
    let (sign, point) = (if amount < 0 { "−" } else { "" }, language.choose('.', ','));
    let number = match digits {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}{point}{:0width$}", magnitude % unit, width = digits as usize),
    };
    let symbol = match currency {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        code => return format!("{number}\u{a0}{code}"),
    };
    let unsigned = number.trim_start_matches('−');
    language.choose(format!("{sign}{symbol}{unsigned}"), format!("{number}\u{a0}{symbol}"))
}

/// The amount of minor units that people wrote, with a comma or a point: `7,15`, `7.15` and `7` of a currency with two digits behind it.
pub fn amount(text: &str, currency: &str) -> Option<i64> {
    let digits = decimals(currency) as usize;
    let (whole, part) = text.split_once([',', '.']).unwrap_or((text, ""));
    let is_written = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = !whole.is_empty() && is_written(whole) && is_written(part) && part.len() <= digits;
    let has_part = part.is_empty() != text.contains([',', '.']);
    if is_plain && has_part { format!("{whole}{part:0<digits$}").parse().ok() } else { None }
}

/// An amount of minor units as programs read it: `-12.05`, `-1205` of a currency without minor units.
pub fn plain_amount(amount: i64, currency: &str) -> String {
    let (sign, magnitude) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    let digits = decimals(currency);
    let unit = 10_u64.pow(digits);
    match digits {
        0 => format!("{sign}{magnitude}"),
        _ => format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit, width = digits as usize),
    }
}

/// How many digits of a currency's amounts are minor units (ISO 4217).
fn decimals(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// Hundredths of a percent: `12.5 %` in English, `12,5 %` in Latvian, with no zeros behind.
pub fn percent(hundredths: i64, language: Language) -> String {
    let (sign, magnitude) = (if hundredths < 0 { "−" } else { "" }, hundredths.unsigned_abs());
    let (whole, rest) = (magnitude / 100, magnitude % 100);
    let rest = match (rest, rest % 10) {
        (0, _) => String::new(),
        (rest, 0) => format!("{}{}", language.choose('.', ','), rest / 10),
        (rest, _) => format!("{}{rest:02}", language.choose('.', ',')),
    };
    format!("{sign}{whole}{rest}\u{a0}%")
}

/// A whole number: `12,345` in English, `12 345` in Latvian.
pub fn number(number: i64, language: Language) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(number.unsigned_abs(), language.choose(',', '\u{a0}')))
}

fn grouped(number: u64, mark: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, currency, expected) in [
            ("7,15", "EUR", Some(715)),
            ("7.15", "EUR", Some(715)),
            ("7", "EUR", Some(700)),
            ("0,5", "EUR", Some(50)),
            ("1500", "JPY", Some(1_500)),
            ("1.234", "KWD", Some(1_234)),
        ] {
            assert_eq!(amount(text, currency), expected, "{text}");
        }
        for text in ["", ",", "7,", ",15", "7,155", "-1", "+1", "1 000", "7,1,5", "1e3", "٧", "99999999999999999999"] {
            assert_eq!(amount(text, "EUR"), None, "{text}");
        }
        assert_eq!(amount("7.5", "JPY"), None);
    }

    #[test]
    fn shares_are_written_as_people_write_them() {
        for (hundredths, english, latvian) in [
            (5_000, "50\u{a0}%", "50\u{a0}%"),
            (1_250, "12.5\u{a0}%", "12,5\u{a0}%"),
            (10_005, "100.05\u{a0}%", "100,05\u{a0}%"),
            (-5, "−0.05\u{a0}%", "−0,05\u{a0}%"),
        ] {
            assert_eq!([percent(hundredths, Language::En), percent(hundredths, Language::Lv)], [english, latvian]);
        }
    }

    #[test]
    fn amounts_are_written_as_people_write_them() {
        for (amount, currency, english, latvian) in [
            (357, "EUR", "€3.57", "3,57\u{a0}€"),
            (0, "EUR", "€0.00", "0,00\u{a0}€"),
            (-5, "EUR", "−€0.05", "−0,05\u{a0}€"),
            (123_456_789, "GBP", "£1,234,567.89", "1\u{a0}234\u{a0}567,89\u{a0}£"),
            (1_500, "JPY", "1,500\u{a0}JPY", "1\u{a0}500\u{a0}JPY"),
            (1_500, "KWD", "1.500\u{a0}KWD", "1,500\u{a0}KWD"),
            (
                i64::MIN,
                "USD",
                "−$92,233,720,368,547,758.08",
                "−92\u{a0}233\u{a0}720\u{a0}368\u{a0}547\u{a0}758,08\u{a0}$",
            ),
        ] {
            assert_eq!(money(amount, currency, Language::En), english);
            assert_eq!(money(amount, currency, Language::Lv), latvian);
        }
    }
}
