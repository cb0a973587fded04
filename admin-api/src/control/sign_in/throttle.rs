//! Failed sign-ins of one account: after five each next one must wait, longer and longer, and after a hundred it is closed. An
//! account that nobody has is treated alike.

use avis_store::records::{RecordChange, RecordValue};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::{Code, Problem};
use crate::control::secret::hashed;

/// Failures after which one must wait.
const FREE: u32 = 5;
/// Failures after which the account is closed until an administrator opens it.
const CLOSED_AT: u32 = 100;
/// The longest wait, in seconds.
const WAIT_MAX_S: i64 = 900;
/// How long failures are remembered after the last one.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

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

/// Refuses an account that must wait.
///
/// # Errors
/// [`Code::TooManyAttempts`].
pub(crate) fn check(call: &Call<'_>, email: &str) -> Result<(), Problem> {
    let Some(failures) = kept::load::<Failures>(&*call.control.registry, &key(email), call.now)? else { return Ok(()) };
    let Failures { count, until } = failures.object;
    if count >= CLOSED_AT {
        let detail = "the account is closed after too many failures; an administrator opens it";
        return Err(Problem { retry_after_s: None, ..Problem::new(Code::TooManyAttempts, detail) });
    }
    let left = until.duration_since(call.now).as_secs();
    if until <= call.now {
        return Ok(());
    }
    Err(Problem::after(Code::TooManyAttempts, u64::try_from(left + 1).unwrap_or(1)))
}

/// Counts a failure.
///
/// # Errors
/// A store that can't be written.
pub(crate) fn count(call: &Call<'_>, email: &str) -> Result<(), Problem> {
    let (registry, key) = (&*call.control.registry, key(email));
    // Of several at once that lose the race each is counted by another.
    let record = registry.record(Failures::KIND, &key)?;
    let live = record.as_ref().filter(|record| record.is_live_at(call.now));
    let before = live.and_then(|record| serde_json::from_str::<Failures>(&record.value.content).ok());
    let count = before.map_or(0, |failures| failures.count) + 1;
    let until = call.now.saturating_add(SignedDuration::from_secs(wait_s(count))).unwrap_or(Timestamp::MAX);
    let expires_at = if count >= CLOSED_AT { None } else { call.now.saturating_add(REMEMBERED).ok() };
    let value: RecordValue = kept::value(&Failures { count, until }, "", "", expires_at);
    let change = match &record {
        Some(record) => RecordChange::replace(record, value),
        None => RecordChange::make(Failures::KIND, &key, value),
    };
    match registry.change(&[change], &[]) {
        Err(avis_store::StoreError::RecordChanged { .. }) => Ok(()),
        counted => Ok(counted?),
    }
}

/// What makes an account's failures forgotten, if it has any.
///
/// # Errors
/// A store that can't be read.
pub(crate) fn forget(call: &Call<'_>, email: &str) -> Result<Option<RecordChange>, Problem> {
    let record = call.control.registry.record(Failures::KIND, &key(email))?;
    Ok(record.map(|record| RecordChange::remove(&record)))
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
