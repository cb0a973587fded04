//! Hands in what was sold while the cluster's ledger was away: many sales at a time, those of one holder in their order.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use avis_core::loyalty::Inquiry;
use avis_core::plan_loyal;
use jiff::SignedDuration;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use crate::background::Control;
use crate::ledger::{IdempotencyKey, NewAuthorization, OfflineAnswer, Task, Verdict};
use crate::sqlite::{JournalError, Sale, Sequence};
use crate::stand_in::{Knowledge, Shared};

/// Sales that are read from the journal and handed in together: enough for full batches in every lane of a ledger, and a small
/// part of what may wait there, so that new sales find room.
const TOGETHER_MAX: usize = 256;

/// Why handing in does not go on now.
pub(super) enum Halt {
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

/// A sale on its way into the ledger.
struct HandedIn {
    sequence: Sequence,
    key: IdempotencyKey,
    told: OfflineAnswer,
}

impl Shared {
    /// Hands in everything that was sold, each sale until the ledger has it.
    pub(super) fn hand_in(&self, control: &Control, runtime: &Handle) -> Result<(), Halt> {
        while !control.is_stopped() {
            let kept = self.journal.first(TOGETHER_MAX)?;
            if kept.is_empty() {
                return Ok(());
            }
            let mut readable = Vec::with_capacity(kept.len());
            for (sequence, sale) in kept {
                match sale {
                    Ok(sale) => readable.push((sequence, sale)),
                    Err(error) => self.set_aside(sequence, &error.to_string())?,
                }
            }
            for wave in waves(readable, holder_of) {
                self.hand_in_together(wave, runtime)?;
            }
        }
        Ok(())
    }

    /// Submits sales in their order, and settles each when the ledger has answered. What goes without an answer stays in the
    /// journal: handed in again it is a repeat, if it was recorded.
    fn hand_in_together(&self, sales: Vec<(Sequence, Sale)>, runtime: &Handle) -> Result<(), Halt> {
        let ledger = self.cluster.ledger().ok_or(Halt::Later)?;
        let mut pending = Vec::with_capacity(sales.len());
        let mut outcome = Ok(());
        for (sequence, sale) in sales {
            let handed_in = HandedIn { sequence, key: sale.key.clone(), told: sale.told.clone() };
            match advice(sequence, sale, &*self.knowledge)? {
                Err(why) => self.set_aside(sequence, &why)?,
                Ok(task) => match ledger.submit(task) {
                    Ok(verdict) => pending.push((handed_in, verdict)),
                    Err(_) => {
                        outcome = Err(Halt::Later);
                        break;
                    }
                },
            }
        }
        let deadline = Instant::now() + self.limits.patience;
        let mut answered = Vec::with_capacity(pending.len());
        for (handed_in, verdict) in pending {
            match runtime.block_on(async { timeout_at(deadline, verdict).await }) {
                Ok(Ok(Ok(Verdict::Answered { body, .. }))) => answered.push((handed_in, body)),
                Ok(Ok(Ok(Verdict::Refused(refused)))) => self.set_aside(handed_in.sequence, &refused.to_string())?,
                Ok(Ok(Err(_)) | Err(_)) | Err(_) => outcome = Err(Halt::Later),
            }
        }
        self.settle(answered)?;
        outcome
    }

    /// The ledger has these now: they leave the journal together.
    fn settle(&self, answered: Vec<(HandedIn, Vec<u8>)>) -> Result<(), JournalError> {
        self.journal.remove(answered.iter().map(|(handed_in, _)| handed_in.sequence))?;
        for (HandedIn { key, told, .. }, body) in answered {
            if body != told.body {
                self.counted.differing.fetch_add(1, Ordering::Relaxed);
                let request_id = key.request_id;
                tracing::warn!(target: "avis::stand-in", %request_id, "the ledger had answered this request otherwise");
            }
            self.counted.handed_in.fetch_add(1, Ordering::Relaxed);
            self.switch.router().hand_over((key.provider, key.request_id), told.authorization);
        }
        Ok(())
    }

    fn set_aside(&self, sequence: Sequence, why: &str) -> Result<(), JournalError> {
        self.counted.set_aside.fetch_add(1, Ordering::Relaxed);
        tracing::error!(target: "avis::stand-in", sequence, why, "a sale of the journal is set aside");
        self.journal.set_aside(sequence, why)?;
        self.switch.router().set_aside();
        Ok(())
    }
}

/// Sorts sales into waves that go one after the other, since a ledger may record what it has at once in any order: of one
/// holder, whose limits they share, each wave has one sale.
fn waves<T>(sales: Vec<T>, holder_of: impl Fn(&T) -> Option<Arc<str>>) -> Vec<Vec<T>> {
    let mut sold: HashMap<Arc<str>, usize> = HashMap::new();
    let mut waves: Vec<Vec<T>> = Vec::new();
    for sale in sales {
        let before = holder_of(&sale).map_or(0, |holder| {
            let count = sold.entry(holder).or_default();
            *count += 1;
            *count - 1
        });
        match waves.get_mut(before) {
            Some(wave) => wave.push(sale),
            None => waves.push(vec![sale]),
        }
    }
    waves
}

fn holder_of((_, sale): &(Sequence, Sale)) -> Option<Arc<str>> {
    sale.reading.person.holder.as_ref().map(|holder| holder.code.clone())
}

/// A sale as the ledger takes it: planned again from what was read, with what was granted. Says why it can't be, if so.
fn advice(sequence: Sequence, sale: Sale, knowledge: &dyn Knowledge) -> Result<Result<Task, String>, Halt> {
    let (rules, read) = knowledge.rules().ok_or(Halt::Later)?;
    let inquiry = sale.reading.inquire(&rules);
    let known = inquiry.as_ref().map(Inquiry::prospect);
    let plan = match plan_loyal(rules, &sale.reading.provider, sale.reading.person, sale.reading.request, known) {
        Ok(plan) => plan,
        Err(faults) => return Ok(Err(faults.to_string())),
    };
    let Sale { key, terminal, recorded_at, told, granted, .. } = sale;
    let new = NewAuthorization { key, plan, inquiry, terminal, rules: read, stale: true, hold: SignedDuration::ZERO };
    let device_sequence = u64::try_from(sequence).unwrap_or_default();
    let told = Some(told);
    Ok(Ok(Task::Advise { new: Box::new(new), granted, device_time: recorded_at, device_sequence, told }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sales_of_one_holder_go_one_after_the_other_and_all_others_together() {
        let sales = vec![(1, Some("a")), (2, None), (3, Some("b")), (4, Some("a")), (5, None), (6, Some("a"))];
        let waves = waves(sales, |(_, holder)| holder.map(Arc::from));
        let sequences: Vec<Vec<i32>> =
            waves.iter().map(|wave| wave.iter().map(|(sequence, _)| *sequence).collect()).collect();
        assert_eq!(sequences, [vec![1, 2, 3, 5], vec![4], vec![6]]);
    }
}
