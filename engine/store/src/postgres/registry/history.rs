//! What administration reads beside the followed rows.

use jiff::Timestamp;
use tokio_postgres::Row as Columns;
use uuid::Uuid;

use super::follow::stored;
use super::{PostgresStore, audit, bigint, events, fleet};
use crate::registry::{Broken, EngineReport, Header, Registry, SecurityEvent};
use crate::revision::Revision;
use crate::row::{Kind, Row, Scope};
use crate::store::{Counts, StoreError, Stored};

/// What no later revision touched stands in the row; else the first later audit row has what it was.
const RULES_AS_OF: &str = "
    SELECT kind, key, content FROM avis.followed WHERE kind = ANY ($1) AND revision <= $2 AND content IS NOT NULL
    UNION ALL
    SELECT kind, key, before FROM (
        SELECT DISTINCT ON (kind, key) kind, key, before FROM avis.audit
        WHERE kind = ANY ($1) AND kind NOT IN ('holder', 'terminal') AND revision > $2
        ORDER BY kind, key, revision
    ) AS touched WHERE before IS NOT NULL";

impl Registry for PostgresStore {
    fn rules_as_of(&self, number: u64) -> Result<Vec<Row>, StoreError> {
        self.read(|reading| {
            reading.head.check(Revision { number, ..reading.head.revision })?;
            let of_rules = |kind: &&Kind| kind.scope() == Scope::Rules;
            let kinds: Vec<_> = Kind::ALL.iter().filter(of_rules).map(|kind| kind.word()).collect();
            let mut pages = reading.pages(RULES_AS_OF, &[&kinds, &bigint(number)])?;
            let mut rules = Vec::new();
            while let Some(columns) = pages.next()? {
                if let Stored::Row(row) = stored(&columns) {
                    rules.push(row);
                }
            }
            Ok(rules)
        })
    }

    fn history(&self, most: usize) -> Result<Vec<Header>, StoreError> {
        self.read(|reading| {
            let query = format!("SELECT {COLUMNS} FROM avis.revision ORDER BY number DESC LIMIT $1");
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let mut pages = reading.pages(&query, &[&most])?;
            let mut headers = Vec::new();
            while let Some(columns) = pages.next()? {
                headers.push(header(&columns, reading.head.revision.incarnation));
            }
            Ok(headers)
        })
    }

    fn note(&self, noted: &[SecurityEvent]) -> Result<(), StoreError> {
        if noted.is_empty() {
            return Ok(());
        }
        let mut client = self.client()?;
        self.wait(events::note(&mut client, noted))
    }

    fn report(&self, report: &EngineReport) -> Result<(), StoreError> {
        let client = self.client()?;
        self.wait(fleet::report(&client, report))
    }

    fn fleet(&self) -> Result<Vec<EngineReport>, StoreError> {
        let client = self.client()?;
        self.wait(fleet::fleet(&client))
    }

    fn verify(&self) -> Result<Option<Broken>, StoreError> {
        self.read(|reading| match audit::verify(reading)? {
            Some(broken) => Ok(Some(broken)),
            None => events::verify(reading),
        })
    }
}

/// The columns of a header; instants are milliseconds since 1970.
pub(super) const COLUMNS: &str =
    "number, (extract(epoch FROM at) * 1000)::bigint, actor, reason, added, changed, removed,
                                  rules, holders, terminals";

/// The place of the first digest among them.
pub(super) const DIGESTS: usize = 7;

pub(super) fn header(row: &Columns, incarnation: Uuid) -> Header {
    let count = |column| row.get::<_, i64>(column).unsigned_abs();
    Header {
        revision: Revision { incarnation, number: count(0) },
        at: Timestamp::from_millisecond(row.get(1)).unwrap_or(Timestamp::UNIX_EPOCH),
        actor: row.get(2),
        reason: row.get(3),
        counts: Counts { added: count(4), changed: count(5), removed: count(6), unchanged: 0 },
    }
}
