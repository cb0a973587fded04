//! The schema: brought up to date on demand, and checked when it is used.

use std::cmp::Ordering;
use std::collections::HashMap;

use avis_core::IdentifierSecret;
use tokio_postgres::{Client, GenericClient};

use super::database::Database;
use crate::schema_step;

/// Why the tables of a database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The schema was written by a later AVIS.
    #[error(
        "the database's schema is of version {found}, this AVIS knows {known}; start the AVIS that wrote it, or a later one"
    )]
    Newer {
        /// Its version.
        found: i32,
        /// The latest that is known here.
        known: i32,
    },
    /// The schema is of an earlier AVIS, or there is none.
    #[error("the database's schema is of version {found}, this AVIS needs {known}; run `avis migrate` first")]
    Older {
        /// Its version; zero if there is none.
        found: i32,
        /// The one that is needed here.
        known: i32,
    },
    /// The tables were made by other steps than this program's: by a build before the first release.
    #[error(
        "the database's tables were made by another build of AVIS, step {version} of the schema of the {part} is not the one known \
         here; export what is in it with that build, and import it into a new database"
    )]
    OtherSchema {
        /// Which part of the schema.
        part: &'static str,
        /// The first step that is not as it is known here.
        version: i32,
    },
    /// The tables were written under another identifier key.
    #[error("the database was written under another identifier key; put the `identifier.key` of that time back")]
    OtherKey,
    /// The database can't be reached, read or written.
    #[error("the database failed: {0}")]
    Failed(String),
}

impl OpenError {
    pub(super) fn failed(error: &dyn std::error::Error) -> Self {
        Self::Failed(told(error))
    }
}

/// What an error comes from in the end: the drivers around it only say that something failed.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

/// A part of the schema, and its steps in their order.
pub(super) struct Part {
    name: &'static str,
    steps: &'static [&'static str],
}

/// What is consumed and recorded.
pub(super) const LEDGER: Part = Part {
    name: "ledger",
    steps: &[
        include_str!("../../../../schema/postgres/ledger/0001.sql"),
        include_str!("../../../../schema/postgres/ledger/0002.sql"),
        include_str!("../../../../schema/postgres/ledger/0003.sql"),
        include_str!("../../../../schema/postgres/ledger/0004.sql"),
        include_str!("../../../../schema/postgres/ledger/0005.sql"),
        include_str!("../../../../schema/postgres/ledger/0006.sql"),
        include_str!("../../../../schema/postgres/ledger/0007.sql"),
        include_str!("../../../../schema/postgres/ledger/0008.sql"),
    ],
};

/// What engines follow; it stands on the ledger's part.
pub(super) const REGISTRY: Part = Part {
    name: "registry",
    steps: &[
        include_str!("../../../../schema/postgres/registry/0001.sql"),
        include_str!("../../../../schema/postgres/registry/0002.sql"),
    ],
};

/// One lock for all migrations of AVIS: any number, the same in every version.
const LOCK: i64 = 0x4156_4953;

/// Brings the tables up to date: all of it or nothing, one engine at a time.
///
/// # Errors
/// A database that can't be reached or changed, or whose schema is newer.
pub fn migrate(database: &Database) -> Result<(), OpenError> {
    let own = database.clone();
    let migrated = async move {
        let mut client = own.connect().await.map_err(|error| OpenError::failed(&error))?;
        run(&mut client).await
    };
    database.wait(migrated).unwrap_or_else(|| Err(OpenError::Failed("its runtime is gone".into())))
}

async fn run(client: &mut Client) -> Result<(), OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::failed(&error);
    let step = client.transaction().await.map_err(failed)?;
    step.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    step.batch_execute(
        "CREATE SCHEMA IF NOT EXISTS avis;
         CREATE TABLE IF NOT EXISTS avis.schema_version (part text PRIMARY KEY, version integer NOT NULL);
         COMMENT ON TABLE avis.schema_version IS 'The last step of each part of the schema that was run.';
         CREATE TABLE IF NOT EXISTS avis.schema_step
             (part text NOT NULL, version integer NOT NULL, digest text NOT NULL, PRIMARY KEY (part, version));
         COMMENT ON TABLE avis.schema_step IS 'Which steps were run: tables of other steps are not used.';",
    )
    .await
    .map_err(failed)?;
    for part in [LEDGER, REGISTRY] {
        let (found, known) = (part.version(&step).await?, part.known());
        if found > known {
            return Err(OpenError::Newer { found, known });
        }
        part.check_steps(&step, found).await?;
        for (version, migration) in (1..).zip(part.steps).skip_while(|(version, _)| *version <= found) {
            step.batch_execute(migration).await.map_err(failed)?;
            let note = "INSERT INTO avis.schema_version (part, version) VALUES ($1, $2)
                        ON CONFLICT (part) DO UPDATE SET version = excluded.version";
            step.execute(note, &[&part.name, &version]).await.map_err(failed)?;
            let ran = "INSERT INTO avis.schema_step (part, version, digest) VALUES ($1, $2, $3)";
            step.execute(ran, &[&part.name, &version, &schema_step::digest(migration)]).await.map_err(failed)?;
        }
    }
    step.commit().await.map_err(failed)
}

