//! The rows that were appended to the ledger, as they are sealed and followed.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::{Error, GenericClient, Row, Statement};
use uuid::Uuid;

use crate::chain::FIRST;
use crate::movements::{EntryRow, LineRow, MovementRow, StoredMovement};
use crate::sealing::{Content, Event, LaneHead, Moved, Opened, OpenedColumns, PointsRow, Seal, Standing, Unit};

/// An instant in microseconds since 1970; one that is beyond all of ours is the last number there is.
macro_rules! micros {
    ($column:literal) => {
        concat!(
            "CASE WHEN isfinite(",
            $column,
            ") AND ",
            $column,
            " < '10000-01-01' THEN (extract(epoch FROM ",
            $column,
            ") * 1000000)::bigint WHEN ",
            $column,
            " IS NOT NULL THEN 9223372036854775807 END"
        )
    };
}

/// A date in days since 1970; one without an end is the last number there is.
macro_rules! days {
    ($column:literal) => {
        concat!(
            "CASE WHEN isfinite(",
            $column,
            ") THEN ",
            $column,
            " - date '1970-01-01' WHEN ",
            $column,
            " IS NOT NULL THEN 2147483647 END"
        )
    };
}

/// The columns of a movement, as [`movement`] reads them. Instants are microseconds since 1970, dates are days since 1970.
const MOVEMENT_COLUMNS: &str = concat!(
    "m.authorization_id, m.number, m.event, m.lane, m.kind, m.direction, m.provider, m.terminal,
    m.request_id, m.original_request_id, m.holder, ",
    micros!("m.occurred_at"),
    ",
    ",
    micros!("m.recorded_at"),
    ", ",
    days!("m.natural_date"),
    ",
    ",
    days!("m.authorized_on"),
    ", m.gross, m.discount, m.payable, m.territory,
    (SELECT s.position FROM avis.seal s WHERE s.authorization_id = m.authorization_id AND s.event = m.event)"
);

pub(super) const OPENED: &str = concat!(
    "
    SELECT id, provider, lane, request_id, ",
    micros!("occurred_at"),
    ",
           ",
    micros!("recorded_at"),
    ", hold_ms, record, reading
    FROM avis.authorization WHERE id = ANY ($1::uuid[])"
);

/// What happened to accounts of points outside of sales.
pub(super) const ACCOUNT_EVENTS: &str = concat!(
    "
    SELECT id, ",
    micros!("recorded_at"),
    ", content
    FROM avis.points_event WHERE id = ANY ($1::uuid[])"
);

/// As [`LINES`].
pub(super) const EVENTS: &str = concat!(
    "
    SELECT e.* FROM unnest($1::uuid[], $2::integer[]) AS k(id, event)
    CROSS JOIN LATERAL (
        SELECT h.authorization_id, h.number, ",
    micros!("h.recorded_at"),
    ", h.content
        FROM avis.authorization_event h WHERE h.authorization_id = k.id AND h.number = k.event OFFSET 0) AS e"
);

/// The `OFFSET 0` keeps the planner from turning the loop around, which reads a whole index for few rows.
pub(super) const LINES: &str = "
    SELECT l.* FROM unnest($1::uuid[], $2::integer[]) AS k(id, number)
    CROSS JOIN LATERAL (
        SELECT m.authorization_id, m.number, m.line, m.line_id, m.product, m.units, m.gross, m.payable
        FROM avis.movement_line m WHERE m.authorization_id = k.id AND m.number = k.number OFFSET 0) AS l";

const STANDING: &str = concat!(
    "
    SELECT id, state, ",
    micros!("expires_at"),
    ", record FROM avis.authorization
    WHERE id > $1 ORDER BY id LIMIT $2"
);

const HISTORIES: &str = "
    SELECT authorization_id, content FROM avis.authorization_event WHERE authorization_id = ANY ($1::uuid[])
    ORDER BY authorization_id, number";

