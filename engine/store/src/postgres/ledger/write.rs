//! What a batch leaves: one statement a table, and the commit, all on the way together.

use std::time::SystemTime;

use deadpool_postgres::Client;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::column::{day, instant};
use super::failure::BatchError;
use super::points_write::{PointsColumns, PointsWriting};
use super::posting::{Entries, Lines, Movements};
use super::statement::{
    ADD_TO_WINDOWS, ADD_USAGE, INSERT_ENTRIES, INSERT_EVENTS, INSERT_LINES, INSERT_MOVEMENTS, INSERT_RECORDS, LIST,
    QUEUE_UNITS, RELEASE_REQUESTS, UNLIST, UPDATE_STATES, WRITE_REQUESTS, prepared,
};
use super::working_set::{RecordChange, Used, WorkingSet};
use crate::record::{written_event, written_record};

/// The statements that write, of one connection, in the order in which they run.
const TEXTS: [&str; 13] = [
    RELEASE_REQUESTS,
    WRITE_REQUESTS,
    INSERT_RECORDS,
    UPDATE_STATES,
    INSERT_EVENTS,
    QUEUE_UNITS,
    INSERT_MOVEMENTS,
    INSERT_LINES,
    INSERT_ENTRIES,
    ADD_USAGE,
    ADD_TO_WINDOWS,
    UNLIST,
    LIST,
];

/// The statements that write, prepared on one connection.
pub(super) struct Writing([Statement; TEXTS.len()], PointsWriting);

impl Writing {
    pub(super) async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self(prepared(client, TEXTS).await?, PointsWriting::prepare(client).await?))
    }

    /// Writes out what was changed, and commits.
    pub(super) async fn commit(&self, client: &Client, set: &WorkingSet) -> Result<(), BatchError> {
        let requests = Requests::of(set);
        let (inserted, updated, events) = (Inserted::of(set)?, Updated::of(set), EventColumns::of(set)?);
        let (movements, lines, entries) = (Movements::of(set), Lines::of(set), Entries::of(set));
        let (queued, points) = (Queued::of(set), PointsColumns::of(set)?);
        let windows = Windows::of(set);
        let (usage, unlisted, listed) = (Usage::of(set), ListedColumns::of(set, true), ListedColumns::of(set, false));
        let (released, written) = (requests.released(), requests.columns());
        let (inserts, updates, appended, queues) =
            (inserted.columns(), updated.columns(), events.columns(), queued.columns());
        let (moved, moved_lines, entered) = (movements.columns(), lines.columns(), entries.columns());
        let (uses, opened) = (usage.columns(), windows.columns());
        let (deletes, lists) = (unlisted.keys(), listed.columns());
        let [release, write, insert, update, append, queue, move_all, move_lines, enter, use_up, open, unlist, list] =
            &self.0;
        // One after the other at the server; after one that fails nothing is committed.
        let results = tokio::join!(
            biased;
            run(client, release, requests.released.0.len(), &released),
            run(client, write, requests.id.len(), &written),
            run(client, insert, inserted.id.len(), &inserts),
            run(client, update, updated.id.len(), &updates),
            run(client, append, events.id.len(), &appended),
            run(client, queue, queued.id.len(), &queues),
            run(client, move_all, movements.id.len(), &moved),
            run(client, move_lines, lines.id.len(), &moved_lines),
            run(client, enter, entries.id.len(), &entered),
            run(client, use_up, usage.code.len(), &uses),
            run(client, open, windows.code.len(), &opened),
            run(client, unlist, unlisted.id.len(), &deletes),
            run(client, list, listed.id.len(), &lists),
            self.1.write(client, &points),
            client.batch_execute("COMMIT"),
        );
        let (
            released,
            requests,
            inserted,
            updated,
            events,
            queued,
            moved,
            lines,
            entries,
            usage,
            windows,
            unlisted,
            listed,
            posted,
            committed,
        ) = results;
        for written in [
            released, requests, inserted, updated, events, queued, moved, lines, entries, usage, windows, unlisted,
            listed, posted,
        ] {
            written?;
        }
        Ok(committed?)
    }
}

