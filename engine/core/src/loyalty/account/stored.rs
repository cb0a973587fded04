//! An account as a ledger stores it: a row of its own, a row a lot, and a row for each authorization.

use jiff::civil::Date;
use uuid::Uuid;

use crate::loyalty::account::lots::{Lot, Lots};
use crate::loyalty::account::use_of::{Source, Use};
use crate::loyalty::account::{Account, Short};

/// Why an account can't be read.
#[derive(Debug, thiserror::Error)]
#[error("an account of points can't be read: {0}")]
pub struct UnreadableAccount(#[from] serde_json::Error);

/// The row of an account.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Stored {
    operations: u64,
    lots: usize,
    #[serde(default, skip_serializing_if = "is_zero")]
    owed: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shorts: Vec<Short>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field itself")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Account {
    /// What its own row keeps, as JSON.
    ///
    /// # Errors
    /// None that can come: its types have no keys that JSON can't write.
    pub fn stored(&self) -> Result<String, serde_json::Error> {
        let (operations, lots) = (self.operations, self.lots.made());
        serde_json::to_string(&Stored { operations, lots, owed: self.owed, shorts: self.shorts.clone() })
    }

    /// What it keeps of an authorization, as JSON, with its service date; none of one that it does not know.
    ///
    /// # Errors
    /// As [`Account::stored`].
    pub fn stored_use(&self, authorization: Uuid) -> Result<Option<(Date, String)>, serde_json::Error> {
        let known = self.uses.iter().rev().find(|one| one.authorization == authorization);
        known.map(|one| Ok((one.service_date, serde_json::to_string(one)?))).transpose()
    }

    /// From its row, none before its first operation, with those of its lots and authorizations that must be known.
    ///
    /// # Errors
    /// A row that is not what it should be.
    pub fn restored<U: AsRef<str>>(
        row: Option<&str>,
        lots: impl IntoIterator<Item = (usize, Lot)>,
        uses: impl IntoIterator<Item = U>,
    ) -> Result<Self, UnreadableAccount> {
        let Stored { operations, lots: made, owed, shorts } = match row {
            Some(row) => serde_json::from_str(row)?,
            None => Stored::default(),
        };
        let uses = uses.into_iter().map(|one| serde_json::from_str(one.as_ref()));
        let mut uses = uses.collect::<Result<Vec<Use>, _>>()?;
        uses.sort_by_key(|one| one.recorded);
        Ok(Self { lots: Lots::some(lots, made), owed, shorts, uses, operations })
    }

    /// As it was at an earlier moment, of which its entries tell nothing but lots and what was owed.
    pub fn of_lots(lots: impl IntoIterator<Item = (usize, Lot)>, owed: i64) -> Self {
        Self { lots: Lots::some(lots, 0), owed, ..Self::default() }
    }

    /// Lots that differ from those of an earlier state, with their numbers.
    pub fn lots_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = (usize, &'a Lot)> {
        self.lots.iter().filter(|(number, lot)| before.lots.get(*number) != Some(lot))
    }
}

/// The lots to which points can go back that an authorization moved: a stored use names them.
///
/// # Errors
/// A row that is not what it should be.
pub fn lots_of_use(stored: &str) -> Result<Vec<usize>, UnreadableAccount> {
    let one: Use = serde_json::from_str(stored)?;
    let taken = one.spent_from.iter().chain(&one.taken_back).map(|taken| taken.source);
    let sources = taken.chain(one.paid_shorts.iter().map(|paid| paid.source));
    let lots = sources.filter_map(|source| match source {
        Source::Lot(number) | Source::Expired(number) => Some(number),
        Source::Owed | Source::Short(_) | Source::Granted => None,
    });
    Ok(one.own_lot.into_iter().chain(lots).collect())
}