/// As [`LINES`].
pub(super) const ENTRIES: &str = concat!(
    "
    SELECT e.* FROM unnest($1::uuid[], $2::integer[]) AS k(id, number)
    CROSS JOIN LATERAL (
        SELECT m.authorization_id, m.number, m.line, m.discount, m.place, m.provider, ",
    days!("m.date"),
    ", m.line_id,
               m.product, m.benefit, m.version, m.grantor, m.payer, m.cause, m.units, m.amount
        FROM avis.entry m WHERE m.authorization_id = k.id AND m.number = k.number OFFSET 0) AS e"
);

/// As [`LINES`].
pub(super) const POINTS: &str = concat!(
    "
    SELECT e.* FROM unnest($1::uuid[], $2::integer[]) AS k(id, event)
    CROSS JOIN LATERAL (
        SELECT p.authorization_id, p.event, p.program, p.account, p.number, p.place, p.ledger_account, p.lot, p.points,
               ",
    micros!("p.active_from"),
    ", ",
    micros!("p.expires_at"),
    ",
               ",
    micros!("p.at"),
    ", ",
    micros!("p.recorded_at"),
    "
        FROM avis.points_entry p WHERE p.authorization_id = k.id AND p.event = k.event OFFSET 0) AS e"
);

pub(super) const SEALS_AFTER: &str = concat!(
    "
    SELECT s.lane, s.position, s.authorization_id, s.event, s.link, s.provider, ",
    days!("s.natural_date"),
    "::bigint",
    ",
           (SELECT e.link FROM avis.erased_unit e WHERE e.authorization_id = s.authorization_id AND e.event = s.event)
    FROM unnest($1::smallint[], $2::bigint[]) AS k(lane, position)
    CROSS JOIN LATERAL (SELECT f.* FROM avis.seal f
                        WHERE f.lane = k.lane AND f.position > k.position ORDER BY f.position LIMIT $3) AS s
    ORDER BY s.lane, s.position"
);

/// The seals of authorizations, each with the link before it.
const SEALS_OF: &str = concat!(
    "
    SELECT s.lane, s.position, s.authorization_id, s.event, s.link, s.provider, ",
    days!("s.natural_date"),
    "::bigint",
    ",
           (SELECT e.link FROM avis.erased_unit e WHERE e.authorization_id = s.authorization_id AND e.event = s.event),
           (SELECT b.link FROM avis.seal b WHERE b.lane = s.lane AND b.position = s.position - 1)
    FROM avis.seal s WHERE s.authorization_id = ANY ($1::uuid[]) ORDER BY s.lane, s.position"
);

/// The statements that read units, prepared on one connection.
pub(in crate::postgres) struct Units {
    opened: Statement,
    account_events: Statement,
    events: Statement,
    movements: Statement,
    lines: Statement,
    entries: Statement,
    points: Statement,
}

impl Units {
    pub(in crate::postgres) async fn prepare(client: &impl GenericClient) -> Result<Self, Error> {
        let movements = format!(
            "SELECT l.* FROM unnest($1::uuid[], $2::integer[]) AS k(id, event)
             CROSS JOIN LATERAL (SELECT {MOVEMENT_COLUMNS} FROM avis.movement m
                                 WHERE m.authorization_id = k.id AND m.event = k.event OFFSET 0) AS l"
        );
        Ok(Self {
            opened: client.prepare(OPENED).await?,
            account_events: client.prepare(ACCOUNT_EVENTS).await?,
            events: client.prepare(EVENTS).await?,
            movements: client.prepare(&movements).await?,
            lines: client.prepare(LINES).await?,
            entries: client.prepare(ENTRIES).await?,
            points: client.prepare(POINTS).await?,
        })
    }

