//! How far somebody has followed a ledger.

use std::collections::BTreeMap;

use crate::chain::Link;

/// A position in each lane, with what identifies its seal. It is JSON wherever a follower keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor(BTreeMap<u16, Mark>);

/// A position in a lane.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// Counts the seals of the lane from 1.
    pub position: u64,
    /// The beginning of the link of that seal, by which a ledger that was restored to an earlier state is told from this one.
    pub link: String,
}

impl Mark {
    pub(crate) fn new(position: u64, link: &Link) -> Self {
        let digits = link.iter().take(8).map(|byte| format!("{byte:02x}"));
        Self { position, link: digits.collect() }
    }
}

impl Cursor {
    /// The marks of the lanes in which something was followed.
    pub fn marks(&self) -> impl Iterator<Item = (u16, &Mark)> {
        self.0.iter().map(|(lane, mark)| (*lane, mark))
    }

    /// The position in a lane; 0 before the first.
    pub fn position(&self, lane: u16) -> u64 {
        self.0.get(&lane).map_or(0, |mark| mark.position)
    }

    /// Whether it has come to a lane's position.
    pub(crate) fn has(&self, (lane, position): (u16, u64)) -> bool {
        position <= self.position(lane)
    }

    /// Whether it has come no further than another in any lane.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|(lane, mark)| other.has((*lane, mark.position)))
    }

    /// The earlier of both in each lane.
    pub(crate) fn least(&self, other: &Self) -> Self {
        let both = self.0.iter().filter_map(|(lane, mark)| {
            let least = other.0.get(lane).filter(|other| other.position < mark.position);
            // In a lane of which one has nothing, nothing was followed.
            other.0.contains_key(lane).then(|| (*lane, least.unwrap_or(mark).clone()))
        });
        Self(both.collect())
    }

    pub(crate) fn set(&mut self, lane: u16, mark: Mark) {
        self.0.insert(lane, mark);
    }
}
