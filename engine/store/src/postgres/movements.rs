//! Movements and seals of a database's ledger, beside the engines that write it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::{Client, Error, IsolationLevel, Transaction};
use uuid::Uuid;

use super::database::{Database, Scope, by_indexes};
use super::ledger::lane;
use super::ledger::units::{Units, head, seals_after};
use super::migration::told;
use crate::movements::{Cursor, Followed, Mark, Movements, MovementsError, Sink, StoredMovement};
use crate::sealing::strays::{ADDED, WITHOUT_RECORD};
use crate::sealing::{BrokenSeal, LaneHead, SealKey, Unit, Verification, Verifier};

/// Rows that are in memory at a time.
const PAGE: usize = 500;

/// A database's ledger, for reading, on connections of its own, of which one is kept for who reads next. Blocks: it is for threads that may.
#[derive(Clone, Debug)]
pub struct PostgresMovements {
    database: Database,
    /// The connection of the last who read, for the next: what is short takes less than a connection does.
    spare: Arc<Mutex<Option<Client>>>,
}

impl PostgresMovements {
    /// The movements of a database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone(), spare: Arc::default() }
    }

    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.database.runtime().block_on(work)
    }

    /// Reads one moment. How long a statement may take depends on how much is asked.
    pub(super) fn read_rows<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, MovementsError>,
    ) -> Result<T, MovementsError> {
        let mut client = self.connected()?;
        let begin = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let transaction = self.wait(begin.start())?;
        let done = read(&transaction);
        drop(transaction);
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(client);
        done
    }

    /// The spare connection, if nobody has it and the server still does, or another one.
    fn connected(&self) -> Result<Client, MovementsError> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.wait(async {
            if let Some(spare) = spare
                && spare.check_connection().await.is_ok()
            {
                return Ok(spare);
            }
            let client = self.database.connect().await?;
            client.batch_execute(&self.database.bounded_waits(Scope::Session)).await?;
            Ok(client)
        })
    }

    /// From here on no statement of a transaction takes long.
    pub(super) fn bound_statements(&self, transaction: &Transaction<'_>) -> Result<(), MovementsError> {
        Ok(self.wait(transaction.batch_execute(&self.database.bounded_statements(Scope::Transaction)))?)
    }

    /// From here on statements of a transaction go by indexes.
    pub(super) fn go_by_indexes(&self, transaction: &Transaction<'_>) -> Result<(), MovementsError> {
        Ok(self.wait(transaction.batch_execute(&by_indexes(Scope::Transaction)))?)
    }

    /// Writes, all of it or nothing.
    pub(super) fn write_rows<T>(
        &self,
        write: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, MovementsError>,
    ) -> Result<T, MovementsError> {
        self.wait(async {
            let mut client = self.database.connect().await?;
            let transaction = client.transaction().await?;
            let (own, scope) = (&self.database, Scope::Transaction);
            transaction.batch_execute(&[own.bounded_waits(scope), own.bounded_statements(scope)].concat()).await?;
            let written = write(&transaction).await?;
            transaction.commit().await?;
            Ok(written)
        })
    }

    /// Reads units of one moment.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>, &Units) -> Result<T, MovementsError>,
    ) -> Result<T, MovementsError> {
        self.read_rows(|transaction| {
            let units = self.wait(Units::prepare(transaction))?;
            read(transaction, &units)
        })
    }
}

impl Movements for PostgresMovements {
    fn movements_after(&self, cursor: &Cursor, most_of_lane: usize) -> Result<Followed, MovementsError> {
        self.read(|transaction, reading| {
            self.wait(check(transaction, cursor))?;
            let after: Vec<(u16, u64)> = lane::all().map(|lane| (lane, cursor.position(lane))).collect();
            let seals = self.wait(seals_after(transaction, &after, most_of_lane))?;
            let mut followed = Followed { movements: Vec::new(), cursor: cursor.clone() };
            let units: Vec<Unit> = seals.iter().map(|(_, seal)| seal.unit).collect();
            let mut moved: HashMap<Unit, Vec<StoredMovement>> = HashMap::new();
            for movement in self.wait(reading.movements_of(transaction, &units))? {
                moved.entry(movement.unit()).or_default().push(movement);
            }
            followed.movements = units.iter().filter_map(|unit| moved.remove(unit)).flatten().collect();
            for (lane, seal) in &seals {
                followed.cursor.set(*lane, Mark::new(seal.position, &seal.link));
            }
            Ok(followed)
        })
    }

