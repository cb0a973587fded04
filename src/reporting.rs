//! How this engine stands, told to the registry now and then, so that the whole fleet can be seen from anywhere.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use avis_server::http::AppState;
use avis_store::{Background, EngineReport, StandIn, StoreError};

/// Tells until it is dropped.
pub(crate) struct Reporting {
    _thread: Background,
}

/// Who tells, and of what.
pub(crate) struct Reporter {
    pub(crate) shared: Arc<AppState>,
    /// Where the ledger is the cluster's.
    pub(crate) stand_in: Option<Arc<StandIn>>,
}

impl Reporting {
    pub(crate) fn start(reporter: Reporter, every: Duration) -> io::Result<Self> {
        let thread = Background::start("avis-reporting", move |control| {
            // A report that can't be kept is made again soon; that the store is away is said elsewhere.
            let report = || reporter.tell();
            let _ = report();
            while control.sleep(every) {
                let _ = report();
            }
        })?;
        Ok(Self { _thread: thread })
    }
}

impl Reporter {
    /// Tells how the engine stands, and what terminals called.
    fn tell(&self) -> Option<Result<(), StoreError>> {
        let AppState { registry, calls, node, clock, .. } = &*self.shared;
        let registry = registry.as_deref()?;
        let told = calls.tell(registry, node, clock.now());
        Some(registry.report(&self.report()?).and(told))
    }

    fn report(&self) -> Option<EngineReport> {
        let AppState { engine, following, node, clock, .. } = &*self.shared;
        let (known, counted) = (engine.known(), following.as_ref()?.standing().counted);
        let head = known.head?;
        Some(EngineReport {
            node: node.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            revision: head.revision,
            digest: head.digests.total(),
            age_ms: u64::try_from(engine.age().as_millis()).unwrap_or(u64::MAX),
            unreadable: counted.unreadable + counted.quarantined,
            stand_in: self.stand_in.as_ref().map(|stand_in| stand_in.standing()),
            at: clock.now(),
        })
    }
}
