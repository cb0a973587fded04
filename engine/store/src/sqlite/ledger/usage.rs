//! Usage by benefit, subject and service date.

use avis_core::{Charge, Need, Totals};
use rusqlite::{Connection, params};

use crate::recording::{days, subject_key};

/// What each need asks for, in order.
pub(super) fn sums(connection: &Connection, needs: &[Need]) -> Result<Vec<Totals>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT uses, units, discount, spent FROM usage WHERE code = ?1 AND subject = ?2 AND date BETWEEN ?3 AND ?4",
    )?;
    let mut sum = |need: &Need| {
        let dates = (days(need.range.from), days(need.range.until));
        let totals = |row: &rusqlite::Row<'_>| {
            Ok(Totals { uses: row.get(0)?, units: row.get(1)?, discount: row.get(2)?, spent: row.get(3)? })
        };
        let mut rows = statement.query_map(params![need.code, subject_key(&need.subject), dates.0, dates.1], totals)?;
        // Summed here, where sums stay at the edge of 64 bits instead of failing.
        rows.try_fold(Totals::default(), |sum, day| Ok(sum.plus(day?)))
    };
    needs.iter().map(&mut sum).collect()
}

/// Adds what was consumed, or takes back what is less than before.
pub(super) fn add(connection: &Connection, changes: &[Charge]) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO usage (code, subject, date, uses, units, discount, spent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET uses = uses + excluded.uses,
             units = min(units, 9223372036854775807 - max(excluded.units, 0)) + excluded.units,
             discount = min(discount, 9223372036854775807 - max(excluded.discount, 0)) + excluded.discount,
             spent = min(spent, 9223372036854775807 - max(excluded.spent, 0)) + excluded.spent",
    )?;
    for change in changes.iter().filter(|change| change.totals != Totals::default()) {
        let Totals { uses, units, discount, spent } = change.totals;
        let date = days(change.date);
        statement.execute(params![change.code, subject_key(&change.subject), date, uses, units, discount, spent])?;
    }
    Ok(())
}
