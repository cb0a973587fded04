//! What administration reads beside the followed rows.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row as Columns, params};
use uuid::Uuid;

use super::follow::past;
use super::{SqliteStore, fleet, head};
use crate::audit::{Act, KeptRevision};
use crate::registry::{EngineReport, Header, History, Nodes};
use crate::revision::{Digest, Digests, Revision};
use crate::row::{Kind, Row, Scope};
use crate::store::{Counts, StoreError, Stored};

impl History for SqliteStore {
    fn rules_as_of(&self, number: u64) -> Result<Vec<Row>, StoreError> {
        self.followed.read(|connection| {
            head(connection, self.incarnation)?.check(Revision { incarnation: self.incarnation, number })?;
            Ok(rules_as_of(connection, number)?)
        })
    }

    fn history(&self, most: usize) -> Result<Vec<Header>, StoreError> {
        self.followed.read(|connection| {
            let query = format!("SELECT {} FROM revision ORDER BY number DESC LIMIT ?1", columns());
            let mut statement = connection.prepare_cached(&query)?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let headers = statement.query_map([most], |row| Ok(kept(row, self.incarnation)?.header))?;
            Ok(headers.collect::<Result<_, _>>()?)
        })
    }

    fn revision(&self, number: u64) -> Result<Option<Header>, StoreError> {
        self.followed.read(|connection| Ok(numbered(connection, self.incarnation, number)?.map(|kept| kept.header)))
    }

    fn forget(&self, kind: Kind, key: &str) -> Result<(), StoreError> {
        self.followed.write(|connection| {
            let forget = "UPDATE row_change SET salt = NULL, before = NULL WHERE kind = ?1 AND key = ?2
                AND NOT EXISTS (SELECT 1 FROM followed f WHERE f.kind = ?1 AND f.key = ?2 AND f.content IS NOT NULL)";
            connection.execute(forget, params![kind.word(), key])?;
            if kind == Kind::Holder {
                let personal = "UPDATE row_change SET before = NULL, salt = CASE WHEN EXISTS
                        (SELECT 1 FROM followed f WHERE f.kind = 'coupon' AND f.key = row_change.key AND f.content IS NOT NULL)
                        THEN salt END
                    WHERE kind = 'coupon' AND iif(json_valid(before), before ->> '$.holder', NULL) = ?1
                    AND NOT EXISTS (SELECT 1 FROM followed f WHERE f.kind = 'holder' AND f.key = ?1 AND f.content IS NOT NULL)";
                connection.execute(personal, [key])?;
            }
            Ok(())
        })
    }
}

impl Nodes for SqliteStore {
    fn report(&self, report: &EngineReport) -> Result<(), StoreError> {
        self.catch_up();
        self.administration.write(|connection| Ok(fleet::report(connection, report)?))
    }

    fn fleet(&self) -> Result<Vec<EngineReport>, StoreError> {
        self.administration.read(|connection| Ok(fleet::fleet(connection)?))
    }
}

/// The columns of a revision, in the order in which [`kept`] reads them.
fn columns() -> String {
    format!("number, at, {}, added, changed, removed, rules, holders, terminals, coupons, seal", Act::COLUMNS)
}

/// An act whose columns begin at a place.
pub(super) fn act(row: &Columns<'_>, from: usize) -> Result<Act, rusqlite::Error> {
    let mut texts: [Option<String>; 11] = Default::default();
    for (column, text) in (from..).zip(&mut texts) {
        *text = row.get(column)?;
    }
    Ok(Act::from_texts(texts))
}

fn kept(row: &Columns<'_>, incarnation: Uuid) -> Result<KeptRevision, rusqlite::Error> {
    let header = Header {
        revision: Revision { incarnation, number: row.get(0)? },
        at: Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
        act: act(row, 2)?,
        counts: Counts { added: row.get(13)?, changed: row.get(14)?, removed: row.get(15)?, unchanged: 0 },
    };
    let mut digests = Digests::default();
    for (column, scope) in (16..).zip(Scope::ALL) {
        digests.set(scope, Digest::from_bytes(row.get(column)?));
    }
    Ok(KeptRevision { header, digests, seal: row.get(20)? })
}

/// The first revisions after a number.
pub(super) fn after(
    connection: &Connection,
    incarnation: Uuid,
    number: u64,
    most: usize,
) -> Result<Vec<KeptRevision>, rusqlite::Error> {
    let query = format!("SELECT {} FROM revision WHERE number > ?1 ORDER BY number LIMIT ?2", columns());
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    connection.prepare_cached(&query)?.query_map(params![number, most], |row| kept(row, incarnation))?.collect()
}

/// The revision of a number.
pub(super) fn numbered(
    connection: &Connection,
    incarnation: Uuid,
    number: u64,
) -> Result<Option<KeptRevision>, rusqlite::Error> {
    let query = format!("SELECT {} FROM revision WHERE number = ?1", columns());
    connection.prepare_cached(&query)?.query_row([number], |row| kept(row, incarnation)).optional()
}

/// The rules as they were at a revision.
pub(in crate::sqlite) fn rules_as_of(connection: &Connection, number: u64) -> Result<Vec<Row>, rusqlite::Error> {
    // What no later revision touched stands in the row; else the first later audit row has what it was.
    let mut untouched = connection.prepare_cached(
        "SELECT kind, key, content FROM followed WHERE kind = ?1 AND revision <= ?2 AND content IS NOT NULL",
    )?;
    let mut touched = connection.prepare_cached(
        "SELECT kind, key, before, min(revision) FROM row_change
         WHERE kind = ?1 AND kind NOT IN ('holder', 'terminal') AND revision > ?2 GROUP BY kind, key",
    )?;
    let mut rules = Vec::new();
    for kind in Kind::ALL.iter().filter(|kind| kind.scope() == Scope::Rules) {
        for statement in [&mut untouched, &mut touched] {
            let mut rows = statement.query(params![kind.word(), number])?;
            while let Some(columns) = rows.next()? {
                match past(columns)? {
                    Stored::Row(row) if row.content.is_some() => rules.push(row),
                    Stored::Row(_) | Stored::Altered { .. } | Stored::Unknown { .. } => {}
                }
            }
        }
    }
    Ok(rules)
}
