//! Finds what looks like a personal code or a card number in free text, where neither belongs.

/// Whether text has a personal code (`\d{6}-?\d{5}`) or a card number (13 to 19 digits by Luhn) in it.
pub(crate) fn looks_like_an_identifier(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let mut runs = characters.split(|character| !character.is_ascii_digit() && *character != '-' && *character != ' ');
    runs.any(|run| is_personal_code(run) || is_card_number(run))
}

/// Six digits, a hyphen or none, five digits, and no digit beside them.
fn is_personal_code(run: &[char]) -> bool {
    run.split(|character| *character == ' ').any(|word| {
        let digits: Vec<usize> = word.split(|character| *character == '-').map(<[char]>::len).collect();
        matches!(digits.as_slice(), [11]) || digits.windows(2).any(|pair| pair == [6, 5])
    })
}

/// Digits that may be parted by single spaces or hyphens, of which 13 to 19 in a row satisfy Luhn.
fn is_card_number(run: &[char]) -> bool {
    let digits: Vec<u32> = run.iter().filter_map(|character| character.to_digit(10)).collect();
    (13..=19).contains(&digits.len()) && luhn(&digits)
}

fn luhn(digits: &[u32]) -> bool {
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
            "4111111111111111",
            "card 4111 1111 1111 1111.",
            "4111-1111-1111-1111",
        ] {
            assert!(looks_like_an_identifier(text), "{text}");
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
            "1234567890",
        ] {
            assert!(!looks_like_an_identifier(text), "{text}");
        }
    }
}
