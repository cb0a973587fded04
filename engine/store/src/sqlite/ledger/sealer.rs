//! The thread that seals what was committed, beside the one that writes.
//!
//! It reads and hashes without holding up the writer, and then writes few seals in one short transaction. That one need not be on
//! disk when it returns: after a power cut what was not sealed is still queued.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior, params};

use super::Counted;
use super::units::{content, head, queue_length, unsealed};
use crate::background::Control;
use crate::sealing::{LaneHead, Seal, SealKey};

/// How long what is committed waits for its seal.
const SEAL_EVERY: Duration = Duration::from_millis(500);
/// Seals in one transaction: the writer waits for one of these at most.
const TOGETHER_MAX: usize = 200;
/// How long the end waits for what is not sealed yet. The rest is sealed after the next start.
const LAST_SEALS: Duration = Duration::from_secs(5);

/// Seals what was committed.
pub(super) struct Sealing {
    connection: Connection,
    key: SealKey,
    counted: Arc<Counted>,
    fails: bool,
}

impl Sealing {
    /// Seals on a connection of its own.
    pub(super) fn new(connection: Connection, key: SealKey, counted: Arc<Counted>) -> Self {
        Self { connection, key, counted, fails: false }
    }

    /// Until the thread is stopped; then what is committed is still sealed, within [`LAST_SEALS`].
    pub(super) fn run(mut self, control: &Control) {
        while control.sleep(SEAL_EVERY) {
            // Under load not everything at once: the end of the thread is looked for in between.
            self.seal_until(Instant::now() + SEAL_EVERY);
        }
        self.seal_until(Instant::now() + LAST_SEALS);
    }

    /// Seals until nothing is left or the deadline is over; a failure is reported once, and tried again the next time.
    fn seal_until(&mut self, deadline: Instant) {
        let sealed = self.seal_all(deadline);
        match &sealed {
            Err(error) if !self.fails => {
                tracing::error!(target: "avis::ledger", %error, "what was recorded can't be sealed");
            }
            Ok(()) if self.fails => tracing::info!(target: "avis::ledger", "what is recorded is sealed again"),
            _ => {}
        }
        self.fails = sealed.is_err();
        if let Ok(left) = queue_length(&self.connection) {
            self.counted.unsealed.store(left, Ordering::Relaxed);
        }
    }

    fn seal_all(&mut self, deadline: Instant) -> Result<(), rusqlite::Error> {
        while Instant::now() < deadline {
            let units = unsealed(&self.connection, TOGETHER_MAX)?;
            let is_last = units.len() < TOGETHER_MAX;
            let mut head = head(&self.connection)?;
            let (mut seals, mut unreadable) = (Vec::with_capacity(units.len()), None);
            for unit in units {
                match content(&self.connection, unit) {
                    Ok(content) => seals.push(head.seal(unit, &content, &self.key)),
                    // It stays queued, and holds up no other.
                    Err(error) => unreadable = Some(error),
                }
            }
            self.write(&seals, &head)?;
            self.counted.sealed.fetch_add(seals.len() as u64, Ordering::Relaxed);
            match unreadable {
                // Beside it others were sealed: there may be more behind them.
                Some(_) if !is_last && !seals.is_empty() => {}
                Some(error) => return Err(error),
                None if is_last => break,
                None => {}
            }
        }
        Ok(())
    }

    fn write(&mut self, seals: &[Seal], head: &LaneHead) -> Result<(), rusqlite::Error> {
        if seals.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO seal (position, authorization_id, event, link, provider, natural_date)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let mut take =
                transaction.prepare_cached("DELETE FROM unsealed WHERE authorization_id = ?1 AND event = ?2")?;
            for Seal { position, unit, link, moved, .. } in seals {
                let position = i64::try_from(*position).unwrap_or(i64::MAX);
                let (provider, date) = moved.as_ref().map(|moved| (&moved.provider, moved.natural_date)).unzip();
                insert.execute(params![position, unit.authorization.as_bytes(), unit.event, link, provider, date])?;
                take.execute(params![unit.authorization.as_bytes(), unit.event])?;
            }
            let position = i64::try_from(head.position).unwrap_or(i64::MAX);
            transaction.execute("UPDATE seal_head SET position = ?1, link = ?2", params![position, head.link])?;
        }
        transaction.commit()
    }
}
