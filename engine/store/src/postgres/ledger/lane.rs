//! Lanes: what can get in each other's way waits for each other here, instead of at the database's locks.

use avis_core::loyalty::AccountKey;
use avis_core::{Plan, Subject};
use uuid::Uuid;

use crate::ledger::Task;
use crate::recording::account_text;

/// Lanes: a column of the tables, so it stays as it is.
pub(super) const LANES: usize = 64;

/// Every lane, as the columns have it.
pub(in crate::postgres) fn all() -> impl Iterator<Item = u16> {
    (0_u16..).take(LANES)
}

/// The lane of a record: one household is in one lane.
pub(super) fn of_record(plan: &Plan, request_id: Uuid) -> usize {
    match plan.person().holder.as_deref() {
        Some(holder) => of(holder.household.as_deref().unwrap_or(&holder.code).as_bytes()),
        None => of(request_id.as_bytes()),
    }
}

/// In which lane a task waits: that of its record; but what draws on a budget that many share waits in the budget's own lane.
pub(super) fn of_task(task: &Task) -> usize {
    match task {
        Task::Authorize(new) | Task::Advise { new, .. } => {
            let shared = |need: &&avis_core::Need| matches!(need.subject, Subject::Provider(_) | Subject::Benefit);
            let budget = new.plan.needs().iter().filter(shared).map(|need| &*need.code).min();
            budget.map_or_else(|| of_record(&new.plan, new.key.request_id), |code| of(code.as_bytes()))
        }
        // Their record is locked; any lane will do.
        Task::Operate { authorization, .. } => of(authorization.as_bytes()),
        Task::Reverse { body, .. } => of(body.original_request_id.as_bytes()),
        Task::OfAccount(task) => of_account(&task.account),
        Task::Claim(key) => of(key.request_id.as_bytes()),
    }
}

/// The lane of what happens to an account of points outside of sales.
pub(super) fn of_account(key: &AccountKey) -> usize {
    of(account_text(&key.account).as_bytes())
}

/// FNV-1a: it must be the same in every engine and version.
fn of(bytes: &[u8]) -> usize {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    // The lower half alone has too little of short texts.
    usize::try_from((hash ^ (hash >> 32)) % LANES as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_the_same_in_every_version() {
        let lanes: Vec<usize> = ["hh-1", "hh-2", "h-anna", ""].iter().map(|text| of(text.as_bytes())).collect();
        assert_eq!(lanes, [47, 26, 55, 1]);
    }

    #[test]
    fn many_households_fill_all_lanes_evenly() {
        let mut filled = [0; LANES];
        (0..6400).for_each(|number| filled[of(format!("hh-{number}").as_bytes())] += 1);
        assert!(filled.iter().all(|count| (50..200).contains(count)), "{filled:?}");
    }
}
