//! Security events: written off the till's path, sealed in batches.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::audit::{KeptEvent, add_event};
use crate::chain::{FIRST, Link, Parts};
use crate::registry::{Broken, SecurityEvent};

/// Writes events and the seal over them.
pub(super) fn note(connection: &mut Connection, events: &[SecurityEvent]) -> Result<(), rusqlite::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let newest = "SELECT until, chain FROM security_seal ORDER BY until DESC LIMIT 1";
    let newest = transaction.query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (after, chain): (u64, Link) = newest.unwrap_or((0, FIRST));
    let mut insert = transaction.prepare_cached(
        "INSERT INTO security_event (number, at, kind, provider, terminal, subject) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (number, event) in (after + 1..).zip(events) {
        let SecurityEvent { at, kind, provider, terminal, subject } = event;
        insert.execute(params![number, at.as_millisecond(), kind.word(), provider, terminal, subject])?;
    }
    drop(insert);
    let until = after + events.len() as u64;
    let seal = seal(&transaction, chain, after, until)?;
    transaction.execute("INSERT INTO security_seal (until, chain) VALUES (?1, ?2)", params![until, seal])?;
    transaction.commit()
}

/// Over the seal before and the events from there to a number.
fn seal(connection: &Connection, before: Link, after: u64, until: u64) -> Result<Link, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT number, at, kind, provider, terminal, subject FROM security_event
         WHERE number > ?1 AND number <= ?2 ORDER BY number",
    )?;
    let mut rows = statement.query(params![after, until])?;
    let mut parts = Parts::after(before);
    while let Some(row) = rows.next()? {
        let [provider, terminal, subject] = [3, 4, 5].map(|column| row.get_ref(column));
        let whose = [provider?.as_str_or_null()?, terminal?.as_str_or_null()?, subject?.as_str_or_null()?];
        let kind = row.get_ref(2)?.as_str()?;
        add_event(&mut parts, &KeptEvent { number: row.get(0)?, at_ms: row.get(1)?, kind, whose });
    }
    Ok(parts.link())
}

/// The first seal that does not hold, or the events that are under none.
pub(super) fn verify(connection: &Connection) -> Result<Option<Broken>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT until, chain FROM security_seal ORDER BY until")?;
    let mut rows = statement.query([])?;
    let (mut after, mut before) = (0, FIRST);
    while let Some(row) = rows.next()? {
        let (until, link): (u64, Link) = (row.get(0)?, row.get(1)?);
        let sealed = seal(connection, before, after, until)?;
        if sealed != link {
            return Ok(Some(Broken::Events(until)));
        }
        (after, before) = (until, sealed);
    }
    let beyond = "SELECT max(number) FROM security_event WHERE number > ?1";
    let beyond: Option<u64> = connection.query_row(beyond, [after], |row| row.get(0))?;
    Ok(beyond.map(Broken::Events))
}
