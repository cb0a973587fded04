//! Attempts to sign in to one account: after five that failed each next one must wait, longer and longer, and after a hundred it is
//! closed. An attempt is counted before its password is looked at, so that of many at once no more pass than one after another
//! would; a right one forgets those before it. An account that nobody has is treated alike.

use avis_store::records::{RecordChange, RecordValue};
use avis_store::{Registry, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::{Code, Problem};
use crate::control::secret::hashed;

/// Failures after which one must wait.
const FREE: u32 = 5;
/// Failures after which the account is closed until an administrator, or the owner of the machine, opens it.
const CLOSED_AT: u32 = 100;
/// The longest wait, in seconds.
const WAIT_MAX_S: i64 = 900;
/// How long failures are remembered after the last one.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// How long an address that nobody has stays closed.
const CLOSED_FOR_NOBODY: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often it is tried to count, where others count at the same moment.
const TRIES: usize = 32;

#[derive(Serialize, Deserialize)]
struct Failures {
    count: u32,
    until: Timestamp,
}

impl Object for Failures {
    const KIND: &'static str = "failures";
}

/// Under a hash of the address: accounts that nobody has leave no address behind.
fn key(email: &str) -> String {
    hashed(&format!("failures {email}"))
}

/// Seconds that must pass after so many failures.
fn wait_s(count: u32) -> i64 {
    if count < FREE { 0 } else { 2_i64.saturating_pow(count - FREE + 1).min(WAIT_MAX_S) }
}

impl Failures {
    /// Refuses an account that must wait.
    fn check(&self, now: Timestamp) -> Result<(), Problem> {
        if self.count >= CLOSED_AT {
            let detail = "the account is closed after too many failures; an administrator opens it";
            return Err(Problem::new(Code::TooManyAttempts, detail));
        }
        // One that comes beside another has the earlier moment.
        if self.count < FREE || self.until <= now {
            return Ok(());
        }
        let left = self.until.duration_since(now).as_secs();
        Err(Problem::after(Code::TooManyAttempts, u64::try_from(left + 1).unwrap_or(1)))
    }
}

/// Counts an attempt at an account, which somebody has or not.
///
/// # Errors
/// [`Code::TooManyAttempts`] of an account that must wait; a store that can't be read or written.
pub(crate) fn attempt(call: &Call<'_>, email: &str, is_known: bool) -> Result<(), Problem> {
    let (registry, key) = (&*call.control.registry, key(email));
    for _ in 0..TRIES {
        let record = registry.record(Failures::KIND, &key)?;
        let live = record.as_ref().filter(|record| record.is_live_at(call.now));
        let before = live.and_then(|record| serde_json::from_str::<Failures>(&record.value.content).ok());
        before.as_ref().map_or(Ok(()), |failures| failures.check(call.now))?;
        let value = counted(before.map_or(0, |failures| failures.count) + 1, is_known, call.now);
        let change = RecordChange::put(record.as_ref(), Failures::KIND, &key, value);
        match registry.change(&[change], &[]) {
            Err(StoreError::RecordChanged { .. }) => {}
            counted => return Ok(counted?),
        }
    }
    Err(Code::Overloaded.into())
}

/// So many failures, the last one now.
fn counted(count: u32, is_known: bool, now: Timestamp) -> RecordValue {
    let until = now.saturating_add(SignedDuration::from_secs(wait_s(count))).unwrap_or(Timestamp::MAX);
    let remembered = match (count >= CLOSED_AT, is_known) {
        (true, true) => None,
        (true, false) => Some(CLOSED_FOR_NOBODY),
        (false, _) => Some(REMEMBERED),
    };
    let expires_at = remembered.and_then(|remembered| now.saturating_add(remembered).ok());
    kept::value(&Failures { count, until }, "", "", expires_at)
}

/// Forgets an account's failures; whether there were any.
///
/// # Errors
/// A store that can't be read or written.
pub(crate) fn forget(registry: &dyn Registry, email: &str) -> Result<bool, StoreError> {
    let key = key(email);
    for _ in 0..TRIES {
        let Some(record) = registry.record(Failures::KIND, &key)? else { return Ok(false) };
        match registry.change(&[RecordChange::remove(&record)], &[]) {
            Err(StoreError::RecordChanged { .. }) => {}
            forgotten => return forgotten.map(|()| true),
        }
    }
    Err(StoreError::Busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = [0, 4, 5, 6, 7, 13, 14, 99, 1_000].map(wait_s).into();
        assert_eq!(waits, [0, 0, 2, 4, 8, 512, 900, 900, 900]);
    }
}
