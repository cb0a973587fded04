//! How the engines stand that follow.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row as Columns};

use super::{bigint, fixed};
use crate::registry::EngineReport;
use crate::revision::{Digest, Revision};
use crate::store::StoreError;

/// By the database's clock: those of the engines may differ.
pub(super) async fn report(client: &Client, report: &EngineReport) -> Result<(), Error> {
    let statement = "
        INSERT INTO avis.engine (node, program, incarnation, revision, digest, age_ms, unreadable, stand_in)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (node) DO UPDATE SET program = excluded.program, incarnation = excluded.incarnation,
            revision = excluded.revision, digest = excluded.digest, age_ms = excluded.age_ms, unreadable = excluded.unreadable,
            stand_in = excluded.stand_in, at = now()";
    let Revision { incarnation, number } = &report.revision;
    let (number, age_ms, unreadable) = (bigint(*number), bigint(report.age_ms), bigint(report.unreadable));
    let (digest, stand_in) = (&report.digest.to_bytes()[..], report.written_stand_in());
    let values: [&(dyn ToSql + Sync); 8] =
        [&report.node, &report.program, incarnation, &number, &digest, &age_ms, &unreadable, &stand_in];
    client.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn fleet(client: &Client) -> Result<Vec<EngineReport>, StoreError> {
    let query = "
        SELECT node, program, incarnation, revision, digest, age_ms, unreadable, stand_in,
               (extract(epoch FROM at) * 1000)::bigint
        FROM avis.engine WHERE at > now() - interval '1 day' ORDER BY node";
    client.query(query, &[]).await?.iter().map(told).collect()
}

fn told(row: &Columns) -> Result<EngineReport, StoreError> {
    let count = |column| row.get::<_, i64>(column).unsigned_abs();
    Ok(EngineReport {
        node: row.get(0),
        program: row.get(1),
        revision: Revision { incarnation: row.get(2), number: count(3) },
        digest: Digest::from_bytes(fixed(row.get(4))?),
        age_ms: count(5),
        unreadable: count(6),
        stand_in: EngineReport::read_stand_in(row.get(7)),
        at: Timestamp::from_millisecond(row.get(8)).unwrap_or(Timestamp::UNIX_EPOCH),
    })
}
