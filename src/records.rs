//! What was recorded, wherever it is, to be looked at while others go on.

use std::path::Path;

use avis_core::Reading;
use avis_store::postgres::{self, PostgresStore};
use avis_store::sqlite::{Archive, Folder};
use avis_store::{History, Record, Row};
use uuid::Uuid;

use crate::failure::Failure;
use crate::installation::Shared;
use crate::settings::Settings;

/// Records, and the rules of their time.
pub(crate) enum Records {
    /// Of a folder.
    Folder(Archive),
    /// Of the database that the settings name.
    Database(Box<(Shared, PostgresStore)>),
}

impl Records {
    /// Reaches them, under the key of a folder that may be served meanwhile.
    pub(crate) fn reach(folder: &Path, settings: &Settings) -> Result<Self, Failure> {
        let Some(config) = settings.cluster.database() else {
            return Ok(Self::Folder(Archive::open(folder).map_err(Failure::of)?));
        };
        let secret = Folder::secret_of(folder).map_err(Failure::of)?;
        let shared = Shared::reach(config)?;
        let store = PostgresStore::open(&shared.database, &secret).map_err(Failure::of)?;
        Ok(Self::Database(Box::new((shared, store))))
    }

    /// A record with what its decision read.
    pub(crate) fn record(&self, id: Uuid) -> Result<Option<(Record, Reading)>, Failure> {
        let named = |error: String| Failure::new(format!("{id}: {error}"));
        match self {
            Self::Folder(archive) => archive.record(id).map_err(|error| named(error.to_string())),
            Self::Database(reached) => {
                postgres::record(&reached.0.database, id).map_err(|error| named(error.to_string()))
            }
        }
    }

    /// The rules as they were at a revision.
    pub(crate) fn rules_as_of(&self, revision: u64) -> Result<Vec<Row>, Failure> {
        match self {
            Self::Folder(archive) => archive.rules_as_of(revision).map_err(Failure::of),
            Self::Database(reached) => reached.1.rules_as_of(revision).map_err(Failure::of),
        }
    }
}
