//! A calendar month.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A calendar month, written `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

/// A text is no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a month such as `2026-11`")]
pub struct NoMonth;

impl Month {
    /// The month of a date.
    pub fn of(date: Date) -> Self {
        Self { first: date.first_of_month() }
    }

    /// Its first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// The first day after it.
    pub fn end(self) -> Date {
        self.first.last_of_month().tomorrow().unwrap_or(Date::MAX)
    }

    /// Its year.
    pub fn year(self) -> i16 {
        self.first.year()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let month = format!("{text}-01").parse().map(Self::of).map_err(|_| NoMonth)?;
        // No other way of writing it.
        if month.to_string() == text { Ok(month) } else { Err(NoMonth) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_in_one_way() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!(
            (month.to_string(), month.first(), month.end()),
            ("2026-12".to_owned(), Date::constant(2026, 12, 1), Date::constant(2027, 1, 1))
        );
        for text in ["2026-13", "2026-1", "202612", "2026-12-01", "december", ""] {
            assert_eq!(text.parse::<Month>(), Err(NoMonth), "{text}");
        }
    }
}
