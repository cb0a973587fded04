//! What is read back, as of the last commit.

use std::future::Future;
use std::pin::Pin;

use avis_core::loyalty::{Inquiry, Known};
use avis_core::{Need, Reading, Totals};
use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::PostgresLedger;
use super::failure::BatchError;
use super::load::{known_of, sums};
use super::points::{PointsLoading, PointsWanted};
use super::statement::{READ_WINDOWS, SUM_USAGE};
use super::working_set::WorkingSet;
use crate::answer;
use crate::ledger::LedgerError;
use crate::postgres::database::Database;
use crate::postgres::migration::OpenError;
use crate::record::{Record, UnreadableRecord, read_record};
use crate::recorded::{Metered, Recorded, RecordedError, RecordedFilter};
use crate::recording::{self, RequestKind};
use crate::revision::RulesRead;

impl PostgresLedger {
    /// Reads on a connection of the pool; waits a few seconds for one at most.
    pub(super) fn read<T: Send + 'static>(
        &self,
        read: impl for<'c> FnOnce(&'c Client) -> Pin<Box<dyn Future<Output = Result<T, ReadError>> + Send + 'c>>
        + Send
        + 'static,
    ) -> Result<T, LedgerError> {
        let (pool, patience) = (self.shared.pool.clone(), self.shared.patience);
        let work = async move {
            let client = pool.get().await.map_err(BatchError::from)?;
            match tokio::time::timeout(patience, read(&client)).await {
                Ok(done) => done,
                Err(_) => {
                    drop(Client::take(client));
                    Err(ReadError::Store(BatchError::Lost("the database does not answer".into())))
                }
            }
        };
        self.database.wait(work).unwrap_or_else(|| Err(LedgerError::Stopped.into())).map_err(LedgerError::from)
    }
}

/// Why something can't be read back.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Store(#[from] BatchError),
    #[error("a record can't be read: {0}")]
    Record(#[from] UnreadableRecord),
    #[error("what a decision read can't be read: {0}")]
    Reading(#[from] serde_json::Error),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<tokio_postgres::Error> for ReadError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ReadError> for LedgerError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Ledger(error) => error,
            other => Self::Failed(other.to_string()),
        }
    }
}

pub(super) async fn usage(client: &Client, needs: &[Need]) -> Result<Vec<Totals>, ReadError> {
    let (sum_usage, read_windows) =
        (client.prepare_cached(SUM_USAGE).await?, client.prepare_cached(READ_WINDOWS).await?);
    Ok(sums(client, (&sum_usage, &read_windows), needs).await?)
}

/// Accounts of points and uses of coupons, as of the last commit.
pub(super) async fn points(client: &Client, wanted: PointsWanted, now: Timestamp) -> Result<WorkingSet, ReadError> {
    let mut set = WorkingSet::default();
    set.load_points(PointsLoading::prepare(client).await?.load(client, wanted, now).await?);
    Ok(set)
}

