//! What the control plane keeps, beside the audit: both are written in one transaction.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row as Columns;
use tokio_postgres::types::ToSql;

use super::{PostgresStore, audit, bigint};
use crate::audit::AuditEntry;
use crate::postgres::migration::told;
use crate::records::{Record, RecordChange, RecordFilter, RecordValue, Records};
use crate::store::StoreError;

impl Records for PostgresStore {
    fn record(&self, kind: &str, key: &str) -> Result<Option<Record>, StoreError> {
        let client = self.client()?;
        self.wait(async {
            let query = format!("SELECT {COLUMNS} FROM avis.record WHERE kind = $1 AND key = $2");
            let query = client.prepare_cached(&query).await?;
            Ok::<_, StoreError>(client.query_opt(&query, &[&kind, &key]).await?.as_ref().map(record))
        })
    }

    fn records(&self, filter: &RecordFilter<'_>, most: usize) -> Result<Vec<Record>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let texts: Vec<&str> = filter.texts().map(|(_, text)| text).collect();
        let behind = filter.behind();
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&filter.kind, &behind, &most];
        values.extend(texts.iter().map(|text| text as &(dyn ToSql + Sync)));
        let client = self.client()?;
        self.wait(async {
            let query = format!("SELECT {COLUMNS} FROM avis.record WHERE {}", filter.sql('$'));
            let query = client.prepare_cached(&query).await?;
            Ok::<_, StoreError>(client.query(&query, &values).await?.iter().map(record).collect())
        })
    }

    fn change(&self, changes: &[RecordChange], entries: &[AuditEntry]) -> Result<(), StoreError> {
        changes.iter().try_for_each(RecordChange::check)?;
        let mut client = self.client()?;
        self.wait(async {
            let transaction = client.transaction().await?;
            for change in changes {
                if write(&transaction, change).await? == 0 {
                    return Err(change.lost());
                }
            }
            if !entries.is_empty() {
                // Last of all: nobody else appends until the commit.
                audit::append(&transaction, entries).await?;
            }
            transaction.commit().await.map_err(|error| match error.as_db_error() {
                Some(_) => StoreError::from(error),
                None => StoreError::Doubtful(told(&error)),
            })
        })
    }

    fn remove_expired(&self, now: Timestamp, most: usize) -> Result<usize, StoreError> {
        let client = self.client()?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.wait(async {
            // Another node that removes at the same moment takes other records.
            let statement = "
                DELETE FROM avis.record WHERE (kind, key) IN (
                    SELECT kind, key FROM avis.record
                    WHERE expires_at <= timestamptz 'epoch' + $1::bigint * interval '1 millisecond'
                    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
            let removed = client.execute(statement, &[&now.as_millisecond(), &most]).await?;
            Ok::<_, StoreError>(usize::try_from(removed).unwrap_or(usize::MAX))
        })
    }
}

/// In the order in which [`record`] reads them; instants are milliseconds since 1970.
const COLUMNS: &str = "kind, key, owner, state, version, (extract(epoch FROM expires_at) * 1000)::bigint, content";

fn record(row: &Columns) -> Record {
    let expires_at: Option<i64> = row.get(5);
    Record {
        kind: row.get(0),
        key: row.get(1),
        version: row.get::<_, i64>(4).unsigned_abs(),
        value: RecordValue {
            owner: row.get(2),
            state: row.get(3),
            expires_at: expires_at.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok()),
            content: row.get(6),
        },
    }
}

/// Writes a change; how many records had the version that it expects: one, or none.
async fn write(transaction: &Transaction<'_>, change: &RecordChange) -> Result<u64, tokio_postgres::Error> {
    let RecordChange { kind, key, expected, value } = change;
    let version = expected.map(bigint);
    let Some(RecordValue { owner, state, expires_at, content }) = value else {
        let statement = "DELETE FROM avis.record WHERE kind = $1 AND key = $2 AND version = $3";
        let statement = transaction.prepare_cached(statement).await?;
        return transaction.execute(&statement, &[kind, key, &version]).await;
    };
    let at_ms = expires_at.map(Timestamp::as_millisecond);
    match version {
        None => {
            let statement = "
                INSERT INTO avis.record (kind, key, owner, state, version, expires_at, content)
                VALUES ($1, $2, $3, $4, 1, timestamptz 'epoch' + $5::bigint * interval '1 millisecond', $6)
                ON CONFLICT DO NOTHING";
            let statement = transaction.prepare_cached(statement).await?;
            transaction.execute(&statement, &[kind, key, owner, state, &at_ms, content]).await
        }
        Some(version) => {
            let statement = "
                UPDATE avis.record SET owner = $1, state = $2, content = $3, version = version + 1,
                    expires_at = timestamptz 'epoch' + $4::bigint * interval '1 millisecond'
                WHERE kind = $5 AND key = $6 AND version = $7";
            let statement = transaction.prepare_cached(statement).await?;
            transaction.execute(&statement, &[owner, state, content, &at_ms, kind, key, &version]).await
        }
    }
}
