//! What can be wrong in a field of the simulator.

/// What is wrong, in words of the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    TooLong { most: usize },
    TooManyLines { most: usize },
    NoId,
    NoChannel,
    NoTime,
    NoMeans,
    NotTaken { scheme: String },
    NoCoupon,
    NoPoints,
    NoProgramme,
    NoProduct,
    NoQuantity { most: i64 },
    NoAmount { most: i64 },
    NoGrant,
    NoLines,
    NoUnits,
}

/// Something wrong, and the field in which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongAt {
    /// The `id` of the field on the page.
    pub(super) field: String,
    pub(super) wrong: Wrong,
}

impl Wrong {
    pub(super) fn at(self, field: &str) -> WrongAt {
        WrongAt { field: field.to_owned(), wrong: self }
    }

    /// In a row, counted from 0.
    pub(super) fn in_row(self, field: &str, row: usize) -> WrongAt {
        WrongAt { field: format!("{field}-{}", row + 1), wrong: self }
    }
}
