//! What administration reads beside the followed rows.

use jiff::Timestamp;
use rusqlite::{Connection, Row as Columns, params};
use uuid::Uuid;

use super::follow::stored;
use super::{SqliteStore, audit, events, fleet, head};
use crate::registry::{Broken, EngineReport, Header, Registry, SecurityEvent};
use crate::revision::{Digest, Digests, Revision};
use crate::row::{Kind, Row, Scope};
use crate::store::{Counts, StoreError, Stored};

impl Registry for SqliteStore {
    fn rules_as_of(&self, number: u64) -> Result<Vec<Row>, StoreError> {
        self.followed.read(|connection| {
            head(connection, self.incarnation)?.check(Revision { incarnation: self.incarnation, number })?;
            Ok(rules_as_of(connection, number)?)
        })
    }

    fn history(&self, most: usize) -> Result<Vec<Header>, StoreError> {
        self.followed.read(|connection| {
            let query = format!("SELECT {COLUMNS} FROM revision ORDER BY number DESC LIMIT ?1");
            let mut statement = connection.prepare_cached(&query)?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let headers = statement.query_map([most], |row| header(row, self.incarnation))?;
            Ok(headers.collect::<Result<_, _>>()?)
        })
    }

    fn note(&self, noted: &[SecurityEvent]) -> Result<(), StoreError> {
        self.administration.write(|connection| Ok(events::note(connection, noted)?))
    }

    fn report(&self, report: &EngineReport) -> Result<(), StoreError> {
        self.administration.write(|connection| Ok(fleet::report(connection, report)?))
    }

    fn fleet(&self) -> Result<Vec<EngineReport>, StoreError> {
        self.administration.read(|connection| Ok(fleet::fleet(connection)?))
    }

    fn verify(&self) -> Result<Option<Broken>, StoreError> {
        match self.followed.read(|connection| Ok(audit::verify(connection, self.incarnation)?))? {
            Some(broken) => Ok(Some(broken)),
            None => self.administration.read(|connection| Ok(events::verify(connection)?)),
        }
    }
}

/// The columns of a header, in the order in which [`header`] and [`digests`] read them.
pub(super) const COLUMNS: &str = "number, at, actor, reason, added, changed, removed, rules, holders, terminals";

pub(super) fn header(row: &Columns<'_>, incarnation: Uuid) -> Result<Header, rusqlite::Error> {
    Ok(Header {
        revision: Revision { incarnation, number: row.get(0)? },
        at: Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
        actor: row.get(2)?,
        reason: row.get(3)?,
        counts: Counts { added: row.get(4)?, changed: row.get(5)?, removed: row.get(6)?, unchanged: 0 },
    })
}

pub(super) fn digests(row: &Columns<'_>) -> Result<Digests, rusqlite::Error> {
    let mut digests = Digests::default();
    for (column, scope) in (7..).zip(Scope::ALL) {
        digests.set(scope, Digest::from_bytes(row.get(column)?));
    }
    Ok(digests)
}

/// The rules as they were at a revision.
pub(in crate::sqlite) fn rules_as_of(connection: &Connection, number: u64) -> Result<Vec<Row>, rusqlite::Error> {
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
}
