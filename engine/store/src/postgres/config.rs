//! Where the database is, and how it is reached.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::SslMode;

/// How a database is reached.
#[derive(Clone, Debug)]
pub struct Config {
    /// Host, port, user, password and database, as a URL (`postgres://…`) or as words (`host=… user=…`).
    pub address: String,
    /// Whether the connection is encrypted, and whom it trusts.
    pub encryption: Encryption,
    /// Connections of one engine's ledger: for the batches in flight, and at least two more to read and to let holds expire.
    pub connections: usize,
    /// Batches that one engine has in flight at most: beyond some they share the processors of the database and no commit.
    pub in_flight_max: usize,
    /// Tasks in one commit at most: the cost of a commit is shared by then.
    pub batch_max: usize,
    /// Where rows of a commit wait until they are written, if they are many.
    pub staging: PathBuf,
    /// How long one step may wait for the database before it counts as failed.
    pub patience: Duration,
}

/// Whether the connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It is not: for loopback, and networks that nobody else can read.
    Off,
    /// With a server whose certificate names its host and is signed by one of these authorities; nobody else is talked to.
    Verified {
        /// A file of certificates in PEM.
        authorities: PathBuf,
    },
}

/// Why a configuration is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The address can't be read. It may hold a password, so it is not repeated.
    #[error("the database's address can't be read: {0}")]
    Address(tokio_postgres::Error),
    /// Too few connections to write and read.
    #[error("expected at least {least} connections to the database, not `{given}`")]
    Connections {
        /// As configured.
        given: usize,
        /// As needed.
        least: usize,
    },
    /// The authorities can't be read.
    #[error("{0}: {1}")]
    Authorities(PathBuf, String),
}

/// One to write, one to let holds expire, one to read.
pub(super) const CONNECTIONS_MIN: usize = 3;

impl Config {
    /// Without encryption, with as many connections as suit a small database server.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            encryption: Encryption::Off,
            connections: 16,
            in_flight_max: 8,
            batch_max: 256,
            staging: std::env::temp_dir(),
            patience: Duration::from_secs(3),
        }
    }

    /// What the driver needs to know.
    pub(super) fn parsed(&self) -> Result<tokio_postgres::Config, ConfigError> {
        if self.connections < CONNECTIONS_MIN {
            return Err(ConfigError::Connections { given: self.connections, least: CONNECTIONS_MIN });
        }
        let mut parsed = tokio_postgres::Config::from_str(&self.address).map_err(ConfigError::Address)?;
        parsed.application_name("avis").connect_timeout(self.patience);
        if self.encryption != Encryption::Off {
            // Whatever the address says: never in the clear after all.
            parsed.ssl_mode(SslMode::Require);
        }
        // A server that is gone without a word is noticed by the system, too.
        parsed.tcp_user_timeout(self.patience.saturating_mul(3)).keepalives_idle(self.patience.saturating_mul(3));
        Ok(parsed)
    }
}
