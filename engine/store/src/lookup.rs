//! The interface for who wants a few rows of what engines follow, and not all of them.

use avis_core::IdentifierKey;

use serde_json::Value;

use crate::revision::Head;
use crate::row::{Kind, Row};
use crate::store::{StoreError, Stored};

/// Rows as of one moment, which is told with them: a commit that names it as a precondition changes what was read, or nothing.
pub trait Lookup: Send + Sync {
    /// The rows of some keys, in the order of these; none for a key that has none, or no more.
    ///
    /// # Errors
    /// A store that can't be read.
    fn rows(&self, kind: Kind, keys: &[&str]) -> Result<(Head, Vec<Option<Stored>>), StoreError>;

    /// The holders that are known by some identifiers, in the order of these; none for an identifier that nobody has.
    ///
    /// # Errors
    /// A store that can't be read.
    fn holders_by(&self, identifiers: &[IdentifierKey]) -> Result<(Head, Vec<Option<Stored>>), StoreError>;

    /// The codes of those holders alone, where what stands of them is not wanted yet.
    ///
    /// # Errors
    /// A store that can't be read.
    fn codes_by(&self, identifiers: &[IdentifierKey]) -> Result<Vec<Option<Box<str>>>, StoreError>;

    /// The coupons that are one holder's alone, of whatever campaign.
    ///
    /// # Errors
    /// A store that can't be read.
    fn coupons_of(&self, holder: &str) -> Result<(Head, Vec<Stored>), StoreError>;
}

/// What removes a holder's own coupons of some campaigns; `is_left` is asked of each campaign, and of none where it can't be read.
///
/// # Errors
/// A store that can't be read.
pub fn without_coupons(
    lookup: &(impl Lookup + ?Sized),
    holder: &str,
    is_left: impl Fn(Option<&str>) -> bool,
) -> Result<Vec<Row>, StoreError> {
    let gone = lookup.coupons_of(holder)?.1.into_iter().filter_map(|stored| {
        let (key, content) = match stored {
            Stored::Row(row) => (row.key, row.content),
            Stored::Altered { key, .. } => (key, None),
            Stored::Unknown { .. } => return None,
        };
        let coupon: Value = content.and_then(|content| serde_json::from_str(&content).ok()).unwrap_or_default();
        is_left(coupon.get("campaign").and_then(Value::as_str)).then_some(Row {
            kind: Kind::Coupon,
            key,
            content: None,
        })
    });
    Ok(gone.collect())
}
