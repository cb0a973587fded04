//! Captures, voids and refunds.

use avis_core::authorization::{OperationBody, OperationKind};
use jiff::Timestamp;
use uuid::Uuid;

use super::change::change;
use super::{Books, Entry, Recorded, RequestKind, Step};
use crate::answer;
use crate::ledger::{Refused, RequestKey};

pub(super) fn operate<B: Books>(
    books: &B,
    key: &RequestKey,
    authorization: Uuid,
    (kind, body): (OperationKind, &OperationBody),
    now: Timestamp,
) -> Result<Step, B::Error> {
    let Some(mut record) = books.record(&key.provider, authorization)? else {
        return Ok(Step::Refuse(Refused::NoSuchAuthorization));
    };
    let (done, usage) = change(&mut record, |authorization| {
        let operation = match kind {
            OperationKind::Capture => authorization.capture(key.request_id, &body.lines, now),
            OperationKind::Refund => authorization.refund(key.request_id, &body.lines, now),
            OperationKind::Void => authorization.void(key.request_id, now),
            OperationKind::Expiry => authorization.expire(now),
        };
        let operation = operation.cloned();
        if operation.is_ok() {
            authorization.give_reason(body.reason.as_deref());
        }
        operation
    });
    Ok(match done {
        Err(refusal) => Step::Refuse(refusal.into()),
        Ok(operation) => {
            let body = answer::operated(&record, &operation);
            let entry = Entry::of(key, RequestKind::Operate, Some(record.id), body);
            Step::Enter(Box::new(Entry { usage, record: Some(Recorded::Changed(Box::new(record))), ..entry }))
        }
    })
}
