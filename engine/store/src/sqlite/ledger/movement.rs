//! What moved of what stands sold, as rows.

use avis_core::movement::{MovedDiscount, MovedLine};
use rusqlite::{Connection, params};

use super::units::LANE;
use crate::recording::{Posting, days};

/// Writes a movement with its lines and entries.
pub(super) fn insert(connection: &Connection, posting: &Posting) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO movement (authorization_id, number, event, lane, kind, direction, provider, terminal, request_id,
                               original_request_id, holder, occurred_at, recorded_at, natural_date, authorized_on, gross,
                               discount, payable, territory)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?;
    let movement = &posting.movement;
    statement.execute(params![
        posting.authorization.as_bytes(),
        posting.number,
        i64::try_from(posting.event).unwrap_or(i64::MAX),
        LANE,
        movement.kind.word(),
        movement.direction.word(),
        posting.provider,
        posting.terminal,
        posting.request_id.as_bytes(),
        posting.original_request_id.map(uuid::Uuid::into_bytes),
        posting.holder,
        posting.occurred_at.as_millisecond(),
        posting.recorded_at.as_millisecond(),
        days(posting.natural_date),
        days(posting.authorized_on),
        movement.gross,
        movement.discount,
        movement.payable,
        posting.territory,
    ])?;
    for (line, place) in movement.lines.iter().zip(1..) {
        insert_line(connection, posting, line, place)?;
        for (discount, number) in line.discounts.iter().zip(1..) {
            insert_entries(connection, posting, (line, place), (discount, number))?;
        }
    }
    Ok(())
}

fn insert_line(
    connection: &Connection,
    posting: &Posting,
    line: &MovedLine,
    place: i64,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO movement_line (authorization_id, number, line, line_id, product, units, gross, payable)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute(params![
        posting.authorization.as_bytes(),
        posting.number,
        place,
        line.line_id,
        line.product,
        line.units,
        line.gross,
        line.payable,
    ])?;
    Ok(())
}

fn insert_entries(
    connection: &Connection,
    posting: &Posting,
    (line, line_place): (&MovedLine, i64),
    (discount, discount_place): (&MovedDiscount, i64),
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO entry (authorization_id, number, line, discount, place, provider, date, line_id, product, benefit,
                            version, grantor, payer, cause, units, amount)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    for (place, (payer, cause, amount)) in (1..).zip(discount.rows()) {
        statement.execute(params![
            posting.authorization.as_bytes(),
            posting.number,
            line_place,
            discount_place,
            place,
            posting.provider,
            days(posting.natural_date),
            line.line_id,
            line.product,
            discount.benefit,
            discount.version,
            discount.grantor,
            payer,
            cause.word(),
            discount.units,
            amount,
        ])?;
    }
    Ok(())
}
