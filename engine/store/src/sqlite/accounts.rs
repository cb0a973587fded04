//! Accounts of points of a folder's ledger, beside the process that writes it.

use avis_core::loyalty::{Account, AccountKey, Lot};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Error, Row, params};
use uuid::Uuid;

use super::SqliteReports;
use super::ledger::points::{self, instant};
use crate::accounts::{
    AccountEntry, AccountOperation, Accounts, Bought, OperationRow, PointsAtProvider, PointsFigures, PointsOfRule,
    PointsPaid, key_of, lot_of_entries, operations,
};
use crate::movements::MovementsError;
use crate::recording::{Wanted, account_text, days};

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

const DUE: &str = "
    SELECT DISTINCT program, account FROM points_lot
    WHERE expires_at > ?1 AND expires_at <= ?2 AND points <> 0 AND (program, account) > (?3, ?4)
    ORDER BY program, account LIMIT ?5";
/// What is booked as expired is nothing that anybody did.
const FIGURES: &str = "
    SELECT count(DISTINCT account) FILTER (WHERE ledger_account IN ('issued', 'reserved', 'redeemed', 'adjusted')),
           -coalesce(sum(points) FILTER (WHERE ledger_account = 'issued'), 0),
           coalesce(sum(points) FILTER (WHERE ledger_account = 'redeemed'), 0),
           -coalesce(sum(points) FILTER (WHERE ledger_account = 'adjusted'), 0)
    FROM points_entry WHERE program = ?1 AND at >= ?2 AND at < ?3";
/// Points end at the beginning of the day after their last.
const EXPIRED: &str = "
    SELECT coalesce(sum(points + coalesce(booked, 0)), 0) FROM points_lot
    WHERE program = ?1 AND expires_at > ?2 AND expires_at <= ?3";
const BY_PROVIDER: &str = "
    SELECT month, provider, count(DISTINCT account), count(*), CAST(total(measured) AS INTEGER), sum(earned), sum(spent),
           CAST(total(paid) AS INTEGER)
    FROM (SELECT strftime('%Y-%m', u.service_date * 86400, 'unixepoch') AS month, a.provider, u.account,
                 u.content ->> '$.stands.measured' AS measured, u.content ->> '$.stands.earned' AS earned,
                 u.content ->> '$.stands.spent' AS spent, coalesce(u.content ->> '$.stands.paid', 0) AS paid
          FROM points_use u JOIN authorization a ON a.id = u.authorization_id
          WHERE u.program = ?1 AND u.service_date BETWEEN ?2 AND ?3 AND u.content ->> '$.stands.captured')
    WHERE measured <> 0 OR earned <> 0 OR spent <> 0
    GROUP BY month, provider ORDER BY month, provider";
const TENDERS: &str = "
    SELECT strftime('%Y-%m', u.service_date * 86400, 'unixepoch') AS month, u.program,
           CAST(total(u.content ->> '$.stands.paid') AS INTEGER) AS paid
    FROM points_use u JOIN authorization a ON a.id = u.authorization_id
    WHERE a.provider = ?1 AND u.service_date BETWEEN ?2 AND ?3 AND u.content ->> '$.stands.paid' <> 0
    GROUP BY month, u.program ORDER BY month, u.program";
const BY_RULE: &str = "
    SELECT strftime('%Y-%m', u.service_date * 86400, 'unixepoch') AS month, g.value AS rule, count(DISTINCT u.account), count(*),
           sum(b.value)
    FROM points_use u, json_each(u.content, '$.gave') g JOIN json_each(u.content, '$.by_rule') b ON b.key = g.key
    WHERE u.program = ?1 AND u.service_date BETWEEN ?2 AND ?3 AND b.value <> 0
    GROUP BY month, rule ORDER BY month, rule";
const LIABILITY: &str = "
    SELECT expires_at, sum(points) FROM points_lot
    WHERE program = ?1 AND points > 0 AND (expires_at IS NULL OR expires_at > ?2) GROUP BY expires_at ORDER BY expires_at";