/// Whether the tables of a part are those that this AVIS knows, written under this identifier key; an empty database takes the
/// key.
pub(super) async fn check(client: &Client, part: &Part, check_value: [u8; 16]) -> Result<(), OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::failed(&error);
    part.is_current(client).await?;
    let take = "INSERT INTO avis.identifier_key (check_value) VALUES ($1) ON CONFLICT DO NOTHING";
    client.execute(take, &[&&check_value[..]]).await.map_err(failed)?;
    let row = client.query_one("SELECT check_value FROM avis.identifier_key", &[]).await.map_err(failed)?;
    if row.get::<_, &[u8]>(0) == check_value { Ok(()) } else { Err(OpenError::OtherKey) }
}

/// A database that can be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExaminedDatabase {
    /// The version of the server, in its own words.
    pub server: String,
    /// The server's clock, in milliseconds since 1970.
    pub now_ms: i64,
    /// Of a replica how old its newest change is, in milliseconds; none of a database that takes changes itself.
    pub behind_ms: Option<i64>,
}

/// Looks whether a database can be used as it is, and changes nothing. Without a secret it is not compared with the one under
/// which the database is written. Blocks until the database has answered, or has taken too long.
///
/// # Errors
/// As of opening a store there: a database that can't be reached, whose schema is another than this program's, or that was
/// written under another secret.
pub fn examine(database: &Database, secret: Option<&IdentifierSecret>) -> Result<ExaminedDatabase, OpenError> {
    let (own, check_value) = (database.clone(), secret.map(IdentifierSecret::check_value));
    // It takes a connection and five short queries, each of which may take as long as one step.
    let limit = database.config().patience.saturating_mul(6);
    let examined = async move {
        let look = look(&own, check_value);
        let silent = |_| Err(OpenError::Failed("it does not answer".into()));
        tokio::time::timeout(limit, look).await.unwrap_or_else(silent)
    };
    database.wait(examined).unwrap_or_else(|| Err(OpenError::Failed("its runtime is gone".into())))
}

async fn look(database: &Database, check_value: Option<[u8; 16]>) -> Result<ExaminedDatabase, OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::failed(&error);
    let client = database.connect().await.map_err(failed)?;
    for part in [LEDGER, REGISTRY] {
        part.is_current(&client).await?;
    }
    let known = client.query_opt("SELECT check_value FROM avis.identifier_key", &[]).await.map_err(failed)?;
    if let (Some(known), Some(own)) = (known, check_value)
        && known.get::<_, &[u8]>(0) != own
    {
        return Err(OpenError::OtherKey);
    }
    let of_server = "SELECT current_setting('server_version'), (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        CASE WHEN pg_is_in_recovery() THEN coalesce((extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint, 0) END";
    let row = client.query_one(of_server, &[]).await.map_err(failed)?;
    Ok(ExaminedDatabase { server: row.get(0), now_ms: row.get(1), behind_ms: row.get(2) })
}

impl Part {
    /// Whether the tables are there, as this AVIS knows them.
    async fn is_current(&self, client: &Client) -> Result<(), OpenError> {
        let there = "SELECT to_regclass('avis.schema_version') IS NOT NULL";
        let is_there: bool = client.query_one(there, &[]).await.map_err(|error| OpenError::failed(&error))?.get(0);
        let found = if is_there { self.version(client).await? } else { 0 };
        let known = self.known();
        match found.cmp(&known) {
            Ordering::Greater => Err(OpenError::Newer { found, known }),
            Ordering::Less => Err(OpenError::Older { found, known }),
            Ordering::Equal => self.check_steps(client, found).await,
        }
    }

    /// Whether the steps that were run are those that are known here.
    async fn check_steps(&self, client: &impl GenericClient, found: i32) -> Result<(), OpenError> {
        let failed = |error: tokio_postgres::Error| OpenError::failed(&error);
        let there =
            client.query_one("SELECT to_regclass('avis.schema_step') IS NOT NULL", &[]).await.map_err(failed)?;
        let rows = match there.get(0) {
            true => {
                let ran = "SELECT version, digest FROM avis.schema_step WHERE part = $1";
                client.query(ran, &[&self.name]).await.map_err(failed)?
            }
            false => Vec::new(),
        };
        let ran: HashMap<i32, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let other =
            schema_step::other(self.steps, found.unsigned_abs(), |version| ran.get(&version.cast_signed()).cloned());
        other.map_or(Ok(()), |version| Err(OpenError::OtherSchema { part: self.name, version: version.cast_signed() }))
    }

    fn known(&self) -> i32 {
        i32::try_from(self.steps.len()).unwrap_or(i32::MAX)
    }

    async fn version(&self, client: &impl GenericClient) -> Result<i32, OpenError> {
        let version = "SELECT coalesce(max(version), 0) FROM avis.schema_version WHERE part = $1";
        let row = client.query_one(version, &[&self.name]).await.map_err(|error| OpenError::failed(&error))?;
        Ok(row.get(0))
    }
}
