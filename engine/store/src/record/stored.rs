//! How records are stored: the opening is written once, what happened afterwards is a row for each event.

use std::borrow::Cow;
use std::sync::Arc;

use avis_core::authorization::{Authorization, Event, StoredAuthorization, StoredError, StoredEvent};
use avis_core::movement::ServiceDay;
use avis_core::{Outcome, Reasons};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::de::Error as _;
use uuid::Uuid;

use super::{Advised, Record, ToldOfLoyalty};
use crate::revision::RulesRead;

/// The form of what is written now; what has a newer one can't be read.
const FORMAT: u8 = 1;

/// A record as it was opened.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredRecord<'a> {
    format: u8,
    id: Uuid,
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(borrow)]
    terminal: Cow<'a, str>,
    request_id: Uuid,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    holder: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    territory: Option<Cow<'a, str>>,
    occurred_at: Timestamp,
    authorized_on: Date,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    own_day: Option<StoredDay<'a>>,
    recorded_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    rules: RulesRead,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
    #[serde(borrow)]
    engine: Cow<'a, str>,
    outcome: Outcome,
    reasons: Reasons,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    named_by: Option<u8>,
    #[serde(borrow)]
    authorization: StoredAuthorization<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advice: Option<Cow<'a, Advised>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Cow<'a, ToldOfLoyalty>>,
}

/// A provider's business day: the name of its zone, and when it turns.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredDay<'a> {
    #[serde(borrow)]
    zone: Cow<'a, str>,
    start: Time,
}

impl<'a> StoredDay<'a> {
    fn of(day: &'a ServiceDay) -> Self {
        Self { zone: Cow::Borrowed(day.zone().iana_name().unwrap_or("UTC")), start: day.start() }
    }

    fn open(&self) -> Result<ServiceDay, StoredError> {
        let unknown = |error: jiff::Error| serde_json::Error::custom(error);
        Ok(ServiceDay::new(TimeZone::get(&self.zone).map_err(unknown)?, self.start))
    }
}

/// Why a record can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UnreadableRecord(#[from] StoredError);

impl From<serde_json::Error> for UnreadableRecord {
    fn from(error: serde_json::Error) -> Self {
        Self(error.into())
    }
}

/// A record as it was opened, as JSON.
pub(crate) fn written_record(record: &Record) -> Result<String, serde_json::Error> {
    serde_json::to_string(&StoredRecord {
        format: FORMAT,
        id: record.id,
        provider: Cow::Borrowed(&record.provider),
        terminal: Cow::Borrowed(&record.terminal),
        request_id: record.request_id,
        holder: record.holder.as_deref().map(Cow::Borrowed),
        territory: record.territory.as_deref().map(Cow::Borrowed),
        occurred_at: record.occurred_at,
        authorized_on: record.authorized_on,
        own_day: record.own_day.as_ref().map(StoredDay::of),
        recorded_at: record.recorded_at,
        expires_at: record.expires_at,
        rules: record.rules,
        stale: record.stale,
        engine: Cow::Borrowed(&record.engine),
        outcome: record.outcome,
        reasons: record.reasons,
        named_by: record.named_by,
        authorization: StoredAuthorization::new(&record.authorization),
        advice: record.advice.as_ref().map(Cow::Borrowed),
        told: record.told.as_ref().map(Cow::Borrowed),
    })
}

/// Something that happened to a record, as JSON.
pub(crate) fn written_event(event: &Event) -> Result<String, serde_json::Error> {
    serde_json::to_string(&StoredEvent::new(event))
}

/// Adds something stored to what happened to an authorization.
pub(crate) fn happened(authorization: &mut Authorization, event: &str) -> Result<(), UnreadableRecord> {
    Ok(authorization.replay(serde_json::from_str(event)?)?)
}

/// A record as it was opened, with everything that happened to it since, in its order.
pub(crate) fn read_record(opened: &str, events: &[impl AsRef<str>]) -> Result<Record, UnreadableRecord> {
    let stored: StoredRecord<'_> = serde_json::from_str(opened)?;
    if stored.format > FORMAT {
        return Err(StoredError::Newer(stored.format).into());
    }
    let mut authorization = stored.authorization.open();
    for event in events {
        happened(&mut authorization, event.as_ref())?;
    }
    Ok(Record {
        id: stored.id,
        provider: stored.provider.into(),
        terminal: stored.terminal.into(),
        request_id: stored.request_id,
        holder: stored.holder.map(Arc::from),
        territory: stored.territory.map(Arc::from),
        occurred_at: stored.occurred_at,
        authorized_on: stored.authorized_on,
        own_day: stored.own_day.map(|day| day.open()).transpose()?,
        recorded_at: stored.recorded_at,
        expires_at: stored.expires_at,
        rules: stored.rules,
        stale: stored.stale,
        engine: stored.engine.into(),
        outcome: stored.outcome,
        reasons: stored.reasons,
        named_by: stored.named_by,
        authorization,
        advice: stored.advice.map(Cow::into_owned),
        told: stored.told.map(Cow::into_owned),
    })
}