/// Nothing is asked of the server for no rows.
pub(super) async fn run(
    client: &Client,
    statement: &Statement,
    rows: usize,
    columns: &[&(dyn ToSql + Sync)],
) -> Result<(), tokio_postgres::Error> {
    if rows > 0 {
        client.execute(statement, columns).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Requests<'s> {
    released: (Vec<&'s str>, Vec<Uuid>),
    provider: Vec<&'s str>,
    id: Vec<Uuid>,
    fingerprint: Vec<Option<&'s [u8]>>,
    kind: Vec<Option<&'static str>>,
    authorization: Vec<Option<Uuid>>,
    answer: Vec<Option<&'s [u8]>>,
    reversed: Vec<bool>,
}

impl<'s> Requests<'s> {
    fn of(set: &'s WorkingSet) -> Self {
        let mut columns = Self::default();
        for (provider, rows) in &set.requests {
            for (id, row) in rows {
                match &row.known {
                    None => {
                        columns.released.0.push(provider);
                        columns.released.1.push(*id);
                    }
                    Some(known) if row.changed => {
                        let answered = known.answered.as_ref();
                        columns.provider.push(provider);
                        columns.id.push(*id);
                        columns.fingerprint.push(answered.map(|answered| &answered.fingerprint.0[..]));
                        columns.kind.push(answered.map(|answered| answered.kind.word()));
                        columns.authorization.push(answered.and_then(|answered| answered.authorization));
                        columns.answer.push(answered.map(|answered| &answered.body[..]));
                        columns.reversed.push(known.reversed);
                    }
                    Some(_) => {}
                }
            }
        }
        columns
    }

    fn released(&self) -> [&(dyn ToSql + Sync); 2] {
        [&self.released.0, &self.released.1]
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 7] {
        let (authorization, answer) = (&self.authorization, &self.answer);
        [&self.provider, &self.id, &self.fingerprint, &self.kind, authorization, answer, &self.reversed]
    }
}

#[derive(Default)]
struct Inserted<'s> {
    id: Vec<Uuid>,
    lane: Vec<i16>,
    provider: Vec<&'s str>,
    request_id: Vec<Uuid>,
    state: Vec<&'static str>,
    occurred_at: Vec<SystemTime>,
    recorded_at: Vec<SystemTime>,
    expires_at: Vec<Option<SystemTime>>,
    hold_ms: Vec<Option<i64>>,
    record: Vec<String>,
    reading: Vec<String>,
}

impl<'s> Inserted<'s> {
    fn of(set: &'s WorkingSet) -> Result<Self, BatchError> {
        let mut columns = Self::default();
        for row in set.records.values() {
            let (Ok(record), RecordChange::Insert(reading)) = (&row.record, &row.change) else { continue };
            columns.id.push(record.id);
            columns.lane.push(row.lane);
            columns.provider.push(&row.provider);
            columns.request_id.push(record.request_id);
            columns.state.push(record.authorization.state().word());
            columns.occurred_at.push(instant(record.occurred_at));
            columns.recorded_at.push(instant(record.recorded_at));
            columns.expires_at.push(record.expires_at.map(instant));
            columns.hold_ms.push(record.expires_at.map(|at| at.as_millisecond() - record.recorded_at.as_millisecond()));
            columns.record.push(written(written_record(record))?);
            columns.reading.push(written(serde_json::to_string(reading))?);
        }
        Ok(columns)
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 11] {
        [
            &self.id,
            &self.lane,
            &self.provider,
            &self.request_id,
            &self.state,
            &self.occurred_at,
            &self.recorded_at,
            &self.expires_at,
            &self.hold_ms,
            &self.record,
            &self.reading,
        ]
    }
}

#[derive(Default)]
struct Updated {
    id: Vec<Uuid>,
    state: Vec<&'static str>,
}

impl Updated {
    fn of(set: &WorkingSet) -> Self {
        let mut columns = Self::default();
        for row in set.records.values() {
            let (Ok(record), RecordChange::Update) = (&row.record, &row.change) else { continue };
            columns.id.push(record.id);
            columns.state.push(record.authorization.state().word());
        }
        columns
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 2] {
        [&self.id, &self.state]
    }
}

/// What the batch appended, for those who seal it.
#[derive(Default)]
struct Queued {
    lane: Vec<i16>,
    id: Vec<Uuid>,
    event: Vec<i32>,
}

impl Queued {
    fn of(set: &WorkingSet) -> Self {
        let mut columns = Self::default();
        for row in set.records.values() {
            let Ok(record) = &row.record else { continue };
            let opening = matches!(row.change, RecordChange::Insert(_)).then_some(0);
            let events = (1..).take(record.authorization.history().len()).skip(row.events);
            for event in opening.into_iter().chain(events) {
                columns.lane.push(row.lane);
                columns.id.push(record.id);
                columns.event.push(event);
            }
        }
        for (lane, event) in &set.account_events {
            columns.lane.push(*lane);
            columns.id.push(event.id);
            columns.event.push(0);
        }
        columns
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.lane, &self.id, &self.event]
    }
}

