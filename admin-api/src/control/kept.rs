//! Objects of the control plane as records: read, and written over the version that was read.

use avis_store::records::{Record, RecordChange, RecordFilter, RecordValue};
use avis_store::{Registry, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// What is kept under a kind of its own.
pub(crate) trait Object: Serialize + DeserializeOwned {
    /// The word of the kind.
    const KIND: &'static str;
}

/// An object as it was read.
pub(crate) struct Kept<T> {
    pub(crate) record: Record,
    pub(crate) object: T,
}

/// The object of a key, unless it expired.
pub(crate) fn load<T: Object>(registry: &dyn Registry, key: &str, now: Timestamp) -> Result<Option<Kept<T>>, Problem> {
    let record = registry.record(T::KIND, key)?.filter(|record| record.is_live_at(now));
    record.map(read).transpose()
}

/// Objects that a filter lets through, by their keys, without those that expired.
pub(crate) fn list<T: Object>(
    registry: &dyn Registry,
    filter: &RecordFilter<'_>,
    most: usize,
    now: Timestamp,
) -> Result<Vec<Kept<T>>, Problem> {
    let records = registry.records(&RecordFilter { kind: T::KIND, ..*filter }, most)?;
    let mut objects = Vec::with_capacity(records.len());
    for record in records.into_iter().filter(|record| record.is_live_at(now)) {
        objects.push(read(record)?);
    }
    Ok(objects)
}

/// Records that are read at a time.
const AT_ONCE: usize = 1_000;

/// All objects that a filter lets through, by their keys, without those that expired.
pub(crate) fn all<T: Object>(
    registry: &dyn Registry,
    filter: &RecordFilter<'_>,
    now: Timestamp,
) -> Result<Vec<Kept<T>>, Problem> {
    let (mut all, mut after) = (Vec::new(), filter.after.to_owned());
    loop {
        let records = registry.records(&RecordFilter { kind: T::KIND, after: &after, ..*filter }, AT_ONCE)?;
        let is_last = records.len() < AT_ONCE;
        if let Some(last) = records.last() {
            after.clone_from(&last.key);
        }
        for record in records.into_iter().filter(|record| record.is_live_at(now)) {
            all.push(read(record)?);
        }
        if is_last {
            return Ok(all);
        }
    }
}

/// How long it is kept whose turn it was.
const TURN_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What keeps a count true until something is written: taken before the count, and written with what follows from it. Of those who
/// count the same thing at once one writes, and the others lose as who changes what was changed.
pub(crate) fn turn(registry: &dyn Registry, of: &str, now: Timestamp) -> Result<RecordChange, StoreError> {
    const KIND: &str = "turn";
    let value = RecordValue {
        expires_at: now.saturating_add(TURN_KEPT_FOR).ok(),
        content: "{}".to_owned(),
        ..RecordValue::default()
    };
    Ok(RecordChange::put(registry.record(KIND, of)?.as_ref(), KIND, of, value))
}

/// A record as the object that it keeps.
pub(crate) fn read<T: Object>(record: Record) -> Result<Kept<T>, Problem> {
    match serde_json::from_str(&record.value.content) {
        Ok(object) => Ok(Kept { record, object }),
        Err(error) => Err(StoreError::Failed(format!("a record of the kind `{}`: {error}", T::KIND)).into()),
    }
}

/// An object as a record is to have it.
pub(crate) fn value<T: Object>(object: &T, owner: &str, state: &str, expires_at: Option<Timestamp>) -> RecordValue {
    // These types have no keys that JSON can't write.
    let content = serde_json::to_string(object).unwrap_or_default();
    RecordValue { owner: owner.to_owned(), state: state.to_owned(), expires_at, content }
}

/// Makes an object under a key.
pub(crate) fn make<T: Object>(
    key: &str,
    object: &T,
    (owner, state): (&str, &str),
    expires_at: Option<Timestamp>,
) -> RecordChange {
    RecordChange::make(T::KIND, key, value(object, owner, state, expires_at))
}

/// Makes an object under a key, or writes it over the one that was read.
pub(crate) fn put<T: Object>(
    before: Option<&Kept<T>>,
    key: &str,
    object: &T,
    (owner, state): (&str, &str),
) -> RecordChange {
    RecordChange::put(before.map(|before| &before.record), T::KIND, key, value(object, owner, state, None))
}

impl<T: Object> Kept<T> {
    /// Whose it is.
    pub(crate) fn owner(&self) -> &str {
        &self.record.value.owner
    }

    /// Where in its life it stands.
    pub(crate) fn state(&self) -> &str {
        &self.record.value.state
    }

    /// The version that was read, as an etag.
    pub(crate) fn etag(&self) -> String {
        etag(self.record.version)
    }

    /// Writes the object as it is now over the version that was read, in a state.
    pub(crate) fn replace(&self, state: &str) -> RecordChange {
        let RecordValue { owner, expires_at, .. } = &self.record.value;
        RecordChange::replace(&self.record, value(&self.object, owner, state, *expires_at))
    }

    /// Removes it.
    pub(crate) fn remove(&self) -> RecordChange {
        RecordChange::remove(&self.record)
    }
}

/// A version as a strong etag.
pub(crate) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}
