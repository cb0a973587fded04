//! Movements and seals of a folder's ledger, beside the process that writes it.

use rusqlite::{Connection, Error, Row};
use uuid::Uuid;

use super::archive::Archive;
use super::ledger::stored::events;
use super::ledger::units::{
    LANE, MOVEMENT_COLUMNS, content, head, movement, movements_of, movements_of_authorization, queue_length,
    seals_after, with_lines,
};
use crate::movements::{Cursor, Followed, Mark, Movements, MovementsError, Sink};
use crate::sealing::strays::{self, ADDED, WITHOUT_RECORD};
use crate::sealing::{BrokenSeal, Content, SealKey, Standing, Verification, Verifier};

/// Seals that are read at a time.
const PAGE: usize = 500;

impl Movements for Archive {
    fn movements_after(&self, cursor: &Cursor, most_of_lane: usize) -> Result<Followed, MovementsError> {
        self.at_one_moment(|connection| {
            check(connection, cursor)?;
            let mut followed = Followed { movements: Vec::new(), cursor: cursor.clone() };
            for seal in seals_after(connection, cursor.position(LANE), most_of_lane)? {
                followed.movements.extend(movements_of(connection, seal.unit)?);
                followed.cursor.set(LANE, Mark::new(seal.position, &seal.link));
            }
            Ok(followed)
        })
    }

    fn each_movement(&self, sink: &mut Sink<'_>) -> Result<(), MovementsError> {
        self.at_one_moment(|connection| {
            let query = format!("SELECT {MOVEMENT_COLUMNS} FROM movement m ORDER BY m.authorization_id, m.number");
            let mut statement = connection.prepare_cached(&query)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                sink(with_lines(connection, movement(row)?)?)?;
            }
            Ok(())
        })
    }

    fn verify(&self, key: &SealKey) -> Result<Verification, MovementsError> {
        self.at_one_moment(|connection| {
            let mut found = Verification { unsealed: queue_length(connection)?, ..Verification::default() };
            let mut verifier = Verifier::new(LANE, key, &mut found);
            loop {
                let seals = seals_after(connection, verifier.position(), PAGE)?;
                for seal in &seals {
                    verifier.seal(seal, &readable(content(connection, seal.unit))?);
                }
                if seals.len() < PAGE {
                    break;
                }
            }
            verifier.end(&head(connection)?);
            find_added(connection, &mut found)?;
            compare_all(connection, &mut found)?;
            find_without_record(connection, &mut found)?;
            Ok(found)
        })
    }
}

/// Compares every authorization with what its record and history come to.
fn compare_all(connection: &Connection, found: &mut Verification) -> Result<(), MovementsError> {
    let mut statement = connection.prepare("SELECT id, state, expires_at, record FROM authorization ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match (standing(connection, row), id(row)?) {
            (Ok(standing), _) => found.compare(&standing),
            (Err(error), id) if is_of_another_type(&error) => match id {
                Some(id) => found.unreadable(id),
                None => found.add(BrokenSeal::Nameless { table: "authorization" }),
            },
            (Err(error), _) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Finds rows that somebody else than the ledger appended.
fn find_added(connection: &Connection, found: &mut Verification) -> Result<(), MovementsError> {
    for (table, query) in ADDED {
        let mut statement = connection.prepare(&strays::on_sqlite(query))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.add(match id(row)? {
                Some(authorization) => BrokenSeal::Added { authorization, number: row.get(1)?, table },
                None => BrokenSeal::Nameless { table },
            });
        }
    }
    Ok(())
}

/// Finds rows whose record is not there.
fn find_without_record(connection: &Connection, found: &mut Verification) -> Result<(), MovementsError> {
    for (table, query) in WITHOUT_RECORD {
        let mut statement = connection.prepare(&strays::on_sqlite(query))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            // What is no id is told above, or stands beside a record.
            if let Some(authorization) = id(row)? {
                found.without_record(authorization, table);
            }
        }
    }
    Ok(())
}

/// The id in the first column; none where the bytes are those of no id.
fn id(row: &Row<'_>) -> Result<Option<Uuid>, Error> {
    let bytes: Option<[u8; 16]> = row.get_ref(0)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok());
    Ok(bytes.map(Uuid::from_bytes))
}

fn standing(connection: &Connection, row: &Row<'_>) -> Result<Standing, Error> {
    let authorization = Uuid::from_bytes(row.get(0)?);
    let expires_at = row.get::<_, Option<i64>>(2)?.map(|at| at.saturating_mul(1000));
    Ok(Standing {
        authorization,
        state: row.get(1)?,
        expires_at,
        record: row.get(3)?,
        events: events(connection, authorization)?,
        movements: movements_of_authorization(connection, authorization)?,
    })
}

/// A row that is not of its type any more was changed.
fn readable(content: Result<Content, Error>) -> Result<Content, Error> {
    match content {
        Err(error) if is_of_another_type(&error) => Ok(Content::default()),
        content => content,
    }
}

fn is_of_another_type(error: &Error) -> bool {
    matches!(error, Error::FromSqlConversionFailure(..) | Error::InvalidColumnType(..) | Error::Utf8Error(..))
}

/// The ledger has what a cursor names.
pub(super) fn check(connection: &Connection, cursor: &Cursor) -> Result<(), MovementsError> {
    for (lane, mark) in cursor.marks() {
        let before = mark.position.saturating_sub(1);
        let found = if lane == LANE { seals_after(connection, before, 1)? } else { Vec::new() };
        let is_there = found.first().is_some_and(|seal| Mark::new(seal.position, &seal.link) == *mark);
        if !is_there {
            return Err(MovementsError::Diverged(lane));
        }
    }
    Ok(())
}

impl From<Error> for MovementsError {
    fn from(error: Error) -> Self {
        Self::failed(error)
    }
}
