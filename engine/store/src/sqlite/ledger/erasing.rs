//! Erases a person from the ledger's file, on a connection of its own beside the thread that writes: portion by portion, and tills sell
//! between them.

use std::path::Path;
use std::time::Duration;

use avis_core::loyalty::AccountKey;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::units::{LANE, content, seals_of};
use super::{StepError, usage};
use crate::erasing::{Erased, Erasure, Left, PORTION};
use crate::ledger::LedgerError;
use crate::recording::account_text;
use crate::sealing::{Content, LaneHead, Seal, SealKey};
use crate::sqlite::turns::Turns;
use crate::sqlite::{schema, tally};

/// How often the sealer is waited for, and how long each time: what is recorded is sealed within a second.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);

/// An erasure on its way.
struct Erasing<'e> {
    connection: Connection,
    turns: &'e Turns,
    key: &'e SealKey,
    erasure: Erasure,
    /// Records are looked for behind this row.
    looked_until: i64,
}

/// Takes the person out of the rows of a record, or of what happened to an account of points.
type Rewrite = fn(&Transaction<'_>, &Erasure, Uuid) -> Result<(), StepError>;

/// Erases a person. What an erasure that was cut off left is erased by the next, under the subject of that.
pub(super) fn erase(path: &Path, turns: &Turns, erasure: Erasure, key: &SealKey) -> Result<Erased, LedgerError> {
    let mut erasing = Erasing::begin(path, turns, erasure, key)?;
    let mut erased = Erased::default();
    loop {
        let records = erasing.records_behind()?;
        erased.records += records.len() as u64;
        erasing.portions(&records, erase_record)?;
        let events = own_events(&erasing.connection, &erasing.erasure)?;
        erasing.portions(&events, erase_event)?;
        // Also for what is being added up meanwhile.
        tally::rename_person(path, erasing.erasure.codes()).map_err(StepError::from)?;
        if erasing.end()? {
            tally::rename_person(path, erasing.erasure.codes()).map_err(StepError::from)?;
            return Ok(erased);
        }
    }
}

impl<'e> Erasing<'e> {
    fn begin(path: &'e Path, turns: &'e Turns, erasure: Erasure, key: &'e SealKey) -> Result<Self, StepError> {
        let connection = schema::open_beside(path)?;
        // What is overwritten is not left in free pages of the file either.
        connection.pragma_update(None, "secure_delete", true)?;
        let (holder, subject) = erasure.codes();
        let turn = turns.take();
        connection.execute("INSERT OR IGNORE INTO erasure (holder, subject) VALUES (?1, ?2)", [holder, subject])?;
        drop(turn);
        let subject =
            connection.query_row("SELECT subject FROM erasure WHERE holder = ?1", [holder], |row| row.get(0))?;
        let erasure = erasure.under(subject);
        Ok(Self { connection, turns, key, erasure, looked_until: 0 })
    }

    /// The person's records behind those that were looked at.
    fn records_behind(&mut self) -> Result<Vec<Uuid>, StepError> {
        let (records, last) = records_behind(&self.connection, &self.erasure, self.looked_until)?;
        self.looked_until = last;
        Ok(records)
    }

    fn portions(&mut self, ids: &[Uuid], rewrite: Rewrite) -> Result<(), LedgerError> {
        ids.chunks(PORTION).try_for_each(|portion| self.portion_once_sealed(portion, rewrite))
    }

    fn portion_once_sealed(&mut self, ids: &[Uuid], rewrite: Rewrite) -> Result<(), LedgerError> {
        for _ in 0..TRIES {
            if self.portion(ids, rewrite)? {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        Err(LedgerError::Failed(Erasure::UNSEALED.to_owned()))
    }

    /// Not where something of it is being sealed.
    fn portion(&mut self, ids: &[Uuid], rewrite: Rewrite) -> Result<bool, StepError> {
        let _turn = self.turns.take();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The sealer reads what it seals before it writes: nothing changes beneath it.
        if is_any_unsealed(&transaction, ids)? {
            return Ok(false);
        }
        let sealed = sealed(&transaction, ids)?;
        for id in ids {
            rewrite(&transaction, &self.erasure, *id)?;
            rename_entries(&transaction, &self.erasure, *id)?;
        }
        cover_what_is_left(&transaction, &sealed, self.key)?;
        transaction.commit()?;
        Ok(true)
    }

    /// Names what is counted of the person otherwise, unless there is more of the person by now.
    fn end(&mut self) -> Result<bool, StepError> {
        let _turn = self.turns.take();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (records, _) = records_behind(&transaction, &self.erasure, self.looked_until)?;
        if !records.is_empty() || !own_events(&transaction, &self.erasure)?.is_empty() {
            return Ok(false);
        }
        let (before, after) = self.erasure.keys();
        usage::rename(&transaction, &before, &after)?;
        rename_accounts(&transaction, &self.erasure)?;
        transaction.execute("DELETE FROM erasure WHERE holder = ?1", [self.erasure.codes().0])?;
        transaction.commit()?;
        Ok(true)
    }
}

fn is_any_unsealed(transaction: &Transaction<'_>, ids: &[Uuid]) -> Result<bool, StepError> {
    let mut statement =
        transaction.prepare_cached("SELECT EXISTS (SELECT 1 FROM unsealed WHERE authorization_id = ?1)")?;
    for id in ids {
        if statement.query_row([id.as_bytes()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The person's records whose rows came after one, and the last row that there is.
fn records_behind(connection: &Connection, erasure: &Erasure, row: i64) -> Result<(Vec<Uuid>, i64), StepError> {
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

/// What entered something into the person's own accounts and still stands under the code: what happened outside of sales.
fn own_events(connection: &Connection, erasure: &Erasure) -> Result<Vec<Uuid>, StepError> {
    let (own, mut found) = (erasure.keys().0, Vec::new());
    let mut statement =
        connection.prepare("SELECT DISTINCT authorization_id FROM points_entry WHERE program = ?1 AND account = ?2")?;
    for program in programs(connection, erasure)? {
        let ids = statement.query_map(params![program, own], |row| Ok(Uuid::from_bytes(row.get(0)?)))?;
        found.extend(ids.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// A seal with the head before it, and the rows that it covers.
type Sealed = (LaneHead, Seal, Content);

fn sealed(transaction: &Transaction<'_>, ids: &[Uuid]) -> Result<Vec<Sealed>, StepError> {
    let mut found = Vec::new();
    for id in ids {
        for (before, seal) in seals_of(transaction, *id)? {
            let content = content(transaction, seal.unit)?;
            found.push((before, seal, content));
        }
    }
    Ok(found)
}

/// Takes the person out of a record.
fn erase_record(transaction: &Transaction<'_>, erasure: &Erasure, id: Uuid) -> Result<(), StepError> {
    let texts = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let mut read = transaction.prepare_cached("SELECT record, reading FROM authorization WHERE id = ?1")?;
    let Some((record, reading)) = read.query_row([id.as_bytes()], texts).optional()? else { return Ok(()) };
    let Left { text: record, accounts } = erasure.rewritten(&record)?;
    transaction
        .prepare_cached("UPDATE authorization SET record = ?2, reading = ?3 WHERE id = ?1")?
        .execute(params![id.as_bytes(), record, Erasure::reading(&reading)?])?;
    let mut read =
        transaction.prepare_cached("SELECT number, content FROM authorization_event WHERE authorization_id = ?1")?;
    let events = read.query_map([id.as_bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for (number, event) in events.collect::<Result<Vec<_>, _>>()? {
        transaction
            .prepare_cached("UPDATE authorization_event SET content = ?3 WHERE authorization_id = ?1 AND number = ?2")?
            .execute(params![id.as_bytes(), number, erasure.rewritten(&event)?.text])?;
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
    Ok(())
}

/// Takes the person out of what happened to an own account of points outside of sales.
fn erase_event(transaction: &Transaction<'_>, erasure: &Erasure, id: Uuid) -> Result<(), StepError> {
    let (before, after) = erasure.marks_of_account();
    let mut update =
        transaction.prepare_cached("UPDATE points_event SET content = replace(content, ?2, ?3) WHERE id = ?1")?;
    update.execute(params![id.as_bytes(), before, after])?;
    Ok(())
}

/// Names the own account anew in what was entered into it. Until the account itself is, numbers go on where they were.
fn rename_entries(transaction: &Transaction<'_>, erasure: &Erasure, id: Uuid) -> Result<(), StepError> {
    let (before, after) = erasure.keys();
    let mut update = transaction
        .prepare_cached("UPDATE points_entry SET account = ?3 WHERE authorization_id = ?1 AND account = ?2")?;
    update.execute(params![id.as_bytes(), before, after])?;
    Ok(())
}

/// Names own accounts anew, of which every entry is named so already.
fn rename_accounts(transaction: &Transaction<'_>, erasure: &Erasure) -> Result<(), StepError> {
    let (before, after) = erasure.keys();
    let programs = programs(transaction, erasure)?;
    for table in ["points_account", "points_lot", "points_use"] {
        let update = format!("UPDATE {table} SET account = ?3 WHERE program = ?1 AND account = ?2");
        let mut update = transaction.prepare(&update)?;
        for program in &programs {
            update.execute(params![program, before, after])?;
        }
    }
    Ok(())
}

/// Covers what is left of units that were as they were sealed. What was changed behind the ledger's back stays found.
fn cover_what_is_left(transaction: &Transaction<'_>, sealed: &[Sealed], key: &SealKey) -> Result<(), StepError> {
    let mut insert = transaction
        .prepare_cached("INSERT OR REPLACE INTO erased_unit (authorization_id, event, link) VALUES (?1, ?2, ?3)")?;
    for (before, seal, was) in sealed {
        if seal.covers(before, was, key) {
            let link = seal.over_what_is_left(LANE, &content(transaction, seal.unit)?, key);
            insert.execute(params![seal.unit.authorization.as_bytes(), seal.unit.event, link])?;
        }
    }
    Ok(())
}
