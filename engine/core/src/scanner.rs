//! JSON read straight from its bytes, as far as it is plain: whatever is unusual or wrong is given up, without a word on why.
//! [`crate::read`] reads what is given up here, and tells every fault.

use crate::limits::TEXT_CHARACTERS_MAX;

/// Of lists, so that most find room at once.
const USUAL_LENGTH: usize = 4;

/// A text that is read forwards.
pub(crate) struct Scanner<'a> {
    /// What is still to be read.
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    /// Nothing where the bytes are no UTF-8.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        Some(Self { rest: std::str::from_utf8(bytes).ok()? })
    }

    /// The next byte that is no blank.
    fn next(&mut self) -> Option<u8> {
        // Blanks are the least of all.
        if let Some(byte) = self.rest.as_bytes().first().filter(|byte| **byte > b' ') {
            return Some(*byte);
        }
        self.pass_blanks();
        self.rest.as_bytes().first().copied()
    }

    #[cold]
    fn pass_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
    }

    /// Whether this character of one byte is next; it is passed then.
    fn passes(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        if is_next {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        is_next
    }

    fn passes_word(&mut self, word: &str) -> bool {
        let behind = self.next().and_then(|_| self.rest.strip_prefix(word));
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    /// That nothing follows any more.
    pub(crate) fn end(mut self) -> Option<()> {
        self.next().is_none().then_some(())
    }

    /// Text without escapes.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        if self.next()? != b'"' {
            return None;
        }
        let behind = self.rest.get(1..)?;
        let (text, rest) = behind.split_at_checked(until_stop(behind.as_bytes())?)?;
        self.rest = rest.strip_prefix('"')?;
        Some(text)
    }

    /// Text of at least one and at most as many bytes as a text may have characters, so that none has to be counted.
    pub(crate) fn filled_text(&mut self) -> Option<&'a str> {
        self.text().filter(|text| (1..=TEXT_CHARACTERS_MAX).contains(&text.len()))
    }

    /// A whole number of at most 18 digits, which 64 bits always hold.
    pub(crate) fn whole(&mut self) -> Option<i64> {
        let is_negative = self.passes(b'-');
        let rest = self.rest.as_bytes();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_plain = match rest {
            [b'0', ..] => digits == 1 && !is_negative,
            _ => (1..=18).contains(&digits),
        };
        if !is_plain || matches!(rest.get(digits), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.rest = self.rest.get(digits..)?;
        let number = rest.get(..digits)?.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        Some(if is_negative { -number } else { number })
    }

    /// True or false.
    pub(crate) fn truth(&mut self) -> Option<bool> {
        let truth = self.passes_word("true");
        (truth || self.passes_word("false")).then_some(truth)
    }

    /// What begins here: `"`, `{`, `[`, or the first letter or digit of a word or number.
    pub(crate) fn begins(&mut self) -> Option<u8> {
        self.next()
    }

    /// Each field of an object, whose name and value `field` reads.
    pub(crate) fn object(&mut self, mut field: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.entries(b'{', b'}', |scanner| {
            scanner.next()?;
            field(scanner)
        })
    }

    /// Whether a field of this name is next; name and colon are passed then. Names that are known are compared where they stand:
    /// that is far less work than to find their ends.
    #[inline]
    pub(crate) fn is_field(&mut self, name: &str) -> bool {
        let (bytes, end) = (self.rest.as_bytes(), name.len() + 1);
        let is_quoted = bytes.first() == Some(&b'"') && bytes.get(end) == Some(&b'"');
        if !is_quoted || bytes.get(1..end) != Some(name.as_bytes()) {
            return false;
        }
        let mut behind = Self { rest: self.rest.get(end + 1..).unwrap_or_default() };
        let is_field = behind.passes(b':');
        if is_field {
            self.rest = behind.rest;
        }
        is_field
    }

    /// The name of any field, and its colon.
    pub(crate) fn field(&mut self) -> Option<&'a str> {
        let name = self.text()?;
        self.passes(b':').then_some(name)
    }

    /// Each item of a list, which `item` reads.
    fn list(&mut self, item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.entries(b'[', b']', item)
    }

    /// The items of a list of at most so many, each of which `read` reads.
    pub(crate) fn items<T>(&mut self, most: usize, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.list(|scanner| {
            let item = read(scanner)?;
            if items.is_empty() {
                items.reserve_exact(USUAL_LENGTH);
            }
            items.push(item);
            (items.len() <= most).then_some(())
        })?;
        Some(items)
    }

    fn entries(&mut self, open: u8, close: u8, mut entry: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if !self.passes(open) {
            return None;
        }
        if self.passes(close) {
            return Some(());
        }
        loop {
            entry(self)?;
            if !self.passes(b',') {
                return self.passes(close).then_some(());
            }
        }
    }
}