    /// The rows of units, in their order; nothing of those that were deleted.
    pub(in crate::postgres) async fn contents(
        &self,
        client: &impl GenericClient,
        units: &[Unit],
    ) -> Result<Vec<Content>, Error> {
        let ids: Vec<Uuid> = units.iter().filter(|unit| unit.event == 0).map(|unit| unit.authorization).collect();
        let mut found: HashMap<Unit, Content> = HashMap::new();
        for row in client.query(&self.opened, &[&ids]).await? {
            let unit = Unit { authorization: row.try_get(0)?, event: 0 };
            found.entry(unit).or_default().opened = Some(opened(&row)?);
        }
        for row in client.query(&self.account_events, &[&ids]).await? {
            let unit = Unit { authorization: row.try_get(0)?, event: 0 };
            let event = Event { recorded_at: row.try_get(1)?, content: row.try_get(2)? };
            found.entry(unit).or_default().event = Some(event);
        }
        let (ids, events) = keys(units);
        for row in client.query(&self.events, &[&ids, &events]).await? {
            let unit = Unit { authorization: row.try_get(0)?, event: i64::from(row.try_get::<_, i32>(1)?) };
            let event = Event { recorded_at: row.try_get(2)?, content: row.try_get(3)? };
            found.entry(unit).or_default().event = Some(event);
        }
        for row in client.query(&self.points, &[&ids, &events]).await? {
            let unit = Unit { authorization: row.try_get(0)?, event: i64::from(row.try_get::<_, i32>(1)?) };
            found.entry(unit).or_default().points.push(points(&row)?);
        }
        for movement in self.movements_of(client, units).await? {
            found.entry(movement.unit()).or_default().movements.push(movement);
        }
        for content in found.values_mut() {
            content.movements.sort_unstable_by_key(StoredMovement::number);
            content.points.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
        }
        Ok(units.iter().map(|unit| found.remove(unit).unwrap_or_default()).collect())
    }

    /// What moved by units, in no promised order.
    pub(in crate::postgres) async fn movements_of(
        &self,
        client: &impl GenericClient,
        units: &[Unit],
    ) -> Result<Vec<StoredMovement>, Error> {
        let (ids, events) = keys(units);
        let rows = client.query(&self.movements, &[&ids, &events]).await?;
        self.with_lines(client, &rows).await
    }

    /// Movements after one of an authorization, in the order of authorizations and numbers.
    pub(in crate::postgres) async fn movements_behind(
        &self,
        client: &impl GenericClient,
        last: (Uuid, i64),
        most: usize,
    ) -> Result<Vec<StoredMovement>, Error> {
        let query = format!(
            "SELECT {MOVEMENT_COLUMNS} FROM avis.movement m WHERE (m.authorization_id, m.number) > ($1::uuid, $2::bigint)
             ORDER BY m.authorization_id, m.number LIMIT $3"
        );
        let rows = client.query(&query, &[&last.0, &last.1, &bigint(most)]).await?;
        self.with_lines(client, &rows).await
    }

    /// Authorizations after one, with their history and movements.
    pub(in crate::postgres) async fn standing_behind(
        &self,
        client: &impl GenericClient,
        last: Uuid,
        most: usize,
    ) -> Result<Vec<Standing>, Error> {
        let rows = client.query(STANDING, &[&last, &bigint(most)]).await?;
        let mut standing = rows.iter().map(standing).collect::<Result<Vec<_>, Error>>()?;
        let ids: Vec<Uuid> = standing.iter().map(|standing| standing.authorization).collect();
        let place = |id: Uuid| ids.binary_search(&id).ok();
        for row in client.query(HISTORIES, &[&ids]).await? {
            if let Some(of) = place(row.try_get(0)?).and_then(|place| standing.get_mut(place)) {
                of.events.push(row.try_get(1)?);
            }
        }
        for movement in self.movements_by(client, &ids).await? {
            if let Some(of) = place(movement.authorization()).and_then(|place| standing.get_mut(place)) {
                of.movements.push(movement);
            }
        }
        Ok(standing)
    }

    /// Movements of authorizations, in their order and that of numbers.
    pub(in crate::postgres) async fn movements_by(
        &self,
        client: &impl GenericClient,
        authorizations: &[Uuid],
    ) -> Result<Vec<StoredMovement>, Error> {
        let query = format!(
            "SELECT {MOVEMENT_COLUMNS} FROM avis.movement m WHERE m.authorization_id = ANY ($1::uuid[])
             ORDER BY m.authorization_id, m.number"
        );
        let rows = client.query(&query, &[&authorizations]).await?;
        self.with_lines(client, &rows).await
    }

