//! Undoes a request: before, after or without it.

use avis_core::authorization::{ReversalBody, Undone};

use super::change::change;
use super::{Books, Entry, Listed, Recorded, RequestKind, Step, recounted};
use crate::answer::{self, Reversal};
use crate::ledger::{Refused, RequestKey};
use crate::record::Record;

pub(super) fn reverse<B: Books>(books: &B, key: &RequestKey, body: &ReversalBody) -> Result<Step, B::Error> {
    let (provider, original) = (&*key.provider, body.original_request_id);
    let told = |result| Reversal {
        request_id: key.request_id,
        original_request_id: original,
        result,
        over_granted: Vec::new(),
    };
    let without_record = |undone| {
        let body = answer::reversed_nothing(&told(result(undone)));
        let entry = Entry::of(key, RequestKind::Reverse, None, body);
        Step::Enter(Box::new(Entry { reversed: Some(original), ..entry }))
    };
    let Some(known) = books.request(provider, original)? else { return Ok(without_record(Undone::Now)) };
    let before = if known.reversed { Undone::Already } else { Undone::Now };
    let Some(answered) = known.answered else { return Ok(without_record(before)) };
    if answered.kind == RequestKind::Reverse {
        return Ok(Step::Refuse(Refused::NotReversible));
    }
    let record = answered.authorization.map(|id| books.record(provider, id)).transpose()?.flatten();
    let Some(record) = record else { return Ok(without_record(before)) };
    if known.reversed {
        let body = answer::reversed(&record, &told(result(Undone::Already)));
        return Ok(Step::Enter(Box::new(Entry::of(key, RequestKind::Reverse, Some(record.id), body))));
    }
    let is_whole = answered.kind == RequestKind::Authorize;
    let entry = undo(books, key, body, record, is_whole)?;
    Ok(Step::Enter(Box::new(Entry { reversed: Some(original), ..entry })))
}

/// Undoes an authorization, or an operation on it.
fn undo<B: Books>(
    books: &B,
    key: &RequestKey,
    body: &ReversalBody,
    mut record: Record,
    is_whole: bool,
) -> Result<Entry, B::Error> {
    let original_request_id = body.original_request_id;
    let before = record.authorization.clone();
    let (undone, usage) =
        change(
            &mut record,
            |authorization| {
                if is_whole { authorization.reverse() } else { authorization.undo(original_request_id) }
            },
        );
    // Empty where nothing counts again: for the whole, and for what was undone already.
    let over_granted = recounted::over_granted(books, &before, &record, &usage)?;
    let listed = over_granted.iter().map(|over| Listed::of(&record, over, &[])).collect();
    let told = Reversal { request_id: key.request_id, original_request_id, result: result(undone), over_granted };
    let body = answer::reversed(&record, &told);
    Ok(Entry {
        usage,
        // What was undone was not granted.
        unlisted: is_whole.then_some(record.id),
        listed,
        record: Some(Recorded::Changed(Box::new(record.clone()))),
        ..Entry::of(key, RequestKind::Reverse, Some(record.id), body)
    })
}

/// An operation can be undone already with what it built on.
fn result(undone: Undone) -> &'static str {
    match undone {
        Undone::Now => "reversed",
        Undone::Already => "already_reversed",
    }
}
