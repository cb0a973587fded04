//! The rows of a file while its job lasts, for who goes on with it: identifiers by their keyed hashes, and nothing of a row that
//! can't be.

use std::fmt::Write as _;

use avis_core::{IdentifierKey, IdentifierSecret};
use avis_store::records::{RecordChange, RecordFilter, RecordValue};
use avis_store::{Registry, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::order::Order;
use crate::control::kept::Object;
use crate::control::problem::Problem;

/// The kind of their records.
const KIND: &str = "import_rows";
/// How long they are kept at most, should nobody be there to end the job.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Bytes of one record, but for its last row.
const PART_BYTES: usize = 512 * 1024;
/// Records that are removed at a time.
const REMOVED_AT_ONCE: usize = 100;

/// The fields of a row, or of one of a person's means, by which somebody is named; and what stands for the value.
const NAMES: [(&str, &str, &str); 3] = [
    ("scheme", "value", "key"),
    ("new_scheme", "new_value", "new_key"),
    ("guardian_scheme", "guardian_value", "guardian_key"),
];

/// Rows on their way into the records of a job.
pub(super) struct RowsKept<'r> {
    registry: &'r dyn Registry,
    job: &'r str,
    until: Option<Timestamp>,
    number: u32,
    part: String,
}

/// Some rows, each with its line.
#[derive(Deserialize)]
struct Part {
    rows: Vec<(u64, Value)>,
}

/// Until when what is kept at a moment is, should nobody end the job.
pub(super) fn until(now: Timestamp) -> Option<Timestamp> {
    now.saturating_add(KEPT_FOR).ok()
}

impl<'r> RowsKept<'r> {
    pub(super) fn of(registry: &'r dyn Registry, job: &'r str, now: Timestamp) -> Self {
        Self { registry, job, until: until(now), number: 0, part: String::new() }
    }

    /// Keeps a row, its values forgotten.
    ///
    /// # Errors
    /// A store that can't be written.
    pub(super) fn keep(&mut self, line: u64, row: Value, secret: &IdentifierSecret) -> Result<(), StoreError> {
        let separator = if self.part.is_empty() { r#"{"rows":["# } else { "," };
        // Writing to a text does not fail.
        let _ = write!(self.part, "{separator}[{line},{}]", without_values(row, secret));
        if self.part.len() < PART_BYTES { Ok(()) } else { self.flush() }
    }

    /// Writes what is not written yet.
    ///
    /// # Errors
    /// A store that can't be written.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        if self.part.is_empty() {
            return Ok(());
        }
        let content = std::mem::take(&mut self.part) + "]}";
        let value = RecordValue { expires_at: self.until, content, ..RecordValue::default() };
        let key = format!("{}/{:08}", self.job, self.number);
        self.number += 1;
        self.registry.change(&[RecordChange::make(KIND, &key, value)], &[])
    }
}

/// A row with the keyed hash of each value in its place.
fn without_values(mut row: Value, secret: &IdentifierSecret) -> Value {
    NAMES.iter().for_each(|names| hash(&mut row, names, secret));
    for means in row.get_mut("identifiers").and_then(Value::as_array_mut).into_iter().flatten() {
        hash(means, &NAMES[0], secret);
    }
    row
}

fn hash(named: &mut Value, (scheme, value, key): &(&str, &str, &str), secret: &IdentifierSecret) {
    let Some(fields) = named.as_object_mut() else { return };
    let Some(Value::String(value)) = fields.remove(*value) else { return };
    let hashed =
        fields.get(*scheme).and_then(Value::as_str).and_then(|scheme| IdentifierKey::of(scheme, &value, secret));
    fields.extend(hashed.map(|hashed| ((*key).to_owned(), hashed.to_hex().into())));
}

/// Hands out the rows of a job, each with its line.
///
/// # Errors
/// A store that can't be read; what the taker says.
pub(super) fn each<E: From<Problem>>(
    registry: &dyn Registry,
    job: &str,
    mut take: impl FnMut(u64, &Value) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = format!("{job}/");
    while let Some(part) = next(registry, job, &after, 1).map_err(Problem::from)?.pop() {
        let read: Result<Part, _> = serde_json::from_str(&part.value.content);
        let read = read.map_err(|error| StoreError::Failed(format!("rows of the job {job}: {error}")));
        for (line, row) in read.map_err(Problem::from)?.rows {
            take(line, &row)?;
        }
        after = part.key;
    }
    Ok(())
}

fn next(
    registry: &dyn Registry,
    job: &str,
    after: &str,
    most: usize,
) -> Result<Vec<avis_store::records::Record>, StoreError> {
    let mut parts = registry.records(&RecordFilter { kind: KIND, after, ..RecordFilter::default() }, most)?;
    parts.retain(|part| part.key.strip_prefix(job).is_some_and(|rest| rest.starts_with('/')));
    Ok(parts)
}

/// Forgets the rows of a job that has ended, and what was asked for. What stays, since the store can't be written, expires.
pub(super) fn forget(registry: &dyn Registry, job: &str) {
    if let Err(error) = removed(registry, job) {
        tracing::warn!(target: "avis::control", %error, "the rows of a job that ended are kept until they expire");
    }
}

fn removed(registry: &dyn Registry, job: &str) -> Result<(), StoreError> {
    if let Some(order) = registry.record(Order::KIND, job)? {
        registry.change(&[RecordChange::remove(&order)], &[])?;
    }
    loop {
        let parts = next(registry, job, &format!("{job}/"), REMOVED_AT_ONCE)?;
        if parts.is_empty() {
            return Ok(());
        }
        registry.change(&parts.iter().map(RecordChange::remove).collect::<Vec<_>>(), &[])?;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_value_is_hashed_wherever_a_row_names_somebody() {
        let secret = IdentifierSecret::new([7; 32]);
        let key = |scheme, value| IdentifierKey::of(scheme, value, &secret).unwrap().to_hex();
        let row = json!({"scheme": "etalons", "value": "A-1", "new_scheme": "isic", "new_value": "I-1", "guardian_scheme": "eid",
            "guardian_value": "PNOLV-1", "from": "2027-01-01",
            "identifiers": [{"scheme": "etalons", "value": "A-2"}, {"scheme": "isic", "key": "00"}]});
        let kept = json!({"scheme": "etalons", "key": key("etalons", "A-1"), "new_scheme": "isic", "new_key": key("isic", "I-1"),
            "guardian_scheme": "eid", "guardian_key": key("eid", "PNOLV-1"), "from": "2027-01-01",
            "identifiers": [{"scheme": "etalons", "key": key("etalons", "A-2")}, {"scheme": "isic", "key": "00"}]});
        assert_eq!(without_values(row, &secret), kept);
    }
}
