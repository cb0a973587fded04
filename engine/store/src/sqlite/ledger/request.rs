//! What each request id was used for, and what was answered.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::StepError;
use crate::answer;
use crate::ledger::{RequestKey, Task, Verdict};

/// A request that was answered, or whose reversal came first.
pub(super) struct Known {
    pub(super) fingerprint: Option<[u8; 16]>,
    pub(super) kind: Option<String>,
    pub(super) authorization: Option<Uuid>,
    pub(super) answer: Option<Vec<u8>>,
    pub(super) reversed: bool,
}

impl Known {
    /// Whether this very request was answered without opening an authorization.
    pub(super) fn is_declined(&self, key: &RequestKey) -> bool {
        let authorized = self.kind.as_deref() == Some(AUTHORIZE);
        authorized && self.authorization.is_none() && !self.reversed && self.fingerprint == Some(key.fingerprint.0)
    }
}

pub(super) fn find(connection: &Connection, provider: &str, id: Uuid) -> Result<Option<Known>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT fingerprint, kind, authorization_id, answer, reversed FROM request WHERE provider = ?1 AND request_id = ?2",
    )?;
    let known = |row: &rusqlite::Row<'_>| {
        Ok(Known {
            fingerprint: row.get(0)?,
            kind: row.get(1)?,
            authorization: row.get::<_, Option<[u8; 16]>>(2)?.map(Uuid::from_bytes),
            answer: row.get(3)?,
            reversed: row.get(4)?,
        })
    };
    statement.query_row(params![provider, id.as_bytes()], known).optional()
}

/// Keeps an answer, and gives it; what was only reversed, or declined, gets its answer now.
pub(super) fn keep(
    connection: &Connection,
    key: &RequestKey,
    kind: &str,
    authorization: Option<Uuid>,
    body: Vec<u8>,
) -> Result<Verdict, StepError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO request (provider, request_id, fingerprint, kind, authorization_id, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, kind = excluded.kind,
                                   authorization_id = excluded.authorization_id, answer = excluded.answer",
    )?;
    let authorization = authorization.map(Uuid::into_bytes);
    statement.execute(params![
        key.provider,
        key.request_id.as_bytes(),
        key.fingerprint.0,
        kind,
        authorization,
        body
    ])?;
    Ok(Verdict::Answered { body, replayed: false })
}

/// Notes that a request is reversed before it came.
pub(super) fn reverse_in_advance(connection: &Connection, provider: &str, id: Uuid) -> Result<(), rusqlite::Error> {
    let mut statement =
        connection.prepare_cached("INSERT INTO request (provider, request_id, reversed) VALUES (?1, ?2, 1)")?;
    statement.execute(params![provider, id.as_bytes()])?;
    Ok(())
}

/// Notes that a request is reversed.
pub(super) fn set_reversed(connection: &Connection, provider: &str, id: Uuid) -> Result<(), rusqlite::Error> {
    let mut statement =
        connection.prepare_cached("UPDATE request SET reversed = 1 WHERE provider = ?1 AND request_id = ?2")?;
    statement.execute(params![provider, id.as_bytes()])?;
    Ok(())
}

/// A request whose reversal came first has no effect, and its answer says so.
pub(super) fn came_too_late(connection: &Connection, task: &Task) -> Result<Verdict, StepError> {
    let key = task.key();
    let body = answer::came_too_late(key.request_id);
    let mut statement = connection.prepare_cached(
        "UPDATE request SET fingerprint = ?3, kind = ?4, answer = ?5 WHERE provider = ?1 AND request_id = ?2",
    )?;
    let kind = kind_of(task);
    statement.execute(params![key.provider, key.request_id.as_bytes(), key.fingerprint.0, kind, body])?;
    Ok(Verdict::Answered { body, replayed: false })
}

pub(super) fn kind_of(task: &Task) -> &'static str {
    match task {
        Task::Authorize(_) | Task::Advise { .. } => AUTHORIZE,
        Task::Operate { .. } => OPERATE,
        Task::Reverse { .. } => REVERSE,
    }
}

pub(super) const AUTHORIZE: &str = "authorize";
pub(super) const OPERATE: &str = "operate";
pub(super) const REVERSE: &str = "reverse";
