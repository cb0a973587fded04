//! The rows that were appended to the ledger, as they are sealed and followed.

use rusqlite::{Connection, Error, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::chain::{FIRST, Link};
use crate::movements::{EntryRow, LineRow, MovementRow, StoredMovement};
use crate::sealing::{Content, Event, LaneHead, Moved, Opened, PointsRow, Seal, Unit};

/// One thread writes, so there is one lane.
pub(in crate::sqlite) const LANE: u16 = 0;

/// The columns of a movement, as [`movement`] reads them.
pub(in crate::sqlite) const MOVEMENT_COLUMNS: &str =
    "m.authorization_id, m.number, m.event, m.lane, m.kind, m.direction,
    m.provider, m.terminal, m.request_id, m.original_request_id, m.holder, m.occurred_at, m.recorded_at, m.natural_date,
    m.authorized_on, m.gross, m.discount, m.payable, m.territory,
    (SELECT s.position FROM seal s WHERE s.authorization_id = m.authorization_id AND s.event = m.event)";

/// The rows of a unit; none where they were deleted.
pub(in crate::sqlite) fn content(connection: &Connection, unit: Unit) -> Result<Content, Error> {
    let (opened, event) = match unit.event {
        0 => (opened(connection, unit.authorization)?, account_event(connection, unit.authorization)?),
        _ => (None, event(connection, unit)?),
    };
    Ok(Content { opened, event, movements: movements_of(connection, unit)?, points: points_of(connection, unit)? })
}

fn points_of(connection: &Connection, unit: Unit) -> Result<Vec<PointsRow>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT program, account, number, place, ledger_account, lot, points, active_from, expires_at, at, recorded_at
         FROM points_entry WHERE authorization_id = ?1 AND event = ?2 ORDER BY program, account, number, place",
    )?;
    let row = |row: &Row<'_>| {
        Ok(PointsRow {
            program: row.get(0)?,
            account: row.get(1)?,
            number: row.get(2)?,
            place: row.get(3)?,
            ledger_account: row.get(4)?,
            lot: row.get(5)?,
            points: row.get(6)?,
            active_from: row.get::<_, Option<i64>>(7)?.map(|at| at.saturating_mul(1000)),
            expires_at: row.get::<_, Option<i64>>(8)?.map(|at| at.saturating_mul(1000)),
            at: micros(row, 9)?,
            recorded_at: micros(row, 10)?,
        })
    };
    statement.query_map(params![unit.authorization.as_bytes(), unit.event], row)?.collect()
}

fn opened(connection: &Connection, id: Uuid) -> Result<Option<Opened>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT provider, recorded_at, hold_ms, record, reading FROM authorization WHERE id = ?1")?;
    let opened = statement.query_row([id.as_bytes()], |row| {
        Ok(Opened {
            provider: row.get(0)?,
            columns: None,
            recorded_at: micros(row, 1)?,
            hold_ms: row.get(2)?,
            record: row.get(3)?,
            reading: row.get(4)?,
        })
    });
    opened.optional()
}

fn event(connection: &Connection, unit: Unit) -> Result<Option<Event>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT recorded_at, content FROM authorization_event WHERE authorization_id = ?1 AND number = ?2",
    )?;
    let event = statement.query_row(params![unit.authorization.as_bytes(), unit.event], |row| {
        Ok(Event { recorded_at: micros(row, 0)?, content: row.get(1)? })
    });
    event.optional()
}

/// What happened to an account of points outside of sales.
fn account_event(connection: &Connection, id: Uuid) -> Result<Option<Event>, Error> {
    let mut statement = connection.prepare_cached("SELECT recorded_at, content FROM points_event WHERE id = ?1")?;
    let event =
        statement.query_row([id.as_bytes()], |row| Ok(Event { recorded_at: micros(row, 0)?, content: row.get(1)? }));
    event.optional()
}

