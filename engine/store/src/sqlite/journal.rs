//! What an engine sold in the ledger's stead, in one local file, until the ledger has it.

use std::sync::{Arc, Mutex, PoisonError};

use avis_core::offline::{Granted, OverGrantKey, OverGranted};
use avis_core::{Fingerprint, IdentifierSecret, Reading};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use crate::ledger::{IdempotencyKey, OfflineAnswer};
use crate::recording::days;
use crate::sqlite::Folder;
use crate::sqlite::schema::{self, OpenError};

/// Its name in the folder.
pub(super) const FILE: &str = "journal.db";

pub(super) const MIGRATIONS: [&str; 1] = [include_str!("../../../../schema/sqlite/journal/0001.sql")];

/// How long what was granted is remembered after its outage began and after its service date: longer than any such date lasts.
const REMEMBERED_MS: i64 = 3 * 24 * 60 * 60 * 1000;

/// A journal in one file; everything that it says it keeps is on disk.
#[derive(Debug)]
pub struct SqliteJournal {
    connection: Mutex<Connection>,
    /// Locked as long as the journal lives.
    _folder: Arc<Folder>,
}

/// Why a journal did not do as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("an entry can't be read: {0}")]
    Entry(#[from] serde_json::Error),
}

/// What was sold, and what the terminal was told.
#[derive(Debug)]
pub(crate) struct Sale {
    pub(crate) key: IdempotencyKey,
    pub(crate) terminal: Arc<str>,
    pub(crate) recorded_at: Timestamp,
    pub(crate) told: OfflineAnswer,
    pub(crate) reading: Reading,
    pub(crate) granted: Vec<Granted>,
}

/// Where a sale stands in the journal.
pub(crate) type Sequence = i64;

/// A sale, or why it can't be read.
pub(crate) type Read = Result<Sale, JournalError>;

/// A request that is kept.
pub(crate) struct Kept {
    pub(crate) provider: Arc<str>,
    pub(crate) request_id: Uuid,
    /// What it opened, if it did.
    pub(crate) authorization: Option<Uuid>,
    /// Whether the ledger refused it.
    pub(crate) is_set_aside: bool,
}

impl SqliteJournal {
    /// Opens the journal of a folder.
    ///
    /// # Errors
    /// A file that can't be used, whose schema is newer than this program, or that was written under another secret.
    pub fn open(folder: Arc<Folder>, secret: &IdentifierSecret) -> Result<Self, OpenError> {
        let path = folder.file(FILE);
        let connection = schema::open(&path, &MIGRATIONS)?;
        schema::check_key(&connection, &path, secret.check_value())?;
        Ok(Self { connection: Mutex::new(connection), _folder: folder })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, JournalError>) -> Result<T, JournalError> {
        // Who panicked left a transaction that was rolled back.
        read(&self.connection.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes entries, all of them or none; they are on disk when it returns.
    pub(crate) fn enter<T>(
        &self,
        enter: impl FnOnce(&Entries<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = Entries(connection.transaction_with_behavior(TransactionBehavior::Immediate)?);
        let entered = enter(&entries)?;
        entries.0.commit()?;
        Ok(entered)
    }

    /// Since when the ledger is away, if it is.
    pub(crate) fn outage(&self) -> Result<Option<Timestamp>, JournalError> {
        self.read(|connection| {
            let began_at = connection.query_row("SELECT began_at FROM outage", [], |row| row.get(0)).optional()?;
            Ok(began_at.and_then(|began_at| Timestamp::from_millisecond(began_at).ok()))
        })
    }

    /// Notes that the ledger is away from now on.
    pub(crate) fn begin_outage(&self, now: Timestamp) -> Result<(), JournalError> {
        self.enter(|Entries(transaction)| {
            let forgotten = now.as_millisecond().saturating_sub(REMEMBERED_MS);
            let day = forgotten.div_euclid(24 * 60 * 60 * 1000);
            transaction.execute("DELETE FROM granted WHERE outage < ?1 AND date < ?2", [forgotten, day])?;
            transaction.execute("DELETE FROM outage", [])?;
            transaction.execute("INSERT INTO outage (began_at) VALUES (?1)", [now.as_millisecond()])?;
            Ok(())
        })
    }

    /// Notes that the ledger is there again.
    pub(crate) fn end_outage(&self) -> Result<(), JournalError> {
        self.read(|connection| Ok(connection.execute("DELETE FROM outage", []).map(|_| ())?))
    }

    /// What was granted before under each key, as a sale of this moment would find it.
    pub(crate) fn granted_before(
        &self,
        keys: &[OverGrantKey],
        outage: Timestamp,
    ) -> Result<Vec<OverGranted>, JournalError> {
        self.read(|connection| granted_before(connection, keys, outage))
    }

    /// Every request that is kept.
    pub(crate) fn kept(&self) -> Result<Vec<Kept>, JournalError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT provider, request_id, authorization_id, set_aside IS NOT NULL FROM sale")?;
            let kept = statement.query_map([], |row| {
                let authorization = row.get::<_, Option<[u8; 16]>>(2)?.map(Uuid::from_bytes);
                let provider = row.get::<_, String>(0)?.into();
                let request_id = Uuid::from_bytes(row.get(1)?);
                Ok(Kept { provider, request_id, authorization, is_set_aside: row.get(3)? })
            })?;
            Ok(kept.collect::<Result<_, _>>()?)
        })
    }

