//! The ledger that all engines share, which may be away also when an engine starts.

use std::fmt;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use crate::ledger::Ledger;

/// Opens the cluster's ledger, or says why it can't.
pub type OpenCluster = Box<dyn Fn() -> Result<Arc<dyn Ledger>, String> + Send + Sync>;

/// The cluster's ledger, once it could be opened.
pub(super) struct Cluster {
    open: OpenCluster,
    opened: OnceLock<Arc<dyn Ledger>>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Cluster(opened: {})", self.opened.get().is_some())
    }
}

impl Cluster {
    pub(super) fn new(open: OpenCluster) -> Self {
        Self { open, opened: OnceLock::new() }
    }

    /// None while it could never be opened.
    pub(super) fn ledger(&self) -> Option<&Arc<dyn Ledger>> {
        self.opened.get()
    }

    /// Whether it answers at this moment; if not, why. Blocks until it is known.
    pub(super) fn look(&self) -> Result<(), String> {
        let ledger = match self.opened.get() {
            Some(ledger) => ledger,
            None => {
                let ledger = (self.open)()?;
                self.opened.get_or_init(|| ledger)
            }
        };
        // Nobody has such a request: what counts is that it is looked for.
        ledger.request("", Uuid::nil()).map(|_| ()).map_err(|error| error.to_string())
    }
}
