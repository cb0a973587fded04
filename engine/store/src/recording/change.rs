//! Changes a record; what it consumes, what moves and what stands over-granted follow by the difference.

use avis_core::authorization::{Authorization, Balance, Origin, OverGrant};
use avis_core::movement::ServiceDay;
use avis_core::{Charge, Totals};

use super::{Listed, Posting, posting};
use crate::clock::Moment;
use crate::record::Record;

/// What follows from a change of a record.
pub(crate) struct Consequences {
    /// What is consumed more, or less where it is negative.
    pub(crate) usage: Vec<Charge>,
    /// What moved of what stands sold.
    pub(crate) movement: Option<Box<Posting>>,
    /// What stands over-granted of the lines and benefits of which it changed.
    pub(crate) listed: Vec<Listed>,
}

/// What follows from the last event of a record, which was `before` it.
pub(super) fn consequences(before: &Balance, record: &Record, day: &ServiceDay) -> Consequences {
    Consequences {
        usage: usage_since(before, &record.authorization),
        movement: posting::of_last_event(before, record, day),
        listed: listed_since(before, record),
    }
}

/// What is consumed more than before, or less where it is negative.
pub(super) fn usage_since(before: &Balance, authorization: &Authorization) -> Vec<Charge> {
    let (then, now) = (authorization.consumed_of(before), authorization.consumed());
    then.into_iter().zip(now).map(|(then, now)| difference(then, &now)).collect()
}

fn listed_since(before: &Balance, record: &Record) -> Vec<Listed> {
    let (then, now) = (record.authorization.over_grants_of(before), record.authorization.standing_over_grants());
    let same = |one: &OverGrant, other: &OverGrant| one.line_id == other.line_id && one.benefit == other.benefit;
    let gone = then.iter().filter(|then| !now.iter().any(|now| same(then, now)));
    let gone: Vec<OverGrant> = gone.map(|then| OverGrant { grantor: 0, provider: 0, ..then.clone() }).collect();
    let changed = now.into_iter().filter(|now| !then.contains(now)).chain(gone);
    changed.map(|over| Listed::of(record, &over, &[])).collect()
}

/// Lets a hold expire; nothing follows if it is not held.
pub(crate) fn expire(record: &mut Record, moment: Moment<'_>) -> Option<Consequences> {
    let before = record.authorization.balance().clone();
    record.authorization.expire(Origin { at: moment.now, ..Origin::default() }).ok()?;
    Some(consequences(&before, record, moment.day))
}

fn difference(before: Charge, after: &Charge) -> Charge {
    let (old, new) = (before.totals, after.totals);
    let totals = Totals {
        uses: new.uses - old.uses,
        units: new.units - old.units,
        discount: new.discount - old.discount,
        spent: new.spent - old.spent,
        since: None,
    };
    Charge { totals, ..before }
}
