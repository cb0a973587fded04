//! Goes through the seals and finds what is not as it was sealed.

use std::fmt;

use uuid::Uuid;

use super::{Content, LaneHead, Seal, SealKey, Unit};
use crate::movements::{Cursor, Mark};

/// Broken seals that are named one by one; the rest is counted.
const NAMED_MAX: usize = 20;

/// What came of going through the seals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Units whose rows are as they were sealed.
    pub whole: u64,
    /// Units that are not sealed yet.
    pub unsealed: u64,
    /// What is not as it was, the first of it.
    pub broken: Vec<BrokenSeal>,
    /// How much is not as it was in all.
    pub broken_count: u64,
    /// The newest seal of each lane.
    pub sealed: Cursor,
}

/// Something that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokenSeal {
    /// Rows of an authorization were changed or deleted: those of its opening (event 0) or of an event of its history, with what
    /// moved by it.
    Changed {
        /// Which authorization.
        authorization: Uuid,
        /// Which event of its history; 0 is the record as it was opened.
        event: i64,
    },
    /// Rows of an authorization were added that the ledger never recorded.
    Added {
        /// Which authorization.
        authorization: Uuid,
        /// Which event, or which movement.
        number: i64,
        /// The table.
        table: &'static str,
    },
    /// Seals of a lane are missing.
    Missing {
        /// Which lane.
        lane: u16,
        /// The first position that is missing.
        position: u64,
    },
    /// A record or its history can't be read, and nothing can be compared with it.
    Unreadable {
        /// Of which authorization.
        authorization: Uuid,
    },
    /// Rows are there of an authorization whose record is not, or of an event that is not in its history.
    WithoutRecord {
        /// Of which authorization.
        authorization: Uuid,
        /// The table.
        table: &'static str,
    },
    /// A row names an authorization by what is no id of one.
    Nameless {
        /// The table.
        table: &'static str,
    },
    /// The state of an authorization, or the end of its hold, is not what its history comes to.
    State {
        /// Which authorization.
        authorization: Uuid,
    },
    /// A movement is not what its record and history come to, or is missing.
    Unfounded {
        /// Of which authorization.
        authorization: Uuid,
        /// Which movement of it.
        number: i64,
    },
    /// The head of a lane is not its newest seal.
    Head {
        /// Which lane.
        lane: u16,
    },
}

impl fmt::Display for BrokenSeal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { authorization, event: 0 } => {
                write!(out, "authorization {authorization}: its record or first movement was changed or deleted")
            }
            Self::Changed { authorization, event } => {
                write!(
                    out,
                    "authorization {authorization}: its event {event} or the movement of that was changed or deleted"
                )
            }
            Self::Added { authorization, number, table } => {
                write!(out, "authorization {authorization}: number {number} in `{table}` was added")
            }
            Self::Unreadable { authorization } => {
                write!(out, "authorization {authorization}: its record or history can't be read")
            }
            Self::WithoutRecord { authorization, table } => {
                write!(out, "authorization {authorization}: rows in `{table}` have no record")
            }
            Self::Nameless { table } => write!(out, "a row in `{table}` has no id of an authorization"),
            Self::State { authorization } => {
                write!(
                    out,
                    "authorization {authorization}: its state or the end of its hold is not what its history comes to"
                )
            }
            Self::Unfounded { authorization, number } => {
                write!(
                    out,
                    "authorization {authorization}: its movement {number} is not what its record and history come to"
                )
            }
            Self::Missing { lane, position } => write!(out, "lane {lane}: the seal at position {position} is missing"),
            Self::Head { lane } => write!(out, "lane {lane}: its head is not its newest seal"),
        }
    }
}

impl Verification {
    /// Whether everything is as it was.
    pub fn is_whole(&self) -> bool {
        self.broken_count == 0
    }

    /// Whether the rows of an authorization are known not to be as they were sealed.
    pub(super) fn has_found(&self, id: Uuid) -> bool {
        self.broken.iter().any(|broken| match broken {
            BrokenSeal::Changed { authorization, .. }
            | BrokenSeal::Added { authorization, .. }
            | BrokenSeal::Unreadable { authorization } => *authorization == id,
            _ => false,
        })
    }

    /// A record that is not in the form of any.
    pub(crate) fn unreadable(&mut self, authorization: Uuid) {
        if !self.has_found(authorization) {
            self.add(BrokenSeal::Unreadable { authorization });
        }
    }

    /// Rows of a table that have no record. One that is known to have been deleted is not told again.
    pub(crate) fn without_record(&mut self, authorization: Uuid, table: &'static str) {
        if !self.has_found(authorization) {
            self.add(BrokenSeal::WithoutRecord { authorization, table });
        }
    }

    pub(crate) fn add(&mut self, broken: BrokenSeal) {
        self.broken_count += 1;
        if self.broken.len() < NAMED_MAX {
            self.broken.push(broken);
        }
    }
}

/// Goes through the seals of one lane, in the order of their positions.
pub(crate) struct Verifier<'v> {
    key: &'v SealKey,
    head: LaneHead,
    found: &'v mut Verification,
}

impl<'v> Verifier<'v> {
    pub(crate) fn new(lane: u16, key: &'v SealKey, found: &'v mut Verification) -> Self {
        Self { key, head: LaneHead::first(lane), found }
    }

    /// The position after which to go on.
    pub(crate) fn position(&self) -> u64 {
        self.head.position
    }

    /// The next seal, with the rows of its unit as they are now.
    pub(crate) fn seal(&mut self, seal: &Seal, content: &Content) {
        let expected = self.head.position + 1;
        if seal.position != expected {
            self.found.add(BrokenSeal::Missing { lane: self.head.lane, position: expected });
        }
        let Unit { authorization, event } = seal.unit;
        self.head.position = seal.position;
        // After a gap the link before is not known, and this one can't be checked.
        if seal.position == expected {
            if seal.covers(&self.head, content, self.key) {
                self.found.whole += 1;
            } else {
                self.found.add(BrokenSeal::Changed { authorization, event });
            }
        }
        self.head.link = seal.link;
    }

    /// The lane's head as it is kept, after the last seal of the same moment.
    pub(crate) fn end(self, kept: &LaneHead) {
        if self.head.position > 0 {
            self.found.sealed.set(self.head.lane, Mark::new(self.head.position, &self.head.link));
        }
        if kept.position > self.head.position {
            self.found.add(BrokenSeal::Missing { lane: kept.lane, position: self.head.position + 1 });
        } else if *kept != self.head {
            self.found.add(BrokenSeal::Head { lane: kept.lane });
        }
    }
}