/// How many bytes stand before the first that ends plain text: a quotation mark, a backslash or a control character.
fn until_stop(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // The highest bit of a byte is set where it is zero: of those below such a byte always, of those above perhaps.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let mut rest = bytes;
    while let Some((word, more)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let controls = word.wrapping_sub(ONES * 0x20) & !word & (ONES << 7);
        let stops = controls | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if stops != 0 {
            return Some(bytes.len() - rest.len() + stops.trailing_zeros() as usize / 8);
        }
        rest = more;
    }
    let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(bytes.len() - rest.len() + stop)
}

/// The value of a field that stands at most once; null is absence.
pub(crate) struct Once<T> {
    stood: bool,
    pub(crate) value: Option<T>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { stood: false, value: None }
    }
}

impl<'a, T> Once<T> {
    pub(crate) fn read(
        &mut self,
        scanner: &mut Scanner<'a>,
        read: impl FnOnce(&mut Scanner<'a>) -> Option<T>,
    ) -> Option<()> {
        if std::mem::replace(&mut self.stood, true) {
            return None;
        }
        if scanner.begins() != Some(b'n') {
            self.value = Some(read(scanner)?);
            return Some(());
        }
        scanner.passes_word("null").then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_and_all_others_given_up() {
        let whole = |text: &str| {
            let mut scanner = Scanner::new(text.as_bytes())?;
            let number = scanner.whole()?;
            scanner.end().map(|()| number)
        };
        assert_eq!(
            [whole("0"), whole(" -12 "), whole("999999999999999999")],
            [Some(0), Some(-12), Some(999_999_999_999_999_999)]
        );
        for other in ["", "-", "-0", "01", "1.0", "1e3", "1E3", "+1", "1234567890123456789", "1x", "\"1\""] {
            assert_eq!(whole(other), None, "{other}");
        }
    }

    #[test]
    fn text_is_read_unless_it_is_escaped_or_broken() {
        let text = |bytes: &'static [u8]| Scanner::new(bytes)?.text();
        assert_eq!([text(b"\"\""), text(" \"aā\"".as_bytes())], [Some(""), Some("aā")]);
        for other in [&b"\"a"[..], b"a\"", b"\"a\\n\"", b"\"a\nb\"", b"\"a\n\"", b"\"a \t\"", b"\"\xff\"", b""] {
            assert_eq!(text(other), None, "{other:?}");
        }
    }

    #[test]
    fn the_first_stop_is_found_wherever_it_stands() {
        for stop in 0..=u8::MAX {
            for place in 0..20 {
                let mut bytes = vec![b'a'; 24];
                bytes[place] = stop;
                bytes[place + 1] = b'\\';
                let expected = if matches!(stop, b'"' | b'\\' | 0..0x20) { place } else { place + 1 };
                assert_eq!(until_stop(&bytes), Some(expected), "{stop} at {place}");
            }
        }
        assert_eq!(until_stop(&[b'!'; 17]), None);
    }
}
