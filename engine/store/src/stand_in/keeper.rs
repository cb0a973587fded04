//! The thread that looks after the cluster's ledger: it finds out that it is away, and hands in what was sold when it is back.

use tokio::runtime::Handle;

use crate::background::Control;
use crate::stand_in::Shared;
use crate::stand_in::handing_in::Halt;

impl Shared {
    /// Until the thread is stopped.
    pub(super) fn keep_looking(&self, control: &Control, runtime: &Handle) {
        while control.wait(self.limits.look_every) {
            let is_wanted = || self.switch.away_since().is_some() || self.switch.router().in_journal() > 0;
            if self.switch.was_suspected() || is_wanted() {
                self.look_after(control, runtime);
            }
        }
    }

    /// Looks whether the cluster's ledger answers, and turns over where sales go if that changed; whether it does.
    pub(super) fn look(&self) -> bool {
        let away_since = self.switch.away_since();
        let why = self.cluster.look().err();
        match (&why, away_since) {
            (Some(why), None) => self.begin(why),
            (None, Some(_)) => self.end(),
            (Some(_), Some(_)) | (None, None) => {}
        }
        why.is_none()
    }

    fn look_after(&self, control: &Control, runtime: &Handle) {
        if self.look()
            && let Err(Halt::Journal(error)) = self.hand_in(control, runtime)
        {
            tracing::error!(target: "avis::stand-in", %error, "what was sold can't be handed in");
        }
    }

    fn begin(&self, why: &str) {
        let now = self.clock.now();
        match self.journal.begin_outage(now) {
            Ok(()) => {
                tracing::warn!(target: "avis::stand-in", why, "the cluster's ledger is away");
                self.switch.set_away(Some(now));
            }
            Err(error) => {
                tracing::error!(target: "avis::stand-in", why, %error, "the cluster's ledger is away, and the journal fails");
            }
        }
    }

    fn end(&self) {
        tracing::info!(target: "avis::stand-in", "the cluster's ledger is there again");
        if let Err(error) = self.journal.end_outage() {
            // After a restart it looks again before anything is sold.
            tracing::warn!(target: "avis::stand-in", %error, "the end of the outage was not recorded");
        }
        self.switch.set_away(None);
    }
}
