//! Which form a counted word has (CLDR), for whole numbers.

use avis_core::telling::Language;

/// The category of a number: `zero`, `one` or `other`.
pub(super) fn category(number: i64, language: Language) -> &'static str {
    let number = number.unsigned_abs();
    let (tens, ones) = (number % 100, number % 10);
    match language {
        Language::En if number == 1 => "one",
        Language::En => "other",
        Language::Lv if ones == 0 || (11..=19).contains(&tens) => "zero",
        Language::Lv if ones == 1 => "one",
        Language::Lv => "other",
    }
}

/// The categories that a language has.
#[cfg(test)]
pub(super) fn all(language: Language) -> &'static [&'static str] {
    language.choose(&["one", "other"], &["zero", "one", "other"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latvian_counts_by_the_last_digits() {
        for (number, latvian, english) in [
            (0, "zero", "other"),
            (1, "one", "one"),
            (2, "other", "other"),
            (10, "zero", "other"),
            (11, "zero", "other"),
            (19, "zero", "other"),
            (20, "zero", "other"),
            (21, "one", "other"),
            (111, "zero", "other"),
            (121, "one", "other"),
            (-21, "one", "other"),
        ] {
            assert_eq!(
                (category(number, Language::Lv), category(number, Language::En)),
                (latvian, english),
                "{number}"
            );
        }
    }
}