    fn each_movement(&self, sink: &mut Sink<'_>) -> Result<(), MovementsError> {
        self.read(|transaction, reading| {
            // Whoever takes them may be slow, as somebody who reads page by page is.
            self.wait(transaction.batch_execute("SET LOCAL idle_in_transaction_session_timeout = 0"))?;
            let mut last = (Uuid::nil(), 0);
            loop {
                let page = self.wait(reading.movements_behind(transaction, last, PAGE))?;
                let is_last = page.len() < PAGE;
                for movement in page {
                    last = (movement.authorization(), movement.number());
                    sink(movement)?;
                }
                if is_last {
                    return Ok(());
                }
            }
        })
    }

    fn verify(&self, key: &SealKey) -> Result<Verification, MovementsError> {
        self.read(|transaction, reading| {
            let unsealed = self.wait(transaction.query_one("SELECT count(*) FROM avis.unsealed", &[]))?;
            let unsealed = unsealed.try_get::<_, i64>(0)?.unsigned_abs();
            let mut found = Verification { unsealed, ..Verification::default() };
            for head in self.wait(heads(transaction))? {
                self.verify_lane((transaction, reading), &head, key, &mut found)?;
            }
            for (table, query) in ADDED {
                for row in self.wait(transaction.query(query, &[]))? {
                    let (authorization, number) = (row.try_get(0)?, i64::from(row.try_get::<_, i32>(1)?));
                    found.add(BrokenSeal::Added { authorization, number, table });
                }
            }
            self.compare_all((transaction, reading), &mut found)?;
            for (table, query) in WITHOUT_RECORD {
                for row in self.wait(transaction.query(query, &[]))? {
                    found.without_record(row.try_get(0)?, table);
                }
            }
            Ok(found)
        })
    }
}

impl PostgresMovements {
    /// Compares every authorization with what its record and history come to.
    fn compare_all(
        &self,
        (transaction, reading): (&Transaction<'_>, &Units),
        found: &mut Verification,
    ) -> Result<(), MovementsError> {
        let mut last = Uuid::nil();
        loop {
            let page = self.wait(reading.standing_behind(transaction, last, PAGE))?;
            page.iter().for_each(|standing| found.compare(standing));
            match page.last() {
                Some(standing) if page.len() == PAGE => last = standing.authorization,
                _ => return Ok(()),
            }
        }
    }

    fn verify_lane(
        &self,
        (transaction, reading): (&Transaction<'_>, &Units),
        kept: &LaneHead,
        key: &SealKey,
        found: &mut Verification,
    ) -> Result<(), MovementsError> {
        let mut verifier = Verifier::new(kept.lane, key, found);
        loop {
            let seals = self.wait(seals_after(transaction, &[(kept.lane, verifier.position())], PAGE))?;
            let units: Vec<Unit> = seals.iter().map(|(_, seal)| seal.unit).collect();
            let contents = self.wait(reading.contents(transaction, &units))?;
            seals.iter().zip(&contents).for_each(|((_, seal), content)| verifier.seal(seal, content));
            if seals.len() < PAGE {
                break;
            }
        }
        verifier.end(kept);
        Ok(())
    }
}

/// The heads of all lanes; one that is missing has sealed nothing, and its seals are found to be beyond it.
async fn heads(transaction: &Transaction<'_>) -> Result<Vec<LaneHead>, Error> {
    let rows = transaction.query("SELECT lane, position, link FROM avis.seal_head ORDER BY lane", &[]).await?;
    let kept = rows.iter().map(head).collect::<Result<Vec<_>, Error>>()?;
    let of = |lane: u16| kept.iter().find(|head| head.lane == lane).copied();
    Ok(lane::all().map(|lane| of(lane).unwrap_or_else(|| LaneHead::first(lane))).collect())
}

/// The ledger has what a cursor names.
pub(super) async fn check(transaction: &Transaction<'_>, cursor: &Cursor) -> Result<(), MovementsError> {
    let before: Vec<(u16, u64)> = cursor.marks().map(|(lane, mark)| (lane, mark.position.saturating_sub(1))).collect();
    let seals = seals_after(transaction, &before, 1).await?;
    for (lane, mark) in cursor.marks() {
        let found = seals.iter().find(|(of, _)| *of == lane);
        if !found.is_some_and(|(_, seal)| Mark::new(seal.position, &seal.link) == *mark) {
            return Err(MovementsError::Diverged(lane));
        }
    }
    Ok(())
}

impl From<Error> for MovementsError {
    fn from(error: Error) -> Self {
        Self::Failed(told(&error))
    }
}
