//! How the engines stand that follow.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::registry::EngineReport;
use crate::revision::{Digest, Revision};

pub(super) fn report(connection: &Connection, report: &EngineReport) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO engine (node, program, incarnation, revision, digest, age_ms, unreadable, stand_in, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE SET program = excluded.program, incarnation = excluded.incarnation,
             revision = excluded.revision, digest = excluded.digest, age_ms = excluded.age_ms,
             unreadable = excluded.unreadable, stand_in = excluded.stand_in, at = excluded.at",
    )?;
    let EngineReport { node, program, revision, digest, age_ms, unreadable, at, .. } = report;
    let Revision { incarnation, number } = revision;
    statement.execute(params![
        node,
        program,
        incarnation.as_bytes(),
        number,
        digest.to_bytes(),
        age_ms,
        unreadable,
        report.written_stand_in(),
        at.as_millisecond()
    ])?;
    Ok(())
}

/// Those that said it within a day of the newest word.
pub(super) fn fleet(connection: &Connection) -> Result<Vec<EngineReport>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT node, program, incarnation, revision, digest, age_ms, unreadable, stand_in, at FROM engine
         WHERE at > (SELECT max(at) FROM engine) - 86400000 ORDER BY node",
    )?;
    let reports = statement.query_map([], |row| {
        let incarnation = Uuid::from_bytes(row.get(2)?);
        Ok(EngineReport {
            node: row.get(0)?,
            program: row.get(1)?,
            revision: Revision { incarnation, number: row.get(3)? },
            digest: Digest::from_bytes(row.get(4)?),
            age_ms: row.get(5)?,
            unreadable: row.get(6)?,
            stand_in: EngineReport::read_stand_in(row.get::<_, Option<String>>(7)?.as_deref()),
            at: Timestamp::from_millisecond(row.get(8)?).unwrap_or(Timestamp::UNIX_EPOCH),
        })
    })?;
    reports.collect()
}
