//! The operator of one machine: who can read a folder may administer what is served from it.

use std::net::SocketAddr;
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_server::{AdminMetrics, Engine, Following, KeyHash};
use avis_store::{Clock, Registry, Reports, Store};
use serde::{Deserialize, Serialize};

use crate::cases::CaseRunner;

/// What the operator's endpoints work on.
pub struct Operator {
    /// Who may.
    pub authority: Authority,
    /// What engines follow.
    pub store: Arc<dyn Store>,
    /// What stands beside it.
    pub registry: Arc<dyn Registry>,
    /// What was sold.
    pub reports: Arc<dyn Reports>,
    /// The engine of this process, and how it follows; none where nothing is served.
    pub engine: Option<(Arc<Engine>, Arc<Following>)>,
    /// Under which identifiers are hashed.
    pub secret: IdentifierSecret,
    /// Runs the cases of what is to be published.
    pub cases: CaseRunner,
    /// What is counted.
    pub metrics: Arc<AdminMetrics>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Whose token opens the operator's endpoints.
#[derive(Clone, Debug)]
pub struct Authority(KeyHash);

/// How the operator's endpoints are reached, as a file in the folder tells it: for its owner's eyes only.
#[derive(Serialize, Deserialize)]
pub struct OperatorFile {
    /// Where.
    pub address: SocketAddr,
    /// With which token.
    pub token: String,
}

impl Authority {
    /// Of a token.
    pub fn of(token: &str) -> Self {
        Self(KeyHash::of(token))
    }

    /// Whether a token is the one. Hashes are compared, so time tells nothing of the token.
    pub fn is(&self, token: &str) -> bool {
        KeyHash::of(token) == self.0
    }
}

impl OperatorFile {
    /// A new token for an address.
    ///
    /// # Errors
    /// A system without randomness.
    pub fn new(address: SocketAddr) -> Result<Self, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        Ok(Self { address, token: random.iter().map(|byte| format!("{byte:02x}")).collect() })
    }
}
