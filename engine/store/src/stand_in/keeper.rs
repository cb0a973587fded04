//! The thread that looks after the cluster's ledger: it finds out that it is away, and hands in what was sold when it is back.

use std::sync::atomic::Ordering;

use avis_core::plan;
use jiff::SignedDuration;

use crate::background::Control;
use crate::ledger::{NewAuthorization, Task, Verdict};
use crate::sqlite::{JournalError, Sale, Sequence};
use crate::stand_in::{Knowledge, Shared};

/// Why handing in does not go on now.
enum Halt {
    /// The ledger does not answer, or the rules are not known yet.
    Later,
    /// The journal can't be used.
    Journal(JournalError),
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl Shared {
    /// Until the thread is stopped.
    pub(super) fn keep_looking(&self, control: &Control) {
        while control.wait(self.limits.look_every) {
            let is_wanted = || self.switch.away_since().is_some() || self.switch.places().in_journal() > 0;
            if self.switch.was_suspected() || is_wanted() {
                self.look_after(control);
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

    fn look_after(&self, control: &Control) {
        if self.look()
            && let Err(Halt::Journal(error)) = self.hand_in(control)
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

    /// Hands in what was sold, in order, each until the ledger has it.
    fn hand_in(&self, control: &Control) -> Result<(), Halt> {
        while !control.is_stopped() {
            let Some((sequence, sale)) = self.journal.first()? else { return Ok(()) };
            match sale {
                Ok(sale) => self.hand_in_one(sequence, sale)?,
                Err(error) => self.set_aside(sequence, &error.to_string())?,
            }
        }
        Ok(())
    }

    fn hand_in_one(&self, sequence: Sequence, sale: Sale) -> Result<(), Halt> {
        let (key, told) = (sale.key.clone(), sale.told.clone());
        let task = match advice(sequence, sale, &*self.knowledge)? {
            Ok(task) => task,
            Err(why) => return Ok(self.set_aside(sequence, &why)?),
        };
        let ledger = self.cluster.ledger().ok_or(Halt::Later)?;
        let pending = ledger.submit(task).map_err(|_| Halt::Later)?;
        match pending.blocking_recv().map_err(|_| Halt::Later)?.map_err(|_| Halt::Later)? {
            Verdict::Answered { body, .. } => {
                if body != told.body {
                    self.counted.differing.fetch_add(1, Ordering::Relaxed);
                    let request_id = key.request_id;
                    tracing::warn!(target: "avis::stand-in", %request_id, "the ledger had answered this request otherwise");
                }
                self.journal.remove(sequence)?;
                self.counted.handed_in.fetch_add(1, Ordering::Relaxed);
                self.switch.places().hand_over((key.provider, key.request_id), told.authorization);
            }
            Verdict::Refused(refused) => self.set_aside(sequence, &refused.to_string())?,
        }
        Ok(())
    }

    fn set_aside(&self, sequence: Sequence, why: &str) -> Result<(), JournalError> {
        self.counted.set_aside.fetch_add(1, Ordering::Relaxed);
        tracing::error!(target: "avis::stand-in", sequence, why, "a sale of the journal is set aside");
        self.journal.set_aside(sequence, why)
    }
}

/// A sale as the ledger takes it: planned again from what was read, with what was granted. Says why it can't be, if so.
fn advice(sequence: Sequence, sale: Sale, knowledge: &dyn Knowledge) -> Result<Result<Task, String>, Halt> {
    let rules = knowledge.rules().ok_or(Halt::Later)?;
    let plan = match plan(rules, &sale.reading.provider, sale.reading.person, sale.reading.request) {
        Ok(plan) => plan,
        Err(faults) => return Ok(Err(faults.to_string())),
    };
    let Sale { key, terminal, revision, recorded_at, told, granted, .. } = sale;
    let new = NewAuthorization { key, plan, terminal, revision, stale: true, hold: SignedDuration::ZERO };
    let device_sequence = u64::try_from(sequence).unwrap_or_default();
    let told = Some(told);
    Ok(Ok(Task::Advise { new: Box::new(new), granted, device_time: recorded_at, device_sequence, told }))
}
