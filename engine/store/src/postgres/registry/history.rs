//! What administration reads beside the followed rows.

use jiff::Timestamp;
use tokio_postgres::Row as Columns;
use uuid::Uuid;

use super::follow::past;
use super::{PostgresStore, bigint, fixed, fleet, head};
use crate::audit::{Act, KeptRevision};
use crate::registry::{EngineReport, Header, History, Nodes};
use crate::revision::Revision;
use crate::row::{Kind, Row, Scope};
use crate::store::{Counts, StoreError, Stored};

/// What no later revision touched stands in the row; else the first later audit row has what it was.
const RULES_AS_OF: &str = "
    SELECT kind, key, content FROM avis.followed WHERE kind = ANY ($1) AND revision <= $2 AND content IS NOT NULL
    UNION ALL
    SELECT kind, key, before FROM (
        SELECT DISTINCT ON (kind, key) kind, key, before FROM avis.row_change
        WHERE kind = ANY ($1) AND kind NOT IN ('holder', 'terminal') AND revision > $2
        ORDER BY kind, key, revision
    ) AS touched WHERE before IS NOT NULL";

impl History for PostgresStore {
    fn rules_as_of(&self, number: u64) -> Result<Vec<Row>, StoreError> {
        self.read(|reading| {
            reading.head.check(Revision { number, ..reading.head.revision })?;
            let of_rules = |kind: &&Kind| kind.scope() == Scope::Rules;
            let kinds: Vec<_> = Kind::ALL.iter().filter(of_rules).map(|kind| kind.word()).collect();
            let mut pages = reading.pages(RULES_AS_OF, &[&kinds, &bigint(number)])?;
            let mut rules = Vec::new();
            while let Some(columns) = pages.next()? {
                if let Stored::Row(row) = past(&columns) {
                    rules.push(row);
                }
            }
            Ok(rules)
        })
    }

    fn history(&self, most: usize) -> Result<Vec<Header>, StoreError> {
        self.read(|reading| {
            let query = format!("SELECT {} FROM avis.revision ORDER BY number DESC LIMIT $1", columns());
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let mut pages = reading.pages(&query, &[&most])?;
            let mut headers = Vec::new();
            while let Some(row) = pages.next()? {
                headers.push(kept(&row, reading.head.revision.incarnation)?.header);
            }
            Ok(headers)
        })
    }

    fn revision(&self, number: u64) -> Result<Option<Header>, StoreError> {
        self.read(|reading| {
            let query = format!("SELECT {} FROM avis.revision WHERE number = $1", columns());
            let row = reading.pages(&query, &[&bigint(number)])?.next()?;
            row.map(|row| Ok(kept(&row, reading.head.revision.incarnation)?.header)).transpose()
        })
    }

    fn forget(&self, kind: Kind, key: &str) -> Result<(), StoreError> {
        let client = self.client()?;
        let forget = "UPDATE avis.row_change SET salt = NULL, before = NULL WHERE kind = $1 AND key = $2
            AND NOT EXISTS (SELECT FROM avis.followed f WHERE f.kind = $1 AND f.key = $2 AND f.content IS NOT NULL)";
        let personal = "UPDATE avis.row_change c SET before = NULL, salt = CASE WHEN EXISTS
                (SELECT FROM avis.followed f WHERE f.kind = 'coupon' AND f.key = c.key AND f.content IS NOT NULL) THEN salt END
            WHERE kind = 'coupon' AND before::json ->> 'holder' = $1
            AND NOT EXISTS (SELECT FROM avis.followed f WHERE f.kind = 'holder' AND f.key = $1 AND f.content IS NOT NULL)";
        let word = kind.word();
        self.wait(async { client.execute(forget, &[&word, &key]).await.map(drop) })?;
        if kind == Kind::Holder {
            self.wait(async { client.execute(personal, &[&key]).await.map(drop) })?;
        }
        Ok(())
    }
}

impl Nodes for PostgresStore {
    fn report(&self, report: &EngineReport) -> Result<(), StoreError> {
        let client = self.client()?;
        self.wait(fleet::report(&client, report))
    }

    fn fleet(&self) -> Result<Vec<EngineReport>, StoreError> {
        let client = self.client()?;
        self.wait(fleet::fleet(&client))
    }
}

/// The columns of a revision, in the order in which [`kept`] reads them; instants are milliseconds since 1970.
pub(super) fn columns() -> String {
    format!(
        "number, (extract(epoch FROM at) * 1000)::bigint, {}, added, changed, removed, rules, holders, terminals, coupons, seal",
        Act::COLUMNS
    )
}

/// The column of the first digest among them.
const DIGESTS: usize = 16;

/// An act whose columns begin at a place.
pub(super) fn act(row: &Columns, from: usize) -> Act {
    let mut texts: [Option<String>; 11] = Default::default();
    (from..).zip(&mut texts).for_each(|(column, text)| *text = row.get(column));
    Act::from_texts(texts)
}

pub(super) fn kept(row: &Columns, incarnation: Uuid) -> Result<KeptRevision, StoreError> {
    let count = |column| row.get::<_, i64>(column).unsigned_abs();
    let header = Header {
        revision: Revision { incarnation, number: count(0) },
        at: Timestamp::from_millisecond(row.get(1)).unwrap_or(Timestamp::UNIX_EPOCH),
        act: act(row, 2),
        counts: Counts { added: count(13), changed: count(14), removed: count(15), unchanged: 0 },
    };
    Ok(KeptRevision { header, digests: head::digests(row, DIGESTS)?, seal: fixed(row.get(20))? })
}
