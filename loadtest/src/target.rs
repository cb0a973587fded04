//! What is under load: one server of its own, or the engines of a cluster.

use std::net::SocketAddr;
use std::path::Path;

use crate::cluster::Cluster;
use crate::server::Server;

/// Whatever answers.
pub(crate) enum Target {
    /// A server on a folder, started for the run.
    Embedded(Server),
    /// Engines that somebody else started, and stops.
    Engines(Vec<SocketAddr>),
    /// A demo of a cluster, started for the run, whose parts are stopped in turn.
    Cluster(Cluster),
}

impl Target {
    /// Where an engine listens; none while it is known to be down. There are [`Target::count`] of them, and they repeat.
    pub(crate) fn address(&self, engine: usize) -> Option<SocketAddr> {
        let engines = match self {
            Self::Embedded(server) => return server.address(),
            Self::Engines(engines) => engines,
            Self::Cluster(cluster) => cluster.engines(),
        };
        engines.get(engine % engines.len().max(1)).copied()
    }

    /// How many engines there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Embedded(_) => 1,
            Self::Engines(engines) => engines.len(),
            Self::Cluster(cluster) => cluster.engines().len(),
        }
    }

    /// Whether the engines share a ledger that may go away: a refusal with 503 then leaves open what became of a request, and
    /// sales go on with `stale` answers.
    pub(crate) fn shares_a_ledger(&self) -> bool {
        !matches!(self, Self::Embedded(_))
    }

    /// The folder in which a server keeps its ledger.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Embedded(server) => Some(server.folder()),
            Self::Engines(_) | Self::Cluster(_) => None,
        }
    }

    /// The database of a cluster that was started for the run.
    pub(crate) fn database(&self) -> Option<&str> {
        match self {
            Self::Cluster(cluster) => Some(cluster.database()),
            Self::Embedded(_) | Self::Engines(_) => None,
        }
    }

    /// What is told about it before the load.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Embedded(server) => format!("the folder is {}", server.folder().display()),
            Self::Engines(engines) => format!("{} engines that run already", engines.len()),
            Self::Cluster(cluster) => format!("a cluster with {} engines", cluster.engines().len()),
        }
    }

    /// Stops what was started for the run.
    ///
    /// # Errors
    /// It does not stop in good order.
    pub(crate) fn stop(&self) -> Result<(), String> {
        match self {
            Self::Embedded(server) => server.stop(),
            Self::Engines(_) => Ok(()),
            Self::Cluster(cluster) => cluster.stop(),
        }
    }
}
