//! Finds what looks like a personal code or a card number in free text, where neither belongs.

use unicode_normalization::UnicodeNormalization;

/// Characters between two groups of digits that belong together: ` - ` at most.
const BETWEEN_MAX: usize = 3;
/// Digits of a personal code.
const PERSONAL_CODE_DIGITS: usize = 11;
/// Digits of the shortest group within a card number but for its last: a date has shorter ones.
const CARD_GROUP_LEAST: usize = 3;

/// Whether text has a personal code (`\d{6}-?\d{5}`) or a card number (13 to 19 digits by Luhn) in it, as people write them: with
/// blanks or any dash between, and in any digits.
pub(crate) fn looks_like_an_identifier(text: &str) -> bool {
    let runs = runs(text);
    runs.iter().any(|groups| has_personal_code(groups) || has_card_number(groups))
}

/// Whether text has one of these in groups, as it stands on a card or a passport: numbers of documents are as long, but in one piece.
pub(crate) fn has_groups_of_one(text: &str) -> bool {
    let runs = runs(text);
    let mut in_groups = runs.iter().flat_map(|groups| groups.split(|group| group.len() >= PERSONAL_CODE_DIGITS));
    in_groups.any(|groups| has_personal_code(groups) || has_card_number(groups))
}

/// Whether text is a card number (13 to 19 digits by Luhn) and nothing else.
pub(crate) fn is_card_number(text: &str) -> bool {
    matches!(runs(text).as_slice(), [groups] if has_card_number(groups) && groups.iter().map(Vec::len).sum::<usize>() <= 19)
}

/// Groups of digits with nothing but blanks, dashes and dots between, by the runs that they form.
fn runs(text: &str) -> Vec<Vec<Vec<u32>>> {
    let (mut runs, mut groups, mut group, mut between) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for character in text.nfkc().filter(|character| !is_invisible(*character)).chain(['/']) {
        if let Some(digit) = digit(character) {
            group.push(digit);
            between = 0;
            continue;
        }
        if !group.is_empty() {
            groups.push(std::mem::take(&mut group));
        }
        between += 1;
        if !is_between(character) || between > BETWEEN_MAX {
            runs.push(std::mem::take(&mut groups));
        }
    }
    runs
}

/// What stands in no text for itself, such as a soft hyphen.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_between(character: char) -> bool {
    let is_dash = matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    is_dash || matches!(character, '.' | '_') || character.is_whitespace()
}

/// A decimal digit, also of the scripts that keyboards of our neighbours and guests have.
fn digit(character: char) -> Option<u32> {
    const ZEROS: [char; 4] = ['\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}'];
    let of_script = |zero: char| u32::from(character).checked_sub(u32::from(zero)).filter(|digit| *digit < 10);
    character.to_digit(10).or_else(|| ZEROS.into_iter().find_map(of_script))
}

/// Six digits and five, together or not, and no digit beside them.
fn has_personal_code(groups: &[Vec<u32>]) -> bool {
    let is_whole = groups.iter().any(|group| group.len() == PERSONAL_CODE_DIGITS);
    is_whole || groups.windows(2).any(|pair| matches!(pair, [first, second] if first.len() == 6 && second.len() == 5))
}

/// Groups one after another that are 13 to 19 digits and satisfy Luhn.
fn has_card_number(groups: &[Vec<u32>]) -> bool {
    (0..groups.len()).any(|from| {
        let mut digits = Vec::new();
        for group in groups.iter().skip(from) {
            digits.extend(group);
            if (13..=19).contains(&digits.len()) && luhn(&digits) {
                return true;
            }
            if digits.len() > 19 || group.len() < CARD_GROUP_LEAST {
                return false;
            }
        }
        false
    })
}

/// Whether the last of the digits is the check digit of those before it.
pub(crate) fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let weighed = digits.iter().rev().enumerate();
    weighed.map(|(place, digit)| if place % 2 == 1 { doubled(*digit) } else { *digit }).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_codes_and_card_numbers_are_found() {
        for text in [
            "010190-12345",
            "01019012345",
            "holder 010190-12345 called",
            "PNOLV-010190-12345",
            "010190 12345",
            "010190 - 12345",
            "010190\u{2013}12345",
            "010190\u{2011}12345",
            "010190\u{a0}12345",
            "0101\u{ad}90-12\u{200b}345",
            "\u{ff10}\u{ff11}\u{ff10}\u{ff11}\u{ff19}\u{ff10}-\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}",
            "\u{660}\u{661}\u{660}\u{661}\u{669}\u{660}-\u{661}\u{662}\u{663}\u{664}\u{665}",
            "No 4 010190-12345",
            "4111111111111111",
            "card 4111 1111 1111 1111.",
            "4111-1111-1111-1111",
            "4111.1111.1111.1111",
            "4111  1111  1111  1111",
            "4111\u{2013}1111\u{2013}1111\u{2013}1111",
            "67012345 4111 1111 1111 1111 12/27",
            "3782 822463 10005",
        ] {
            assert!(looks_like_an_identifier(text), "{text}");
        }
    }

    #[test]
    fn numbers_of_documents_are_in_one_piece() {
        for text in ["MU 20261128001", "4111111111111111", "order 2026-11-28 20261128001", "RF18 5390 0754 7034"] {
            assert!(!has_groups_of_one(text), "{text}");
        }
        for text in ["010190-12345", "for 010190 12345", "4111 1111 1111 1111", "20261128001 4111-1111-1111-1111"] {
            assert!(has_groups_of_one(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_identifiers() {
        for text in [
            "",
            "25 July 2026",
            "010190-1234",
            "0101901-12345",
            "4111111111111112",
            "+371 67012345",
            "2026-11-18",
            "2026-11-18 2026-11-26 2026-11-10",
            "1234567890",
            "4111 and 1111 and 1111 and 1111",
        ] {
            assert!(!looks_like_an_identifier(text), "{text}");
        }
    }
}
