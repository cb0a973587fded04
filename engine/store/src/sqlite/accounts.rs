//! Accounts of points of a folder's ledger, beside the process that writes it.

use avis_core::loyalty::{Account, AccountKey, Lot};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Error, Row, params};
use uuid::Uuid;

use super::SqliteReports;
use super::ledger::points;
use crate::accounts::{AccountEntry, AccountOperation, Accounts, OperationRow, lot_of_entries, operations};
use crate::movements::MovementsError;
use crate::recording::{Wanted, account_text};

/// Lots as the entries up to ?3 make them; a bare column beside `max` is of the same row.
const LOTS_AT: &str = "
    SELECT e.lot, l.earned_at, l.active_from, e.expires_at, sum(e.points), max(e.number)
    FROM points_entry e JOIN points_lot l ON l.program = e.program AND l.account = e.account AND l.lot = e.lot
    WHERE e.program = ?1 AND e.account = ?2 AND e.at <= ?3 AND e.ledger_account = 'points' GROUP BY e.lot";
const OWED_AT: &str = "
    SELECT -coalesce(sum(points), 0) FROM points_entry
    WHERE program = ?1 AND account = ?2 AND at <= ?3 AND ledger_account = 'owed'";
const OPERATIONS: &str = "
    SELECT e.number, e.at, e.recorded_at, e.authorization_id, e.event, o.content, e.ledger_account, e.lot, e.points, e.active_from,
           e.expires_at
    FROM points_entry e LEFT JOIN points_event o ON o.id = e.authorization_id
    WHERE e.program = ?1 AND e.account = ?2 AND e.number IN
        (SELECT DISTINCT number FROM points_entry WHERE program = ?1 AND account = ?2 AND number < ?3
         ORDER BY number DESC LIMIT ?4)
    ORDER BY e.number DESC, e.place";

impl Accounts for SqliteReports {
    fn account(&self, key: &AccountKey, since: Option<Date>, now: Timestamp) -> Result<Account, MovementsError> {
        let wanted = Wanted { since, authorization: None, now };
        self.open()?.at_one_moment(|connection| {
            points::account(connection, key, wanted).map_err(|error| MovementsError::failed(error.to_string()))
        })
    }

    fn account_at(&self, key: &AccountKey, at: Timestamp) -> Result<Account, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let asked = params![key.program, account_text(&key.account), at.as_millisecond()];
            let mut statement = connection.prepare(LOTS_AT)?;
            let lots: Vec<(usize, Lot)> = statement.query_map(asked, lot)?.collect::<Result<_, _>>()?;
            let owed = connection.query_row(OWED_AT, asked, |row| row.get(0))?;
            Ok(Account::of_lots(lots, owed))
        })
    }

    fn operations(
        &self,
        key: &AccountKey,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<AccountOperation>, MovementsError> {
        let before = before.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(OPERATIONS)?;
            let rows =
                statement.query_map(params![key.program, account_text(&key.account), before, most], operation)?;
            Ok(operations(rows.collect::<Result<Vec<_>, _>>()?))
        })
    }
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

fn lot(row: &Row<'_>) -> Result<(usize, Lot), Error> {
    let dates = (instant(row.get(1)?), instant(row.get(2)?));
    Ok((row.get(0)?, lot_of_entries(dates, row.get::<_, Option<i64>>(3)?.map(instant), row.get(4)?)))
}

fn operation(row: &Row<'_>) -> Result<OperationRow, Error> {
    let entry = AccountEntry {
        ledger_account: row.get(6)?,
        lot: row.get(7)?,
        points: row.get(8)?,
        active_from: row.get::<_, Option<i64>>(9)?.map(instant),
        expires_at: row.get::<_, Option<i64>>(10)?.map(instant),
    };
    Ok(OperationRow {
        number: row.get(0)?,
        at: instant(row.get(1)?),
        recorded_at: instant(row.get(2)?),
        of: Uuid::from_bytes(row.get(3)?),
        event: row.get(4)?,
        own: row.get(5)?,
        entry,
    })
}
