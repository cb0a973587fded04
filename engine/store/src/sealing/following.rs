//! What follows from a record and its history is made of them again, and compared with the rows that say it.
//!
//! Seals tell what was changed since they were made. Who can write rows can have changed ones sealed anew, as whatever waits to be
//! sealed is: those are at odds with their record.

use std::collections::BTreeMap;

use avis_core::movement::MovementKind;
use uuid::Uuid;

use super::{BrokenSeal, Verification};
use crate::movements::{EntryRow, LineRow, MovementRow, StoredMovement};
use crate::record::{Record, UnreadableRecord};
use crate::recording::{Posting, days, posted_by};

/// The row of a record with its history and its movements, as they stand.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) authorization: Uuid,
    pub(crate) state: String,
    /// Microseconds since 1970.
    pub(crate) expires_at: Option<i64>,
    pub(crate) record: String,
    pub(crate) events: Vec<String>,
    pub(crate) movements: Vec<StoredMovement>,
}

impl Standing {
    /// The record, and what moved by its opening and its events.
    fn made_again(&self) -> Result<(Record, Vec<Posting>), UnreadableRecord> {
        let opening = self.movements.iter().find(|movement| movement.row.event == 0);
        let is_upload = opening.is_some_and(|movement| movement.row.kind == MovementKind::Advice.word());
        posted_by(&self.record, &self.events, is_upload)
    }

    /// Its state and the end of its hold are those of a record. A clock that went back puts an end earlier, never later.
    fn is_where(&self, record: &Record) -> bool {
        let ends = match (self.expires_at, record.expires_at) {
            (Some(kept), Some(ends)) => kept <= ends.as_microsecond(),
            (kept, ends) => kept.is_none() && ends.is_none(),
        };
        ends && self.state == record.authorization.state().word()
    }
}

impl Verification {
    /// Compares what stands with what a record and its history come to. What was found already is not told again.
    pub(crate) fn compare(&mut self, standing: &Standing) {
        let authorization = standing.authorization;
        if self.has_found(authorization) {
            return;
        }
        let Ok((record, made)) = standing.made_again() else {
            return self.add(BrokenSeal::Unreadable { authorization });
        };
        if !standing.is_where(&record) {
            self.add(BrokenSeal::State { authorization });
        }
        let mut made: BTreeMap<i64, Posting> =
            made.into_iter().map(|posting| (i64::from(posting.number), posting)).collect();
        for stored in &standing.movements {
            let number = stored.number();
            if !made.remove(&number).is_some_and(|posting| rows(&posting, stored) == *stored) {
                self.add(BrokenSeal::Unfounded { authorization, number });
            }
        }
        for number in made.into_keys() {
            self.add(BrokenSeal::Unfounded { authorization, number });
        }
    }
}

/// A posting as rows. What the record doesn't tell is as in the stored ones: lane, place, and the day of an event, which is as the
/// deployment's days were then.
fn rows(posting: &Posting, stored: &StoredMovement) -> StoredMovement {
    let (movement, kept) = (&posting.movement, &stored.row);
    let natural_date = if posting.event == 0 { i64::from(days(posting.natural_date)) } else { kept.natural_date };
    let row = MovementRow {
        authorization: posting.authorization,
        number: i64::from(posting.number),
        event: i64::try_from(posting.event).unwrap_or(i64::MAX),
        lane: kept.lane,
        kind: movement.kind.word().to_owned(),
        direction: movement.direction.word().to_owned(),
        provider: posting.provider.to_string(),
        terminal: posting.terminal.to_string(),
        request_id: posting.request_id,
        original_request_id: posting.original_request_id,
        holder: posting.holder.as_deref().map(str::to_owned),
        occurred_at: as_kept(posting.occurred_at.as_millisecond(), kept.occurred_at),
        recorded_at: as_kept(posting.recorded_at.as_millisecond(), kept.recorded_at),
        natural_date,
        authorized_on: i64::from(days(posting.authorized_on)),
        gross: movement.gross,
        discount: movement.discount,
        payable: movement.payable,
        territory: posting.territory.as_deref().map(str::to_owned),
        position: kept.position,
    };
    let (mut lines, mut entries) = (Vec::new(), Vec::new());
    for (line, place) in movement.lines.iter().zip(1..) {
        let (line_id, product) = (line.line_id.to_string(), line.product.to_string());
        for (discount, number) in line.discounts.iter().zip(1..) {
            entries.extend(discount.rows().zip(1..).map(|((payer, cause, amount), in_discount)| EntryRow {
                line: place,
                discount: number,
                place: in_discount,
                provider: posting.provider.to_string(),
                date: natural_date,
                line_id: line_id.clone(),
                product: product.clone(),
                benefit: discount.benefit.to_string(),
                version: discount.version,
                grantor: discount.grantor.as_deref().map(str::to_owned),
                payer: payer.map(|payer| payer.to_string()),
                cause: cause.word().to_owned(),
                units: discount.units,
                amount,
            }));
        }
        let (units, gross, payable) = (line.units, line.gross, line.payable);
        lines.push(LineRow { line: place, line_id, product, units, gross, payable });
    }
    StoredMovement { row, lines, entries }
}

/// An instant of milliseconds as a column of microseconds has it.
fn as_kept(millis: i64, kept: i64) -> i64 {
    if kept.div_euclid(1_000) == millis { kept } else { millis.saturating_mul(1_000) }
}
