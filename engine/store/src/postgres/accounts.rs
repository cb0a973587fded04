//! Accounts of points of a database's ledger, beside the engines that write it.

use avis_core::loyalty::{Account, AccountKey, Lot};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::ledger::accounts;
use super::ledger::units::{bigint, of_micros};
use super::movements::PostgresMovements;
use crate::accounts::{
    AccountEntry, AccountOperation, Accounts, Bought, OperationRow, PointsAtProvider, PointsFigures, PointsOfRule,
    PointsPaid, key_of, lot_of_entries, operations,
};
use crate::movements::MovementsError;
use crate::recording::{account_text, days};

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

const DUE: &str = "
    SELECT DISTINCT program, account FROM avis.points_lot
    WHERE expires_at > to_timestamp($1::bigint / 1000000.0) AND expires_at <= to_timestamp($2::bigint / 1000000.0)
      AND points <> 0 AND (program, account) > ($3, $4)
    ORDER BY program, account LIMIT $5";
/// What is booked as expired is nothing that anybody did.
const FIGURES: &str = "
    SELECT count(DISTINCT account) FILTER (WHERE ledger_account IN ('issued', 'reserved', 'redeemed', 'adjusted')),
           (-coalesce(sum(points) FILTER (WHERE ledger_account = 'issued'), 0))::bigint,
           coalesce(sum(points) FILTER (WHERE ledger_account = 'redeemed'), 0)::bigint,
           (-coalesce(sum(points) FILTER (WHERE ledger_account = 'adjusted'), 0))::bigint
    FROM avis.points_entry
    WHERE program = $1 AND at >= to_timestamp($2::bigint / 1000000.0) AND at < to_timestamp($3::bigint / 1000000.0)";
/// Points end at the beginning of the day after their last.
const EXPIRED: &str = "
    SELECT coalesce(sum(points + coalesce(booked, 0)), 0)::bigint FROM avis.points_lot
    WHERE program = $1 AND expires_at > to_timestamp($2::bigint / 1000000.0) AND expires_at <= to_timestamp($3::bigint / 1000000.0)";
/// The text of a use is read as JSON once.
const BY_PROVIDER: &str = "
    SELECT month, provider, count(DISTINCT account), count(*), least(sum(measured), 9223372036854775807)::bigint, sum(earned)::bigint, sum(spent)::bigint,
           least(sum(paid), 9223372036854775807)::bigint
    FROM (SELECT to_char(u.service_date, 'YYYY-MM') COLLATE \"C\" AS month, a.provider, u.account, (u.stands ->> 'measured')::bigint AS measured,
                 (u.stands ->> 'earned')::bigint AS earned, (u.stands ->> 'spent')::bigint AS spent,
                 coalesce((u.stands ->> 'paid')::bigint, 0) AS paid
          FROM (SELECT account, service_date, authorization_id, content::json -> 'stands' AS stands FROM avis.points_use
                WHERE program = $1
                  AND service_date BETWEEN date '1970-01-01' + $2::integer AND date '1970-01-01' + $3::integer OFFSET 0) u
          JOIN avis.authorization a ON a.id = u.authorization_id
          WHERE (u.stands ->> 'captured')::boolean) s
    WHERE measured <> 0 OR earned <> 0 OR spent <> 0
    GROUP BY month, provider ORDER BY month, provider";
const TENDERS: &str = "
    SELECT to_char(u.service_date, 'YYYY-MM') COLLATE \"C\" AS month, u.program COLLATE \"C\", least(sum((u.stands ->> 'paid')::bigint), 9223372036854775807)::bigint
    FROM (SELECT program, service_date, authorization_id, content::json -> 'stands' AS stands FROM avis.points_use
          WHERE service_date BETWEEN date '1970-01-01' + $2::integer AND date '1970-01-01' + $3::integer OFFSET 0) u
    JOIN avis.authorization a ON a.id = u.authorization_id
    WHERE a.provider = $1 AND (u.stands ->> 'paid')::bigint <> 0
    GROUP BY 1, 2 ORDER BY 1, 2";
