//! What was recorded, for reading beside the engines that write it.

use std::collections::BTreeMap;

use avis_core::loyalty::{Inquiry, Known};
use avis_core::{Need, Reading, Totals};
use jiff::Timestamp;
use uuid::Uuid;

use crate::record::Record;

/// Records of use, whoever's they are. What it promises is held by the conformance suite: a record is as its answers tell it, and a
/// list has each record that its filter lets through once, the newest sale first.
pub trait Recorded: Send + Sync {
    /// A record with what its decision read.
    ///
    /// # Errors
    /// A ledger or a record that can't be read.
    fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, RecordedError>;

    /// The newest records that a filter lets through, each with what its decision read.
    ///
    /// # Errors
    /// As [`Recorded::record`].
    fn newest(&self, filter: &RecordedFilter<'_>, most: usize) -> Result<Vec<(Record, Reading)>, RecordedError>;

    /// How much each party recorded of what took place from a moment until another, by the parties' codes.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn metered(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Metered>, RecordedError>;

    /// In how many records of what took place from a moment until another points of each programme moved, by the programmes' codes.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn metered_points(&self, from: Timestamp, until: Timestamp) -> Result<Vec<(String, i64)>, RecordedError>;

    /// What was used, in the order of the needs, as a ledger tells its engines.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn used(&self, needs: &[Need]) -> Result<Vec<Totals>, RecordedError>;

    /// What is known of accounts of points and of coupons at a moment, as a ledger tells its engines.
    ///
    /// # Errors
    /// A ledger that can't be read.
    fn points(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, RecordedError>;
}

/// How much a party recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metered {
    /// The party's code.
    pub party: String,
    /// Records of what it sold.
    pub records: i64,
    /// Bytes of those, as they were opened, with what was read.
    pub bytes: i64,
    /// Records in which its benefits moved something.
    pub granted: i64,
}

impl Metered {
    /// Of what was sold, by providers (records and bytes), and of what was granted, by grantors.
    pub(crate) fn merged(
        sold: impl IntoIterator<Item = (String, i64, i64)>,
        granted: impl IntoIterator<Item = (String, i64)>,
    ) -> Vec<Self> {
        let mut parties: BTreeMap<String, Self> = BTreeMap::new();
        for (party, records, bytes) in sold {
            let metered = parties.entry(party).or_default();
            (metered.records, metered.bytes) = (records, bytes);
        }
        for (party, granted) in granted {
            parties.entry(party).or_default().granted = granted;
        }
        parties.into_iter().map(|(party, metered)| Self { party, ..metered }).collect()
    }
}

/// Which records are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordedFilter<'a> {
    /// Those of this provider; beside a grantor, those of either.
    pub provider: Option<&'a str>,
    /// Those in which a benefit of this grantor moved something.
    pub grantor: Option<&'a str>,
    /// Of those only what this provider sold.
    pub sold_by: Option<&'a str>,
    /// Of those only what moved something at this terminal.
    pub terminal: Option<&'a str>,
    /// From which moment on they took place, to the millisecond.
    pub from: Option<Timestamp>,
    /// Before which moment.
    pub until: Option<Timestamp>,
    /// Those behind this one in the list.
    pub behind: Option<Uuid>,
}

/// Why records can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("records can't be read: {0}")]
pub struct RecordedError(String);

impl RecordedError {
    pub(crate) fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl RecordedFilter<'_> {
    /// The first id of the list that is not wanted any more, and the one before which it begins: ids are in the order of time.
    pub(crate) fn ids(&self) -> (Uuid, Uuid) {
        let least = self.from.map_or(Uuid::nil(), first_of);
        let until = self.until.map_or(Uuid::max(), first_of);
        (least, self.behind.map_or(until, |behind| behind.min(until)))
    }
}

/// The least id of a moment.
fn first_of(at: Timestamp) -> Uuid {
    let millis = u128::try_from(at.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}
