//! What nodes share: the database, its replica, and by what news come.

use std::path::Path;

use avis_store::postgres::{self, Encryption};
use serde::Deserialize;

/// What nodes share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cluster {
    node: String,
    database: String,
    database_authorities: String,
    reports_database: String,
    database_connections: usize,
    database_in_flight: usize,
    redis: String,
    redis_authorities: String,
}

impl Cluster {
    /// The shared database; none if AVIS is embedded.
    pub(crate) fn database(&self) -> Option<postgres::Config> {
        self.at(&self.database)
    }

    /// Its replica from which reports read; none if they read the database itself.
    pub(crate) fn reports_database(&self) -> Option<postgres::Config> {
        self.at(&self.reports_database).filter(|_| !self.database.is_empty())
    }

    /// A database at an address, if there is one.
    fn at(&self, address: &str) -> Option<postgres::Config> {
        if address.is_empty() {
            return None;
        }
        let mut config = postgres::Config::new(address);
        config.connections = self.database_connections;
        config.in_flight_max = self.database_in_flight;
        if !self.database_authorities.is_empty() {
            config.encryption = Encryption::Verified { authorities: self.database_authorities.clone().into() };
        }
        Some(config)
    }

    /// The Redis that tells of news; none if nodes only look.
    pub(crate) fn redis(&self) -> Option<&str> {
        (!self.redis.is_empty()).then_some(self.redis.as_str())
    }

    /// Who vouches for that Redis; none if the connection is not encrypted.
    pub(crate) fn redis_authorities(&self) -> Option<&Path> {
        (!self.redis_authorities.is_empty()).then(|| Path::new(&self.redis_authorities))
    }

    /// The name of this node, which listens on a port.
    pub(crate) fn node(&self, port: u16) -> String {
        if self.node.is_empty() {
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let name = if name.trim().is_empty() { "avis" } else { name.trim() };
            format!("{name}:{port}")
        } else {
            self.node.clone()
        }
    }
}