const BY_RULE: &str = "
    SELECT to_char(u.service_date, 'YYYY-MM') COLLATE \"C\" AS month, g.rule COLLATE \"C\" AS rule, count(DISTINCT u.account), count(*), sum(g.points::bigint)::bigint
    FROM (SELECT account, service_date, content::json AS content FROM avis.points_use
          WHERE program = $1
            AND service_date BETWEEN date '1970-01-01' + $2::integer AND date '1970-01-01' + $3::integer OFFSET 0) u
    CROSS JOIN LATERAL ROWS FROM (json_array_elements_text(u.content -> 'gave'), json_array_elements_text(u.content -> 'by_rule'))
        AS g(rule, points)
    WHERE g.points::bigint <> 0
    GROUP BY 1, 2 ORDER BY 1, 2";
const LIABILITY: &str = "
    SELECT (extract(epoch FROM expires_at) * 1000000)::bigint, sum(points)::bigint FROM avis.points_lot
    WHERE program = $1 AND points > 0 AND (expires_at IS NULL OR expires_at > to_timestamp($2::bigint / 1000000.0))
    GROUP BY expires_at ORDER BY expires_at NULLS FIRST";
const BOUGHT: &str = "
    SELECT account, least(sum(measured), 9223372036854775807)::bigint, count(*) FILTER (WHERE measured > 0)
    FROM (SELECT account, (content::json -> 'stands' ->> 'measured')::bigint AS measured FROM avis.points_use
          WHERE program = $1 AND account > $4
            AND service_date BETWEEN date '1970-01-01' + $2::integer AND date '1970-01-01' + $3::integer) u
    GROUP BY account ORDER BY account LIMIT $5";

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
            let most = bigint(most);
            let whose = [(&program as _, Type::TEXT), (&account as _, Type::TEXT)];
            let which = [(&before as _, Type::INT8), (&most as _, Type::INT8)];
            let rows = self.wait(transaction.query_typed(OPERATIONS, &[whose, which].concat()))?;
            Ok(operations(rows.iter().map(operation).collect::<Result<Vec<_>, _>>()?))
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
        let (after, by, most) = (after.as_microsecond(), by.as_microsecond(), bigint(most));
        self.read_rows(|transaction| {
            let mut due = Vec::new();
            for row in self.wait(transaction.query(DUE, &[&after, &by, &program, &account, &most]))? {
                due.extend(key_of(row.try_get(0)?, row.try_get(1)?));
            }
            Ok(due)
        })
    }

    fn figures(&self, program: &str, spans: &[(Timestamp, Timestamp)]) -> Result<Vec<PointsFigures>, MovementsError> {
        self.read_rows(|transaction| {
            let (ended, moved) = (self.wait(transaction.prepare(EXPIRED))?, self.wait(transaction.prepare(FIGURES))?);
            let mut figures = Vec::new();
            for (from, until) in spans {
                let (from, until) = (from.as_microsecond(), until.as_microsecond());
                let expired = self.wait(transaction.query_one(&ended, &[&program, &from, &until]))?.try_get(0)?;
                let row = self.wait(transaction.query_one(&moved, &[&program, &from, &until]))?;
                let (active, earned) = (row.try_get(0)?, row.try_get(1)?);
                figures.push(PointsFigures {
                    active,
                    earned,
                    spent: row.try_get(2)?,
                    adjusted: row.try_get(3)?,
                    expired,
                });
            }
            Ok(figures)
        })
    }

    fn by_provider(&self, program: &str, (first, last): (Date, Date)) -> Result<Vec<PointsAtProvider>, MovementsError> {
        let read = |row: &Row| {
            let [active, purchases] = [row.try_get(2)?, row.try_get(3)?];
            let [spend, earned, spent, paid] = [row.try_get(4)?, row.try_get(5)?, row.try_get(6)?, row.try_get(7)?];
            let (month, provider) = (row.try_get(0)?, row.try_get(1)?);
            Ok(PointsAtProvider { month, provider, active, purchases, spend, earned, spent, paid })
        };
        self.read_rows(|transaction| {
            let rows = self.wait(transaction.query(BY_PROVIDER, &[&program, &days(first), &days(last)]))?;
            Ok(rows.iter().map(read).collect::<Result<_, Error>>()?)
        })
    }

    fn tenders(&self, provider: &str, (first, last): (Date, Date)) -> Result<Vec<PointsPaid>, MovementsError> {
        let read =
            |row: &Row| Ok(PointsPaid { month: row.try_get(0)?, program: row.try_get(1)?, paid: row.try_get(2)? });
        self.read_rows(|transaction| {
            let rows = self.wait(transaction.query(TENDERS, &[&provider, &days(first), &days(last)]))?;
            Ok(rows.iter().map(read).collect::<Result<_, Error>>()?)
        })
    }

    fn by_rule(&self, program: &str, (first, last): (Date, Date)) -> Result<Vec<PointsOfRule>, MovementsError> {
        let read = |row: &Row| {
            let [active, purchases, earned] = [row.try_get(2)?, row.try_get(3)?, row.try_get(4)?];
            Ok(PointsOfRule { month: row.try_get(0)?, rule: row.try_get(1)?, active, purchases, earned })
        };
        self.read_rows(|transaction| {
            let rows = self.wait(transaction.query(BY_RULE, &[&program, &days(first), &days(last)]))?;
            Ok(rows.iter().map(read).collect::<Result<_, Error>>()?)
        })
    }

    fn liability(&self, program: &str, now: Timestamp) -> Result<Vec<(Option<Timestamp>, i64)>, MovementsError> {
        self.read_rows(|transaction| {
            let rows = self.wait(transaction.query(LIABILITY, &[&program, &now.as_microsecond()]))?;
            let read = |row: &Row| Ok((row.try_get::<_, Option<i64>>(0)?.map(of_micros), row.try_get(1)?));
            Ok(rows.iter().map(read).collect::<Result<_, Error>>()?)
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
        let (first, last, most) = (days(first), days(last), bigint(most));
        self.read_rows(|transaction| {
            let rows = self.wait(transaction.query(BOUGHT, &[&program, &first, &last, &account, &most]))?;
            let mut bought = Vec::new();
            for row in rows {
                let (key, spend, purchases) = (key_of(program, row.try_get(0)?), row.try_get(1)?, row.try_get(2)?);
                bought.extend(key.map(|key| Bought { key, spend, purchases }));
            }
            Ok(bought)
        })
    }
}

fn lot(row: &Row) -> Result<(usize, Lot), Error> {
    let number = usize::try_from(row.try_get::<_, i32>(0)?).unwrap_or(usize::MAX);
    let dates = (of_micros(row.try_get(1)?), of_micros(row.try_get(2)?));
    let expires_at = row.try_get::<_, Option<i64>>(3)?.map(of_micros);
    Ok((number, lot_of_entries(dates, expires_at, row.try_get(4)?)))
}

fn operation(row: &Row) -> Result<OperationRow, Error> {
    let entry = AccountEntry {
        ledger_account: row.try_get(6)?,
        lot: row.try_get::<_, Option<i32>>(7)?.map(i64::from),
        points: row.try_get(8)?,
        active_from: row.try_get::<_, Option<i64>>(9)?.map(of_micros),
        expires_at: row.try_get::<_, Option<i64>>(10)?.map(of_micros),
    };
    Ok(OperationRow {
        number: row.try_get(0)?,
        at: of_micros(row.try_get(1)?),
        recorded_at: of_micros(row.try_get(2)?),
        of: row.try_get(3)?,
        event: i64::from(row.try_get::<_, i32>(4)?),
        own: row.try_get(5)?,
        entry,
    })
}
