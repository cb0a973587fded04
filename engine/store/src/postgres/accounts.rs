//! Accounts of points of a database's ledger, beside the engines that write it.

use avis_core::loyalty::{Account, AccountKey, Lot};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, Row};

use super::ledger::accounts;
use super::ledger::units::bigint;
use super::movements::PostgresMovements;
use crate::accounts::{AccountEntry, AccountOperation, Accounts, OperationRow, lot_of_entries, operations};
use crate::movements::MovementsError;
use crate::recording::account_text;

/// Lots as the entries up to $3 make them. Instants are microseconds since 1970.
const LOTS_AT: &str = "
    SELECT e.lot, (extract(epoch FROM l.earned_at) * 1000000)::bigint, (extract(epoch FROM l.active_from) * 1000000)::bigint,
           (extract(epoch FROM (array_agg(e.expires_at ORDER BY e.number DESC, e.place DESC))[1]) * 1000000)::bigint,
           sum(e.points)::bigint
    FROM avis.points_entry e JOIN avis.points_lot l ON l.program = e.program AND l.account = e.account AND l.lot = e.lot
    WHERE e.program = $1 AND e.account = $2 AND e.at <= to_timestamp($3::bigint / 1000000.0) AND e.ledger_account = 'points'
    GROUP BY e.lot, l.earned_at, l.active_from";
const OWED_AT: &str = "
    SELECT (-coalesce(sum(points), 0))::bigint FROM avis.points_entry
    WHERE program = $1 AND account = $2 AND at <= to_timestamp($3::bigint / 1000000.0) AND ledger_account = 'owed'";
const OPERATIONS: &str = "
    SELECT e.number, (extract(epoch FROM e.at) * 1000000)::bigint, (extract(epoch FROM e.recorded_at) * 1000000)::bigint,
           e.authorization_id, e.event, o.content, e.ledger_account, e.lot, e.points,
           (extract(epoch FROM e.active_from) * 1000000)::bigint, (extract(epoch FROM e.expires_at) * 1000000)::bigint
    FROM avis.points_entry e LEFT JOIN avis.points_event o ON o.id = e.authorization_id
    WHERE e.program = $1 AND e.account = $2 AND e.number IN
        (SELECT DISTINCT number FROM avis.points_entry WHERE program = $1 AND account = $2 AND number < $3
         ORDER BY number DESC LIMIT $4)
    ORDER BY e.number DESC, e.place";

impl Accounts for PostgresMovements {
    fn account(&self, key: &AccountKey, since: Option<Date>, now: Timestamp) -> Result<Account, MovementsError> {
        self.read_rows(|transaction| {
            let found = self.wait(accounts::account(transaction, key, since, now))?;
            found.map_err(|error| MovementsError::failed(error.to_string()))
        })
    }

    fn account_at(&self, key: &AccountKey, at: Timestamp) -> Result<Account, MovementsError> {
        let (program, account, at) = (&*key.program, account_text(&key.account), at.as_microsecond());
        self.read_rows(|transaction| {
            let lots = self.wait(transaction.query(LOTS_AT, &[&program, &account, &at]))?;
            let lots = lots.iter().map(lot).collect::<Result<Vec<_>, _>>()?;
            let owed = self.wait(transaction.query_one(OWED_AT, &[&program, &account, &at]))?;
            Ok(Account::of_lots(lots, owed.try_get(0)?))
        })
    }

    fn operations(
        &self,
        key: &AccountKey,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<AccountOperation>, MovementsError> {
        let (program, account) = (&*key.program, account_text(&key.account));
        let before = before.map_or(i64::MAX, bigint);
        self.read_rows(|transaction| {
            let rows = self.wait(transaction.query(OPERATIONS, &[&program, &account, &before, &bigint(most)]))?;
            Ok(operations(rows.iter().map(operation).collect::<Result<Vec<_>, _>>()?))
        })
    }
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

fn lot(row: &Row) -> Result<(usize, Lot), Error> {
    let number = usize::try_from(row.try_get::<_, i32>(0)?).unwrap_or(usize::MAX);
    let dates = (instant(row.try_get(1)?), instant(row.try_get(2)?));
    let expires_at = row.try_get::<_, Option<i64>>(3)?.map(instant);
    Ok((number, lot_of_entries(dates, expires_at, row.try_get(4)?)))
}

fn operation(row: &Row) -> Result<OperationRow, Error> {
    let entry = AccountEntry {
        ledger_account: row.try_get(6)?,
        lot: row.try_get::<_, Option<i32>>(7)?.map(i64::from),
        points: row.try_get(8)?,
        active_from: row.try_get::<_, Option<i64>>(9)?.map(instant),
        expires_at: row.try_get::<_, Option<i64>>(10)?.map(instant),
    };
    Ok(OperationRow {
        number: row.try_get(0)?,
        at: instant(row.try_get(1)?),
        recorded_at: instant(row.try_get(2)?),
        of: row.try_get(3)?,
        event: i64::from(row.try_get::<_, i32>(4)?),
        own: row.try_get(5)?,
        entry,
    })
}