    /// What a request that is kept was answered.
    pub(crate) fn answer(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, JournalError> {
        self.read(|connection| Ok(find(connection, provider, request_id)?.map(|(_, body)| body)))
    }

    /// The first sales that the ledger may still take, in their order; in place of one why it can't be read, if so.
    pub(crate) fn first(&self, most: usize) -> Result<Vec<(Sequence, Read)>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT sequence, provider, request_id, fingerprint, terminal, recorded_at, authorization_id,
                        answer, reading, granted
                 FROM sale WHERE set_aside IS NULL ORDER BY sequence LIMIT ?1",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let first = statement.query_map([most], |row| Ok((row.get(0)?, sale(row))))?;
            Ok(first.collect::<Result<_, _>>()?)
        })
    }

    /// The ledger has these: they leave together.
    pub(crate) fn remove(&self, sequences: impl Iterator<Item = Sequence>) -> Result<(), JournalError> {
        self.enter(|Entries(transaction)| {
            let mut statement = transaction.prepare_cached("DELETE FROM sale WHERE sequence = ?1")?;
            for sequence in sequences {
                statement.execute([sequence])?;
            }
            Ok(())
        })
    }

    /// The ledger does not take it; it is kept for somebody to look at.
    pub(crate) fn set_aside(&self, sequence: Sequence, why: &str) -> Result<(), JournalError> {
        self.read(|connection| {
            let update = "UPDATE sale SET set_aside = ?2 WHERE sequence = ?1";
            Ok(connection.execute(update, params![sequence, why]).map(|_| ())?)
        })
    }
}

/// A journal while entries are made.
pub(crate) struct Entries<'c>(Transaction<'c>);

impl Entries<'_> {
    /// What a request meant and was answered, if it is kept.
    pub(crate) fn find(
        &self,
        provider: &str,
        request_id: Uuid,
    ) -> Result<Option<(Fingerprint, Vec<u8>)>, JournalError> {
        find(&self.0, provider, request_id)
    }

    /// What was granted before under each key: in this outage, or on the same service date.
    pub(crate) fn granted_before(
        &self,
        keys: &[OverGrantKey],
        outage: Timestamp,
    ) -> Result<Vec<OverGranted>, JournalError> {
        granted_before(&self.0, keys, outage)
    }

    /// Remembers one use and its discount.
    pub(crate) fn grant(&self, key: &OverGrantKey, outage: Timestamp, discount: i64) -> Result<(), JournalError> {
        let mut statement = self.0.prepare_cached(
            "INSERT INTO granted (benefit, holder, date, outage, uses, discount) VALUES (?1, ?2, ?3, ?4, 1, ?5)
             ON CONFLICT DO UPDATE SET uses = uses + 1, discount = discount + excluded.discount",
        )?;
        statement.execute(params![key.benefit, key.holder, days(key.date), outage.as_millisecond(), discount])?;
        Ok(())
    }

    /// Keeps a sale.
    pub(crate) fn keep(&self, sale: &Sale) -> Result<(), JournalError> {
        let mut statement = self.0.prepare_cached(
            "INSERT INTO sale (provider, request_id, fingerprint, terminal, recorded_at, authorization_id, answer,
                               reading, granted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            sale.key.provider,
            sale.key.request_id.as_bytes(),
            sale.key.fingerprint.0,
            sale.terminal,
            sale.recorded_at.as_millisecond(),
            sale.told.authorization.map(Uuid::into_bytes),
            sale.told.body,
            serde_json::to_string(&sale.reading)?,
            serde_json::to_string(&sale.granted)?,
        ])?;
        Ok(())
    }
}

