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
    let id = id_of_request(&new.key.provider, new.key.request_id, new.plan.request().occurred_at);
    let record = Record::of(new, &decision, id, now);
    Ok(Step::Enter(Box::new(opened(new, record, Reading::of(&new.plan, &read)))))
}

/// A new record, with what it consumes.
pub(super) fn opened(new: &NewAuthorization, record: Record, reading: Reading) -> Entry {
    let body = answer::authorized(&record);
    let usage = record.authorization.consumed();
    let entry = Entry::of(&new.key, RequestKind::Authorize, Some(record.id), body);
    Entry { usage, record: Some(Recorded::New(Box::new(record), Box::new(reading))), ..entry }
}

/// The id of the authorization that a request opens: the same wherever it is opened. Where an engine died with its answer and the
/// terminal had to ask another one while the ledger was away, whichever answer it has names the one record.
///
/// A UUID of version 7: in the order of the sales, so that partitions and indexes stay dense.
pub(crate) fn id_of_request(provider: &str, request_id: Uuid, occurred_at: Timestamp) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("AVIS id of the authorization that a request opens");
    hasher.update(request_id.as_bytes()).update(provider.as_bytes());
    let mut random = [0; 10];
    hasher.finalize_xof().fill(&mut random);
    let millis = u64::try_from(occurred_at.as_millisecond()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
