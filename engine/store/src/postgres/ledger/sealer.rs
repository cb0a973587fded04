//! Seals what was committed, lane by lane, whichever engine recorded it.
//!
//! A sealer locks the head of a lane that no other has, gives the units that are queued there their positions and links, and
//! commits: no lock of the till's path is taken, and lanes don't wait for each other. What is committed while it works is not
//! seen, stays queued, and comes behind.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use tokio::sync::watch;

use super::failure::BatchError;
use super::units::{Units, bigint, head, keys};
use super::writer::Counted;
use crate::sealing::{LaneHead, Seal, SealKey, Unit};

/// How long what is committed waits for its seal.
const SEAL_EVERY: Duration = Duration::from_millis(500);
/// After how long a silent database is given up.
const AFTER_SILENCE: Duration = Duration::from_secs(5);
/// Seals in one transaction.
const TOGETHER_MAX: i64 = 500;
/// The queue is counted up to here.
const COUNTED_MAX: i64 = 100_000;

pub(super) const LOCK_HEAD: &str = "
    SELECT h.lane, h.position, h.link FROM avis.seal_head h
    WHERE h.lane >= $1 AND EXISTS (SELECT FROM avis.unsealed u WHERE u.lane = h.lane)
    ORDER BY h.lane LIMIT 1 FOR UPDATE OF h SKIP LOCKED";

/// The earlier units of an authorization first; of several commits they are all there, or the later are not there either.
pub(super) const QUEUED: &str = "
    SELECT authorization_id, event FROM avis.unsealed WHERE lane = $1 ORDER BY authorization_id, event LIMIT $2";

const INSERT: &str = "
    INSERT INTO avis.seal (lane, position, authorization_id, event, link, provider, natural_date)
    SELECT $1, k.position, k.id, k.event, k.link, k.provider, date '1970-01-01' + k.natural_date::integer
    FROM unnest($2::bigint[], $3::uuid[], $4::integer[], $5::bytea[], $6::text[], $7::bigint[])
         AS k(position, id, event, link, provider, natural_date)";

pub(super) const TAKE: &str = "
    DELETE FROM avis.unsealed u USING unnest($2::uuid[], $3::integer[]) AS k(id, event)
    WHERE u.lane = $1 AND u.authorization_id = k.id AND u.event = k.event";

pub(super) const ADVANCE: &str = "UPDATE avis.seal_head SET position = $2, link = $3 WHERE lane = $1";

const COUNT: &str = "SELECT count(*) FROM (SELECT FROM avis.unsealed LIMIT $1) AS queued";

/// Seals until it is told to stop.
pub(super) struct Sealer {
    /// A connection of its own: the till's are never waited for.
    pub(super) pool: Pool,
    pub(super) key: SealKey,
    pub(super) counted: Arc<Counted>,
}