pub(super) async fn authorization(client: &Client, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, ReadError> {
    Ok(load(client, provider, id).await?.map(|(record, _)| answer::read_back(&record)))
}

pub(super) async fn request(client: &Client, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, ReadError> {
    let text = "SELECT provider, request_id, fingerprint, kind, authorization_id, answer, reversed FROM avis.request
                WHERE provider = $1 AND request_id = $2";
    let statement = client.prepare_cached(text).await?;
    let Some(row) = client.query_opt(&statement, &[&provider, &id]).await? else { return Ok(None) };
    let Some(answered) = known_of(&row)?.and_then(|known| known.answered) else { return Ok(None) };
    match answered.authorization {
        Some(id) => authorization(client, provider, id).await,
        None if answered.kind == RequestKind::Account => Ok(None),
        None => Ok(Some(answered.body)),
    }
}

pub(super) async fn reading(
    client: &Client,
    provider: &str,
    id: Uuid,
) -> Result<Option<(Reading, RulesRead)>, ReadError> {
    let Some((record, reading)) = load(client, provider, id).await? else { return Ok(None) };
    Ok(Some((serde_json::from_str(&reading)?, record.rules)))
}

/// A provider's record, and what its decision read as JSON; another provider's is as good as none.
async fn load(client: &Client, provider: &str, id: Uuid) -> Result<Option<(Record, String)>, ReadError> {
    let text = "SELECT record, reading FROM avis.authorization WHERE id = $1 AND provider = $2";
    let statement = client.prepare_cached(text).await?;
    let Some(row) = client.query_opt(&statement, &[&id, &provider]).await? else { return Ok(None) };
    let events = client.query(&client.prepare_cached(EVENTS_OF).await?, &[&id]).await?;
    Ok(Some((record_of(&row, &events)?, row.try_get(1)?)))
}

/// What happened to a record since it was opened. Rows are only added, so it may be read after the record.
const EVENTS_OF: &str = "SELECT content FROM avis.authorization_event WHERE authorization_id = $1 ORDER BY number";

fn record_of(opened: &Row, events: &[Row]) -> Result<Record, ReadError> {
    let events = events.iter().map(|event| event.try_get(0)).collect::<Result<Vec<&str>, _>>()?;
    Ok(read_record(opened.try_get(0)?, &events)?)
}

/// Minor units over-granted offline that grantors bear, and that providers bear.
///
/// # Errors
/// A database that can't be read.
pub fn over_granted(database: &Database) -> Result<(i64, i64), OpenError> {
    let own = database.clone();
    let summed = async move {
        let client = own.connect().await?;
        let sums = "SELECT least(coalesce(sum(grantor), 0), 9223372036854775807)::bigint,
                           least(coalesce(sum(provider), 0), 9223372036854775807)::bigint FROM avis.over_grant";
        let row = client.query_one(sums, &[]).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    };
    let done = database.wait(summed).unwrap_or_else(|| Err(LedgerError::Stopped.into()));
    done.map_err(|error: ReadError| OpenError::failed(&error))
}

/// A record with what its decision read, whoever's it is.
///
/// # Errors
/// A database or a record that can't be read.
pub fn record(database: &Database, id: Uuid) -> Result<Option<(Record, Reading)>, OpenError> {
    let own = database.clone();
    let looked_up = async move {
        let client = own.connect().await?;
        let text = "SELECT record, reading FROM avis.authorization WHERE id = $1";
        let Some(row) = client.query_opt(text, &[&id]).await? else { return Ok(None) };
        let record = record_of(&row, &client.query(EVENTS_OF, &[&id]).await?)?;
        Ok(Some((record, serde_json::from_str(row.try_get(1)?)?)))
    };
    let done = database.wait(looked_up).unwrap_or_else(|| Err(LedgerError::Stopped.into()));
    done.map_err(|error: ReadError| OpenError::failed(&error))
}

/// The newest records that a filter lets through: ids are in the order of sales.
const NEWEST: &str = "SELECT record, reading, id FROM avis.authorization WHERE id >= $1 AND id < $2
    AND (($3::text IS NULL AND $4::text IS NULL) OR provider = $3
         OR EXISTS (SELECT FROM avis.entry WHERE authorization_id = avis.authorization.id AND grantor = $4))
    AND ($6::text IS NULL OR provider = $6)
    AND ($7::text IS NULL
         OR EXISTS (SELECT FROM avis.movement WHERE authorization_id = avis.authorization.id AND terminal = $7))
    ORDER BY id DESC LIMIT $5";

/// What providers recorded, in records and bytes.
const SOLD: &str = "SELECT provider, count(*), sum(octet_length(record) + octet_length(reading))
    FROM avis.authorization WHERE id >= $1 AND id < $2 GROUP BY provider";

/// In how many records the benefits of grantors moved something.
const GRANTED: &str = "SELECT grantor, count(DISTINCT authorization_id) FROM avis.entry
    WHERE grantor IS NOT NULL AND authorization_id >= $1 AND authorization_id < $2 GROUP BY grantor";

/// In how many records points of programmes moved: what happened to accounts alone is none.
const WITH_POINTS: &str = "SELECT e.program, count(DISTINCT e.authorization_id)
    FROM avis.points_entry e JOIN avis.authorization a ON a.id = e.authorization_id
    WHERE a.id >= $1 AND a.id < $2 GROUP BY e.program ORDER BY e.program";

/// The records of a database's ledger, from any thread that may wait, on a connection of its own at each call.
#[derive(Clone, Debug)]
pub struct DatabaseRecords(Database);

impl DatabaseRecords {
    /// Those of a database.
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }
}

impl Recorded for DatabaseRecords {
    fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, RecordedError> {
        record(&self.0, id).map_err(RecordedError::of)
    }

    fn newest(&self, filter: &RecordedFilter<'_>, most: usize) -> Result<Vec<(Record, Reading)>, RecordedError> {
        let ((least, before), most) = (filter.ids(), i64::try_from(most).unwrap_or(i64::MAX));
        let [provider, grantor, sold_by, terminal] =
            [filter.provider, filter.grantor, filter.sold_by, filter.terminal].map(|text| text.map(str::to_owned));
        let own = self.0.clone();
        let looked_up = async move {
            let client = own.connect().await?;
            let rows =
                client.query(NEWEST, &[&least, &before, &provider, &grantor, &most, &sold_by, &terminal]).await?;
            let mut newest = Vec::with_capacity(rows.len());
            for row in rows {
                let events = client.query(EVENTS_OF, &[&row.try_get::<_, Uuid>(2)?]).await?;
                newest.push((record_of(&row, &events)?, serde_json::from_str(row.try_get(1)?)?));
            }
            Ok(newest)
        };
        let done = self.0.wait(looked_up).unwrap_or_else(|| Err(LedgerError::Stopped.into()));
        done.map_err(|error: ReadError| RecordedError::of(error))
    }

    fn metered(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Metered>, RecordedError> {
        let filter = RecordedFilter { from: Some(from), until: Some(until), ..RecordedFilter::default() };
        let ((least, before), own) = (filter.ids(), self.0.clone());
        let looked_up = async move {
            let client = own.connect().await?;
            let sold = client.query(SOLD, &[&least, &before]).await?;
            let granted = client.query(GRANTED, &[&least, &before]).await?;
            let sold = sold.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)));
            let granted = granted.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
            let sold = sold.collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
            Ok(Metered::merged(sold, granted.collect::<Result<Vec<_>, tokio_postgres::Error>>()?))
        };
        let done = self.0.wait(looked_up).unwrap_or_else(|| Err(LedgerError::Stopped.into()));
        done.map_err(|error: ReadError| RecordedError::of(error))
    }

    fn metered_points(&self, from: Timestamp, until: Timestamp) -> Result<Vec<(String, i64)>, RecordedError> {
        let filter = RecordedFilter { from: Some(from), until: Some(until), ..RecordedFilter::default() };
        let ((least, before), own) = (filter.ids(), self.0.clone());
        let looked_up = async move {
            let moved = own.connect().await?.query(WITH_POINTS, &[&least, &before]).await?;
            let moved = moved.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
            Ok(moved.collect::<Result<Vec<_>, tokio_postgres::Error>>()?)
        };
        let done = self.0.wait(looked_up).unwrap_or_else(|| Err(LedgerError::Stopped.into()));
        done.map_err(|error: ReadError| RecordedError::of(error))
    }

    fn used(&self, needs: &[Need]) -> Result<Vec<Totals>, RecordedError> {
        let (own, needs) = (self.0.clone(), needs.to_vec());
        let summed = async move {
            let client = own.pool(1).map_err(BatchError::from)?.get().await.map_err(BatchError::from)?;
            usage(&client, &needs).await
        };
        let done = self.0.wait(summed).unwrap_or_else(|| Err(LedgerError::Stopped.into()));
        done.map_err(|error: ReadError| RecordedError::of(error))
    }

    fn points(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, RecordedError> {
        let (own, wanted) = (self.0.clone(), PointsWanted::of(inquiry));
        let looked_up = async move {
            let client = own.pool(1).map_err(BatchError::from)?.get().await.map_err(BatchError::from)?;
            points(&client, wanted, now).await
        };
        let done = self.0.wait(looked_up).unwrap_or_else(|| Err(LedgerError::Stopped.into()));
        let found = done.map_err(|error: ReadError| RecordedError::of(error))?;
        recording::known(&found, inquiry, now).map_err(RecordedError::of)
    }
}
