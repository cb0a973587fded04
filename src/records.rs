//! What was recorded, wherever it is, to be looked at while others go on.

use std::path::Path;

use avis_core::Reading;
use avis_store::postgres::{self, PostgresStore};
use avis_store::sqlite::{Archive, Folder};
use avis_store::{History, Record, Row, RowHasher, RulesRead};
use uuid::Uuid;

use crate::failure::Failure;
use crate::installation::Shared;
use crate::settings::Settings;

/// Records, and the rules of their time.
pub(crate) struct Records {
    of: Of,
    hasher: RowHasher,
}

enum Of {
    /// Of a folder.
    Folder(Archive),
    /// Of the database that the settings name.
    Database(Box<(Shared, PostgresStore)>),
}

impl Records {
    /// Reaches them, under the key of a folder that may be served meanwhile.
    pub(crate) fn reach(folder: &Path, settings: &Settings) -> Result<Self, Failure> {
        let secret = Folder::secret_of(folder).map_err(Failure::of)?;
        let hasher = RowHasher::new(&secret);
        let Some(config) = settings.cluster.database() else {
            return Ok(Self { of: Of::Folder(Archive::open(folder).map_err(Failure::of)?), hasher });
        };
        let shared = Shared::reach(config)?;
        let store = PostgresStore::open(&shared.database, &secret).map_err(Failure::of)?;
        Ok(Self { of: Of::Database(Box::new((shared, store))), hasher })
    }

    /// A record with what its decision read.
    pub(crate) fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, Failure> {
        let named = |error: String| Failure::new(format!("{id}: {error}"));
        match &self.of {
            Of::Folder(archive) => archive.record(id).map_err(|error| named(error.to_string())),
            Of::Database(reached) => {
                postgres::record(&reached.0.database, id).map_err(|error| named(error.to_string()))
            }
        }
    }

    /// The rules that a decision read; a failure where the number of their revision belongs to other rules now.
    pub(crate) fn rules_read(&self, read: RulesRead) -> Result<Vec<Row>, Failure> {
        let RulesRead { revision, digest } = read;
        let rows = match &self.of {
            Of::Folder(archive) => archive.rules_as_of(revision).map_err(Failure::of)?,
            Of::Database(reached) => reached.1.rules_as_of(revision).map_err(Failure::of)?,
        };
        if self.hasher.sum(&rows) == digest {
            return Ok(rows);
        }
        Err(Failure::new(format!(
            "the rules of revision {revision} are not those of the record: the store was restored since"
        )))
    }
}
