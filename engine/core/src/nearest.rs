//! What somebody may have meant by an unknown word: the known one that is fewest slips of the pen away.

/// Longer words are compared no further: a suggestion is worth no more work.
const COMPARED_MAX: usize = 64;

/// `, did you mean …?` with the nearest known word, or nothing where none is near.
pub fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map(|known| format!(", did you mean `{known}`?")).unwrap_or_default()
}

/// The same of words that stand in backticks in a sentence.
pub(crate) fn suggestion_of(given: &str, sentence: &str) -> String {
    suggestion(given, sentence.split('`').skip(1).step_by(2))
}

fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given: Vec<char> = given.chars().take(COMPARED_MAX + 1).flat_map(char::to_lowercase).collect();
    if given.len() > COMPARED_MAX {
        return None;
    }
    let near = known.into_iter().filter_map(|word| {
        let letters: Vec<char> = word.chars().take(COMPARED_MAX + 1).flat_map(char::to_lowercase).collect();
        let slips = slips(&given, &letters);
        // A third of a word may be wrong; of a short one a single letter, but not all of it.
        let may_be_wrong = (letters.len() / 3).max(1).min(letters.len().saturating_sub(1));
        (letters.len() <= COMPARED_MAX && slips <= may_be_wrong).then_some((slips, word))
    });
    near.min().map(|(_, word)| word)
}

/// How many letters were left out, put in, changed or swapped with their neighbour (optimal string alignment).
fn slips(given: &[char], meant: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=meant.len()).collect();
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
    for (row, letter) in given.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, other) in meant.iter().enumerate() {
            let changed = at(&last, column) + usize::from(letter != other);
            let least = changed.min(at(&last, column + 1) + 1).min(at(&this, column) + 1);
            let is_swapped =
                row > 0 && column > 0 && given.get(row - 1) == Some(other) && meant.get(column - 1) == Some(letter);
            this.push(if is_swapped { least.min(at(&before_last, column - 1) + 1) } else { least });
        }
        before_last = std::mem::replace(&mut last, this);
    }
    at(&last, meant.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_word_is_meant() {
        let known = ["priority", "percent", "price_cap", "slot", "any"];
        for (given, meant) in [
            ("prioritet", Some("priority")),
            ("Percent", Some("percent")),
            ("percnet", Some("percent")),
            ("pricecap", Some("price_cap")),
            ("slots", Some("slot")),
            ("all", None),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, known), meant, "{given}");
        }
        assert_eq!(nearest(&"p".repeat(10_000), known), None);
        assert_eq!(nearest(";", [".", ","]), None, "a word of one letter is either meant or not");
        assert_eq!(suggestion_of("percnt", "`percent`, `slot`"), ", did you mean `percent`?");
    }
}
