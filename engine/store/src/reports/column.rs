//! The columns of the rows that are selected for reports, the same on both stores.

use super::Entries;

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holds {
    Id,
    Text,
    Number,
    Date,
    Instant,
}

/// Each with its table, its name there, and what it holds. In this order they are selected and read.
macro_rules! columns {
    ($($column:ident = $table:ident.$name:ident $holds:ident,)+) => {
        /// A column of a selected row: of `m`, a movement, `s`, its seal, or `e`, one of its entries.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Column { $($column),+ }

        impl Column {
            const ALL: &'static [Self] = &[$(Self::$column),+];

            /// As its table calls it.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$column => stringify!($name)),+ }
            }

            fn table(self) -> &'static str {
                match self { $(Self::$column => stringify!($table)),+ }
            }

            fn holds(self) -> Holds {
                match self { $(Self::$column => Holds::$holds),+ }
            }
        }
    };
}

columns! {
    Authorization = m.authorization_id Id,
    Number = m.number Number,
    Event = m.event Number,
    Kind = m.kind Text,
    Direction = m.direction Text,
    Terminal = m.terminal Text,
    Request = m.request_id Id,
    OriginalRequest = m.original_request_id Id,
    OccurredAt = m.occurred_at Instant,
    RecordedAt = m.recorded_at Instant,
    NaturalDate = m.natural_date Date,
    AuthorizedOn = m.authorized_on Date,
    Gross = m.gross Number,
    Discount = m.discount Number,
    Payable = m.payable Number,
    Lane = m.lane Number,
    Position = s.position Number,
    // From here on where entries are wanted: theirs, and who got what they are of.
    Holder = m.holder Text,
    Territory = m.territory Text,
    Payer = e.payer Text,
    Benefit = e.benefit Text,
    Version = e.version Number,
    Grantor = e.grantor Text,
    Cause = e.cause Text,
    Units = e.units Number,
    Amount = e.amount Number,
    Product = e.product Text,
    Place = e.place Number,
}

impl Column {
    /// What is selected, each column as a store writes it.
    pub(crate) fn selected(entries: Entries<'_>, written: impl Fn(String, Holds) -> String) -> String {
        let count = if matches!(entries, Entries::None) { Self::Holder.place() } else { Self::ALL.len() };
        let columns = Self::ALL.iter().take(count);
        let columns = columns.map(|one| written(format!("{}.{}", one.table(), one.name()), one.holds()));
        columns.collect::<Vec<_>>().join(", ")
    }

    /// Its place in the row.
    pub(crate) fn place(self) -> usize {
        self as usize
    }
}
