//! The audit of changes: what each revision did to each row, chained.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::chain::{FIRST, Link, Parts, salted};
use crate::registry::Broken;
use crate::row::Row;
use crate::store::Counts;

/// The entry of one revision while it is being written.
pub(super) struct Entry {
    revision: u64,
    place: u64,
    changes: Parts,
}

impl Entry {
    pub(super) fn new(revision: u64) -> Self {
        Self { revision, place: 0, changes: Parts::default() }
    }

    /// Keeps what a row was, and both contents' salted digests.
    pub(super) fn note(
        &mut self,
        connection: &Connection,
        row: &Row,
        before: Option<&str>,
    ) -> Result<(), rusqlite::Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let before_digest = before.map(|content| salted(&salt, content));
        let after_digest = row.content.as_deref().map(|content| salted(&salt, content));
        add_change(&mut self.changes, row.kind.word(), &row.key, before_digest, after_digest);
        let mut statement = connection.prepare_cached(
            "INSERT INTO audit (revision, place, kind, key, salt, before, before_digest, after_digest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let kind = row.kind.word();
        statement.execute(params![
            self.revision,
            self.place,
            kind,
            row.key,
            salt,
            before,
            before_digest,
            after_digest
        ])?;
        self.place += 1;
        Ok(())
    }

    /// Closes the entry: the link that its header carries.
    pub(super) fn chain(
        &self,
        connection: &Connection,
        at: Timestamp,
        actor: &str,
        reason: &str,
        counts: &Counts,
    ) -> Result<Link, rusqlite::Error> {
        let query = "SELECT chain FROM revision ORDER BY number DESC LIMIT 1";
        let before = connection.query_row(query, [], |row| row.get(0)).optional()?.unwrap_or(FIRST);
        Ok(linked(before, self.revision, at.as_millisecond(), (actor, reason), counts, &self.changes))
    }
}

fn add_change(changes: &mut Parts, kind: &str, key: &str, before: Option<Link>, after: Option<Link>) {
    changes.add(kind.as_bytes());
    changes.add(key.as_bytes());
    changes.add_optional(before.as_ref().map(<[u8; 32]>::as_slice));
    changes.add_optional(after.as_ref().map(<[u8; 32]>::as_slice));
}

fn linked(
    before: Link,
    revision: u64,
    at_ms: i64,
    (actor, reason): (&str, &str),
    counts: &Counts,
    changes: &Parts,
) -> Link {
    let mut parts = Parts::after(before);
    parts.add(&revision.to_le_bytes());
    parts.add(&at_ms.to_le_bytes());
    parts.add(actor.as_bytes());
    parts.add(reason.as_bytes());
    [counts.added, counts.changed, counts.removed].iter().for_each(|count| parts.add(&count.to_le_bytes()));
    parts.add(&changes.link());
    parts.link()
}

/// The first revision whose entry is not as it was written, if there is one.
pub(super) fn verify(connection: &Connection) -> Result<Option<Broken>, rusqlite::Error> {
    let mut headers = connection
        .prepare("SELECT number, at, actor, reason, added, changed, removed, chain FROM revision ORDER BY number")?;
    let mut rows = headers.query([])?;
    let mut before = FIRST;
    let mut expected: u64 = 1;
    while let Some(row) = rows.next()? {
        let number: u64 = row.get(0)?;
        let counts = Counts { added: row.get(4)?, changed: row.get(5)?, removed: row.get(6)?, unchanged: 0 };
        let (actor, reason): (String, String) = (row.get(2)?, row.get(3)?);
        let Some(changes) = changes(connection, number)? else { return Ok(Some(Broken::Revision(number))) };
        let link = linked(before, number, row.get(1)?, (&actor, &reason), &counts, &changes);
        if number != expected || link != row.get::<_, Link>(7)? {
            return Ok(Some(Broken::Revision(number)));
        }
        (before, expected) = (link, expected + 1);
    }
    Ok(None)
}

/// What a revision did, from its rows; none if a content beside them is another than was written.
fn changes(connection: &Connection, revision: u64) -> Result<Option<Parts>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, key, salt, before, before_digest, after_digest FROM audit WHERE revision = ?1 ORDER BY place",
    )?;
    let mut rows = statement.query([revision])?;
    let mut changes = Parts::default();
    while let Some(row) = rows.next()? {
        let (salt, content): (Option<[u8; 16]>, Option<String>) = (row.get(2)?, row.get(3)?);
        let (before, after): (Option<Link>, Option<Link>) = (row.get(4)?, row.get(5)?);
        // What was erased has no salt any more, and only its digest tells that it was there.
        if let (Some(salt), Some(content)) = (salt, content)
            && before != Some(salted(&salt, &content))
        {
            return Ok(None);
        }
        add_change(&mut changes, row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?, before, after);
    }
    Ok(Some(changes))
}
