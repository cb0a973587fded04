//! Accounts of points as rows, and the uses of coupons.

use avis_core::loyalty::{Account, AccountKey, Lot, lots_of_use};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StepError, units};
use crate::recording::{AccountEvent, CouponUse, Posted, Wanted, account_text, days};
use crate::sealing::Unit;

/// An account, with what is wanted of it.
pub(in crate::sqlite) fn account(
    connection: &Connection,
    key: &AccountKey,
    wanted: Wanted,
) -> Result<Account, StepError> {
    let (program, account) = (&*key.program, account_text(&key.account));
    let text = "SELECT content FROM points_account WHERE program = ?1 AND account = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let row: Option<String> = statement.query_row(params![program, account], |row| row.get(0)).optional()?;
    if row.is_none() {
        return Ok(Account::default());
    }
    let own = wanted.authorization.map(uuid::Uuid::into_bytes);
    let uses = uses(connection, (program, &account), wanted.since, own)?;
    let posted = uses.iter().find(|(_, authorization)| Some(*authorization) == own);
    let moved = posted.map(|(content, _)| lots_of_use(content)).transpose()?.unwrap_or_default();
    let text = "SELECT lot, earned_at, active_from, expires_at, points, booked FROM points_lot
                WHERE program = ?1 AND account = ?2
                  AND (points <> 0 OR expires_at > ?3 OR lot IN (SELECT value FROM json_each(?4)))";
    let mut statement = connection.prepare_cached(text)?;
    let values = params![program, account, wanted.now.as_millisecond(), serde_json::to_string(&moved)?];
    let lots: Vec<(usize, Lot)> = statement.query_map(values, lot)?.collect::<Result<_, _>>()?;
    Ok(Account::restored(row.as_deref(), lots, uses.iter().map(|(content, _)| content))?)
}

/// What it keeps of an authorization, and of those from a service date on.
fn uses(
    connection: &Connection,
    (program, account): (&str, &str),
    since: Option<Date>,
    own: Option<[u8; 16]>,
) -> Result<Vec<(String, [u8; 16])>, rusqlite::Error> {
    if since.is_none() && own.is_none() {
        return Ok(Vec::new());
    }
    let text = "SELECT content, authorization_id FROM points_use
                WHERE program = ?1 AND account = ?2 AND (service_date >= ?3 OR authorization_id = ?4)";
    let mut statement = connection.prepare_cached(text)?;
    let rows =
        statement.query_map(params![program, account, since.map(days), own], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn lot(row: &Row<'_>) -> Result<(usize, Lot), rusqlite::Error> {
    let lot = Lot {
        earned_at: instant(row.get(1)?),
        active_from: instant(row.get(2)?),
        expires_at: row.get::<_, Option<i64>>(3)?.map(instant),
        left: row.get(4)?,
        booked: row.get(5)?,
    };
    Ok((row.get(0)?, lot))
}

/// An instant of a column of points: milliseconds since 1970. What is beyond all time never comes.
pub(in crate::sqlite) fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// Writes what a step posts to an account.
pub(super) fn post(connection: &Connection, posted: &Posted) -> Result<(), StepError> {
    let (program, account) = (&*posted.key.program, account_text(&posted.key.account));
    let mut statement = connection.prepare_cached(
        "INSERT INTO points_account (program, account, content) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET content = excluded.content",
    )?;
    statement.execute(params![program, account, posted.account.stored()?])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO points_lot (program, account, lot, earned_at, active_from, expires_at, points, booked)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, points = excluded.points, booked = excluded.booked",
    )?;
    for (number, lot) in &posted.lots {
        let (earned_at, active_from) = (lot.earned_at.as_millisecond(), lot.active_from.as_millisecond());
        let expires_at = lot.expires_at.map(Timestamp::as_millisecond);
        statement.execute(params![
            program,
            account,
            number,
            earned_at,
            active_from,
            expires_at,
            lot.left,
            lot.booked
        ])?;
    }
    let authorization = posted.authorization.as_bytes();
    if let Some((date, content)) = posted.account.stored_use(posted.authorization)? {
        let mut statement = connection.prepare_cached(
            "INSERT INTO points_use (program, account, authorization_id, service_date, content)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET content = excluded.content",
        )?;
        statement.execute(params![program, account, authorization, days(date), content])?;
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO points_entry (program, account, number, place, ledger_account, lot, points, active_from, expires_at,
                                   authorization_id, event, at, recorded_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for placed in posted.placed() {
        let (entry, lot) = (placed.entry, placed.lot);
        statement.execute(params![
            program,
            account,
            i64::try_from(entry.transaction).unwrap_or(i64::MAX),
            placed.place,
            entry.ledger_account.word(),
            entry.lot,
            entry.points,
            lot.map(|lot| lot.active_from.as_millisecond()),
            lot.and_then(|lot| lot.expires_at).map(Timestamp::as_millisecond),
            authorization,
            i64::try_from(posted.event).unwrap_or(i64::MAX),
            posted.at.as_millisecond(),
            posted.recorded_at.as_millisecond(),
        ])?;
    }
    Ok(())
}

/// Writes what happened to an account outside of sales.
pub(super) fn note(connection: &Connection, event: &AccountEvent) -> Result<(), rusqlite::Error> {
    let mut statement =
        connection.prepare_cached("INSERT INTO points_event (id, recorded_at, content) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![event.id.as_bytes(), event.recorded_at.as_millisecond(), event.content])?;
    units::queue(connection, Unit { authorization: event.id, event: 0 })
}

/// How many uses of a coupon stand.
pub(super) fn coupon_uses(connection: &Connection, campaign: &str, code: &str) -> Result<i64, rusqlite::Error> {
    let text = "SELECT uses FROM coupon_use WHERE campaign = ?1 AND code = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let uses: Option<i64> = statement.query_row(params![campaign, code], |row| row.get(0)).optional()?;
    Ok(uses.unwrap_or_default())
}

/// Counts one use more, or one less.
pub(super) fn use_coupon(connection: &Connection, coupon: &CouponUse) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO coupon_use (campaign, code, uses) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET uses = uses + excluded.uses",
    )?;
    statement.execute(params![coupon.campaign, coupon.code, coupon.change]).map(|_| ())
}
