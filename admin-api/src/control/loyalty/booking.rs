//! Books points that have expired, for reports. Whatever reads points goes by their ends: this can be stopped and repeated, and changes
//! no answer.

use std::sync::Arc;
use std::time::Duration;

use avis_core::loyalty::AccountKey;
use avis_store::{AccountChange, AccountTask, Background, Task, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::control::Control;
use crate::control::kept::{self, Object};
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use avis_store::records::RecordChange;

/// How often it is looked for.
const BOOK_EVERY: Duration = Duration::from_secs(15 * 60);
/// Accounts that are read at a time.
const AT_ONCE: usize = 500;
/// What came late to a lot that had ended is looked for once more.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Under which key it is kept how far it came.
const KEY: &str = "expiry";

/// By when everything that had ended is booked.
#[derive(Serialize, Deserialize)]
struct Booked {
    until: Timestamp,
}

impl Object for Booked {
    const KIND: &'static str = "points_booked";
}

impl Control {
    /// Books what has expired, in the background, until it is dropped.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn book_expired(self: &Arc<Self>) -> std::io::Result<Background> {
        let plane = self.clone();
        Background::giving_way("avis-booking", move |control| {
            while control.sleep(BOOK_EVERY) {
                if let Err(problem) = plane.book_all_expired(|| control.is_stopped()) {
                    tracing::warn!(target: "avis::control", error = problem, "points that expired could not be booked");
                }
            }
        })
    }

    /// Books all that has expired by now, or until it is to stop; in how many accounts something was.
    ///
    /// # Errors
    /// A store or a ledger that can't be read or written; what was booked stays so.
    pub fn book_all_expired(&self, is_stopped: impl Fn() -> bool) -> Result<usize, String> {
        self.book(&is_stopped).map_err(|problem| problem.detail)
    }

    fn book(&self, is_stopped: &dyn Fn() -> bool) -> Result<usize, Problem> {
        let now = self.clock.now();
        let before = kept::load::<Booked>(&*self.registry, KEY, now)?;
        let from = before.as_ref().map_or(Timestamp::UNIX_EPOCH, |before| before.object.until);
        let from = from.saturating_sub(AGAIN).unwrap_or(Timestamp::UNIX_EPOCH).max(Timestamp::UNIX_EPOCH);
        let (mut behind, mut booked): (Option<AccountKey>, usize) = (None, 0);
        loop {
            let due = self.points.accounts.due((from, now), behind.as_ref(), AT_ONCE)?;
            for key in &due {
                if is_stopped() {
                    return Ok(booked);
                }
                booked += usize::from(self.book_account(key.clone())?);
            }
            if due.len() < AT_ONCE {
                break;
            }
            behind = due.into_iter().last();
        }
        let value = kept::value(&Booked { until: now }, "", "", None);
        let record = before.as_ref().map(|before| &before.record);
        // Another node may have come as far meanwhile.
        let _ = self.registry.change(&[RecordChange::put(record, Booked::KIND, KEY, value)], &[]);
        Ok(booked)
    }

    fn book_account(&self, key: AccountKey) -> Result<bool, Problem> {
        let id = Uuid::try_parse(&secret::id(self.clock.now())?).map_err(|_| Problem::from(Code::Failed))?;
        let task = AccountTask::new(id, key, AccountChange::BookExpiry, &self.cases.secret);
        let unheard = |error: avis_store::LedgerError| Problem::new(Code::Unavailable, error.to_string());
        let pending = self.points.ledger.submit(Task::OfAccount(Box::new(task))).map_err(unheard)?;
        let verdict = pending.blocking_recv().map_err(|_| Problem::from(Code::OutcomeUnknown))?;
        Ok(matches!(verdict.map_err(unheard)?, Verdict::Answered { replayed: false, .. }))
    }
}
