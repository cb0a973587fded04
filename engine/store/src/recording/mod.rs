//! What a ledger means, whatever it is stored in: a step reads the books and says what to enter, all of it or nothing.

mod advise;
mod authorize;
mod books;
mod change;
mod of_account;
mod operate;
mod points;
mod posting;
mod recounted;
mod reverse;
mod written;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use avis_core::authorization::{Origin, State};
use jiff::Timestamp;

use crate::answer;
use crate::clock::Moment;
use crate::ledger::{IdempotencyKey, Refused, Task, Verdict};
use crate::record::Record;

pub(crate) use books::{Answered, Books, Entry, Known, Listed, Posting, Recorded, RequestKind};
pub(crate) use change::expire;
pub(crate) use of_account::AccountEvent;
pub(crate) use points::{CouponUse, Posted, Wanted, known};
pub(crate) use posting::posted_by;
pub(crate) use written::{LOCK_ORDER_OF_ACCOUNTS, LOCK_ORDER_OF_COUPONS, account_text, days, lock_order, subject_key};

/// What a task comes to.
#[derive(Debug)]
pub(crate) enum Step {
    /// It is new, and this is to be entered.
    Enter(Box<Entry>),
    /// It was answered before.
    Repeat {
        /// As then.
        body: Vec<u8>,
        /// Whether it was undone since.
        reversed: bool,
    },
    /// Nothing happens.
    Refuse(Refused),
}

impl Step {
    /// What the terminal is told, once the step is durable.
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Enter(entry) => Verdict::Answered {
                body: entry.answered.body.clone(),
                replayed: false,
                reversed: false,
                usage: entry.usage.clone(),
            },
            Self::Repeat { body, reversed } => Verdict::repeated(body.clone(), *reversed),
            Self::Refuse(refused) => Verdict::Refused(refused.clone()),
        }
    }
}

/// Deciding what a task comes to panicked: a fault of this program, which no other task is to suffer from.
#[derive(Debug, thiserror::Error)]
#[error("a fault of the program: what was asked for can't be decided")]
pub(crate) struct Panicked;

/// What a task comes to. It reads the books alone, so that a task over which it panics fails alone, and nothing of it is entered.
pub(crate) fn step<B: Books>(books: &B, task: &Task, moment: Moment<'_>) -> Result<Step, B::Error> {
    catch_unwind(AssertUnwindSafe(|| repeat_or_act(books, task, moment))).unwrap_or_else(|_| Err(Panicked.into()))
}

/// Answers a repeat as before, and finds what is new.
fn repeat_or_act<B: Books>(books: &B, task: &Task, moment: Moment<'_>) -> Result<Step, B::Error> {
    let key = task.key();
    let Some(known) = books.request(&key.provider, key.request_id)? else { return act(books, task, moment) };
    // A till that had no answer to what was declined may have sold it by itself.
    if known.is_declined(key) && matches!(task, Task::Advise { granted, .. } if !granted.is_empty()) {
        return act(books, task, moment);
    }
    match known.answered {
        Some(answered) if answered.fingerprint == key.fingerprint => {
            let reversed = known.reversed || is_undone(books, key, &answered)?;
            Ok(Step::Repeat { body: answered.body, reversed })
        }
        Some(_) => Ok(Step::Refuse(Refused::RequestIdReused)),
        // A reversal can't be reversed, not in advance either.
        None if matches!(task, Task::Reverse { .. }) => act(books, task, moment),
        None if matches!(task, Task::Claim(_)) => Ok(Step::Refuse(Refused::RequestIdReused)),
        None => Ok(came_too_late(task)),
    }
}

/// Whether an operation was undone by the reversal of another request: of its authorization's, or of the capture before it.
fn is_undone<B: Books>(books: &B, key: &IdempotencyKey, answered: &Answered) -> Result<bool, B::Error> {
    let id = answered.authorization.filter(|_| answered.kind == RequestKind::Operate);
    let record = id.map(|id| books.record(&key.provider, id)).transpose()?.flatten();
    Ok(record.is_some_and(|Record { authorization, .. }| {
        let mut own = authorization.history().iter().filter(|event| event.origin.request_id == Some(key.request_id));
        authorization.state() == State::Reversed || own.any(|event| event.undone)
    }))
}

