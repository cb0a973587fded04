//! Erases a person from the ledger's file, on a connection of its own beside the thread that writes.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use avis_core::loyalty::AccountKey;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::StepError;
use super::units::{LANE, content, seals_of};
use crate::erasing::{Erased, Erasure, Left};
use crate::ledger::LedgerError;
use crate::recording::account_text;
use crate::sealing::{Content, LaneHead, Seal, SealKey};
use crate::sqlite::{schema, tally};

/// How often the sealer is waited for, and how long each time: what is recorded is sealed within a second.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);

/// Erases a person, whole or not at all.
pub(super) fn erase(path: &Path, erasure: &Erasure, key: &SealKey) -> Result<Erased, LedgerError> {
    for _ in 0..TRIES {
        match attempt(path, erasure, key) {
            Ok(Some(erased)) => return Ok(erased),
            Ok(None) => std::thread::sleep(PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
    Err(LedgerError::Failed(Erasure::UNSEALED.to_owned()))
}

/// None where something of the person is being sealed.
fn attempt(path: &Path, erasure: &Erasure, key: &SealKey) -> Result<Option<Erased>, StepError> {
    let mut connection = schema::open_beside(path)?;
    // What is overwritten is not left in free pages of the file either.
    connection.pragma_update(None, "secure_delete", true)?;
    // Most is looked for while others write; the rest once nobody does.
    let (mut records, last) = records_behind(&connection, erasure, 0)?;
    let programs = programs(&connection, erasure)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    records.extend(records_behind(&transaction, erasure, last)?.0);
    let with_points = with_points(&transaction, erasure, &programs)?;
    let mut units = records.clone();
    units.extend(&with_points);
    // The sealer reads what it seals before it writes: nothing changes beneath it.
    if is_any_unsealed(&transaction, &units)? {
        return Ok(None);
    }
    let sealed = sealed(&transaction, &units)?;
    let mut codes = BTreeSet::new();
    for id in &records {
        codes.extend(erase_record(&transaction, erasure, *id)?);
    }
    rename_usage(&transaction, erasure, &codes)?;
    rename_points(&transaction, erasure, (&programs, &with_points))?;
    cover_what_is_left(&transaction, &sealed, key)?;
    transaction.commit()?;
    tally::rename_person(path, erasure.codes())?;
    Ok(Some(Erased { records: records.len() as u64 }))
}

fn is_any_unsealed(transaction: &Transaction<'_>, units: &BTreeSet<Uuid>) -> Result<bool, StepError> {
    let mut statement = transaction.prepare("SELECT EXISTS (SELECT 1 FROM unsealed WHERE authorization_id = ?1)")?;
    for id in units {
        if statement.query_row([id.as_bytes()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The person's records whose rows came after one, and the last row that there is.
fn records_behind(connection: &Connection, erasure: &Erasure, row: i64) -> Result<(BTreeSet<Uuid>, i64), StepError> {
    let last = connection.query_row("SELECT coalesce(max(rowid), 0) FROM authorization", [], |row| row.get(0))?;
    let mut statement = connection
        .prepare("SELECT id FROM authorization WHERE rowid > ?1 AND rowid <= ?2 AND instr(record, ?3) > 0")?;
    let found = statement.query_map(params![row, last, erasure.marks().0], |row| Ok(Uuid::from_bytes(row.get(0)?)))?;
    Ok((found.collect::<Result<_, _>>()?, last))
}

/// Programmes in which the person has an account of their own.
fn programs(connection: &Connection, erasure: &Erasure) -> Result<Vec<String>, StepError> {
    let mut statement = connection.prepare("SELECT program FROM points_account WHERE account = ?1")?;
    let programs = statement.query_map([erasure.keys().0], |row| row.get(0))?;
    Ok(programs.collect::<Result<_, _>>()?)
}

/// What entered something into the person's own accounts: authorizations, and what happened outside of them.
fn with_points(transaction: &Transaction<'_>, erasure: &Erasure, programs: &[String]) -> Result<Vec<Uuid>, StepError> {
    let (own, mut found) = (erasure.keys().0, Vec::new());
    let mut statement = transaction
        .prepare("SELECT DISTINCT authorization_id FROM points_entry WHERE program = ?1 AND account = ?2")?;
    for program in programs {
        let ids = statement.query_map(params![program, own], |row| Ok(Uuid::from_bytes(row.get(0)?)))?;
        found.extend(ids.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// A seal with the head before it, and the rows that it covers.
type Sealed = (LaneHead, Seal, Content);

fn sealed(transaction: &Transaction<'_>, units: &BTreeSet<Uuid>) -> Result<Vec<Sealed>, StepError> {
    let mut found = Vec::new();
    for id in units {
        for (before, seal) in seals_of(transaction, *id)? {
            let content = content(transaction, seal.unit)?;
            found.push((before, seal, content));
        }
    }
    Ok(found)
}

/// Takes the person out of a record; the codes of benefits whose use it charged.
fn erase_record(transaction: &Transaction<'_>, erasure: &Erasure, id: Uuid) -> Result<BTreeSet<String>, StepError> {
    let texts = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let mut read = transaction.prepare_cached("SELECT record, reading FROM authorization WHERE id = ?1")?;
    let (record, reading) = read.query_row([id.as_bytes()], texts)?;
    let Left { text: record, charged: mut codes, accounts } = erasure.rewritten(&record)?;
    transaction
        .prepare_cached("UPDATE authorization SET record = ?2, reading = ?3 WHERE id = ?1")?
        .execute(params![id.as_bytes(), record, Erasure::reading(&reading)?])?;
    let mut read =
        transaction.prepare_cached("SELECT number, content FROM authorization_event WHERE authorization_id = ?1")?;
    let events = read.query_map([id.as_bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for (number, event) in events.collect::<Result<Vec<_>, _>>()? {
        let event = erasure.rewritten(&event)?;
        codes.extend(event.charged);
        transaction
            .prepare_cached("UPDATE authorization_event SET content = ?3 WHERE authorization_id = ?1 AND number = ?2")?
            .execute(params![id.as_bytes(), number, event.text])?;
    }
    let (before, after) = erasure.marks();
    let mut rewrite = transaction.prepare_cached(
        "UPDATE points_use SET content = replace(content, ?4, ?5) WHERE program = ?1 AND account = ?2 AND authorization_id = ?3",
    )?;
    for AccountKey { program, account } in &accounts {
        rewrite.execute(params![program, account_text(account), id.as_bytes(), before, after])?;
    }
    let (holder, subject) = erasure.codes();
    for update in [
        "UPDATE movement SET holder = ?3, territory = NULL WHERE authorization_id = ?1 AND holder = ?2",
        "UPDATE over_grant SET holder = ?3 WHERE authorization_id = ?1 AND holder = ?2",
    ] {
        transaction.prepare_cached(update)?.execute(params![id.as_bytes(), holder, subject])?;
    }
    Ok(codes)
}

fn rename_usage(transaction: &Transaction<'_>, erasure: &Erasure, codes: &BTreeSet<String>) -> Result<(), StepError> {
    let (before, after) = erasure.keys();
    for table in ["usage", "usage_window"] {
        let update = format!("UPDATE {table} SET subject = ?3 WHERE code = ?1 AND subject = ?2");
        let mut update = transaction.prepare(&update)?;
        for code in codes {
            update.execute(params![code, before, after])?;
        }
    }
    Ok(())
}

/// Names own accounts anew, also in what happened to them outside of sales.
fn rename_points(
    transaction: &Transaction<'_>,
    erasure: &Erasure,
    (programs, events): (&[String], &[Uuid]),
) -> Result<(), StepError> {
    let (before, after) = erasure.keys();
    for table in ["points_account", "points_lot", "points_use", "points_entry"] {
        let update = format!("UPDATE {table} SET account = ?3 WHERE program = ?1 AND account = ?2");
        let mut update = transaction.prepare(&update)?;
        for program in programs {
            update.execute(params![program, before, after])?;
        }
    }
    let (before, after) = erasure.marks_of_account();
    let mut update = transaction.prepare("UPDATE points_event SET content = replace(content, ?2, ?3) WHERE id = ?1")?;
    for id in events {
        update.execute(params![id.as_bytes(), before, after])?;
    }
    Ok(())
}

/// Covers what is left of units that were as they were sealed. What was changed behind the ledger's back stays found.
fn cover_what_is_left(transaction: &Transaction<'_>, sealed: &[Sealed], key: &SealKey) -> Result<(), StepError> {
    let mut insert = transaction
        .prepare("INSERT OR REPLACE INTO erased_unit (authorization_id, event, link) VALUES (?1, ?2, ?3)")?;
    for (before, seal, was) in sealed {
        if seal.covers(before, was, key) {
            let link = seal.over_what_is_left(LANE, &content(transaction, seal.unit)?, key);
            insert.execute(params![seal.unit.authorization.as_bytes(), seal.unit.event, link])?;
        }
    }
    Ok(())
}