/// What moved by a unit.
pub(in crate::sqlite) fn movements_of(connection: &Connection, unit: Unit) -> Result<Vec<StoredMovement>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {MOVEMENT_COLUMNS} FROM movement m WHERE m.authorization_id = ?1 AND m.event = ?2 ORDER BY m.number"
    ))?;
    let rows = statement.query_map(params![unit.authorization.as_bytes(), unit.event], movement)?;
    rows.map(|row| with_lines(connection, row?)).collect()
}

/// Everything that moved of an authorization.
pub(in crate::sqlite) fn movements_of_authorization(
    connection: &Connection,
    id: Uuid,
) -> Result<Vec<StoredMovement>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {MOVEMENT_COLUMNS} FROM movement m WHERE m.authorization_id = ?1 ORDER BY m.number"
    ))?;
    let rows = statement.query_map([id.as_bytes()], movement)?;
    rows.map(|row| with_lines(connection, row?)).collect()
}

/// A row of `movement`.
pub(in crate::sqlite) fn movement(row: &Row<'_>) -> Result<MovementRow, Error> {
    Ok(MovementRow {
        authorization: Uuid::from_bytes(row.get(0)?),
        number: row.get(1)?,
        event: row.get(2)?,
        lane: row.get(3)?,
        kind: row.get(4)?,
        direction: row.get(5)?,
        provider: row.get(6)?,
        terminal: row.get(7)?,
        request_id: Uuid::from_bytes(row.get(8)?),
        original_request_id: row.get::<_, Option<[u8; 16]>>(9)?.map(Uuid::from_bytes),
        holder: row.get(10)?,
        occurred_at: micros(row, 11)?,
        recorded_at: micros(row, 12)?,
        natural_date: row.get(13)?,
        authorized_on: row.get(14)?,
        gross: row.get(15)?,
        discount: row.get(16)?,
        payable: row.get(17)?,
        territory: row.get(18)?,
        position: row.get(19)?,
    })
}

/// A movement with its lines and entries.
pub(in crate::sqlite) fn with_lines(connection: &Connection, row: MovementRow) -> Result<StoredMovement, Error> {
    let key = params![row.authorization.as_bytes(), row.number];
    let mut statement = connection.prepare_cached(
        "SELECT line, line_id, product, units, gross, payable FROM movement_line
         WHERE authorization_id = ?1 AND number = ?2 ORDER BY line",
    )?;
    let lines = statement.query_map(key, |row| {
        Ok(LineRow {
            line: row.get(0)?,
            line_id: row.get(1)?,
            product: row.get(2)?,
            units: row.get(3)?,
            gross: row.get(4)?,
            payable: row.get(5)?,
        })
    })?;
    let lines = lines.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT line, discount, place, provider, date, line_id, product, benefit, version, grantor, payer, cause, units, amount
         FROM entry WHERE authorization_id = ?1 AND number = ?2 ORDER BY line, discount, place",
    )?;
    let entries = statement.query_map(key, entry)?.collect::<Result<_, _>>()?;
    Ok(StoredMovement { row, lines, entries })
}

fn entry(row: &Row<'_>) -> Result<EntryRow, Error> {
    Ok(EntryRow {
        line: row.get(0)?,
        discount: row.get(1)?,
        place: row.get(2)?,
        provider: row.get(3)?,
        date: row.get(4)?,
        line_id: row.get(5)?,
        product: row.get(6)?,
        benefit: row.get(7)?,
        version: row.get(8)?,
        grantor: row.get(9)?,
        payer: row.get(10)?,
        cause: row.get(11)?,
        units: row.get(12)?,
        amount: row.get(13)?,
    })
}

/// The newest seal.
pub(in crate::sqlite) fn head(connection: &Connection) -> Result<LaneHead, Error> {
    let mut statement = connection.prepare_cached("SELECT position, link FROM seal_head")?;
    let head = statement.query_row([], |row| {
        let position = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        Ok(LaneHead { lane: LANE, position, link: link(row, 1)?.unwrap_or(OTHER) })
    });
    Ok(head.optional()?.unwrap_or_else(|| LaneHead::first(LANE)))
}

