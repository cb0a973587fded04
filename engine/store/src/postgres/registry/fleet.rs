//! How the engines stand that follow.

use jiff::Timestamp;
use tokio_postgres::{Client, Error, Row as Columns};

use super::bigint;
use crate::registry::EngineReport;
use crate::revision::Revision;

/// By the database's clock: those of the engines may differ.
pub(super) async fn report(client: &Client, report: &EngineReport) -> Result<(), Error> {
    let statement = "
        INSERT INTO avis.engine (node, program, incarnation, revision, age_ms, unreadable) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (node) DO UPDATE SET program = excluded.program, incarnation = excluded.incarnation,
            revision = excluded.revision, age_ms = excluded.age_ms, unreadable = excluded.unreadable, at = now()";
    let Revision { incarnation, number } = &report.revision;
    let (number, age_ms, unreadable) = (bigint(*number), bigint(report.age_ms), bigint(report.unreadable));
    client
        .execute(statement, &[&report.node, &report.program, incarnation, &number, &age_ms, &unreadable])
        .await
        .map(|_| ())
}

pub(super) async fn fleet(client: &Client) -> Result<Vec<EngineReport>, Error> {
    let query = "
        SELECT node, program, incarnation, revision, age_ms, unreadable, (extract(epoch FROM at) * 1000)::bigint
        FROM avis.engine WHERE at > now() - interval '1 day' ORDER BY node";
    Ok(client.query(query, &[]).await?.iter().map(told).collect())
}

fn told(row: &Columns) -> EngineReport {
    let count = |column| row.get::<_, i64>(column).unsigned_abs();
    EngineReport {
        node: row.get(0),
        program: row.get(1),
        revision: Revision { incarnation: row.get(2), number: count(3) },
        age_ms: count(4),
        unreadable: count(5),
        at: Timestamp::from_millisecond(row.get(6)).unwrap_or(Timestamp::UNIX_EPOCH),
    }
}
