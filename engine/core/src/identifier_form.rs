//! The normal forms of identifiers: how a value is written before it is hashed, by its scheme.

use std::borrow::Cow;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

/// Which schemes' values are typed or printed in blocks. Those of all others are opaque: a machine reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifierForms {
    typed: Arc<[Box<str>]>,
}

impl Default for IdentifierForms {
    fn default() -> Self {
        Self::typed(
            ["eid", "etalons", "resident-card", "bank-card", "isic", "goda-gimene", "school-card", "loyalty", "qr"]
                .map(Box::from),
        )
    }
}

impl IdentifierForms {
    /// The forms of a deployment where these schemes are typed.
    pub fn typed(schemes: impl IntoIterator<Item = Box<str>>) -> Self {
        Self { typed: schemes.into_iter().collect() }
    }

    /// The schemes whose values are typed.
    pub fn typed_schemes(&self) -> impl Iterator<Item = &str> {
        self.typed.iter().map(|scheme| &**scheme)
    }

    /// The one way in which a scheme's value is written for hashing; empty if nothing is left that identifies anybody.
    ///
    /// A Latvian personal code of the new kind has no check digit, and one of the old kind keeps its: no digit is dropped.
    pub fn normal<'a>(&self, scheme: &str, value: &'a str) -> Cow<'a, str> {
        let is_typed = self.typed.iter().any(|typed| **typed == *scheme);
        match (is_typed, value.is_ascii()) {
            // As below, but nothing of it needs the tables of Unicode.
            (true, true) => {
                let mut normal = String::with_capacity(value.len());
                value.chars().filter(|c| !is_left_out(*c)).for_each(|c| normal.push(c.to_ascii_uppercase()));
                Cow::Owned(normal)
            }
            (true, false) => {
                let capitals = value.nfkc().flat_map(char::to_uppercase);
                capitals.nfkc().filter(|c| !is_left_out(*c)).collect()
            }
            (false, true) => Cow::Borrowed(value.trim()),
            (false, false) => Cow::Owned(value.nfc().collect::<String>().trim().to_owned()),
        }
    }
}

/// What people put between digits and letters, or can't see.
fn is_left_out(c: char) -> bool {
    let within = |ranges: &[(char, char)]| ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
    // Only these of ASCII have one of the properties.
    if c.is_ascii() { c == '-' || c.is_whitespace() } else { c.is_whitespace() || within(&DASHES) || within(&FORMATS) }
}

/// The property Dash beyond ASCII: `PropList.txt` of Unicode 16.0.
const DASHES: [(char, char); 23] = [
    ('\u{58A}', '\u{58A}'),
    ('\u{5BE}', '\u{5BE}'),
    ('\u{1400}', '\u{1400}'),
    ('\u{1806}', '\u{1806}'),
    ('\u{2010}', '\u{2015}'),
    ('\u{2053}', '\u{2053}'),
    ('\u{207B}', '\u{207B}'),
    ('\u{208B}', '\u{208B}'),
    ('\u{2212}', '\u{2212}'),
    ('\u{2E17}', '\u{2E17}'),
    ('\u{2E1A}', '\u{2E1A}'),
    ('\u{2E3A}', '\u{2E3B}'),
    ('\u{2E40}', '\u{2E40}'),
    ('\u{2E5D}', '\u{2E5D}'),
    ('\u{301C}', '\u{301C}'),
    ('\u{3030}', '\u{3030}'),
    ('\u{30A0}', '\u{30A0}'),
    ('\u{FE31}', '\u{FE32}'),
    ('\u{FE58}', '\u{FE58}'),
    ('\u{FE63}', '\u{FE63}'),
    ('\u{FF0D}', '\u{FF0D}'),
    ('\u{10D6E}', '\u{10D6E}'),
    ('\u{10EAD}', '\u{10EAD}'),
];

/// The category Cf: `DerivedGeneralCategory.txt` of Unicode 16.0.
const FORMATS: [(char, char); 21] = [
    ('\u{AD}', '\u{AD}'),
    ('\u{600}', '\u{605}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{6DD}', '\u{6DD}'),
    ('\u{70F}', '\u{70F}'),
    ('\u{890}', '\u{891}'),
    ('\u{8E2}', '\u{8E2}'),
    ('\u{180E}', '\u{180E}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{202A}', '\u{202E}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{2066}', '\u{206F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFF9}', '\u{FFFB}'),
    ('\u{110BD}', '\u{110BD}'),
    ('\u{110CD}', '\u{110CD}'),
    ('\u{13430}', '\u{1343F}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0001}', '\u{E0001}'),
    ('\u{E0020}', '\u{E007F}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_of_the_table_has_its_form() {
        for line in include_str!("../tests/data/normal_forms.ndjson").lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |field: &str| case[field].as_str().unwrap();
            assert_eq!(IdentifierForms::default().normal(text("scheme"), text("value")), text("normal"), "{line}");
        }
    }
}
