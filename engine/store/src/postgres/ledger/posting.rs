//! Movements as columns: one row for each, for each of its lines, and for each entry.

use std::time::SystemTime;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::column::{day, instant};
use super::working_set::WorkingSet;
use crate::recording::Posting;

/// The movements of a batch.
#[derive(Default)]
pub(super) struct Movements<'s> {
    pub(super) id: Vec<Uuid>,
    number: Vec<i32>,
    lane: Vec<i16>,
    kind: Vec<&'static str>,
    direction: Vec<&'static str>,
    provider: Vec<&'s str>,
    terminal: Vec<&'s str>,
    request_id: Vec<Uuid>,
    original: Vec<Option<Uuid>>,
    holder: Vec<Option<&'s str>>,
    occurred_at: Vec<SystemTime>,
    recorded_at: Vec<SystemTime>,
    natural_date: Vec<i32>,
    authorized_on: Vec<i32>,
    gross: Vec<i64>,
    payable: Vec<i64>,
    event: Vec<i32>,
    territory: Vec<Option<&'s str>>,
}

impl<'s> Movements<'s> {
    pub(super) fn of(set: &'s WorkingSet) -> Self {
        let mut columns = Self::default();
        for (lane, posting) in &set.movements {
            columns.id.push(posting.authorization);
            columns.number.push(number(posting));
            columns.lane.push(*lane);
            columns.kind.push(posting.movement.kind.word());
            columns.direction.push(posting.movement.direction.word());
            columns.provider.push(&posting.provider);
            columns.terminal.push(&posting.terminal);
            columns.request_id.push(posting.request_id);
            columns.original.push(posting.original_request_id);
            columns.holder.push(posting.holder.as_deref());
            columns.occurred_at.push(instant(posting.occurred_at));
            columns.recorded_at.push(instant(posting.recorded_at));
            columns.natural_date.push(day(posting.natural_date));
            columns.authorized_on.push(day(posting.authorized_on));
            columns.gross.push(posting.movement.gross);
            columns.payable.push(posting.movement.payable);
            columns.event.push(i32::try_from(posting.event).unwrap_or(i32::MAX));
            columns.territory.push(posting.territory.as_deref());
        }
        columns
    }

    pub(super) fn columns(&self) -> [&(dyn ToSql + Sync); 18] {
        [
            &self.id,
            &self.number,
            &self.lane,
            &self.kind,
            &self.direction,
            &self.provider,
            &self.terminal,
            &self.request_id,
            &self.original,
            &self.holder,
            &self.occurred_at,
            &self.recorded_at,
            &self.natural_date,
            &self.authorized_on,
            &self.gross,
            &self.payable,
            &self.event,
            &self.territory,
        ]
    }
}

/// The lines of a batch's movements.
#[derive(Default)]
pub(super) struct Lines<'s> {
    pub(super) id: Vec<Uuid>,
    number: Vec<i32>,
    line: Vec<i16>,
    line_id: Vec<&'s str>,
    product: Vec<&'s str>,
    units: Vec<i64>,
    gross: Vec<i64>,
    payable: Vec<i64>,
}

impl<'s> Lines<'s> {
    pub(super) fn of(set: &'s WorkingSet) -> Self {
        let mut columns = Self::default();
        for (_, posting) in &set.movements {
            for (line, place) in posting.movement.lines.iter().zip(1..) {
                columns.id.push(posting.authorization);
                columns.number.push(number(posting));
                columns.line.push(place);
                columns.line_id.push(&line.line_id);
                columns.product.push(&line.product);
                columns.units.push(line.units);
                columns.gross.push(line.gross);
                columns.payable.push(line.payable);
            }
        }
        columns
    }

    pub(super) fn columns(&self) -> [&(dyn ToSql + Sync); 8] {
        let (line, line_id, product) = (&self.line, &self.line_id, &self.product);
        [&self.id, &self.number, line, line_id, product, &self.units, &self.gross, &self.payable]
    }
}

/// The entries of a batch's movements.
#[derive(Default)]
pub(super) struct Entries<'s> {
    pub(super) id: Vec<Uuid>,
    number: Vec<i32>,
    line: Vec<i16>,
    discount: Vec<i16>,
    place: Vec<i16>,
    provider: Vec<&'s str>,
    date: Vec<i32>,
    line_id: Vec<&'s str>,
    product: Vec<&'s str>,
    benefit: Vec<&'s str>,
    version: Vec<i64>,
    grantor: Vec<Option<&'s str>>,
    payer: Vec<Option<&'s str>>,
    cause: Vec<&'static str>,
    units: Vec<i64>,
    amount: Vec<i64>,
}

impl<'s> Entries<'s> {
    pub(super) fn of(set: &'s WorkingSet) -> Self {
        let mut columns = Self::default();
        for (_, posting) in &set.movements {
            columns.add(posting);
        }
        columns
    }

    fn add(&mut self, posting: &'s Posting) {
        for (line, line_place) in posting.movement.lines.iter().zip(1..) {
            for (discount, discount_place) in line.discounts.iter().zip(1..) {
                for ((payer, cause, amount), place) in discount.rows().zip(1..) {
                    self.id.push(posting.authorization);
                    self.number.push(number(posting));
                    self.line.push(line_place);
                    self.discount.push(discount_place);
                    self.place.push(place);
                    self.provider.push(&posting.provider);
                    self.date.push(day(posting.natural_date));
                    self.line_id.push(&line.line_id);
                    self.product.push(&line.product);
                    self.benefit.push(&discount.benefit);
                    self.version.push(discount.version);
                    self.grantor.push(discount.grantor.as_deref());
                    self.payer.push(payer.map(|payer| &**payer));
                    self.cause.push(cause.word());
                    self.units.push(discount.units);
                    self.amount.push(amount);
                }
            }
        }
    }

    pub(super) fn columns(&self) -> [&(dyn ToSql + Sync); 16] {
        [
            &self.id,
            &self.number,
            &self.line,
            &self.discount,
            &self.place,
            &self.provider,
            &self.date,
            &self.line_id,
            &self.product,
            &self.benefit,
            &self.version,
            &self.grantor,
            &self.payer,
            &self.cause,
            &self.units,
            &self.amount,
        ]
    }
}

fn number(posting: &Posting) -> i32 {
    i32::try_from(posting.number).unwrap_or(i32::MAX)
}
