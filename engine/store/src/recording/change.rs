//! Changes a record; what it consumes follows by the difference.

use avis_core::authorization::Authorization;
use avis_core::{Charge, Totals};
use jiff::Timestamp;

use crate::record::Record;

/// What came of a change, and what is consumed more or less by it.
pub(super) fn change<T>(record: &mut Record, change: impl FnOnce(&mut Authorization) -> T) -> (T, Vec<Charge>) {
    let before = record.authorization.consumed();
    let done = change(&mut record.authorization);
    let after = record.authorization.consumed();
    (done, before.into_iter().zip(after).map(|(before, after)| difference(before, &after)).collect())
}

/// Lets a hold expire, and gives back what it consumed; nothing if it is not held.
pub(crate) fn expire(record: &mut Record, now: Timestamp) -> Vec<Charge> {
    let (_, given_back) = change(record, |authorization| authorization.expire(now).map(|_| ()));
    given_back
}

fn difference(before: Charge, after: &Charge) -> Charge {
    let (old, new) = (before.totals, after.totals);
    let totals = Totals {
        uses: new.uses - old.uses,
        units: new.units - old.units,
        discount: new.discount - old.discount,
        spent: new.spent - old.spent,
    };
    Charge { totals, ..before }
}
