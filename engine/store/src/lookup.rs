//! The interface for who wants a few rows of what engines follow, and not all of them.

use avis_core::IdentifierKey;

use crate::revision::Head;
use crate::row::Kind;
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
}
