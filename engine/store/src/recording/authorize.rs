//! Decides with the usage of this moment.

use avis_core::{Outcome, Reading};
use jiff::Timestamp;
use uuid::{Builder, Uuid};

use super::{Books, Entry, Recorded, RequestKind, Step, answered};
use crate::answer;
use crate::ledger::NewAuthorization;
use crate::record::Record;

pub(super) fn authorize<B: Books>(books: &B, new: &NewAuthorization, now: Timestamp) -> Result<Step, B::Error> {
    let mut used = books.usage(new.plan.needs())?.into_iter();
    let read = new.plan.usage(|_| used.next().unwrap_or_default());
    let decision = new.plan.decide(&read);
    if decision.outcome == Outcome::Declined {
        return Ok(answered(&new.key, RequestKind::Authorize, answer::declined(new, &decision)));
    }
    let record = Record::of(new, &decision, new_id(now)?, now);
    Ok(Step::Enter(Box::new(opened(new, record, Reading::of(&new.plan, &read)))))
}

/// A new record, with what it consumes.
pub(super) fn opened(new: &NewAuthorization, record: Record, reading: Reading) -> Entry {
    let body = answer::authorized(&record);
    let usage = record.authorization.consumed();
    let entry = Entry::of(&new.key, RequestKind::Authorize, Some(record.id), body);
    Entry { usage, record: Some(Recorded::New(Box::new(record), Box::new(reading))), ..entry }
}

/// A UUID of version 7: in the order of time, so that partitions and indexes stay dense.
pub(crate) fn new_id(now: Timestamp) -> Result<Uuid, getrandom::Error> {
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    Ok(version_7(now, &random))
}

/// The id of an authorization that an engine opens by itself: the same at every engine, so that a terminal whose first engine died
/// with its answer has the right one from the second.
pub(crate) fn id_of_request(provider: &str, request_id: Uuid, occurred_at: Timestamp) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("AVIS authorization opened by one engine alone");
    hasher.update(request_id.as_bytes()).update(provider.as_bytes());
    let mut random = [0; 10];
    hasher.finalize_xof().fill(&mut random);
    version_7(occurred_at, &random)
}

fn version_7(time: Timestamp, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}
