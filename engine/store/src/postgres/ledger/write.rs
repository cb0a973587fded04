//! What a batch leaves: one statement a table, and the commit, all on the way together.

use std::time::SystemTime;

use deadpool_postgres::Client;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::column::{day, instant};
use super::failure::BatchError;
use super::statement::{
    ADD_USAGE, INSERT_RECORDS, LIST, RELEASE_REQUESTS, UNLIST, UPDATE_RECORDS, WRITE_REQUESTS, prepared,
};
use super::working_set::{RecordChange, WorkingSet};

/// The statements that write, of one connection.
pub(super) struct Writing {
    release_requests: Statement,
    write_requests: Statement,
    insert_records: Statement,
    update_records: Statement,
    add_usage: Statement,
    unlist: Statement,
    list: Statement,
}

impl Writing {
    pub(super) async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let texts = [RELEASE_REQUESTS, WRITE_REQUESTS, INSERT_RECORDS, UPDATE_RECORDS, ADD_USAGE, UNLIST, LIST];
        let [release_requests, write_requests, insert_records, update_records, add_usage, unlist, list] =
            prepared(client, texts).await?;
        Ok(Self { release_requests, write_requests, insert_records, update_records, add_usage, unlist, list })
    }

    /// Writes out what was changed, and commits.
    pub(super) async fn commit(&self, client: &Client, set: &WorkingSet) -> Result<(), BatchError> {
        let requests = Requests::of(set);
        let (inserted, updated) = (Inserted::of(set)?, Updated::of(set)?);
        let (usage, listed) = (Usage::of(set), ListedColumns::of(set));
        let (released, updates) = (requests.released(), updated.columns());
        let (written, inserts) = (requests.columns(), inserted.columns());
        let (uses, lists, unlisted) = (usage.columns(), listed.columns(), [&set.unlisted as &(dyn ToSql + Sync)]);
        // One after the other at the server; after one that fails nothing is committed.
        let results = tokio::join!(
            biased;
            run(client, &self.release_requests, requests.released.0.len(), &released),
            run(client, &self.write_requests, requests.id.len(), &written),
            run(client, &self.insert_records, inserted.id.len(), &inserts),
            run(client, &self.update_records, updated.id.len(), &updates),
            run(client, &self.add_usage, usage.code.len(), &uses),
            run(client, &self.unlist, set.unlisted.len(), &unlisted),
            run(client, &self.list, listed.id.len(), &lists),
            client.batch_execute("COMMIT"),
        );
        let (released, requests, inserted, updated, usage, unlisted, listed, committed) = results;
        for written in [released, requests, inserted, updated, usage, unlisted, listed] {
            written?;
        }
        Ok(committed?)
    }
}

/// Nothing is asked of the server for no rows.
async fn run(
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
            columns.record.push(json(record)?);
            columns.reading.push(json(reading)?);
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
    record: Vec<String>,
}

impl Updated {
    fn of(set: &WorkingSet) -> Result<Self, BatchError> {
        let mut columns = Self::default();
        for row in set.records.values() {
            let (Ok(record), RecordChange::Update) = (&row.record, &row.change) else { continue };
            columns.id.push(record.id);
            columns.state.push(record.authorization.state().word());
            columns.record.push(json(record)?);
        }
        Ok(columns)
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.id, &self.state, &self.record]
    }
}

#[derive(Default)]
struct Usage<'s> {
    code: Vec<&'s str>,
    subject: Vec<&'s str>,
    date: Vec<i32>,
    lane: Vec<i16>,
    uses: Vec<i64>,
    units: Vec<i64>,
    discount: Vec<i64>,
    spent: Vec<i64>,
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
                columns.lane.push(used.lane);
                columns.uses.push(used.totals.uses);
                columns.units.push(used.totals.units);
                columns.discount.push(used.totals.discount);
                columns.spent.push(used.totals.spent);
            }
        }
        columns
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 8] {
        let (code, subject, date, lane) = (&self.code, &self.subject, &self.date, &self.lane);
        [code, subject, date, lane, &self.uses, &self.units, &self.discount, &self.spent]
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
    fn of(set: &'s WorkingSet) -> Self {
        let mut columns = Self::default();
        for listed in set.listed.values() {
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

    fn columns(&self) -> [&(dyn ToSql + Sync); 8] {
        let (version, holder, date) = (&self.version, &self.holder, &self.date);
        [&self.id, &self.line_id, &self.benefit, version, holder, date, &self.grantor, &self.provider]
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, BatchError> {
    serde_json::to_string(value).map_err(|error| BatchError::Refused(error.to_string()))
}
