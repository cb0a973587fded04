//! Where reports read: a replica of the database where there is one, and the database itself while that is away. What is sealed for
//! ever, such as a closed day, a statement or a published month, is read from the database alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avis_store::{Cursor, Days, Reports};
use jiff::{SignedDuration, Timestamp};

use crate::control::Control;
use crate::control::settlement::days;

/// How long a replica that did not answer is left alone.
const LEFT_ALONE: SignedDuration = SignedDuration::from_secs(10);

/// A copy of what reports read, which may lag.
pub(crate) struct Replica {
    reports: Arc<dyn Reports>,
    /// Until when it is left alone.
    away_until: Mutex<Timestamp>,
}

impl Replica {
    pub(crate) fn new(reports: Arc<dyn Reports>) -> Self {
        Self { reports, away_until: Mutex::new(Timestamp::MIN) }
    }

    fn away_until(&self) -> MutexGuard<'_, Timestamp> {
        self.away_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It, if it answers. Nobody waits for the answer to another.
    fn there(&self, now: Timestamp) -> Option<&dyn Reports> {
        if now < *self.away_until() {
            return None;
        }
        match self.reports.sealed_after(&Cursor::default(), 0) {
            Ok(_) => Some(&*self.reports),
            Err(error) => {
                *self.away_until() = now.saturating_add(LEFT_ALONE).unwrap_or(Timestamp::MAX);
                tracing::warn!(target: "avis::control", %error, "reports read the database itself: its replica is away");
                None
            }
        }
    }
}

impl Control {
    /// What reports read now.
    pub(super) fn reading(&self) -> &dyn Reports {
        let replica = self.replica.as_ref().and_then(|replica| replica.there(self.clock.now()));
        replica.unwrap_or(&*self.reports)
    }

    /// Business days, as reports read what was sold.
    pub(super) fn read_days(&self) -> Days<'_> {
        Days { reports: self.reading(), ..days(self) }
    }
}