#[derive(Default)]
struct EventColumns {
    id: Vec<Uuid>,
    number: Vec<i32>,
    recorded_at: Vec<SystemTime>,
    content: Vec<String>,
}

impl EventColumns {
    /// What the batch added to the histories.
    fn of(set: &WorkingSet) -> Result<Self, BatchError> {
        let mut columns = Self::default();
        for row in set.records.values() {
            let Ok(record) = &row.record else { continue };
            for (event, number) in record.authorization.history().iter().zip(1..).skip(row.events) {
                columns.id.push(record.id);
                columns.number.push(number);
                columns.recorded_at.push(instant(event.origin.at));
                columns.content.push(written(written_event(event))?);
            }
        }
        Ok(columns)
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.id, &self.number, &self.recorded_at, &self.content]
    }
}

/// What is consumed, whatever it is kept by.
#[derive(Default)]
struct Amounts {
    lane: Vec<i16>,
    uses: Vec<i64>,
    units: Vec<i64>,
    discount: Vec<i64>,
    spent: Vec<i64>,
}

impl Amounts {
    fn push(&mut self, used: &Used) {
        self.lane.push(used.lane);
        self.uses.push(used.totals.uses);
        self.units.push(used.totals.units);
        self.discount.push(used.totals.discount);
        self.spent.push(used.totals.spent);
    }
}

#[derive(Default)]
struct Usage<'s> {
    code: Vec<&'s str>,
    subject: Vec<&'s str>,
    date: Vec<i32>,
    amounts: Amounts,
}

impl<'s> Usage<'s> {
    /// In the order of their keys: two batches never wait for each other crosswise.
    fn of(set: &'s WorkingSet) -> Self {
        let mut columns = Self::default();
        for (key, days) in &set.usage {
            for (date, used) in days {
                columns.code.push(&key.code);
                columns.subject.push(&key.subject);
                columns.date.push(day(*date));
                columns.amounts.push(used);
            }
        }
        columns
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 8] {
        let Self { code, subject, date, amounts } = self;
        let Amounts { lane, uses, units, discount, spent } = amounts;
        [code, subject, date, lane, uses, units, discount, spent]
    }
}

#[derive(Default)]
struct Windows<'s> {
    code: Vec<&'s str>,
    subject: Vec<&'s str>,
    minutes: Vec<i64>,
    start: Vec<i64>,
    amounts: Amounts,
}

impl<'s> Windows<'s> {
    /// In the order of their keys, as usage by dates.
    fn of(set: &'s WorkingSet) -> Self {
        let mut columns = Self::default();
        for (key, windows) in &set.windows {
            for (window, used) in windows {
                columns.code.push(&key.code);
                columns.subject.push(&key.subject);
                columns.minutes.push(window.minutes);
                columns.start.push(window.start);
                columns.amounts.push(used);
            }
        }
        columns
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 9] {
        let Self { code, subject, minutes, start, amounts } = self;
        let Amounts { lane, uses, units, discount, spent } = amounts;
        [code, subject, minutes, start, lane, uses, units, discount, spent]
    }
}

#[derive(Default)]
struct ListedColumns<'s> {
    id: Vec<Uuid>,
    line_id: Vec<&'s str>,
    benefit: Vec<&'s str>,
    version: Vec<i64>,
    holder: Vec<Option<&'s str>>,
    date: Vec<i32>,
    grantor: Vec<i64>,
    provider: Vec<i64>,
}

impl<'s> ListedColumns<'s> {
    /// What stands over-granted, or what no more does.
    fn of(set: &'s WorkingSet, gone: bool) -> Self {
        let mut columns = Self::default();
        for listed in set.listed.values().filter(|listed| listed.is_nothing() == gone) {
            let over = &listed.over_grant;
            columns.id.push(listed.authorization);
            columns.line_id.push(&over.line_id);
            columns.benefit.push(&over.benefit);
            columns.version.push(over.version);
            columns.holder.push(listed.holder.as_deref());
            columns.date.push(day(listed.date));
            columns.grantor.push(over.grantor);
            columns.provider.push(over.provider);
        }
        columns
    }

    fn keys(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.id, &self.line_id, &self.benefit]
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 8] {
        let (version, holder, date) = (&self.version, &self.holder, &self.date);
        [&self.id, &self.line_id, &self.benefit, version, holder, date, &self.grantor, &self.provider]
    }
}

fn written(json: Result<String, serde_json::Error>) -> Result<String, BatchError> {
    json.map_err(|error| BatchError::Refused(error.to_string()))
}