fn granted_before(
    connection: &Connection,
    keys: &[OverGrantKey],
    outage: Timestamp,
) -> Result<Vec<OverGranted>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(sum(uses), 0), coalesce(sum(discount), 0) FROM granted
         WHERE benefit = ?1 AND holder = ?2 AND (outage = ?3 OR date = ?4)",
    )?;
    let granted = keys.iter().map(|key| {
        let of = params![key.benefit, key.holder, outage.as_millisecond(), days(key.date)];
        statement.query_row(of, |row| Ok(OverGranted { uses: row.get(0)?, discount: row.get(1)? }))
    });
    Ok(granted.collect::<Result<_, _>>()?)
}

fn find(
    connection: &Connection,
    provider: &str,
    request_id: Uuid,
) -> Result<Option<(Fingerprint, Vec<u8>)>, JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT fingerprint, answer FROM sale WHERE provider = ?1 AND request_id = ?2")?;
    let found = |row: &Row<'_>| Ok((Fingerprint(row.get(0)?), row.get(1)?));
    Ok(statement.query_row(params![provider, request_id.as_bytes()], found).optional()?)
}

fn sale(row: &Row<'_>) -> Result<Sale, JournalError> {
    Ok(Sale {
        key: IdempotencyKey {
            provider: row.get::<_, String>(1)?.into(),
            request_id: Uuid::from_bytes(row.get(2)?),
            fingerprint: Fingerprint(row.get(3)?),
        },
        terminal: row.get::<_, String>(4)?.into(),
        recorded_at: Timestamp::from_millisecond(row.get(5)?).unwrap_or_default(),
        told: OfflineAnswer {
            authorization: row.get::<_, Option<[u8; 16]>>(6)?.map(Uuid::from_bytes),
            body: row.get(7)?,
        },
        reading: serde_json::from_str(&row.get::<_, String>(8)?)?,
        granted: serde_json::from_str(&row.get::<_, String>(9)?)?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::civil::Date;

    use super::*;

    /// What was granted late in a long outage counts in the next one, as long as its service date lasts.
    #[test]
    fn what_was_granted_today_is_remembered_however_long_the_outage_was() {
        let path = std::env::temp_dir().join(format!("avis-journal-{}", std::process::id()));
        let folder = Arc::new(Folder::create(&path).unwrap());
        let journal = SqliteJournal::open(folder, &IdentifierSecret::new([3; 32])).unwrap();
        let began: Timestamp = "2026-11-18T06:00:00Z".parse().unwrap();
        let key = |date| OverGrantKey { benefit: "b".into(), holder: "h".into(), date };
        let (first, last) = (key(Date::constant(2026, 11, 18)), key(Date::constant(2026, 11, 22)));
        journal.begin_outage(began).unwrap();
        journal
            .enter(|entries| {
                entries.grant(&first, began, 100)?;
                entries.grant(&last, began, 50)
            })
            .unwrap();
        let again = began + SignedDuration::from_hours(4 * 24);
        journal.begin_outage(again).unwrap();
        let discounts: Vec<i64> =
            journal.granted_before(&[first, last], again).unwrap().iter().map(|granted| granted.discount).collect();
        assert_eq!(discounts, [0, 50]);
        drop(journal);
        std::fs::remove_dir_all(&path).unwrap();
    }
}
