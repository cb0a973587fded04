//! Which rows of a commit claim an identifier that is another holder's.

use std::collections::HashMap;

use avis_core::IdentifierKey;

/// The claims to identifiers that may stand in more than one row of a commit.
#[derive(Default)]
pub(crate) struct Claims(HashMap<IdentifierKey, Vec<Claim>>);

/// A row's claim to an identifier.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    /// The row's position in the commit.
    pub(crate) row: u64,
    /// The identifier's position in the row.
    pub(crate) identifier: usize,
    /// Whether the holder had the identifier before the commit.
    pub(crate) is_owner: bool,
}

impl Claims {
    pub(crate) fn add(&mut self, key: IdentifierKey, claim: Claim) {
        self.0.entry(key).or_default().push(claim);
    }

    /// Those that can't be: of several rows the one whose holder had the identifier keeps it, else the first.
    pub(crate) fn refused(self) -> impl Iterator<Item = Claim> {
        self.0.into_values().flat_map(|claims| {
            let kept = claims.iter().position(|claim| claim.is_owner).unwrap_or(0);
            claims.into_iter().enumerate().filter(move |(place, _)| *place != kept).map(|(_, claim)| claim)
        })
    }
}
