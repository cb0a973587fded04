//! The audit: appended to at the end of a commit, or on its own; one appends at a time, and for a moment only.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::follow::digest;
use super::reading::Reading;
use super::{PostgresStore, bigint, fixed, history};
use crate::audit::{
    Act, AlteredRows, Anchor, Audit, AuditEntry, AuditFilter, Broken, ComparedRow, PresentRow, RowChange,
    RowComparison, SequencedEntry, Verifier,
};
use crate::revision::RowHasher;
use crate::store::StoreError;

impl Audit for PostgresStore {
    fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut client = self.client()?;
        self.wait(async {
            let transaction = client.transaction().await?;
            append(&transaction, entries).await?;
            Ok::<_, StoreError>(transaction.commit().await?)
        })
    }

    fn entries(&self, filter: &AuditFilter, most: usize) -> Result<Vec<SequencedEntry>, StoreError> {
        self.read(|reading| {
            let (below, most) = (filter.below(), i64::try_from(most).unwrap_or(i64::MAX));
            let ((from, until), texts) = (filter.period(), filter.texts());
            let mut values: Vec<&(dyn ToSql + Sync)> = vec![&below, &most, &from, &until];
            values.extend(texts.iter().map(|text| text as &(dyn ToSql + Sync)));
            let query = format!("SELECT {} FROM avis.audit WHERE {}", columns(), filter.sql('$', instant));
            let mut pages = reading.pages(&query, &values)?;
            let mut found = Vec::new();
            while let Some(row) = pages.next()? {
                found.push(entry(&row)?);
            }
            Ok(found)
        })
    }

    fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        let client = self.client()?;
        self.wait(async { newest(client.query_opt(NEWEST, &[]).await?) })
    }

    fn verify(&self, anchor: Option<Anchor>) -> Result<Option<Broken>, StoreError> {
        self.read(|reading| Ok(verify(reading, anchor)?.err()))
    }

    fn altered_rows(&self) -> Result<AlteredRows, StoreError> {
        self.read(|reading| altered(reading, &self.hasher))
    }
}

const NEWEST: &str = "SELECT seq, link FROM avis.audit ORDER BY seq DESC LIMIT 1";

fn newest(row: Option<Row>) -> Result<Option<Anchor>, StoreError> {
    row.map(|row| Ok(Anchor { seq: row.get::<_, i64>(0).unsigned_abs(), link: fixed(row.get(1))? })).transpose()
}

/// A parameter in milliseconds since 1970 as an instant.
fn instant(parameter: &str) -> String {
    format!("timestamptz 'epoch' + {parameter}::bigint * interval '1 millisecond'")
}

/// Appends entries in a transaction that ends soon: until then nobody else can.
pub(super) async fn append(transaction: &Transaction<'_>, entries: &[AuditEntry]) -> Result<(), StoreError> {
    transaction.batch_execute("LOCK TABLE avis.audit IN EXCLUSIVE MODE").await?;
    let mut place = newest(transaction.query_opt(NEWEST, &[]).await?)?.unwrap_or(Anchor::START);
    let insert = format!(
        "INSERT INTO avis.audit (seq, at, {}, before, after, revision, link)
         VALUES ($1, {}, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        Act::COLUMNS,
        instant("$2")
    );
    let insert = transaction.prepare_cached(&insert).await?;
    for entry in entries {
        place = place.next(entry);
        let (seq, at_ms, revision) = (bigint(place.seq), entry.at.as_millisecond(), entry.revision.map(bigint));
        let (texts, link) = (entry.act.texts(), place.link.as_slice());
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&seq, &at_ms];
        values.extend(texts.iter().map(|text| text as &(dyn ToSql + Sync)));
        values.extend([&entry.before as &(dyn ToSql + Sync), &entry.after, &revision, &link]);
        transaction.execute(&insert, &values).await?;
    }
    Ok(())
}

/// The columns of an entry, in the order in which [`entry`] reads them; instants are milliseconds since 1970.
fn columns() -> String {
    format!("seq, (extract(epoch FROM at) * 1000)::bigint, {}, before, after, revision, link", Act::COLUMNS)
}

