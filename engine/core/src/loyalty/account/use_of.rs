//! What one authorization is to an account.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// What stands of an authorization in a programme, in points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Stands {
    /// By tender and rewards; of a hold as well.
    pub(crate) spent: i64,
    /// Nothing while it is held.
    pub(crate) earned: i64,
    /// As if a hold were captured whole: what limits count.
    pub(crate) earned_whole: i64,
    /// Minor units paid for what is in scope; nothing while it is held.
    pub(crate) measured: i64,
    /// Minor units that points paid; nothing while it is held.
    #[serde(default)]
    pub(crate) paid: i64,
    /// Whether it stands captured.
    pub(crate) captured: bool,
}

/// From where points were taken, so that they go back there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Lot(usize),
    /// A lot that had expired when they were taken.
    Expired(usize),
    Owed,
    /// A short, by its place.
    Short(usize),
    /// Nowhere: at the owner's cost.
    Granted,
}

/// Points of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Taken {
    pub(crate) source: Source,
    pub(crate) points: i64,
}

/// What an operation paid of a short with points that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct PaidShort {
    pub(crate) by: Uuid,
    pub(crate) short: usize,
    pub(crate) points: i64,
    /// From where those points had been taken.
    pub(crate) source: Source,
}

/// What one authorization is to an account: what stands of it, and from where its points came.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Use {
    pub(crate) authorization: Uuid,
    pub(crate) holder: Arc<str>,
    pub(crate) occurred_at: Timestamp,
    pub(crate) service_date: Date,
    /// The number of the operation that recorded it.
    pub(crate) recorded: u64,
    /// Rules that gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) gave: Vec<Arc<str>>,
    /// What stands of what each of them gave: together what stands earned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) by_rule: Vec<i64>,
    /// What is posted.
    pub(crate) stands: Stands,
    /// Whether what it spent waits in `reserved`.
    pub(crate) held: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) own_lot: Option<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) spent_from: Vec<Taken>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) taken_back: Vec<Taken>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) paid_shorts: Vec<PaidShort>,
}
