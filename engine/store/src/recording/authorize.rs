//! Decides with the usage of this moment.

use avis_core::movement::MovementKind;
use avis_core::{Outcome, Reading};

use super::{Books, Entry, Recorded, RequestKind, Step, answered, posting};
use crate::answer;
use crate::clock::Moment;
use crate::ledger::NewAuthorization;
use crate::record::Record;

pub(super) fn authorize<B: Books>(books: &B, new: &NewAuthorization, moment: Moment<'_>) -> Result<Step, B::Error> {
    let mut used = books.usage(new.plan.needs())?.into_iter();
    let read = new.plan.usage(|_| used.next().unwrap_or_default());
    let decision = new.plan.decide(&read);
    if decision.outcome == Outcome::Declined {
        return Ok(answered(&new.key, RequestKind::Authorize, answer::declined(new, &decision)));
    }
    let record = Record::new(new, decision, Vec::new(), new.authorization_id(), moment);
    Ok(Step::Enter(Box::new(opened(new, record, Reading::of(&new.plan, &read), MovementKind::Sale))))
}

/// A new record, with what it consumes and what moves.
pub(super) fn opened(new: &NewAuthorization, record: Record, reading: Reading, kind: MovementKind) -> Entry {
    let entry = Entry::of(&new.key, RequestKind::Authorize, Some(record.id), answer::authorized(&record));
    Entry {
        usage: record.authorization.charged().to_vec(),
        movement: posting::of_opening(&record, kind),
        record: Some(Recorded::New(Box::new(record), Box::new(reading))),
        ..entry
    }
}
