//! What each request id was used for, and what was answered.

use avis_core::Fingerprint;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::recording::{Answered, Known, RequestKind};

pub(super) fn find(connection: &Connection, provider: &str, id: Uuid) -> Result<Option<Known>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT fingerprint, kind, authorization_id, answer, reversed FROM request WHERE provider = ?1 AND request_id = ?2",
    )?;
    let known = |row: &rusqlite::Row<'_>| {
        let fingerprint = row.get::<_, Option<[u8; 16]>>(0)?.map(Fingerprint);
        let kind = row.get::<_, Option<String>>(1)?.and_then(|word| RequestKind::of_word(&word));
        let body: Option<Vec<u8>> = row.get(3)?;
        let authorization = row.get::<_, Option<[u8; 16]>>(2)?.map(Uuid::from_bytes);
        let answered = fingerprint.zip(kind).zip(body).map(|((fingerprint, kind), body)| Answered {
            fingerprint,
            kind,
            authorization,
            body,
        });
        Ok(Known { answered, reversed: row.get(4)? })
    };
    statement.query_row(params![provider, id.as_bytes()], known).optional()
}

/// Keeps an answer; what was only reversed, or declined, gets its answer now.
pub(super) fn keep(
    connection: &Connection,
    provider: &str,
    id: Uuid,
    answered: &Answered,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO request (provider, request_id, fingerprint, kind, authorization_id, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, kind = excluded.kind,
                                   authorization_id = excluded.authorization_id, answer = excluded.answer",
    )?;
    statement.execute(params![
        provider,
        id.as_bytes(),
        answered.fingerprint.0,
        answered.kind.word(),
        answered.authorization.map(Uuid::into_bytes),
        answered.body
    ])?;
    Ok(())
}

/// Notes that a request is reversed, also before it came.
pub(super) fn set_reversed(connection: &Connection, provider: &str, id: Uuid) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO request (provider, request_id, reversed) VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET reversed = 1",
    )?;
    statement.execute(params![provider, id.as_bytes()])?;
    Ok(())
}
