//! A folder's ledger for reading, beside the process that writes it.

use std::path::{Path, PathBuf};

use avis_core::loyalty::{Inquiry, Known};
use avis_core::{IdentifierSecret, Need, Reading, Totals};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::audit::AlteredRows;
use crate::movements::MovementsError;
use crate::record::{Record, UnreadableRecord, read_record};
use crate::recorded::{Metered, Recorded, RecordedError, RecordedFilter};
use crate::records::{Record as Kept, RecordFilter};
use crate::revision::RowHasher;
use crate::row::Row;
use crate::sqlite::ledger;
use crate::sqlite::registry;
use crate::sqlite::schema::{self, OpenError};

/// The ledger of a folder, for reading. No lock is taken: who serves the folder goes on.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    connection: Connection,
}

/// What a ledger holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Authorizations by state, in the order of the words.
    pub authorizations: Vec<(String, i64)>,
    /// Request ids that were used.
    pub requests: i64,
    /// Minor units over-granted offline that grantors bear, and that providers bear.
    pub over_granted: (i64, i64),
}

/// How many rows of each kind engines follow, in the order of the kinds.
pub type RowCounts = Vec<(String, i64)>;

/// Why a ledger can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is no ledger, or it can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It can't be read.
    #[error("the ledger can't be read: {0}")]
    Read(#[from] rusqlite::Error),
    /// What a record's decision read is not what it should be.
    #[error("what was read can't be read back: {0}")]
    Reading(#[from] serde_json::Error),
    /// A record is not what it should be.
    #[error(transparent)]
    Record(#[from] UnreadableRecord),
}

impl Archive {
    /// Opens the ledger of a folder.
    ///
    /// # Errors
    /// A folder without a ledger.
    pub fn open(folder: &Path) -> Result<Self, ArchiveError> {
        let connection = schema::open_to_read(&folder.join(LEDGER), &ledger::MIGRATIONS)?;
        Ok(Self { folder: folder.to_owned(), connection })
    }

    /// Counts what is there.
    ///
    /// # Errors
    /// A ledger that can't be read.
    pub fn summary(&self) -> Result<Summary, ArchiveError> {
        let mut states =
            self.connection.prepare("SELECT state, count(*) FROM authorization GROUP BY state ORDER BY state")?;
        let authorizations = states.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let requests = self.connection.query_row("SELECT count(*) FROM request", [], |row| row.get(0))?;
        let over_granted = self.connection.query_row(
            "SELECT CAST(total(grantor) AS INTEGER), CAST(total(provider) AS INTEGER) FROM over_grant",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Summary { authorizations, requests, over_granted })
    }

    /// A record with what its decision read.
    ///
    /// # Errors
    /// A ledger or a record that can't be read.
    pub fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, ArchiveError> {
        let query = "SELECT record, reading FROM authorization WHERE id = ?1";
        let texts = self
            .connection
            .query_row(query, [id.as_bytes()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        let Some((opened, reading)) = texts.optional()? else { return Ok(None) };
        let record = read_record(&opened, &ledger::stored::events(&self.connection, id)?)?;
        Ok(Some((record, serde_json::from_str(&reading)?)))
    }

    /// The newest records that a filter lets through, each with what its decision read.
    ///
    /// # Errors
    /// A ledger or a record that can't be read.
    pub fn newest(&self, filter: &RecordedFilter<'_>, most: usize) -> Result<Vec<(Record, Reading)>, ArchiveError> {
        let (least, before) = filter.ids();
        let mut statement = self.connection.prepare(
            "SELECT id, record, reading FROM authorization WHERE id >= ?1 AND id < ?2
             AND ((?3 IS NULL AND ?4 IS NULL) OR provider = ?3
                  OR EXISTS (SELECT 1 FROM entry WHERE authorization_id = authorization.id AND grantor = ?4))
             AND (?6 IS NULL OR provider = ?6)
             AND (?7 IS NULL
                  OR EXISTS (SELECT 1 FROM movement WHERE authorization_id = authorization.id AND terminal = ?7))
             ORDER BY id DESC LIMIT ?5",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let RecordedFilter { provider, grantor, sold_by, terminal, .. } = filter;
        let asked = params![least.as_bytes(), before.as_bytes(), provider, grantor, most, sold_by, terminal];
        let rows = statement.query_map(asked, |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?, row.get(2)?)))?;
        let rows: Vec<([u8; 16], String, String)> = rows.collect::<Result<_, _>>()?;
        let read = rows.into_iter().map(|(id, opened, reading)| {
            let events = ledger::stored::events(&self.connection, Uuid::from_bytes(id))?;
            Ok((read_record(&opened, &events)?, serde_json::from_str(&reading)?))
        });
        read.collect()
    }

    /// How much each party recorded of what took place from a moment until another.
    ///
    /// # Errors
    /// A ledger that can't be read.
    pub fn metered(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Metered>, ArchiveError> {
        let filter = RecordedFilter { from: Some(from), until: Some(until), ..RecordedFilter::default() };
        let (least, before) = filter.ids();
        let span = [least.as_bytes(), before.as_bytes()];
        let mut sold = self.connection.prepare(
            "SELECT provider, count(*), sum(length(CAST(record AS BLOB)) + length(CAST(reading AS BLOB)))
             FROM authorization WHERE id >= ?1 AND id < ?2 GROUP BY provider",
        )?;
        let sold = sold.query_map(span, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let sold: Vec<_> = sold.collect::<Result<_, _>>()?;
        let mut granted = self.connection.prepare(
            "SELECT grantor, count(DISTINCT authorization_id) FROM entry
             WHERE grantor IS NOT NULL AND authorization_id >= ?1 AND authorization_id < ?2 GROUP BY grantor",
        )?;
        let granted = granted.query_map(span, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let granted: Vec<_> = granted.collect::<Result<_, _>>()?;
        Ok(Metered::merged(sold, granted))
    }

    /// In how many records of what took place from a moment until another points of each programme moved.
    ///
    /// # Errors
    /// A ledger that can't be read.
    pub fn metered_points(&self, from: Timestamp, until: Timestamp) -> Result<Vec<(String, i64)>, ArchiveError> {
        let filter = RecordedFilter { from: Some(from), until: Some(until), ..RecordedFilter::default() };
        let (least, before) = filter.ids();
        let mut moved = self.connection.prepare(
            "SELECT e.program, count(DISTINCT e.authorization_id)
             FROM points_entry e JOIN authorization a ON a.id = e.authorization_id
             WHERE a.id >= ?1 AND a.id < ?2 GROUP BY e.program ORDER BY e.program",
        )?;
        let moved = moved.query_map([least.as_bytes(), before.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(moved.collect::<Result<_, _>>()?)
    }

    /// The rules as they were at a revision.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn rules_as_of(&self, revision: u64) -> Result<Vec<Row>, ArchiveError> {
        Ok(registry::rules_as_of(&self.registry()?, revision)?)
    }

    /// Records of the control plane that a filter lets through, in the order of their keys.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn records(&self, filter: &RecordFilter<'_>, most: usize) -> Result<Vec<Kept>, ArchiveError> {
        let administration =
            schema::open_to_read(&self.folder.join(ADMINISTRATION), &registry::ADMINISTRATION_MIGRATIONS)?;
        Ok(registry::records(&administration, filter, most)?)
    }

    /// Reads one moment of the ledger, whatever is written meanwhile.
    pub(super) fn at_one_moment<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, MovementsError>,
    ) -> Result<T, MovementsError> {
        let moment = self.connection.unchecked_transaction()?;
        let found: usize = moment.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found < ledger::MIGRATIONS.len() {
            let known = ledger::MIGRATIONS.len();
            let older = format!("its schema is of version {found}, this AVIS needs {known}: start `avis serve` once");
            return Err(MovementsError::Failed(older));
        }
        read(&moment)
    }

    fn registry(&self) -> Result<Connection, OpenError> {
        schema::open_to_read(&self.folder.join(REGISTRY), &registry::MIGRATIONS)
    }

    /// The incarnation and newest revision of the store, and how many rows of each kind engines follow.
    pub(super) fn followed(&self) -> Result<(Uuid, u64, RowCounts), ArchiveError> {
        let registry = self.registry()?;
        let incarnation: [u8; 16] = registry.query_row("SELECT incarnation FROM store", [], |row| row.get(0))?;
        let newest = "SELECT coalesce(max(number), 0) FROM revision";
        let revision = registry.query_row(newest, [], |row| row.get(0))?;
        let counts = "SELECT kind, count(*) FROM followed WHERE content IS NOT NULL GROUP BY kind ORDER BY kind";
        let mut statement = registry.prepare(counts)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        Ok((Uuid::from_bytes(incarnation), revision, rows))
    }

    /// The rows that engines follow and that are not what was committed.
    pub(super) fn altered(&self, secret: &IdentifierSecret) -> Result<AlteredRows, ArchiveError> {
        Ok(registry::altered(&self.registry()?, &RowHasher::new(secret))?)
    }

    /// Every database of the folder, each for reading. The registry is the last: whatever revision the others name, the store has
    /// come to it by then.
    pub(super) fn connections(&self) -> Result<[(Connection, &'static str); 3], OpenError> {
        let open = |name: &'static str, migrations: &[&str]| {
            schema::open_to_read(&self.folder.join(name), migrations).map(|connection| (connection, name))
        };
        Ok([
            open(LEDGER, &ledger::MIGRATIONS)?,
            open(ADMINISTRATION, &registry::ADMINISTRATION_MIGRATIONS)?,
            open(REGISTRY, &registry::MIGRATIONS)?,
        ])
    }
}

/// The records of a folder's ledger, from any thread.
#[derive(Clone, Debug)]
pub struct FolderRecords(PathBuf);

impl FolderRecords {
    /// Those of a folder, which may be served meanwhile.
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn read<T>(&self, read: impl FnOnce(&Archive) -> Result<T, ArchiveError>) -> Result<T, RecordedError> {
        Archive::open(&self.0).and_then(|archive| read(&archive)).map_err(RecordedError::of)
    }
}

impl Recorded for FolderRecords {
    fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, RecordedError> {
        self.read(|archive| archive.record(id))
    }

    fn newest(&self, filter: &RecordedFilter<'_>, most: usize) -> Result<Vec<(Record, Reading)>, RecordedError> {
        self.read(|archive| archive.newest(filter, most))
    }

    fn metered(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Metered>, RecordedError> {
        self.read(|archive| archive.metered(from, until))
    }

    fn metered_points(&self, from: Timestamp, until: Timestamp) -> Result<Vec<(String, i64)>, RecordedError> {
        self.read(|archive| archive.metered_points(from, until))
    }

    fn used(&self, needs: &[Need]) -> Result<Vec<Totals>, RecordedError> {
        self.read(|archive| Ok(ledger::usage::sums(&archive.connection, needs)?))
    }

    fn points(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, RecordedError> {
        let archive = Archive::open(&self.0).map_err(RecordedError::of)?;
        let moment = archive.connection.unchecked_transaction().map_err(RecordedError::of)?;
        ledger::points_known(&moment, inquiry, now).map_err(RecordedError::of)
    }
}

pub(super) const LEDGER: &str = ledger::FILE;
pub(super) const REGISTRY: &str = registry::FILE;
pub(super) const ADMINISTRATION: &str = registry::ADMINISTRATION_FILE;
