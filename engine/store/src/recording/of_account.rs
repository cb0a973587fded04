//! What happens to an account of points outside of sales: what its owner gives or takes, and expiry as it is booked.

use avis_core::loyalty::TooMuch;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::points::{Posted, Wanted};
use super::{Books, Entry, RequestKind, Step, account_text};
use crate::clock::Moment;
use crate::ledger::{AccountChange, AccountTask, Refused};

/// An event of an account, under the id of the task: what its entries are of, in the place of an authorization.
#[derive(Clone, Debug)]
pub(crate) struct AccountEvent {
    pub(crate) id: Uuid,
    pub(crate) recorded_at: Timestamp,
    /// As JSON.
    pub(crate) content: String,
}

pub(super) fn change<B: Books>(books: &B, task: &AccountTask, moment: Moment<'_>) -> Result<Step, B::Error> {
    let (key, at) = (&task.account, moment.now);
    let known = books.account(key, Wanted { since: None, authorization: None, now: at })?;
    let mut account = known.clone();
    let (kind, reason, entries) = match &task.change {
        AccountChange::Adjust { adjustment, reason } => match adjustment.apply(key, &mut account, at) {
            Ok(entries) => ("adjustment", Some(reason), entries),
            Err(TooMuch { balance }) => return Ok(Step::Refuse(Refused::TooMuch { balance })),
        },
        AccountChange::BookExpiry => ("expiry", None, account.book_expiry(key, at)),
    };
    let points: i64 =
        entries.iter().filter(|entry| entry.ledger_account.is_of_the_account()).map(|one| one.points).sum();
    let body = json!({"points": points, "balance_after": account.balance(at), "at": at}).to_string().into_bytes();
    if entries.is_empty() {
        // Nothing has expired since the last time.
        return Ok(Step::Repeat { body, reversed: false });
    }
    let content = json!({
        "kind": kind, "program": key.program, "account": account_text(&key.account), "points": points, "reason": reason,
    });
    let id = task.key.request_id;
    let lots = account.lots_since(&known).map(|(number, lot)| (number, lot.clone())).collect();
    let (authorization, event, recorded_at) = (id, 0, at);
    let posted = Posted { key: key.clone(), account, lots, authorization, event, entries, at, recorded_at };
    let event = AccountEvent { id, recorded_at, content: content.to_string() };
    let entry = Entry::of(&task.key, RequestKind::Account, None, body);
    Ok(Step::Enter(Box::new(Entry { posted: vec![posted], account_event: Some(event), ..entry })))
}
