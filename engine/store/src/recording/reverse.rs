//! Undoes a request: before, after or without it.

use avis_core::authorization::{Origin, ReversalBody, Undone};
use avis_core::loyalty::Happening;

use super::change::{Consequences, consequences, usage_since};
use super::points::PointsFollowing;
use super::{Books, Entry, Recorded, RequestKind, Step, recounted};
use crate::answer;
use crate::clock::Moment;
use crate::ledger::{IdempotencyKey, Refused};
use crate::record::Record;

pub(super) fn reverse<B: Books>(
    books: &B,
    key: &IdempotencyKey,
    (origin, moment): (Origin, Moment<'_>),
    body: &ReversalBody,
) -> Result<Step, B::Error> {
    let (provider, original) = (&*key.provider, body.original_request_id);
    let without_record = |undone: Undone| {
        let body = answer::reversed_nothing(&origin, original, undone);
        let entry = Entry::of(key, RequestKind::Reverse, None, body);
        Step::Enter(Box::new(Entry { reversed: Some(original), ..entry }))
    };
    let Some(known) = books.request(provider, original)? else { return Ok(without_record(Undone::Now)) };
    let undone = if known.reversed { Undone::Already } else { Undone::Now };
    let Some(answered) = known.answered else { return Ok(without_record(undone)) };
    if matches!(answered.kind, RequestKind::Reverse | RequestKind::Account) {
        return Ok(Step::Refuse(Refused::NotReversible));
    }
    let record = answered.authorization.map(|id| books.record(provider, id)).transpose()?.flatten();
    let Some(record) = record else { return Ok(without_record(undone)) };
    let entry = undo(books, key, (origin, body, moment), record, answered.kind == RequestKind::Authorize)?;
    Ok(Step::Enter(Box::new(Entry { reversed: Some(original), ..entry })))
}

/// Undoes an authorization (`whole`), or an operation on it, unless that was undone before. It stands in the history either way.
fn undo<B: Books>(
    books: &B,
    key: &IdempotencyKey,
    (origin, body, moment): (Origin, &ReversalBody, Moment<'_>),
    mut record: Record,
    whole: bool,
) -> Result<Entry, B::Error> {
    let before = record.authorization.balance().clone();
    let stood = record.authorization.standing_requests();
    record.authorization.reverse(origin, body.original_request_id, whole);
    let usage = usage_since(&before, &record.authorization);
    // Empty where nothing counts again: for the whole, and for what was undone already.
    let over_granted = recounted::over_granted(books, &before, &record, &usage)?;
    record.authorization.bear_beyond(&before, over_granted);
    let stands = record.authorization.standing_requests();
    let undone = stood.into_iter().filter(|request| !stands.contains(request)).collect();
    let happening = Happening::reversed(moment.now, key.request_id, undone);
    let Consequences { usage, movement, listed, points } = consequences(books, &before, &record, &happening, moment)?;
    let PointsFollowing { posted, coupons, moved } = points;
    let entry = Entry::of(key, RequestKind::Reverse, Some(record.id), answer::changed(&record, &moved));
    let record = Some(Recorded::Changed(Box::new(record)));
    Ok(Entry { usage, movement, listed, posted, coupons, record, ..entry })
}
