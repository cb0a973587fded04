//! Usage by benefit and subject: by service date, and besides in windows that began with their first use.

use avis_core::{Charge, Need, Totals, UsageRange, UseWindow};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::recording::{days, subject_key};

/// What each need asks for, in order.
pub(in crate::sqlite) fn sums(connection: &Connection, needs: &[Need]) -> Result<Vec<Totals>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT uses, units, discount, spent FROM usage WHERE code = ?1 AND subject = ?2 AND date BETWEEN ?3 AND ?4",
    )?;
    let mut sum = |need: &Need| {
        let range = match need.range {
            UsageRange::Dates(range) => range,
            UsageRange::FromFirst { minutes, at } => return latest(connection, need, minutes, at),
        };
        let dates = (days(range.from), days(range.until));
        let mut rows = statement.query_map(params![need.code, subject_key(&need.subject), dates.0, dates.1], totals)?;
        // Summed here, where sums stay at the edge of 64 bits instead of failing.
        rows.try_fold(Totals::default(), |sum, day| Ok(sum.plus(day?)))
    };
    needs.iter().map(&mut sum).collect()
}

fn totals(row: &Row<'_>) -> Result<Totals, rusqlite::Error> {
    Ok(Totals { uses: row.get(0)?, units: row.get(1)?, discount: row.get(2)?, spent: row.get(3)?, since: None })
}

/// The latest window of so many minutes that holds an instant; nothing if there is none.
fn latest(connection: &Connection, need: &Need, minutes: i64, at: i64) -> Result<Totals, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT uses, units, discount, spent, start FROM usage_window
         WHERE code = ?1 AND subject = ?2 AND minutes = ?3 AND start BETWEEN ?4 AND ?5 ORDER BY start DESC LIMIT 1",
    )?;
    let (first, last) = UseWindow::starts(minutes, at);
    let of = params![need.code, subject_key(&need.subject), minutes, first, last];
    let window = statement.query_row(of, |row| Ok(Totals { since: Some(row.get(4)?), ..totals(row)? }));
    Ok(window.optional()?.unwrap_or_default())
}

/// Adds to a row that is there; sums stay at the edge of 64 bits.
macro_rules! added {
    ($insert:literal) => {
        concat!(
            $insert,
            " ON CONFLICT DO UPDATE SET uses = uses + excluded.uses,
             units = min(units, 9223372036854775807 - max(excluded.units, 0)) + excluded.units,
             discount = min(discount, 9223372036854775807 - max(excluded.discount, 0)) + excluded.discount,
             spent = min(spent, 9223372036854775807 - max(excluded.spent, 0)) + excluded.spent"
        )
    };
}

/// Adds what was consumed, or takes back what is less than before.
pub(super) fn add(connection: &Connection, changes: &[Charge]) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(added!(
        "INSERT INTO usage (code, subject, date, uses, units, discount, spent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    ))?;
    for change in changes.iter().filter(|change| change.totals != Totals::default()) {
        let Totals { uses, units, discount, spent, .. } = change.totals;
        let date = days(change.date);
        statement.execute(params![change.code, subject_key(&change.subject), date, uses, units, discount, spent])?;
    }
    changes.iter().filter(|change| !change.windows.is_empty()).try_for_each(|change| add_to_windows(connection, change))
}

/// Adds to the windows of a charge, also nothing: that opens one, too.
fn add_to_windows(connection: &Connection, change: &Charge) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(added!(
        "INSERT INTO usage_window (code, subject, minutes, start, uses, units, discount, spent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    ))?;
    let Totals { uses, units, discount, spent, .. } = change.totals;
    let subject = subject_key(&change.subject);
    for UseWindow { minutes, start } in &change.windows {
        statement.execute(params![change.code, subject, minutes, start, uses, units, discount, spent])?;
    }
    Ok(())
}

/// Every code of a table, found from one to the next in its key.
macro_rules! codes {
    ($table:literal) => {
        concat!(
            "WITH RECURSIVE found (code) AS (SELECT min(code) FROM ",
            $table,
            " UNION ALL SELECT (SELECT min(code) FROM ",
            $table,
            " t WHERE t.code > found.code) FROM found WHERE found.code IS NOT NULL)
             SELECT code FROM found WHERE code IS NOT NULL"
        )
    };
}

/// Counts everything of a subject under another one, beside what is counted there already.
pub(super) fn rename(connection: &Connection, before: &str, after: &str) -> Result<(), rusqlite::Error> {
    for (codes, add, delete) in [
        (
            codes!("usage"),
            added!(
                "INSERT INTO usage SELECT code, ?3, date, uses, units, discount, spent FROM usage WHERE code = ?1 AND subject = ?2"
            ),
            "DELETE FROM usage WHERE code = ?1 AND subject = ?2",
        ),
        (
            codes!("usage_window"),
            added!(
                "INSERT INTO usage_window SELECT code, ?3, minutes, start, uses, units, discount, spent FROM usage_window
                 WHERE code = ?1 AND subject = ?2"
            ),
            "DELETE FROM usage_window WHERE code = ?1 AND subject = ?2",
        ),
    ] {
        let mut codes = connection.prepare(codes)?;
        let codes: Vec<String> = codes.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let (mut add, mut delete) = (connection.prepare(add)?, connection.prepare(delete)?);
        for code in codes {
            if add.execute([&code, before, after])? > 0 {
                delete.execute([&code, before])?;
            }
        }
    }
    Ok(())
}
