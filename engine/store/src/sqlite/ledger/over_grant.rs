//! What terminals granted without a connection beyond what was due.

use avis_core::offline::{OverGrantKey, OverGranted};
use rusqlite::{Connection, params};

use crate::recording::{Listed, days};

/// What was over-granted to a holder by a benefit on one service date.
pub(super) fn so_far(connection: &Connection, key: &OverGrantKey) -> Result<OverGranted, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT count(DISTINCT authorization_id), coalesce(sum(grantor), 0) FROM over_grant
         WHERE benefit = ?1 AND holder = ?2 AND date = ?3",
    )?;
    let totals = |row: &rusqlite::Row<'_>| Ok(OverGranted { uses: row.get(0)?, discount: row.get(1)? });
    statement.query_row(params![key.benefit, key.holder, days(key.date)], totals)
}

/// Lists what stands over-granted now in the place of what was listed of the same line and benefit.
pub(super) fn list(connection: &Connection, listed: &Listed) -> Result<(), rusqlite::Error> {
    let over = &listed.over_grant;
    if listed.is_nothing() {
        let mut statement = connection
            .prepare_cached("DELETE FROM over_grant WHERE authorization_id = ?1 AND line_id = ?2 AND benefit = ?3")?;
        statement.execute(params![listed.authorization.as_bytes(), over.line_id, over.benefit])?;
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO over_grant (authorization_id, line_id, benefit, version, holder, date, grantor, provider)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET grantor = excluded.grantor, provider = excluded.provider",
    )?;
    statement.execute(params![
        listed.authorization.as_bytes(),
        over.line_id,
        over.benefit,
        over.version,
        listed.holder,
        days(listed.date),
        over.grantor,
        over.provider
    ])?;
    Ok(())
}
