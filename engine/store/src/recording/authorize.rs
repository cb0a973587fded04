//! Decides with the usage of this moment.

use avis_core::loyalty::Happening;
use avis_core::movement::MovementKind;
use avis_core::{Outcome, Reading};

use super::points::{self, PointsFollowing};
use super::{Books, Entry, Recorded, RequestKind, Step, answered, posting};
use crate::answer;
use crate::clock::Moment;
use crate::ledger::NewAuthorization;
use crate::record::Record;

pub(super) fn authorize<B: Books>(books: &B, new: &NewAuthorization, moment: Moment<'_>) -> Result<Step, B::Error> {
    let knowing = points::plan(books, new, moment.now, true)?;
    let plan = knowing.as_ref().unwrap_or(&new.plan);
    let mut used = books.usage(plan.needs())?.into_iter();
    let read = plan.usage(|_| used.next().unwrap_or_default());
    let (decision, settlement) = plan.decide_loyal(&read);
    if decision.outcome == Outcome::Declined {
        let body = answer::declined(new, &decision, settlement.as_ref());
        return Ok(answered(&new.key, RequestKind::Authorize, body));
    }
    let record = Record::new(new, decision, Vec::new(), new.authorization_id(), moment).settled(settlement.as_ref());
    let reading = Reading::of(plan, &read);
    Ok(Step::Enter(Box::new(opened(books, new, (record, reading), MovementKind::Sale, moment)?)))
}

/// A new record, with what it consumes, what moves, and what becomes of points.
pub(super) fn opened<B: Books>(
    books: &B,
    new: &NewAuthorization,
    (record, reading): (Record, Reading),
    kind: MovementKind,
    moment: Moment<'_>,
) -> Result<Entry, B::Error> {
    let happening = Happening::opened(new.plan.request(), moment.now);
    let PointsFollowing { posted, coupons, .. } = points::follow(books, None, &record, &happening, moment.now)?;
    let entry = Entry::of(&new.key, RequestKind::Authorize, Some(record.id), answer::authorized(&record));
    Ok(Entry {
        usage: record.authorization.charged().to_vec(),
        movement: posting::of_opening(&record, kind),
        record: Some(Recorded::New(Box::new(record), Box::new(reading))),
        posted,
        coupons,
        ..entry
    })
}
