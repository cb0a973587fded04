//! The tables of points, read from the database itself when the load is over.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

/// Entries in the order of their accounts and operations.
const ENTRIES: &str = "SELECT program, account, number, {id}, event, ledger_account, coalesce(lot, -1), points,
    {at}, coalesce({active_from}, {at}) FROM {schema}points_entry ORDER BY program, account, number, place";
const LOTS: &str = "SELECT program, account, lot, points FROM {schema}points_lot";

/// What the tables hold.
pub(crate) struct Rows {
    pub(crate) entries: Vec<Entry>,
    /// What is left of lots, by account and number.
    pub(crate) lots: BTreeMap<((String, String), i64), i64>,
}

/// A row of an entry.
pub(crate) struct Entry {
    pub(crate) program: String,
    pub(crate) account: String,
    pub(crate) number: i64,
    pub(crate) authorization: Uuid,
    pub(crate) event: usize,
    pub(crate) ledger_account: String,
    pub(crate) lot: Option<i64>,
    pub(crate) points: i64,
    /// As of when, in milliseconds since 1970.
    pub(crate) at: i64,
    /// From when its lot is active; of entries on no lot, as of when.
    pub(crate) active_from: i64,
}

impl Entry {
    /// The programme, and whose.
    pub(crate) fn account(&self) -> (String, String) {
        (self.program.clone(), self.account.clone())
    }
}

impl Rows {
    /// Of the folder of a server that was stopped.
    ///
    /// # Errors
    /// A database that can't be read.
    pub(crate) fn of_folder(folder: &Path) -> Result<Self, String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection =
            Connection::open_with_flags(folder.join("ledger.db"), flags).map_err(|error| error.to_string())?;
        let words = [
            ("{schema}", ""),
            ("{id}", "lower(hex(authorization_id))"),
            ("{at}", "at"),
            ("{active_from}", "active_from"),
        ];
        Self::read(&words, |query| queried(&connection, query))
    }

    /// Of a database, by its URL, with the program of PostgreSQL that asks it.
    ///
    /// # Errors
    /// No such program, or a database that can't be read.
    pub(crate) fn of_database(url: &str) -> Result<Self, String> {
        let words = [
            ("{schema}", "avis."),
            ("{id}", "authorization_id"),
            ("{at}", "(extract(epoch FROM at) * 1000)::bigint"),
            ("{active_from}", "(extract(epoch FROM active_from) * 1000)::bigint"),
        ];
        Self::read(&words, |query| {
            let mut command = Command::new("psql");
            command.args(["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", query, "-d", url]);
            let output = command.output().map_err(|error| format!("psql: {error}"))?;
            if !output.status.success() {
                return Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr).trim()));
            }
            let rows = String::from_utf8_lossy(&output.stdout);
            Ok(rows.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect())
        })
    }

    fn read(words: &[(&str, &str)], query: impl Fn(&str) -> Result<Vec<Vec<String>>, String>) -> Result<Self, String> {
        let read =
            |text: &str| query(&words.iter().fold(text.to_owned(), |text, (name, word)| text.replace(name, word)));
        let entries = read(ENTRIES)?.into_iter().map(entry).collect::<Result<_, _>>()?;
        let lots = read(LOTS)?.into_iter().map(|row| {
            let [program, account, lot, points] = columns(row)?;
            Ok((((program, account), whole(&lot)?), whole(&points)?))
        });
        Ok(Self { entries, lots: lots.collect::<Result<_, String>>()? })
    }
}

fn entry(row: Vec<String>) -> Result<Entry, String> {
    let [program, account, number, authorization, event, ledger_account, lot, points, at, active_from] = columns(row)?;
    Ok(Entry {
        program,
        account,
        number: whole(&number)?,
        authorization: authorization.parse().map_err(|_| format!("`{authorization}` is no id"))?,
        event: whole(&event)?.try_into().map_err(|_| format!("`{event}` is no number of an event"))?,
        ledger_account,
        lot: Some(whole(&lot)?).filter(|lot| *lot >= 0),
        points: whole(&points)?,
        at: whole(&at)?,
        active_from: whole(&active_from)?,
    })
}

fn columns<const N: usize>(row: Vec<String>) -> Result<[String; N], String> {
    row.try_into().map_err(|row: Vec<String>| format!("expected {N} columns, came {}", row.len()))
}

fn whole(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("expected a whole number, came `{text}`"))
}

fn queried(connection: &Connection, query: &str) -> Result<Vec<Vec<String>>, String> {
    let text = |value: Value| match value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    let rows = || -> Result<Vec<Vec<String>>, rusqlite::Error> {
        let mut statement = connection.prepare(query)?;
        let columns = statement.column_count();
        statement.query_map([], |row| (0..columns).map(|column| Ok(text(row.get(column)?))).collect())?.collect()
    };
    rows().map_err(|error| error.to_string())
}