impl Sealer {
    /// Until `stopped` is true; then every lane once more.
    pub(super) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut fails = false;
        let mut is_last = false;
        while !is_last {
            is_last = tokio::time::timeout(SEAL_EVERY, stopped.wait_for(|is_stopped| *is_stopped)).await.is_ok();
            let sealed = self.round().await;
            // Once for each time that it fails, however often it is tried.
            match &sealed {
                Err(error) if !fails => {
                    tracing::error!(target: "avis::ledger", %error, "what was recorded can't be sealed");
                }
                Ok(()) if fails => tracing::info!(target: "avis::ledger", "what is recorded is sealed again"),
                _ => {}
            }
            fails = sealed.is_err();
        }
    }

    /// Every lane in which something is queued, once: one that can't be sealed holds up no other. What failed first, if anything did.
    async fn round(&self) -> Result<(), BatchError> {
        let mut failure = None;
        let mut next = Some(Place { lane: 0, is_found: false });
        while let Some(mut place) = next.take() {
            if let Err(error) = self.seal_from(&mut place).await {
                failure.get_or_insert(error);
                next = place.behind();
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Seals every lane from a place on; where it fails, the place is that of the lane that failed.
    async fn seal_from(&self, place: &mut Place) -> Result<(), BatchError> {
        let client = self.pool.get().await?;
        let units = Units::prepare(&**client).await?;
        loop {
            let silent = |_| Err(BatchError::Lost("the database does not answer".into()));
            let sealed =
                tokio::time::timeout(AFTER_SILENCE, self.seal(&client, &units, place)).await.unwrap_or_else(silent);
            if sealed.is_err() {
                // In whatever state it is: nobody else gets it.
                drop(Client::take(client));
                return sealed.map(|_| ());
            }
            match place.behind() {
                Some(behind) => *place = behind,
                None => break,
            }
        }
        let queued: i64 = client.query_one(COUNT, &[&COUNTED_MAX]).await?.try_get(0)?;
        self.counted.unsealed.store(queued.unsigned_abs(), Ordering::Relaxed);
        Ok(())
    }

    /// Seals what is queued in the first lane from a place on that nobody else seals, if there is one; the place is then its own.
    async fn seal(&self, client: &Client, reading: &Units, place: &mut Place) -> Result<(), BatchError> {
        client.batch_execute("BEGIN").await?;
        let lock = client.prepare_cached(LOCK_HEAD).await?;
        let Some(row) = client.query_opt(&lock, &[&place.lane]).await? else {
            return Ok(client.batch_execute("COMMIT").await?);
        };
        let mut head = head(&row)?;
        let lane: i16 = row.try_get(0)?;
        *place = Place { lane, is_found: true };
        let queued = client.prepare_cached(QUEUED).await?;
        let units = client.query(&queued, &[&lane, &TOGETHER_MAX]).await?;
        let unit = |row: &tokio_postgres::Row| {
            Ok(Unit { authorization: row.try_get(0)?, event: i64::from(row.try_get::<_, i32>(1)?) })
        };
        let units = units.iter().map(unit).collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
        let contents = reading.contents(&***client, &units).await?;
        let seals = units.iter().zip(&contents).map(|(unit, content)| head.seal(*unit, content, &self.key));
        let seals: Vec<Seal> = seals.collect();
        write(client, lane, &seals, &head).await?;
        self.counted.sealed.fetch_add(seals.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// How far a round is.
#[derive(Clone, Copy)]
struct Place {
    lane: i16,
    /// Whether something is queued in the lane.
    is_found: bool,
}

impl Place {
    /// From the next lane on, behind one that was found.
    fn behind(self) -> Option<Self> {
        let lane = self.lane.checked_add(1).filter(|_| self.is_found)?;
        Some(Self { lane, is_found: false })
    }
}

/// Writes seals, takes their units from the queue, advances the head, and commits.
async fn write(client: &Client, lane: i16, seals: &[Seal], head: &LaneHead) -> Result<(), BatchError> {
    let positions: Vec<i64> = seals.iter().map(|seal| bigint(seal.position)).collect();
    let links: Vec<&[u8]> = seals.iter().map(|seal| &seal.link[..]).collect();
    let units: Vec<Unit> = seals.iter().map(|seal| seal.unit).collect();
    let (ids, events) = keys(&units);
    let moved =
        seals.iter().map(|seal| seal.moved.as_ref().map(|moved| (&*moved.provider, moved.natural_date)).unzip());
    let (providers, dates): (Vec<Option<&str>>, Vec<Option<i64>>) = moved.unzip();
    let insert = client.prepare_cached(INSERT).await?;
    client.execute(&insert, &[&lane, &positions, &ids, &events, &links, &providers, &dates]).await?;
    let take = client.prepare_cached(TAKE).await?;
    client.execute(&take, &[&lane, &ids, &events]).await?;
    let advance = client.prepare_cached(ADVANCE).await?;
    client.execute(&advance, &[&lane, &bigint(head.position), &&head.link[..]]).await?;
    Ok(client.batch_execute("COMMIT").await?)
}
