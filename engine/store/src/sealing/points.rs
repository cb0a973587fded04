//! An entry of an account of points, as a seal covers it.

use super::add_numbers;
use crate::chain::Parts;

/// A row of `points_entry`. Instants are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PointsRow {
    pub(crate) program: String,
    pub(crate) account: String,
    pub(crate) number: i64,
    pub(crate) place: i64,
    pub(crate) ledger_account: String,
    pub(crate) lot: Option<i64>,
    pub(crate) points: i64,
    pub(crate) active_from: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) at: i64,
    pub(crate) recorded_at: i64,
}

impl PointsRow {
    /// By which those of a unit are sorted.
    pub(crate) fn order(&self) -> (&str, &str, i64, i64) {
        (&self.program, &self.account, self.number, self.place)
    }

    /// Adds every column.
    pub(super) fn add_to(&self, parts: &mut Parts) {
        [&self.program, &self.account, &self.ledger_account].iter().for_each(|text| parts.add(text.as_bytes()));
        add_numbers(parts, &[self.number, self.place, self.points, self.at, self.recorded_at]);
        for number in [self.lot, self.active_from, self.expires_at] {
            parts.add_optional(number.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        }
    }
}
