//! How this engine stands, told to the registry now and then, so that the whole fleet can be seen from anywhere.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use avis_server::{Engine, Following};
use avis_store::{Clock, EngineReport, Registry};

/// Tells until it is dropped.
pub(crate) struct Reporting {
    /// None once it is being dropped.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Who tells, and of what.
pub(crate) struct Reporter {
    pub(crate) node: String,
    pub(crate) engine: Arc<Engine>,
    pub(crate) following: Arc<Following>,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Reporting {
    pub(crate) fn start(reporter: Reporter, every: Duration) -> Self {
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            loop {
                // One that can't be kept is told again soon; who can't reach the store says so elsewhere.
                let _ = reporter.report().map(|report| reporter.registry.report(&report));
                if stopped.recv_timeout(every) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Self { stop: Some(stop), thread: Some(thread) }
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
            at: self.clock.now(),
        })
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
