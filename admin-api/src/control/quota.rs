//! How often something may be done within hours or days, on whichever node: moments that are kept as a record.

use avis_store::records::RecordChange;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::kept::{self, Object};
use super::problem::{Code, Problem};
use super::secret::hashed;

/// At most so many within a time.
#[derive(Clone, Copy)]
pub(crate) struct AtMost {
    pub(crate) count: usize,
    pub(crate) within: SignedDuration,
}

/// When it was done, the oldest first.
#[derive(Default, Serialize, Deserialize)]
struct Taken(Vec<Timestamp>);

impl Object for Taken {
    const KIND: &'static str = "quota";
}

/// What a quota is to become, in the same transaction as what it counts.
///
/// # Errors
/// [`Code::TooManyRequests`] with the seconds until one is free.
pub(crate) fn take(call: &Call<'_>, name: &str, bounds: &[AtMost]) -> Result<RecordChange, Problem> {
    let key = hashed(&format!("quota {name}"));
    let record = call.control.registry.record(Taken::KIND, &key)?;
    let taken = record.as_ref().and_then(|record| serde_json::from_str::<Taken>(&record.value.content).ok());
    let Taken(mut taken) = taken.unwrap_or_default();
    let longest = bounds.iter().map(|bound| bound.within).max().unwrap_or_default();
    taken.retain(|at| call.now.duration_since(*at) < longest);
    for AtMost { count, within } in bounds {
        // The one that must have passed before there is room.
        let before_last = taken.len().checked_sub(*count).and_then(|place| taken.get(place));
        if let Some(left) =
            before_last.map(|at| *within - call.now.duration_since(*at)).filter(|left| left.is_positive())
        {
            return Err(Problem::after(Code::TooManyRequests, left.as_secs().unsigned_abs() + 1));
        }
    }
    taken.push(call.now);
    let value = kept::value(&Taken(taken), "", "", call.now.saturating_add(longest).ok());
    Ok(RecordChange::put(record.as_ref(), Taken::KIND, &key, value))
}