/// Seals after a position, in their order.
pub(in crate::sqlite) fn seals_after(connection: &Connection, position: u64, most: usize) -> Result<Vec<Seal>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT s.position, s.authorization_id, s.event, s.link, s.provider, s.natural_date, e.link FROM seal s
         LEFT JOIN erased_unit e ON e.authorization_id = s.authorization_id AND e.event = s.event
         WHERE s.position > ?1 ORDER BY s.position LIMIT ?2",
    )?;
    let (position, most) = (i64::try_from(position).unwrap_or(i64::MAX), i64::try_from(most).unwrap_or(i64::MAX));
    let seals = statement.query_map(params![position, most], seal)?;
    seals.collect()
}

/// The seals of an authorization, each with the head behind which it stands.
pub(super) fn seals_of(connection: &Connection, id: Uuid) -> Result<Vec<(LaneHead, Seal)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT s.position, s.authorization_id, s.event, s.link, s.provider, s.natural_date, e.link, b.link FROM seal s
         LEFT JOIN erased_unit e ON e.authorization_id = s.authorization_id AND e.event = s.event
         LEFT JOIN seal b ON b.position = s.position - 1
         WHERE s.authorization_id = ?1 ORDER BY s.position",
    )?;
    let seals = statement.query_map([id.as_bytes()], |row| {
        let seal = seal(row)?;
        let before = LaneHead { lane: LANE, position: seal.position.saturating_sub(1), link: FIRST };
        Ok((link(row, 7)?.map_or(before, |link| LaneHead { link, ..before }), seal))
    })?;
    seals.collect()
}

/// A row of `seal`, whatever became of it: one that is damaged covers nothing.
fn seal(row: &Row<'_>) -> Result<Seal, Error> {
    let authorization = Uuid::from_slice(row.get_ref(1)?.as_blob().unwrap_or_default()).unwrap_or_default();
    let provider = row.get_ref(4)?.as_bytes().ok().map(|text| String::from_utf8_lossy(text).into_owned());
    let moved = match (provider, row.get(5)?) {
        (Some(provider), Some(natural_date)) => Some(Moved { provider, natural_date }),
        _ => None,
    };
    let unit = Unit { authorization, event: row.get(2)? };
    Ok(Seal { position: row.get(0)?, unit, link: link(row, 3)?.unwrap_or(OTHER), moved, left: link(row, 6)? })
}

/// No link of ours.
const OTHER: Link = [0xff; 32];

/// A link in a column; [`OTHER`] where it has not the length of one.
fn link(row: &Row<'_>, column: usize) -> Result<Option<Link>, Error> {
    let bytes = row.get_ref(column)?.as_blob_or_null().unwrap_or(Some(&[]));
    Ok(bytes.map(|bytes| bytes.try_into().unwrap_or(OTHER)))
}

/// Units that are not sealed yet, the earlier of an authorization first.
pub(super) fn unsealed(connection: &Connection, most: usize) -> Result<Vec<Unit>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT authorization_id, event FROM unsealed ORDER BY authorization_id, event LIMIT ?1")?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let units = statement
        .query_map([most], |row| Ok(Unit { authorization: Uuid::from_bytes(row.get(0)?), event: row.get(1)? }))?;
    units.collect()
}

/// How many units are not sealed yet.
pub(in crate::sqlite) fn queue_length(connection: &Connection) -> Result<u64, Error> {
    connection.prepare_cached("SELECT count(*) FROM unsealed")?.query_row([], |row| row.get(0))
}

/// Queues a unit, in the transaction that appends it.
pub(super) fn queue(connection: &Connection, unit: Unit) -> Result<(), Error> {
    let mut statement = connection.prepare_cached("INSERT INTO unsealed (authorization_id, event) VALUES (?1, ?2)")?;
    statement.execute(params![unit.authorization.as_bytes(), unit.event]).map(|_| ())
}

/// An instant of a column, in microseconds since 1970.
pub(in crate::sqlite) fn micros(row: &Row<'_>, column: usize) -> Result<i64, Error> {
    Ok(row.get::<_, i64>(column)?.saturating_mul(1000))
}
