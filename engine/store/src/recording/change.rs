//! Changes a record; what it consumes, what moves and what stands over-granted follow by the difference.

use avis_core::authorization::{Authorization, Balance, Origin};
use avis_core::loyalty::Happening;
use avis_core::offline::OverGrant;
use avis_core::{Charge, Totals};
use uuid::Uuid;

use super::points::{self, PointsFollowing};
use super::{Books, Listed, Posting, posting};
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
    /// What becomes of points and coupons.
    pub(crate) points: PointsFollowing,
}

/// What follows from the last event of a record, whose history came to `before` until then.
pub(super) fn consequences<B: Books>(
    books: &B,
    before: &Balance,
    record: &Record,
    happening: &Happening,
    moment: Moment<'_>,
) -> Result<Consequences, B::Error> {
    Ok(Consequences {
        usage: usage_since(before, &record.authorization),
        movement: posting::of_last_event(before, record, moment.day),
        listed: listed_since(before, record),
        points: points::follow(books, Some(before), record, happening, moment.now)?,
    })
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

/// Lets a hold expire; nothing follows if it is not held. Its points come back as of its own end, however late that is noticed.
pub(crate) fn expire<B: Books>(
    books: &B,
    record: &mut Record,
    moment: Moment<'_>,
) -> Result<Option<Consequences>, B::Error> {
    let before = record.authorization.balance().clone();
    if record.authorization.expire(Origin { at: moment.now, ..Origin::default() }).is_err() {
        return Ok(None);
    }
    let happening = Happening::plain(record.expires_at.unwrap_or(moment.now), Uuid::nil());
    consequences(books, &before, record, &happening, moment).map(Some)
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
