//! Undoes a request: before, after or without it.

use avis_core::authorization::{Origin, ReversalBody, Undone};

use avis_core::movement::ServiceDay;

use super::change::{Consequences, consequences, usage_since};
use super::{Books, Entry, Recorded, RequestKind, Step, recounted};
use crate::answer;
use crate::ledger::{IdempotencyKey, Refused};
use crate::record::Record;

pub(super) fn reverse<B: Books>(
    books: &B,
    key: &IdempotencyKey,
    (origin, day): (Origin, &ServiceDay),
    body: &ReversalBody,
) -> Result<Step, B::Error> {
    let (provider, original) = (&*key.provider, body.original_request_id);
    let without_record = |undone: Undone| {
        let body = answer::reversed_nothing(key.request_id, original, undone);
        let entry = Entry::of(key, RequestKind::Reverse, None, body);
        Step::Enter(Box::new(Entry { reversed: Some(original), ..entry }))
    };
    let Some(known) = books.request(provider, original)? else { return Ok(without_record(Undone::Now)) };
    let undone = if known.reversed { Undone::Already } else { Undone::Now };
    let Some(answered) = known.answered else { return Ok(without_record(undone)) };
    if answered.kind == RequestKind::Reverse {
        return Ok(Step::Refuse(Refused::NotReversible));
    }
    let record = answered.authorization.map(|id| books.record(provider, id)).transpose()?.flatten();
    let Some(record) = record else { return Ok(without_record(undone)) };
    let entry = undo(books, key, (origin, body, day), record, answered.kind == RequestKind::Authorize)?;
    Ok(Step::Enter(Box::new(Entry { reversed: Some(original), ..entry })))
}

/// Undoes an authorization (`whole`), or an operation on it, unless that was undone before. It stands in the history either way.
fn undo<B: Books>(
    books: &B,
    key: &IdempotencyKey,
    (origin, body, day): (Origin, &ReversalBody, &ServiceDay),
    mut record: Record,
    whole: bool,
) -> Result<Entry, B::Error> {
    let before = record.authorization.balance().clone();
    record.authorization.reverse(origin, body.original_request_id, whole);
    let usage = usage_since(&before, &record.authorization);
    // Empty where nothing counts again: for the whole, and for what was undone already.
    let over_granted = recounted::over_granted(books, &before, &record, &usage)?;
    record.authorization.bear_beyond(&before, over_granted);
    let Consequences { usage, movement, listed } = consequences(&before, &record, day);
    let entry = Entry::of(key, RequestKind::Reverse, Some(record.id), answer::changed(&record));
    Ok(Entry { usage, movement, listed, record: Some(Recorded::Changed(Box::new(record))), ..entry })
}
