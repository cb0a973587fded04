//! Keeps a local snapshot beside an engine, from which it can start while the store is away.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use avis_core::IdentifierSecret;
use avis_store::{Background, Clock, LocalSnapshot, Row, Store};
use jiff::Timestamp;

use crate::directory::Packer;

/// How soon a snapshot that could not be written is tried again, at the latest.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// Writes a snapshot now and then, on a thread of its own, until it is dropped.
pub struct LocalCopy {
    taken: Arc<Taken>,
    _thread: Background,
}

/// What is copied, where to and how often.
pub struct LocalCopyPlan {
    /// What engines follow.
    pub store: Arc<dyn Store>,
    /// The file.
    pub path: PathBuf,
    /// Under which it is sealed.
    pub secret: IdentifierSecret,
    /// By which it says when it was taken.
    pub clock: Arc<dyn Clock>,
    /// How often.
    pub every: Duration,
}

/// When the snapshot was taken that is in its place.
#[derive(Default)]
struct Taken {
    at: RwLock<Option<Timestamp>>,
    failures: AtomicI64,
}

impl LocalCopy {
    /// Begins; the snapshot that is there already was taken at `found`.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(plan: LocalCopyPlan, found: Option<Timestamp>) -> io::Result<Self> {
        let taken = Arc::new(Taken { at: RwLock::new(found), ..Taken::default() });
        let told = taken.clone();
        let thread = Background::giving_way("avis-snapshot", move |control| {
            let mut pause = found.map_or(Duration::ZERO, |at| plan.rest_since(at));
            while control.sleep(pause) {
                pause = plan.write(&told);
            }
        })?;
        Ok(Self { taken, _thread: thread })
    }

    /// When the snapshot in its place was taken; none if there is none.
    pub fn taken_at(&self) -> Option<Timestamp> {
        *self.taken.at.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LocalCopyPlan {
    /// What is left of the pause after a snapshot.
    fn rest_since(&self, at: Timestamp) -> Duration {
        let age = Duration::try_from(self.clock.now().duration_since(at)).unwrap_or_default();
        self.every.saturating_sub(age)
    }

    /// Writes one; how long to wait for the next.
    fn write(&self, taken: &Taken) -> Duration {
        let now = self.clock.now();
        let mut packer = Packer::new(&self.secret);
        let pack = &mut |row: &Row| packer.pack(row);
        match LocalSnapshot::write_packed(&self.path, &*self.store, &self.secret, now, pack) {
            Ok(_) => {
                *taken.at.write().unwrap_or_else(PoisonError::into_inner) = Some(now);
                if taken.failures.swap(0, Ordering::Relaxed) > 0 {
                    tracing::info!(target: "avis::snapshot", "the local snapshot is written again");
                }
                self.every
            }
            Err(error) => {
                if taken.failures.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::warn!(target: "avis::snapshot", %error, "the local snapshot is not written");
                }
                self.every.min(RETRY_AFTER)
            }
        }
    }
}
