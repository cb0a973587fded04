//! Time that passes when the simulation says so.

use std::sync::atomic::{AtomicI64, Ordering};

use avis_core::movement::ServiceDay;
use avis_store::Clock;
use jiff::Timestamp;

/// Milliseconds since 1970.
pub(crate) struct SimulatedClock(AtomicI64);

impl Default for SimulatedClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_795_000_000_000))
    }
}

impl SimulatedClock {
    pub(crate) fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }

    /// Unless it is later already.
    pub(crate) fn advance_to(&self, ms: i64) {
        self.0.fetch_max(ms, Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap()
    }

    fn service_day(&self) -> &ServiceDay {
        panic!("nobody who follows asks for a day")
    }
}
