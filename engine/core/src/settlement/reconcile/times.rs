//! Dates and times of a row, by patterns such as `DD.MM.YYYY HH:mm`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde_json::Value;

use crate::read::{Place, Read};

/// How a file writes dates or times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimePattern(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    /// `Z`, `+02:00` or `+0200`.
    Offset,
    Literal(char),
}

const WORDS: [(&str, Token); 8] = [
    ("YYYY", Token::Year),
    ("MM", Token::Month),
    ("DD", Token::Day),
    ("HH", Token::Hour),
    ("mm", Token::Minute),
    ("ss", Token::Second),
    ("fff", Token::Millisecond),
    ("Z", Token::Offset),
];

/// What a cell says of when something took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// A date alone.
    Date(Date),
    /// A moment.
    At(Timestamp),
}

impl TimePattern {
    fn parse(text: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let word = WORDS.iter().find_map(|(word, token)| Some((*token, rest.strip_prefix(word)?)));
            let (token, after) = word.unwrap_or((Token::Literal(first), &rest[first.len_utf8()..]));
            let is_repeated = tokens.contains(&token) && !matches!(token, Token::Literal(_));
            if is_repeated || matches!(token, Token::Literal(letter) if letter.is_alphanumeric() && letter != 'T') {
                return None;
            }
            tokens.push(token);
            rest = after;
        }
        let pattern = Self(tokens);
        let has = |token| pattern.0.contains(&token);
        let is_whole = [Token::Year, Token::Month, Token::Day].into_iter().all(has)
            && has(Token::Hour) == has(Token::Minute)
            && (has(Token::Minute) || !has(Token::Second))
            && (has(Token::Second) || !has(Token::Millisecond))
            && (has(Token::Hour) || !has(Token::Offset));
        is_whole.then_some(pattern)
    }

    /// Whether it has a time of day.
    pub(super) fn has_time(&self) -> bool {
        self.0.contains(&Token::Hour)
    }

    /// What a text means if the pattern fits the whole of it; the inner none is a local time that was skipped.
    pub(super) fn read(&self, text: &str, zone: &TimeZone) -> Option<Option<Written>> {
        let mut parts = Parts::default();
        parts.read(&self.0, text)?;
        self.written(&parts, zone)
    }

    /// The same of two columns, joined where the pattern has a blank.
    pub(super) fn read_halves(&self, [first, second]: [Half<'_>; 2], zone: &TimeZone) -> Option<Option<Written>> {
        let blanks = (0..self.0.len()).filter(|place| self.0.get(*place) == Some(&Token::Literal(' ')));
        let parts = |blank: usize| {
            let mut parts = Parts::default();
            parts.take(self.0.get(..blank)?, first)?;
            parts.take(self.0.get(blank + 1..)?, second)?;
            Some(parts)
        };
        blanks.into_iter().find_map(parts).and_then(|parts| self.written(&parts, zone))
    }

    fn written(&self, parts: &Parts, zone: &TimeZone) -> Option<Option<Written>> {
        let date = Date::new(parts.year, parts.month, parts.day).ok()?;
        if !self.has_time() {
            return Some(Some(Written::Date(date)));
        }
        let time = Time::new(parts.hour, parts.minute, parts.second, parts.nanosecond).ok()?;
        let local = date.to_datetime(time);
        Some(match parts.offset {
            Some(offset) => offset.to_timestamp(local).ok().map(Written::At),
            None => instant(local, zone).map(Written::At),
        })
    }
}

/// One of two columns of a time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half<'c> {
    /// As a pattern has it.
    Text(&'c str),
    /// A date or a time of a workbook.
    Cell(DateTime),
}

#[derive(Default)]
struct Parts {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    offset: Option<Offset>,
}

impl Parts {
    /// Takes what a pattern's tokens have of a column.
    fn take(&mut self, tokens: &[Token], half: Half<'_>) -> Option<()> {
        let cell = match half {
            Half::Text(text) => return self.read(tokens, text),
            Half::Cell(cell) => cell,
        };
        if tokens.contains(&Token::Day) {
            (self.year, self.month, self.day) = (cell.year(), cell.month(), cell.day());
        }
        if tokens.contains(&Token::Hour) {
            (self.hour, self.minute, self.second) = (cell.hour(), cell.minute(), cell.second());
            self.nanosecond = cell.subsec_nanosecond();
        }
        Some(())
    }

