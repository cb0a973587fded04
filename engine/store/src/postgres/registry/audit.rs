//! Goes through the audit of changes, as it is kept.

use tokio_postgres::Row;

use super::reading::Reading;
use super::{fixed, head, history};
use crate::audit::{Entry, Verifier};
use crate::registry::Broken;
use crate::store::StoreError;

/// The first revision whose entry is not as it was written, if there is one.
pub(super) fn verify(reading: &Reading<'_>) -> Result<Option<Broken>, StoreError> {
    let columns = history::COLUMNS;
    let mut headers = reading.pages(&format!("SELECT {columns}, chain FROM avis.revision ORDER BY number"), &[])?;
    let mut entries = reading.pages(
        "SELECT kind, key, salt, before, before_digest, after_digest, revision FROM avis.audit ORDER BY revision, place",
        &[],
    )?;
    let mut verifier = Verifier::new();
    while let Some(row) = headers.next()? {
        let header = history::header(&row, reading.head.revision.incarnation);
        while let Some(entry) = entries.next_if(|entry| revision(entry) <= header.revision.number)? {
            verifier.entry(&kept(&entry)?);
        }
        let digests = head::digests(&row, history::DIGESTS)?;
        let broken = verifier.header(&header, &digests, fixed(row.get(10))?);
        if broken.is_some() {
            return Ok(broken);
        }
    }
    Ok(entries.next()?.map(|beyond| Broken::Revision(revision(&beyond))))
}

fn revision(entry: &Row) -> u64 {
    entry.get::<_, i64>(6).unsigned_abs()
}

fn kept(row: &Row) -> Result<Entry<'_>, StoreError> {
    Ok(Entry {
        kind: row.get(0),
        key: row.get(1),
        salt: row.get::<_, Option<&[u8]>>(2).map(fixed).transpose()?,
        before: row.get(3),
        before_digest: row.get::<_, Option<&[u8]>>(4).map(fixed).transpose()?,
        after_digest: row.get::<_, Option<&[u8]>>(5).map(fixed).transpose()?,
    })
}
