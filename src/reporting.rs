//! How this engine stands, told to the registry now and then, so that the whole fleet can be seen from anywhere.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use avis_server::{Engine, Following};
use avis_store::{Background, Clock, EngineReport, Registry, StandIn};

/// Tells until it is dropped.
pub(crate) struct Reporting {
    _thread: Background,
}

/// Who tells, and of what.
pub(crate) struct Reporter {
    pub(crate) node: String,
    pub(crate) engine: Arc<Engine>,
    pub(crate) following: Arc<Following>,
    pub(crate) registry: Arc<dyn Registry>,
    /// Where the ledger is the cluster's.
    pub(crate) stand_in: Option<Arc<StandIn>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Reporting {
    pub(crate) fn start(reporter: Reporter, every: Duration) -> io::Result<Self> {
        let thread = Background::start("avis-reporting", move |control| {
            // A report that can't be kept is made again soon; that the store is away is said elsewhere.
            let report = || reporter.report().map(|report| reporter.registry.report(&report));
            let _ = report();
            while control.sleep(every) {
                let _ = report();
            }
        })?;
        Ok(Self { _thread: thread })
    }
}

impl Reporter {
    fn report(&self) -> Option<EngineReport> {
        let (known, counted) = (self.engine.known(), self.following.standing().counted);
        let head = known.head?;
        Some(EngineReport {
            node: self.node.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            revision: head.revision,
            digest: head.digests.total(),
            age_ms: u64::try_from(self.engine.age().as_millis()).unwrap_or(u64::MAX),
            unreadable: counted.unreadable + counted.set_aside,
            stand_in: self.stand_in.as_ref().map(|stand_in| stand_in.standing()),
            at: self.clock.now(),
        })
    }
}
