//! Keeps what a terminal sold without a connection.

use avis_core::movement::MovementKind;
use avis_core::offline::{Granted, Settled};
use avis_core::{Outcome, Reading};
use jiff::Timestamp;

use super::authorize::opened;
use super::{Books, Entry, Listed, RequestKind, Step, answered, points};
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
    let knowing = points::plan(books, new, moment.now, false)?;
    let plan = knowing.as_ref().unwrap_or(&new.plan);
    let mut used = books.usage(plan.needs())?.into_iter();
    let read = plan.usage(|_| used.next().unwrap_or_default());
    let beyond = plan.needs_beyond(granted);
    let used_beyond = books.usage(&beyond)?;
    let read = read.with_beyond(beyond.into_iter().zip(used_beyond).collect());
    let keys = plan.over_grant_keys(granted);
    let before = keys.iter().map(|key| books.over_granted(key)).collect::<Result<Vec<_>, _>>()?;
    let settled = match plan.settle(&read, granted, &before) {
        Ok(settled) => settled,
        Err(faults) => return Ok(Step::Refuse(Refused::Granted(faults))),
    };
    let Settled { decision, over_granted, points } = settled;
    if granted.is_empty() && decision.outcome == Outcome::Declined {
        return Ok(answered(&new.key, RequestKind::Authorize, answer::declined(new, &decision, points.as_ref())));
    }
    let (device_time, device_sequence) = device;
    let id = told.and_then(|told| told.authorization).unwrap_or_else(|| new.authorization_id());
    let mut record = Record::new(new, decision, over_granted, id, moment).settled(points.as_ref());
    record.advice = Some(Advised { device_time, device_sequence });
    let over_granted = record.authorization.over_granted.iter();
    let listed = over_granted.map(|over| Listed::of(&record, over, &keys)).collect();
    // What an engine sold standing in for the ledger is a sale like any other.
    let kind = if told.is_some() { MovementKind::Sale } else { MovementKind::Advice };
    let entry = opened(books, new, (record, Reading::of(plan, &read)), kind, moment)?;
    let mut entry = Entry { listed, ..entry };
    if let Some(told) = told {
        entry.answered.body.clone_from(&told.body);
    }
    Ok(Step::Enter(Box::new(entry)))
}
