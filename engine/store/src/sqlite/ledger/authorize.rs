//! Decides with the usage of this moment, and records.

use avis_core::{Outcome, Reading};
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::{Builder, Uuid};

use super::{StepError, request, stored, usage};
use crate::answer;
use crate::ledger::{NewAuthorization, Verdict};
use crate::record::Record;

pub(super) fn authorize(connection: &Connection, new: &NewAuthorization, now: Timestamp) -> Result<Verdict, StepError> {
    let mut used = usage::sums(connection, new.plan.needs())?.into_iter();
    let read = new.plan.usage(|_| used.next().unwrap_or_default());
    let decision = new.plan.decide(&read);
    if decision.outcome == Outcome::Declined {
        return request::keep(connection, &new.key, request::AUTHORIZE, None, answer::declined(new, &decision));
    }
    let record = Record::of(new, &decision, new_id(now)?, now);
    stored::insert(connection, &record, &Reading::of(&new.plan, &read))?;
    request::keep(connection, &new.key, request::AUTHORIZE, Some(record.id), answer::authorized(&record))
}

/// A UUID of version 7: in the order of time, so that partitions and indexes stay dense.
pub(super) fn new_id(now: Timestamp) -> Result<Uuid, getrandom::Error> {
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Ok(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
