//! Captures, voids and refunds.

use avis_core::authorization::{OperationBody, OperationKind};
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::{StepError, request, stored};
use crate::answer;
use crate::ledger::{Refused, RequestKey, Verdict};

pub(super) fn operate(
    connection: &Connection,
    key: &RequestKey,
    authorization: Uuid,
    kind: OperationKind,
    body: &OperationBody,
    now: Timestamp,
) -> Result<Verdict, StepError> {
    let Some(mut record) = stored::load(connection, &key.provider, authorization)? else {
        return Ok(Verdict::Refused(Refused::NoSuchAuthorization));
    };
    let done = stored::change(connection, &mut record, |record| {
        let authorization = &mut record.authorization;
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
    })?;
    match done {
        // The caller takes back what was written on the way.
        Err(refusal) => Ok(Verdict::Refused(refusal.into())),
        Ok(operation) => {
            let body = answer::operated(&record, &operation);
            request::keep(connection, key, request::OPERATE, Some(record.id), body)
        }
    }
}
