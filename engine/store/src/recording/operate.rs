//! Captures, voids and refunds.

use avis_core::authorization::{OperationBody, OperationKind, Origin};
use avis_core::loyalty::Happening;
use uuid::Uuid;

use super::change::{Consequences, consequences};
use super::points::PointsFollowing;
use super::{Books, Entry, Recorded, RequestKind, Step};
use crate::answer;
use crate::clock::Moment;
use crate::ledger::{IdempotencyKey, Refused};

pub(super) fn operate<B: Books>(
    books: &B,
    key: &IdempotencyKey,
    (origin, moment): (Origin, Moment<'_>),
    authorization: Uuid,
    (kind, body): (OperationKind, &OperationBody),
) -> Result<Step, B::Error> {
    let Some(mut record) = books.record(&key.provider, authorization)? else {
        return Ok(Step::Refuse(Refused::NoSuchAuthorization));
    };
    let before = record.authorization.balance().clone();
    let done = match kind {
        OperationKind::Capture => record.authorization.capture(origin, &body.lines),
        OperationKind::Refund => record.authorization.refund(origin, &body.lines),
        OperationKind::Void => record.authorization.void(origin),
        OperationKind::Expiry => record.authorization.expire(origin),
    };
    if let Err(refusal) = done {
        return Ok(Step::Refuse(refusal.into()));
    }
    let happening = match kind {
        OperationKind::Capture => Happening::captured(moment.now, key.request_id),
        OperationKind::Refund => Happening::refunded(moment.now, key.request_id),
        OperationKind::Void | OperationKind::Expiry => Happening::plain(moment.now, key.request_id),
    };
    let Consequences { usage, movement, listed, points } = consequences(books, &before, &record, &happening, moment)?;
    let PointsFollowing { posted, coupons, moved } = points;
    let entry = Entry::of(key, RequestKind::Operate, Some(record.id), answer::changed(&record, &moved));
    let record = Some(Recorded::Changed(Box::new(record)));
    Ok(Step::Enter(Box::new(Entry { usage, movement, listed, posted, coupons, record, ..entry })))
}
