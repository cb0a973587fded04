//! What moved is added up by days and months as the ledger grows, on whichever admin node comes first.

use std::sync::Arc;
use std::time::Duration;

use avis_store::{Background, DaysError};

use crate::control::Control;
use crate::control::settlement::days;

/// How often it is looked for what moved. Questions read what came since by themselves.
const EVERY: Duration = Duration::from_secs(5);

impl Control {
    /// Adds up what moved, in the background, until it is dropped.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn keep_tally(self: &Arc<Self>) -> std::io::Result<Background> {
        let plane = self.clone();
        Background::giving_way("avis-tally", move |control| {
            while control.sleep(EVERY) {
                if let Err(error) = plane.tally(&|| control.is_stopped()) {
                    tracing::warn!(target: "avis::control", %error, "what moved waits for another attempt to add it up");
                }
            }
        })
    }

    /// Adds up what moved since the last time, or until it is to stop. Other nodes may do the same at the same time.
    ///
    /// # Errors
    /// What can't be read or written.
    pub fn tally(&self, is_stopped: &dyn Fn() -> bool) -> Result<(), DaysError> {
        days(self).tally(is_stopped)
    }
}
