//! Says that there is news. A signal carries a number, never data, and may lose it: who follows asks the store.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Tells followers that a revision was committed. It may lose, delay, double and reorder what it is told; nothing depends on it
/// but how soon followers look.
pub trait Signal: Send + Sync {
    /// There is a new head.
    fn announce(&self, head: u64);

    /// From now on.
    fn listen(&self) -> Box<dyn Hints>;
}

/// What one follower hears.
pub trait Hints: Send {
    /// The highest head that was announced since the last time, waiting for it as long as it must but no longer than that.
    fn wait(&mut self, most: Duration) -> Option<u64>;
}

/// Within one process.
#[derive(Clone, Debug, Default)]
pub struct LocalSignal(Arc<(Mutex<u64>, Condvar)>);

struct LocalHints {
    signal: LocalSignal,
    heard: u64,
}

impl Signal for LocalSignal {
    fn announce(&self, head: u64) {
        let (highest, news) = &*self.0;
        // A number is whole also where somebody panicked.
        let mut highest = highest.lock().unwrap_or_else(PoisonError::into_inner);
        *highest = head.max(*highest);
        news.notify_all();
    }

    fn listen(&self) -> Box<dyn Hints> {
        let heard = *self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(LocalHints { signal: self.clone(), heard })
    }
}

impl Hints for LocalHints {
    fn wait(&mut self, most: Duration) -> Option<u64> {
        let (highest, news) = &*self.signal.0;
        let heard = self.heard;
        let highest = highest.lock().unwrap_or_else(PoisonError::into_inner);
        let (highest, _) =
            news.wait_timeout_while(highest, most, |highest| *highest <= heard).unwrap_or_else(PoisonError::into_inner);
        if *highest > heard {
            self.heard = *highest;
            Some(self.heard)
        } else {
            None
        }
    }
}