const BOUGHT: &str = "
    SELECT account, CAST(total(json_extract(content, '$.stands.measured')) AS INTEGER), sum(json_extract(content, '$.stands.measured') > 0)
    FROM points_use WHERE program = ?1 AND service_date BETWEEN ?2 AND ?3 AND account > ?4
    GROUP BY account ORDER BY account LIMIT ?5";

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

    fn due(
        &self,
        (after, by): (Timestamp, Timestamp),
        behind: Option<&AccountKey>,
        most: usize,
    ) -> Result<Vec<AccountKey>, MovementsError> {
        let (program, account) =
            behind.map_or_else(Default::default, |key| (key.program.to_string(), account_text(&key.account)));
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(DUE)?;
            let asked = params![after.as_millisecond(), by.as_millisecond(), program, account, most];
            let rows = statement.query_map(asked, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            Ok(rows.iter().filter_map(|(program, account)| key_of(program, account)).collect())
        })
    }

    fn figures(&self, program: &str, spans: &[(Timestamp, Timestamp)]) -> Result<Vec<PointsFigures>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let (mut ended, mut moved) = (connection.prepare(EXPIRED)?, connection.prepare(FIGURES)?);
            let mut figures = Vec::new();
            for (from, until) in spans {
                let asked = params![program, from.as_millisecond(), until.as_millisecond()];
                let expired = ended.query_row(asked, |row| row.get(0))?;
                let read = |row: &Row<'_>| {
                    let (active, earned, spent, adjusted) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                    Ok(PointsFigures { active, earned, spent, adjusted, expired })
                };
                figures.push(moved.query_row(asked, read)?);
            }
            Ok(figures)
        })
    }

    fn by_provider(&self, program: &str, (first, last): (Date, Date)) -> Result<Vec<PointsAtProvider>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(BY_PROVIDER)?;
            let read = |row: &Row<'_>| {
                let [active, purchases] = [row.get(2)?, row.get(3)?];
                let [spend, earned, spent, paid] = [row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?];
                let (month, provider) = (row.get(0)?, row.get(1)?);
                Ok(PointsAtProvider { month, provider, active, purchases, spend, earned, spent, paid })
            };
            let rows = statement.query_map(params![program, days(first), days(last)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn tenders(&self, provider: &str, (first, last): (Date, Date)) -> Result<Vec<PointsPaid>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(TENDERS)?;
            let read = |row: &Row<'_>| Ok(PointsPaid { month: row.get(0)?, program: row.get(1)?, paid: row.get(2)? });
            let rows = statement.query_map(params![provider, days(first), days(last)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn by_rule(&self, program: &str, (first, last): (Date, Date)) -> Result<Vec<PointsOfRule>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(BY_RULE)?;
            let read = |row: &Row<'_>| {
                let [active, purchases, earned] = [row.get(2)?, row.get(3)?, row.get(4)?];
                Ok(PointsOfRule { month: row.get(0)?, rule: row.get(1)?, active, purchases, earned })
            };
            let rows = statement.query_map(params![program, days(first), days(last)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn liability(&self, program: &str, now: Timestamp) -> Result<Vec<(Option<Timestamp>, i64)>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(LIABILITY)?;
            let read = |row: &Row<'_>| Ok((row.get::<_, Option<i64>>(0)?.map(instant), row.get(1)?));
            Ok(statement.query_map(params![program, now.as_millisecond()], read)?.collect::<Result<_, _>>()?)
        })
    }

    fn bought(
        &self,
        program: &str,
        (first, last): (Date, Date),
        behind: Option<&AccountKey>,
        most: usize,
    ) -> Result<Vec<Bought>, MovementsError> {
        let account = behind.map(|key| account_text(&key.account)).unwrap_or_default();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(BOUGHT)?;
            let asked = params![program, days(first), days(last), account, most];
            let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
            let rows = statement.query_map(asked, read)?.collect::<Result<Vec<_>, _>>()?;
            let of = |(account, spend, purchases): (String, i64, i64)| {
                Some(Bought { key: key_of(program, &account)?, spend, purchases })
            };
            Ok(rows.into_iter().filter_map(of).collect())
        })
    }
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