    /// Movements with their lines and entries.
    async fn with_lines(&self, client: &impl GenericClient, rows: &[Row]) -> Result<Vec<StoredMovement>, Error> {
        let mut movements = Vec::with_capacity(rows.len());
        let mut places = HashMap::with_capacity(rows.len());
        let (mut ids, mut numbers) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let row = movement(row)?;
            places.insert((row.authorization, row.number), movements.len());
            ids.push(row.authorization);
            numbers.push(i32::try_from(row.number).unwrap_or(i32::MAX));
            movements.push(StoredMovement { row, lines: Vec::new(), entries: Vec::new() });
        }
        let place = |row: &Row| -> Result<Option<usize>, Error> {
            Ok(places.get(&(row.try_get(0)?, i64::from(row.try_get::<_, i32>(1)?))).copied())
        };
        for row in client.query(&self.lines, &[&ids, &numbers]).await? {
            if let Some(movement) = place(&row)?.and_then(|place| movements.get_mut(place)) {
                movement.lines.push(line(&row)?);
            }
        }
        for row in client.query(&self.entries, &[&ids, &numbers]).await? {
            if let Some(movement) = place(&row)?.and_then(|place| movements.get_mut(place)) {
                movement.entries.push(entry(&row)?);
            }
        }
        for movement in &mut movements {
            movement.lines.sort_unstable_by_key(|line| line.line);
            movement.entries.sort_unstable_by_key(|entry| (entry.line, entry.discount, entry.place));
        }
        Ok(movements)
    }
}

fn standing(row: &Row) -> Result<Standing, Error> {
    Ok(Standing {
        authorization: row.try_get(0)?,
        state: row.try_get(1)?,
        expires_at: row.try_get(2)?,
        record: row.try_get(3)?,
        events: Vec::new(),
        movements: Vec::new(),
    })
}

fn opened(row: &Row) -> Result<Opened, Error> {
    let columns = OpenedColumns {
        lane: i64::from(row.try_get::<_, i16>(2)?),
        request_id: row.try_get(3)?,
        occurred_at: row.try_get(4)?,
    };
    Ok(Opened {
        provider: row.try_get(1)?,
        columns: Some(columns),
        recorded_at: row.try_get(5)?,
        hold_ms: row.try_get(6)?,
        record: row.try_get(7)?,
        reading: row.try_get(8)?,
    })
}

fn movement(row: &Row) -> Result<MovementRow, Error> {
    Ok(MovementRow {
        authorization: row.try_get(0)?,
        number: i64::from(row.try_get::<_, i32>(1)?),
        event: i64::from(row.try_get::<_, i32>(2)?),
        lane: i64::from(row.try_get::<_, i16>(3)?),
        kind: row.try_get(4)?,
        direction: row.try_get(5)?,
        provider: row.try_get(6)?,
        terminal: row.try_get(7)?,
        request_id: row.try_get(8)?,
        original_request_id: row.try_get(9)?,
        holder: row.try_get(10)?,
        occurred_at: row.try_get(11)?,
        recorded_at: row.try_get(12)?,
        natural_date: i64::from(row.try_get::<_, i32>(13)?),
        authorized_on: i64::from(row.try_get::<_, i32>(14)?),
        gross: row.try_get(15)?,
        discount: row.try_get(16)?,
        payable: row.try_get(17)?,
        territory: row.try_get(18)?,
        position: row.try_get(19)?,
    })
}

fn line(row: &Row) -> Result<LineRow, Error> {
    Ok(LineRow {
        line: i64::from(row.try_get::<_, i16>(2)?),
        line_id: row.try_get(3)?,
        product: row.try_get(4)?,
        units: row.try_get(5)?,
        gross: row.try_get(6)?,
        payable: row.try_get(7)?,
    })
}

