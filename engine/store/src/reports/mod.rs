//! What was sold and who bears it, for settlement: the interface by which statements, days and reconciliations are read.

mod closed;
mod column;
mod selected;
pub(crate) mod tally;

use std::sync::Arc;

use avis_core::settlement::reports::{Moved, Step};
use avis_core::settlement::{PostedMovement, Stake};
use jiff::civil::Date;
use uuid::Uuid;

use crate::movements::{MovementsError, StoredMovement};

pub use closed::{BusinessDates, ClosedDays, Taken, UNSEALED_MAX};
pub(crate) use closed::{Dating, Place};
pub(crate) use column::{Column, Holds};
pub(crate) use selected::{Postings, SelectedRow, Selection};
pub use tally::{Between, Mover, Tallied, Tallies, TallyPart, TallyRow, TallySink};

/// Reports of a ledger, read from its rows of movements and entries beside those that write it, never on a till's path. What it
/// promises is held by the conformance suite:
///
/// - Each posting of the authorizations that are asked for comes once: a movement with each of its entries that are wanted, or alone
///   if it has none.
/// - They come in the order of authorizations and numbers, then of lines, discounts and payers; one call reads one moment, and few
///   rows are in memory at a time.
/// - What counts on a closed day never changes, whatever is recorded later.
pub trait Reports: Tallies {
    /// What the ledger holds at this moment, which is what a day that is closed now takes; the rest counts later.
    ///
    /// # Errors
    /// A ledger that can't be read, or in which more than [`UNSEALED_MAX`] units wait to be sealed.
    fn taken(&self) -> Result<Taken, MovementsError>;

    /// Every provider of whom anything moved.
    ///
    /// # Errors
    /// Rows that can't be read.
    fn providers(&self) -> Result<Vec<Arc<str>>, MovementsError>;

    /// Gives every posting that is wanted to a sink, until that has enough.
    ///
    /// # Errors
    /// Rows that can't be read, or what the sink fails with.
    fn each_posting(&self, wanted: &Wanted<'_>, sink: &mut PostingSink<'_>) -> Result<(), MovementsError>;

    /// All movements of these authorizations with their lines and entries, in the order of authorizations and numbers; of how many is for
    /// the caller to bound.
    ///
    /// # Errors
    /// Rows that can't be read.
    fn movements_of(&self, authorizations: &[Uuid]) -> Result<Vec<StoredMovement>, MovementsError>;
}

/// Takes postings one by one.
pub type PostingSink<'s> = dyn FnMut(Posting) -> Result<(), MovementsError> + 's;

/// Which postings are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of whose movements.
    pub provider: &'a str,
    /// Which entries are wanted with them.
    pub entries: Entries<'a>,
    /// The provider's days that are closed.
    pub closed: &'a ClosedDays,
    /// Of which authorizations; all movements of each come.
    pub of: Authorizations<'a>,
}

/// Entries of movements.
#[derive(Clone, Copy, Debug)]
pub enum Entries<'a> {
    /// None.
    None,
    /// Those that a grantor pays, and those of its benefits. Of days, authorizations without any need not come.
    Of(&'a str),
    /// All of them.
    All,
}

/// Authorizations of a provider.
#[derive(Clone, Copy, Debug)]
pub enum Authorizations<'a> {
    /// Those of which something took place or counts on days from one until another, and perhaps some others.
    OfDays(Date, Date),
    /// These.
    Of(&'a [Uuid]),
    /// Those that these requests opened or changed.
    OfRequests(&'a [Uuid]),
    /// Those of a holder of which something moved.
    OfHolder(&'a str),
    /// Those with something that is sealed between cursors.
    Sealed(Between<'a>),
}

/// A movement, with one of its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The movement, without its lines.
    pub movement: PostedMovement,
    /// The business date of the first movement of its authorization.
    pub first: Date,
    /// The code of the holder; none where nobody was recognised, or no entries are wanted.
    pub holder: Option<Arc<str>>,
    /// The deepest territory in which the holder resided; none where that is not known, or no entries are wanted.
    pub territory: Option<Arc<str>>,
    /// The lane and position of its seal; none while it waits for one.
    pub(crate) sealed: Option<(u16, u64)>,
    /// Who bears a part; none where the movement has no entry that is wanted.
    pub borne: Option<Borne>,
}

impl Posting {
    /// As a tally takes it in.
    pub(crate) fn step(&self) -> Step<'_> {
        let borne = self.borne.as_ref().map(|borne| (&borne.stake, borne.amount, borne.units));
        let (holder, territory) = (self.holder.as_ref(), self.territory.as_ref());
        Step { movement: &self.movement, holder, territory, first: self.first, borne }
    }

    /// As reports count it; nothing where no entry came.
    pub fn moved(&self) -> Option<Moved<'_>> {
        let borne = self.borne.as_ref()?;
        Some(Moved {
            authorization: self.movement.id.authorization,
            provider: &self.movement.provider,
            date: self.movement.business_date,
            direction: self.movement.moved.direction,
            holder: self.holder.as_ref(),
            territory: self.territory.as_ref(),
            product: &borne.product,
            stake: &borne.stake,
            amount: borne.amount,
        })
    }
}

/// An entry of a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Borne {
    /// Who bears it, and of what.
    pub stake: Stake,
    /// What was sold.
    pub product: Arc<str>,
    /// Whether it is the first entry of its discount: units add up over those.
    pub is_first: bool,
    /// Units of its discount.
    pub units: i64,
    /// Minor units.
    pub amount: i64,
}
