//! How far what engines know has come, and a sum by which two copies of it are compared.

use std::fmt;

use avis_core::{DerivedKey, IdentifierSecret};
use uuid::Uuid;

use crate::row::{Row, Scope};
use crate::store::{Stored, Unchecked};

/// A state of everything that engines follow. Numbers have no gaps and rise in the order of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Of which life of the store: a restore begins another, in which numbers mean something else.
    pub incarnation: Uuid,
    /// From 0, when nothing was committed yet.
    pub number: u64,
}

/// A sum over rows of a keyed hash of each: equal where two copies are equal, and kept by difference. It tells nothing of what
/// is in the rows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest(u128);

/// Which rules a decision read.
///
/// The number says where to find them again; after a restore other rules may bear it, and the digest tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RulesRead {
    /// The number of the revision.
    pub revision: u64,
    /// The sum over all rules at that revision.
    pub digest: Digest,
}

/// A digest for each scope, so that programs of two ages compare what both know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Digests {
    rules: Digest,
    holders: Digest,
    terminals: Digest,
    coupons: Digest,
}

/// The newest state of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which state.
    pub revision: Revision,
    /// Of all its rows.
    pub digests: Digests,
}

impl Digest {
    /// With a row more.
    #[must_use]
    pub fn plus(self, row: Self) -> Self {
        Self(self.0.wrapping_add(row.0))
    }

    /// With a row less.
    #[must_use]
    pub fn minus(self, row: Self) -> Self {
        Self(self.0.wrapping_sub(row.0))
    }

    /// As a column keeps it.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// As a column kept it.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl serde::Serialize for Digest {
    /// Writes 32 hexadecimal digits: JSON numbers of 128 bits are not portable.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| text.len() == 32);
        number.map(Self).ok_or_else(|| serde::de::Error::custom("expected a digest of 32 hexadecimal digits"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({self})")
    }
}

impl Digests {
    /// Of one scope.
    pub fn of(&self, scope: Scope) -> Digest {
        match scope {
            Scope::Rules => self.rules,
            Scope::Holders => self.holders,
            Scope::Terminals => self.terminals,
            Scope::Coupons => self.coupons,
        }
    }

    /// The same with another digest for a scope.
    pub fn set(&mut self, scope: Scope, digest: Digest) {
        match scope {
            Scope::Rules => self.rules = digest,
            Scope::Holders => self.holders = digest,
            Scope::Terminals => self.terminals = digest,
            Scope::Coupons => self.coupons = digest,
        }
    }

    /// Of all scopes together.
    pub fn total(&self) -> Digest {
        Scope::ALL.iter().fold(Digest::default(), |total, scope| total.plus(self.of(*scope)))
    }

    /// What is in these and not in others, scope by scope; nothing where both are equal.
    #[must_use]
    pub fn minus(&self, others: &Self) -> Self {
        let mut difference = Self::default();
        Scope::ALL.iter().for_each(|scope| difference.set(*scope, self.of(*scope).minus(others.of(*scope))));
        difference
    }

    /// A row takes the place of another, or comes, or goes.
    pub fn replace(&mut self, scope: Scope, before: Option<Digest>, after: Option<Digest>) {
        let less = self.of(scope).minus(before.unwrap_or_default());
        self.set(scope, less.plus(after.unwrap_or_default()));
    }
}

/// Hashes rows for digests.
#[derive(Clone, Debug)]
pub struct RowHasher(DerivedKey);

impl RowHasher {
    /// Rows are hashed under a key of their own, derived from the identifiers' secret.
    pub fn new(secret: &IdentifierSecret) -> Self {
        Self(secret.derived("avis digest of followed rows"))
    }

    /// Of a row; a tombstone adds nothing.
    pub fn digest(&self, row: &Row) -> Option<Digest> {
        row.content.as_deref().map(|content| self.of(row.kind.word(), &row.key, content))
    }

    /// A row, checked against the digest with which it is kept.
    pub fn check(&self, unchecked: Unchecked) -> Stored {
        match unchecked {
            Unchecked::Checked(stored) => stored,
            Unchecked::Row(row, digest) if self.digest(&row) == digest => Stored::Row(row),
            Unchecked::Row(row, _) => Stored::Altered { kind: row.kind, key: row.key },
        }
    }

    /// The sum over rows, such as all rules of a revision.
    pub fn sum<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> Digest {
        rows.into_iter().filter_map(|row| self.digest(row)).fold(Digest::default(), Digest::plus)
    }

    /// Of a row's parts.
    pub fn of(&self, kind: &str, key: &str, content: &str) -> Digest {
        Digest::from_bytes(self.0.hash(&[kind.as_bytes(), key.as_bytes(), content.as_bytes()]))
    }
}
