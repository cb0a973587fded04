//! What was recorded, wherever it is, to be looked at while others go on.

use std::collections::BTreeMap;
use std::path::Path;

use avis_core::Reading;
use avis_store::postgres::{self, PostgresMovements, PostgresStore};
use avis_store::records::{RecordFilter, Records as _};
use avis_store::sqlite::{Archive, Folder};
use avis_store::{
    ClosedDays, History, Movements, Record, Row, RowHasher, RulesRead, SealKey, StoreError, Verification, closed_by_all,
};
use jiff::civil::Date;
use uuid::Uuid;

use crate::failure::Failure;
use crate::installation::SharedDatabase;
use crate::settings::Settings;

/// Records, what moved by them, and the rules of their time.
pub(crate) struct Records {
    of: Of,
    hasher: RowHasher,
    seal_key: SealKey,
}

enum Of {
    /// Of a folder.
    Folder(Archive),
    /// Of the database that the settings name.
    Database(Box<Reached>),
}

struct Reached {
    movements: PostgresMovements,
    store: PostgresStore,
    shared: SharedDatabase,
}

impl Records {
    /// Reaches them, under the key of a folder that may be served meanwhile.
    pub(crate) fn reach(folder: &Path, settings: &Settings) -> Result<Self, Failure> {
        let secret = Folder::secret_of(folder).map_err(Failure::of)?;
        let (hasher, seal_key) = (RowHasher::new(&secret), SealKey::new(&secret));
        let Some(config) = settings.cluster.database() else {
            return Ok(Self { of: Of::Folder(Archive::open(folder).map_err(Failure::of)?), hasher, seal_key });
        };
        let shared = SharedDatabase::reach(config)?;
        let store = PostgresStore::open(&shared.database, &secret).map_err(|error| Failure::of_database(&error))?;
        let movements = PostgresMovements::new(&shared.database);
        Ok(Self { of: Of::Database(Box::new(Reached { movements, store, shared })), hasher, seal_key })
    }

    /// A record with what its decision read.
    pub(crate) fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, Failure> {
        let named = |error: String| Failure::new(format!("{id}: {error}"));
        match &self.of {
            Of::Folder(archive) => archive.record(id).map_err(|error| named(error.to_string())),
            Of::Database(reached) => {
                postgres::record(&reached.shared.database, id).map_err(|error| Failure::of_database(&error))
            }
        }
    }

    /// What moved, as rows.
    pub(crate) fn movements(&self) -> &dyn Movements {
        match &self.of {
            Of::Folder(archive) => archive,
            Of::Database(reached) => &reached.movements,
        }
    }

    /// The days that each provider and its terminals closed, by which movements are dated that count on a day or later; all of them
    /// where no day is named.
    pub(crate) fn closed_days(&self, from: Option<Date>) -> Result<BTreeMap<String, ClosedDays>, Failure> {
        let closed = match &self.of {
            Of::Folder(archive) => {
                let read = |filter: &RecordFilter<'_>, most| {
                    archive.records(filter, most).map_err(|error| StoreError::Failed(error.to_string()))
                };
                closed_by_all(&read, from)
            }
            Of::Database(reached) => closed_by_all(&|filter, most| reached.store.records(filter, most), from),
        };
        closed.map_err(Failure::of)
    }

    /// Goes through all seals of the ledger.
    pub(crate) fn verify(&self) -> Result<Verification, Failure> {
        self.movements().verify(&self.seal_key).map_err(Failure::of)
    }

    /// The rules that a decision read; a failure where the number of their revision belongs to other rules now.
    pub(crate) fn rules_read(&self, read: RulesRead) -> Result<Vec<Row>, Failure> {
        let RulesRead { revision, digest } = read;
        let rows = match &self.of {
            Of::Folder(archive) => archive.rules_as_of(revision).map_err(Failure::of)?,
            Of::Database(reached) => reached.store.rules_as_of(revision).map_err(Failure::of)?,
        };
        if self.hasher.sum(&rows) == digest {
            return Ok(rows);
        }
        Err(Failure::new(format!(
            "the rules of revision {revision} are not those of the record: the store was restored since"
        )))
    }
}