fn entry(row: &Row) -> Result<EntryRow, Error> {
    Ok(EntryRow {
        line: i64::from(row.try_get::<_, i16>(2)?),
        discount: i64::from(row.try_get::<_, i16>(3)?),
        place: i64::from(row.try_get::<_, i16>(4)?),
        provider: row.try_get(5)?,
        date: i64::from(row.try_get::<_, i32>(6)?),
        line_id: row.try_get(7)?,
        product: row.try_get(8)?,
        benefit: row.try_get(9)?,
        version: row.try_get(10)?,
        grantor: row.try_get(11)?,
        payer: row.try_get(12)?,
        cause: row.try_get(13)?,
        units: row.try_get(14)?,
        amount: row.try_get(15)?,
    })
}

fn points(row: &Row) -> Result<PointsRow, Error> {
    Ok(PointsRow {
        program: row.try_get(2)?,
        account: row.try_get(3)?,
        number: row.try_get(4)?,
        place: i64::from(row.try_get::<_, i16>(5)?),
        ledger_account: row.try_get(6)?,
        lot: row.try_get::<_, Option<i32>>(7)?.map(i64::from),
        points: row.try_get(8)?,
        active_from: row.try_get(9)?,
        expires_at: row.try_get(10)?,
        at: row.try_get(11)?,
        recorded_at: row.try_get(12)?,
    })
}

/// Seals after a position of each lane, lane by lane in the order of their positions.
pub(in crate::postgres) async fn seals_after(
    client: &impl GenericClient,
    after: &[(u16, u64)],
    most_of_lane: usize,
) -> Result<Vec<(u16, Seal)>, Error> {
    let lanes: Vec<i16> = after.iter().map(|(lane, _)| i16::try_from(*lane).unwrap_or(i16::MAX)).collect();
    let positions: Vec<i64> = after.iter().map(|(_, position)| bigint(*position)).collect();
    let rows = client.query(SEALS_AFTER, &[&lanes, &positions, &bigint(most_of_lane)]).await?;
    rows.iter().map(seal).collect()
}

fn seal(row: &Row) -> Result<(u16, Seal), Error> {
    let unit = Unit { authorization: row.try_get(2)?, event: i64::from(row.try_get::<_, i32>(3)?) };
    let moved = match (row.try_get(5)?, row.try_get(6)?) {
        (Some(provider), Some(natural_date)) => Some(Moved { provider, natural_date }),
        _ => None,
    };
    let (position, link) = (row.try_get::<_, i64>(1)?.unsigned_abs(), link(row.try_get(4)?));
    let left = row.try_get::<_, Option<&[u8]>>(7)?.map(self::link);
    Ok((row.try_get::<_, i16>(0)?.unsigned_abs(), Seal { position, unit, link, moved, left }))
}

/// The seals of authorizations, each with the head behind which it stands.
pub(super) async fn seals_of(client: &impl GenericClient, ids: &[Uuid]) -> Result<Vec<(LaneHead, Seal)>, Error> {
    let behind = |row: &Row| {
        let (lane, seal) = seal(row)?;
        let before = row.try_get::<_, Option<&[u8]>>(8)?.map_or(FIRST, link);
        Ok((LaneHead { lane, position: seal.position.saturating_sub(1), link: before }, seal))
    };
    client.query(SEALS_OF, &[&ids]).await?.iter().map(behind).collect()
}

/// A lane, a position and a link, as the heads keep them.
pub(in crate::postgres) fn head(row: &Row) -> Result<LaneHead, Error> {
    Ok(LaneHead {
        lane: row.try_get::<_, i16>(0)?.unsigned_abs(),
        position: row.try_get::<_, i64>(1)?.unsigned_abs(),
        link: link(row.try_get(2)?),
    })
}

/// The column is of 32 bytes; whatever else it is, is no link of ours.
fn link(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or([0xff; 32])
}

/// The keys of units, as columns.
pub(in crate::postgres) fn keys(units: &[Unit]) -> (Vec<Uuid>, Vec<i32>) {
    let event = |unit: &Unit| i32::try_from(unit.event).unwrap_or(i32::MAX);
    units.iter().map(|unit| (unit.authorization, event(unit))).unzip()
}

/// An instant that a query says in microseconds since 1970. What is beyond all time never comes.
pub(in crate::postgres) fn of_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

/// A number as a column of 64 bits has it; none of ours is beyond.
pub(in crate::postgres) fn bigint(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
