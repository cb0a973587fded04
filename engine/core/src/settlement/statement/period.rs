//! The days of a statement.

use jiff::civil::Date;

/// Business days of a provider, from a first one until the first one after them; all of one calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: Date,
    until: Date,
}

/// Why days are not the period of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodRefused {
    /// It ends before it begins.
    #[error("expected a period whose `until` is after its `from`")]
    Empty,
    /// It reaches into another month.
    #[error("expected a period within one calendar month")]
    Months,
    /// Something would stand in no statement.
    #[error("gap: {day} has movements and is in no statement of the pair: expected a period from {day} or earlier")]
    Gap {
        /// The first such day.
        day: Date,
    },
    /// Something would stand in two statements.
    #[error("the period begins before {until}, at which the statement before it ends")]
    Overlap {
        /// The end of the statement before.
        until: Date,
    },
}

impl Period {
    /// The days from one until another.
    ///
    /// # Errors
    /// No days, or days of several months.
    pub fn new(from: Date, until: Date) -> Result<Self, PeriodRefused> {
        if from >= until {
            return Err(PeriodRefused::Empty);
        }
        match from.last_of_month().tomorrow() {
            Ok(next_month) if until > next_month => Err(PeriodRefused::Months),
            _ => Ok(Self { from, until }),
        }
    }

    /// The first day.
    pub fn from(self) -> Date {
        self.from
    }

    /// The first day after it.
    pub fn until(self) -> Date {
        self.until
    }

    /// Whether a day is one of it.
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && day < self.until
    }
}
