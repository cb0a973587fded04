//! What stands in the ledger as rows: for those who follow it, for exports, and to find out what was changed afterwards.

mod cursor;
mod line;
mod stored;

use crate::sealing::{SealKey, Verification};

pub use cursor::{Cursor, Mark};
pub(crate) use stored::{EntryRow, LineRow, MovementRow};
pub use stored::{StoredMovement, UnreadableMovement};

/// Movements and seals of a ledger, for reading beside those that write it. What it promises is held by the conformance suite:
///
/// - Every movement gets a position in its lane, after its commit. Those of one authorization have theirs in the order of their
///   numbers. Lanes don't wait for each other.
/// - What has a position is never overtaken: whoever goes on after a cursor misses nothing, in whatever order transactions commit.
/// - A row of a record, its history or its movements that was changed, added or deleted after it was sealed is found.
pub trait Movements {
    /// Sealed movements after a cursor, lane by lane in the order of their positions, with the cursor after them. `most_of_lane`
    /// bounds the positions that are read of each lane. Nothing new is the same cursor without movements.
    ///
    /// # Errors
    /// A cursor of another ledger, or of one that was restored to an earlier state; rows that can't be read.
    fn movements_after(&self, cursor: &Cursor, most_of_lane: usize) -> Result<Followed, MovementsError>;

    /// Gives every movement to a sink until it has enough, those of one authorization together and in the order of their numbers,
    /// authorizations in the order of their ids, which is about that of their sales. Those that are not sealed yet are among them.
    /// All are of one moment, and few are in memory at a time.
    ///
    /// # Errors
    /// Rows that can't be read, or what the sink fails with.
    fn each_movement(&self, sink: &mut Sink<'_>) -> Result<(), MovementsError>;

    /// Goes through all seals, and says which rows are not as they were when they were sealed.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn verify(&self, key: &SealKey) -> Result<Verification, MovementsError>;
}

/// Takes movements one by one.
pub type Sink<'s> = dyn FnMut(StoredMovement) -> Result<(), MovementsError> + 's;

/// Movements in the order of their positions.
#[derive(Debug)]
pub struct Followed {
    /// The movements.
    pub movements: Vec<StoredMovement>,
    /// Where to go on.
    pub cursor: Cursor,
}

/// Why movements can't be read.
#[derive(Debug, thiserror::Error)]
pub enum MovementsError {
    /// The cursor names a seal that is not there.
    #[error("lane {0}: the ledger does not have what the cursor names: it was restored, or is another one")]
    Diverged(u16),
    /// A row is not what it should be.
    #[error(transparent)]
    Unreadable(#[from] UnreadableMovement),
    /// The ledger can't be read.
    #[error("the ledger can't be read: {0}")]
    Failed(String),
    /// What takes the movements failed.
    #[error(transparent)]
    Sink(#[from] std::io::Error),
}

impl MovementsError {
    /// The ledger can't be read.
    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}
