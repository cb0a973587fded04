//! In which language a page is.

use std::str::FromStr;

use avis_admin::control::Visitor;
use avis_core::telling::Language;

/// The cookie of the language that somebody chose.
pub(crate) const LANGUAGE: &str = "avis-language";

/// The language that somebody chose, else the first that their browser asks for.
pub(crate) fn spoken(visitor: &Visitor, accepts: &str) -> Language {
    let chosen = visitor.cookie(LANGUAGE).and_then(|tag| Language::from_str(tag).ok());
    chosen.unwrap_or_else(|| accepted(accepts))
}

/// The first of our languages that a browser asks for; Latvian for who asks for none of them.
fn accepted(header: &str) -> Language {
    let tags = header.split(',').filter_map(|part| part.split([';', '-']).next());
    tags.filter_map(|tag| tag.trim().parse().ok()).next().unwrap_or(Language::Lv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_first_of_ours_that_is_asked_for() {
        for (header, language) in [
            ("", Language::Lv),
            ("de-DE,de;q=0.9", Language::Lv),
            ("en-GB,en;q=0.9,lv;q=0.8", Language::En),
            ("ru, lv;q=0.9, en;q=0.8", Language::Lv),
        ] {
            assert_eq!(accepted(header), language, "{header}");
        }
    }
}
