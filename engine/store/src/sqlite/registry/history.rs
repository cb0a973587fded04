//! What administration reads beside the followed rows.

use jiff::Timestamp;
use rusqlite::params;

use super::follow::stored;
use super::{SqliteStore, audit, events};
use crate::registry::{Broken, Header, Registry, SecurityEvent};
use crate::revision::Revision;
use crate::row::{Kind, Row, Scope};
use crate::store::{Counts, StoreError, Stored};

impl Registry for SqliteStore {
    fn rules_as_of(&self, number: u64) -> Result<Vec<Row>, StoreError> {
        self.read(|connection| {
            // What no later revision touched stands in the row; else the first later audit row has what it was.
            let mut untouched = connection.prepare_cached(
                "SELECT kind, key, content FROM followed WHERE kind = ?1 AND revision <= ?2 AND content IS NOT NULL",
            )?;
            let mut touched = connection.prepare_cached(
                "SELECT kind, key, before, min(revision) FROM audit
                 WHERE kind = ?1 AND kind NOT IN ('holder', 'terminal') AND revision > ?2 GROUP BY kind, key",
            )?;
            let mut rules = Vec::new();
            for kind in Kind::ALL.iter().filter(|kind| kind.scope() == Scope::Rules) {
                for statement in [&mut untouched, &mut touched] {
                    let mut rows = statement.query(params![kind.word(), number])?;
                    while let Some(columns) = rows.next()? {
                        match stored(columns)? {
                            Stored::Row(row) if row.content.is_some() => rules.push(row),
                            Stored::Row(_) | Stored::Unknown { .. } => {}
                        }
                    }
                }
            }
            Ok(rules)
        })
    }

    fn history(&self, most: usize) -> Result<Vec<Header>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, at, actor, reason, added, changed, removed FROM revision ORDER BY number DESC LIMIT ?1",
            )?;
            let header = |row: &rusqlite::Row<'_>| {
                Ok(Header {
                    revision: Revision { incarnation: self.incarnation, number: row.get(0)? },
                    at: Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
                    actor: row.get(2)?,
                    reason: row.get(3)?,
                    counts: Counts { added: row.get(4)?, changed: row.get(5)?, removed: row.get(6)?, unchanged: 0 },
                })
            };
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let headers = statement.query_map([most], header)?.collect::<Result<_, _>>()?;
            Ok(headers)
        })
    }

    fn note(&self, noted: &[SecurityEvent]) -> Result<(), StoreError> {
        self.writer.with(|connection| Ok(events::note(connection, noted)?))
    }

    fn verify(&self) -> Result<Option<Broken>, StoreError> {
        self.read(|connection| match audit::verify(connection)? {
            Some(broken) => Ok(Some(broken)),
            None => Ok(events::verify(connection)?),
        })
    }
}