    /// Reads the whole of a text by a pattern's tokens.
    fn read(&mut self, tokens: &[Token], mut text: &str) -> Option<()> {
        for token in tokens {
            text = match token {
                Token::Year => digits(text, 4..=4, &mut self.year)?,
                Token::Month => digits(text, 1..=2, &mut self.month)?,
                Token::Day => digits(text, 1..=2, &mut self.day)?,
                Token::Hour => digits(text, 1..=2, &mut self.hour)?,
                Token::Minute => digits(text, 2..=2, &mut self.minute)?,
                Token::Second => digits(text, 2..=2, &mut self.second)?,
                Token::Millisecond => {
                    let mut milliseconds = 0_i32;
                    let rest = digits(text, 3..=3, &mut milliseconds)?;
                    self.nanosecond = milliseconds * 1_000_000;
                    rest
                }
                Token::Offset => {
                    let (offset, rest) = offset(text)?;
                    self.offset = Some(offset);
                    rest
                }
                Token::Literal(letter) => text.strip_prefix(*letter)?,
            };
        }
        text.is_empty().then_some(())
    }
}

/// The first of two equal local times; none of one that was skipped.
pub(super) fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(local).ok()
        }
        AmbiguousOffset::Gap { .. } => None,
    }
}

/// Reads as many digits as there are, within bounds; the rest of the text.
fn digits<'t, N: TryFrom<i32>>(text: &'t str, count: std::ops::RangeInclusive<usize>, into: &mut N) -> Option<&'t str> {
    let found = text.bytes().take(*count.end()).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(found).filter(|_| count.contains(&found))?;
    *into = N::try_from(digits.parse().ok()?).ok()?;
    Some(rest)
}

fn offset(text: &str) -> Option<(Offset, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((Offset::UTC, rest));
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (mut hours, mut minutes) = (0_i32, 0_i32);
    let rest = digits(text.get(1..)?, 2..=2, &mut hours)?;
    let rest = digits(rest.strip_prefix(':').unwrap_or(rest), 2..=2, &mut minutes)?;
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().filter(|_| minutes < 60)?;
    Some((offset, rest))
}

impl Read for TimePattern {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let expected = "expected a pattern of YYYY, MM, DD and perhaps HH, mm, ss, fff, Z, such as `DD.MM.YYYY HH:mm`";
        value.as_str().and_then(Self::parse).or_else(|| place.fault(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Option<Option<String>> {
        let zone = TimeZone::get("Europe/Riga").unwrap();
        let read = TimePattern::parse(pattern).unwrap().read(text, &zone)?;
        Some(read.map(|written| match written {
            Written::Date(date) => date.to_string(),
            Written::At(at) => at.to_string(),
        }))
    }

    #[test]
    fn times_are_read_in_the_zone_and_the_first_of_two_counts() {
        let some = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(read("DD.MM.YYYY HH:mm", "3.11.2026 8:05"), some("2026-11-03T06:05:00Z"));
        assert_eq!(read("YYYY-MM-DDTHH:mm:ss.fffZ", "2026-11-03T08:05:00.250+0300"), some("2026-11-03T05:05:00.25Z"));
        assert_eq!(read("YYYY-MM-DD", "2026-11-03"), some("2026-11-03"));
        assert_eq!(read("YYYY-MM-DD HH:mm", "2026-10-25 03:30"), some("2026-10-25T00:30:00Z"), "it was twice");
        assert_eq!(read("YYYY-MM-DD HH:mm", "2026-03-29 03:30"), Some(None), "it was skipped");
        for text in ["2026-11-3 ", "2026-13-03", "26-11-03", "2026-11-03 08:00", ""] {
            assert_eq!(read("YYYY-MM-DD", text), None, "{text}");
        }
    }

    #[test]
    fn a_pattern_is_whole() {
        for pattern in
            ["", "YYYY-MM", "YYYY-MM-DD HH", "YYYY-MM-DD mm", "YYYY-MM-DD-DD", "YYYY-MM-DD Z", "YYYY-MM-DD hh:mm"]
        {
            assert_eq!(TimePattern::parse(pattern), None, "{pattern}");
        }
    }
}
