//! Keeps what a terminal sold without a connection.

use avis_core::authorization::{Granted, Settled};
use avis_core::movement::MovementKind;
use avis_core::{Outcome, Reading};
use jiff::Timestamp;

use super::authorize::opened;
use super::{Books, Entry, Listed, RequestKind, Step, answered};
use crate::answer;
use crate::clock::Moment;
use crate::ledger::{NewAuthorization, OfflineAnswer, Refused};
use crate::record::{Advised, Record};

pub(super) fn advise<B: Books>(
    books: &B,
    new: &NewAuthorization,
    granted: &[Granted],
    device: (Timestamp, u64),
    told: Option<&OfflineAnswer>,
    moment: Moment<'_>,
) -> Result<Step, B::Error> {
    if let Some(OfflineAnswer { authorization: None, body }) = told {
        return Ok(answered(&new.key, RequestKind::Authorize, body.clone()));
    }
    let mut used = books.usage(new.plan.needs())?.into_iter();
    let read = new.plan.usage(|_| used.next().unwrap_or_default());
    let beyond = new.plan.needs_beyond(granted);
    let used_beyond = books.usage(&beyond)?;
    let read = read.with_beyond(beyond.into_iter().zip(used_beyond).collect());
    let keys = new.plan.over_grant_keys(granted);
    let before = keys.iter().map(|key| books.over_granted(key)).collect::<Result<Vec<_>, _>>()?;
    let settled = match new.plan.settle(&read, granted, &before) {
        Ok(settled) => settled,
        Err(faults) => return Ok(Step::Refuse(Refused::Granted(faults))),
    };
    let Settled { decision, over_granted } = settled;
    if granted.is_empty() && decision.outcome == Outcome::Declined {
        return Ok(answered(&new.key, RequestKind::Authorize, answer::declined(new, &decision)));
    }
    let (device_time, device_sequence) = device;
    let id = told.and_then(|told| told.authorization).unwrap_or_else(|| new.authorization_id());
    let mut record = Record::new(new, decision, over_granted, id, moment);
    record.advice = Some(Advised { device_time, device_sequence });
    let over_granted = record.authorization.over_granted.iter();
    let listed = over_granted.map(|over| Listed::of(&record, over, &keys)).collect();
    // What an engine sold standing in for the ledger is a sale like any other.
    let kind = if told.is_some() { MovementKind::Sale } else { MovementKind::Advice };
    let mut entry = Entry { listed, ..opened(new, record, Reading::of(&new.plan, &read), kind) };
    if let Some(told) = told {
        entry.answered.body.clone_from(&told.body);
    }
    Ok(Step::Enter(Box::new(entry)))
}