fn entry(row: &Row) -> Result<SequencedEntry, StoreError> {
    let entry = AuditEntry {
        at: Timestamp::from_millisecond(row.get(1)).unwrap_or(Timestamp::UNIX_EPOCH),
        act: history::act(row, 2),
        before: row.get(13),
        after: row.get(14),
        revision: row.get::<_, Option<i64>>(15).map(i64::unsigned_abs),
    };
    Ok(SequencedEntry { anchor: Anchor { seq: row.get::<_, i64>(0).unsigned_abs(), link: fixed(row.get(16))? }, entry })
}

/// The audit beside the revisions and the rows of each, all as of one moment.
fn verify(reading: &Reading<'_>, anchor: Option<Anchor>) -> Result<Result<(), Broken>, StoreError> {
    let mut entries = reading.pages(&format!("SELECT {} FROM avis.audit ORDER BY seq", columns()), &[])?;
    let mut revisions =
        reading.pages(&format!("SELECT {} FROM avis.revision ORDER BY number", history::columns()), &[])?;
    let mut changes = reading.pages(
        "SELECT kind, key, salt, before, before_digest, after_digest, revision FROM avis.row_change
         ORDER BY revision, place",
        &[],
    )?;
    let mut verifier = Verifier::new(anchor);
    while let Some(row) = entries.next()? {
        let kept = entry(&row)?;
        if let Err(broken) = verifier.entry(&kept) {
            return Ok(Err(broken));
        }
        let Some(number) = kept.entry.revision else { continue };
        let revision = revisions.next_if(|row| row.get::<_, i64>(0) == bigint(number))?;
        let revision = revision.map(|row| history::kept(&row, reading.head.revision.incarnation)).transpose()?;
        while let Some(change) = changes.next_if(|change| revision_of(change) <= number)? {
            verifier.row(&row_change(&change)?);
        }
        if let Err(broken) = verifier.revision(number, revision.as_ref(), &kept.entry) {
            return Ok(Err(broken));
        }
    }
    let beyond = match revisions.next()? {
        Some(revision) => Some(revision.get::<_, i64>(0).unsigned_abs()),
        None => changes.next()?.map(|change| revision_of(&change)),
    };
    Ok(beyond.map_or_else(|| verifier.end(), |number| Err(Broken::Revision(number))))
}

fn revision_of(change: &Row) -> u64 {
    change.get::<_, i64>(6).unsigned_abs()
}

fn row_change(row: &Row) -> Result<RowChange<'_>, StoreError> {
    Ok(RowChange {
        kind: row.get(0),
        key: row.get(1),
        salt: row.get::<_, Option<&[u8]>>(2).map(fixed).transpose()?,
        before: row.get(3),
        before_digest: row.get::<_, Option<&[u8]>>(4).map(fixed).transpose()?,
        after_digest: row.get::<_, Option<&[u8]>>(5).map(fixed).transpose()?,
    })
}

/// The rows that are not what the revisions made of them.
fn altered(reading: &Reading<'_>, hasher: &RowHasher) -> Result<AlteredRows, StoreError> {
    let mut comparison = RowComparison::new(hasher);
    let mut changes = reading.pages(
        // Content is read only where it is compared.
        "SELECT kind, key, row_change.revision, salt, after_digest, followed.revision,
                CASE WHEN followed.revision = row_change.revision THEN content END, digest
         FROM avis.row_change LEFT JOIN avis.followed USING (kind, key)",
        &[],
    )?;
    while let Some(row) = changes.next()? {
        let present = row.get::<_, Option<i64>>(5).map(|revision| PresentRow {
            // No commit has a negative number, nor 0.
            revision: revision.try_into().unwrap_or(0),
            content: row.get(6),
            digest: row.get::<_, Option<&[u8]>>(7).map(digest),
        });
        comparison.change(&ComparedRow {
            kind: row.get(0),
            key: row.get(1),
            revision: row.get::<_, i64>(2).unsigned_abs(),
            salt: row.get::<_, Option<&[u8]>>(3).map(fixed).transpose()?,
            after_digest: row.get::<_, Option<&[u8]>>(4).map(fixed).transpose()?,
            present,
        });
    }
    let mut rows = reading.pages("SELECT kind, key FROM avis.followed", &[])?;
    while let Some(row) = rows.next()? {
        comparison.row(row.get(0), row.get(1));
    }
    Ok(comparison.end())
}
