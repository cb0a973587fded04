//! Selling without a connection: what a terminal may grant by itself, what an engine gives while the ledger is away, and what becomes of
//! sales that terminals upload afterwards.

mod advice;
mod deciding;
mod grants;
mod settling;

use std::sync::Arc;

use jiff::civil::Date;

pub use advice::{Advice, Granted};
pub use grants::OfflineGrant;
pub use settling::{OverGrant, Settled};

/// Whose over-grants the `offline` caps of a benefit bound: a holder's, on one service date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverGrantKey {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Who was recognised; where nobody was, no grantor is liable.
    pub holder: Arc<str>,
    /// In the benefit's zone.
    pub date: Date,
}

/// What was over-granted before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverGranted {
    /// Authorizations.
    pub uses: i64,
    /// Minor units.
    pub discount: i64,
}