fn act<B: Books>(books: &B, task: &Task, moment: Moment<'_>) -> Result<Step, B::Error> {
    match task {
        Task::Authorize(new) => authorize::authorize(books, new, moment),
        Task::Advise { new, granted, device_time, device_sequence, told } => {
            let device = (*device_time, *device_sequence);
            advise::advise(books, new, granted, device, told.as_ref(), moment)
        }
        Task::Operate { key, terminal, authorization, kind, body } => {
            let origin = origin(key, terminal, body.reason.clone(), moment.now);
            operate::operate(books, key, (origin, moment), *authorization, (*kind, body))
        }
        Task::Reverse { key, terminal, body } => {
            let origin = origin(key, terminal, Some(body.reason.clone()), moment.now);
            reverse::reverse(books, key, (origin, moment), body)
        }
        Task::OfAccount(task) => of_account::change(books, task, moment),
        Task::Claim(key) => Ok(answered(key, RequestKind::Account, b"null".to_vec())),
    }
}

fn origin(key: &IdempotencyKey, terminal: &Arc<str>, reason: Option<Box<str>>, at: Timestamp) -> Origin {
    Origin { at, terminal: Some(terminal.clone()), request_id: Some(key.request_id), reason }
}

/// A request whose reversal came first has no effect, and its answer says so.
fn came_too_late(task: &Task) -> Step {
    let kind = match task {
        Task::Authorize(_) | Task::Advise { .. } => RequestKind::Authorize,
        Task::Operate { .. } => RequestKind::Operate,
        Task::Reverse { .. } => RequestKind::Reverse,
        Task::OfAccount(_) | Task::Claim(_) => RequestKind::Account,
    };
    let key = task.key();
    answered(key, kind, answer::came_too_late(key.request_id))
}

/// An answer that changes nothing else.
fn answered(key: &IdempotencyKey, kind: RequestKind, body: Vec<u8>) -> Step {
    Step::Enter(Box::new(Entry::of(key, kind, None, body)))
}

#[cfg(test)]
mod tests {
    use avis_core::authorization::ReversalBody;
    use avis_core::loyalty::{Account, AccountKey};
    use avis_core::offline::{OverGrantKey, OverGranted};
    use avis_core::{Fingerprint, Need, Totals};
    use uuid::Uuid;

    use super::*;

    /// Books with which something is wrong that nobody thought of.
    struct Broken;

    impl Books for Broken {
        type Error = Panicked;

        fn request(&self, _: &str, _: Uuid) -> Result<Option<Known>, Panicked> {
            panic!("on purpose")
        }

        fn record(&self, _: &str, _: Uuid) -> Result<Option<Record>, Panicked> {
            Ok(None)
        }

        fn usage(&self, _: &[Need]) -> Result<Vec<Totals>, Panicked> {
            Ok(Vec::new())
        }

        fn account(&self, _: &AccountKey, _: Wanted) -> Result<Account, Panicked> {
            Err(Panicked)
        }

        fn coupon_uses(&self, _: &str, _: &str) -> Result<i64, Panicked> {
            Ok(0)
        }

        fn over_granted(&self, _: &OverGrantKey) -> Result<OverGranted, Panicked> {
            Err(Panicked)
        }
    }

    #[test]
    fn a_task_over_which_the_program_panics_fails_and_the_writer_goes_on() {
        let (request_id, original_request_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let key = IdempotencyKey { provider: "atd".into(), request_id, fingerprint: Fingerprint([0; 16]) };
        let body = ReversalBody { request_id, original_request_id, reason: "timeout".into() };
        let task = Task::Reverse { key, terminal: "atd-desk-1".into(), body };
        let clock = crate::clock::SystemClock::default();
        assert!(matches!(step(&Broken, &task, Moment::of(&clock)), Err(Panicked)));
    }
}
