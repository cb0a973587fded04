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
use crate::sealing::{BrokenSeal, Content, SealKey, Standing, Verification, Verifier};

/// Seals that are read at a time.
const PAGE: usize = 500;

/// Rows that were appended by somebody else than the ledger: sealed and queued units are all that there may be.
const ADDED: [(&str, &str); 6] = [
    (
        "points_entry",
        "SELECT authorization_id, event FROM points_entry
         EXCEPT SELECT authorization_id, event FROM seal EXCEPT SELECT authorization_id, event FROM unsealed",
    ),
    (
        "points_event",
        "SELECT id, 0 FROM points_event
         EXCEPT SELECT authorization_id, event FROM seal EXCEPT SELECT authorization_id, event FROM unsealed",
    ),
    (
        "authorization",
        "SELECT id, 0 FROM authorization
         EXCEPT SELECT authorization_id, event FROM seal EXCEPT SELECT authorization_id, event FROM unsealed",
    ),
    (
        "authorization_event",
        "SELECT authorization_id, number FROM authorization_event
         EXCEPT SELECT authorization_id, event FROM seal EXCEPT SELECT authorization_id, event FROM unsealed",
    ),
    (
        "movement",
        "SELECT authorization_id, event FROM movement
         EXCEPT SELECT authorization_id, event FROM seal EXCEPT SELECT authorization_id, event FROM unsealed",
    ),
    (
        "entry",
        "SELECT authorization_id, number FROM entry UNION SELECT authorization_id, number FROM movement_line
         EXCEPT SELECT authorization_id, number FROM movement",
    ),
];

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
            compare_all(connection, &mut found)?;
            for (table, query) in ADDED {
                let mut statement = connection.prepare(query)?;
                let added = statement.query_map([], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?)))?;
                for row in added {
                    let (authorization, number) = row?;
                    found.add(BrokenSeal::Added { authorization, number, table });
                }
            }
            Ok(found)
        })
    }
}

/// Compares every authorization with what its record and history come to.
fn compare_all(connection: &Connection, found: &mut Verification) -> Result<(), MovementsError> {
    let mut statement = connection.prepare("SELECT id, state, expires_at, record FROM authorization ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match standing(connection, row) {
            Ok(standing) => found.compare(&standing),
            Err(error) if is_of_another_type(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
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
