//! What the operator's endpoints answer.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, rt};
use avis_store::{Actor, StoreError};
use serde::{Deserialize, Serialize};

use crate::fault::{AdminError, LineFault};
use crate::http::is_operator;
use crate::import;
use crate::operator::Operator;

/// The code of what the store failed to do; `detail` is the cause alone.
pub const STORE_FAILED: &str = "store_failed";

/// A refusal, as problem details (RFC 9457): nothing happened.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answered {
    /// What it is about.
    pub title: String,
    /// As the answer's.
    pub status: u16,
    /// For programs.
    pub code: String,
    /// For people.
    pub detail: String,
    /// Every fault of what was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<LineFault>,
}

/// How something is asked for, as its query says.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitOptions {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Say what it would do, and do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// For terminals in a dry run: codes of providers that a catalogue would bring before them, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub providers: Option<String>,
    /// For a catalogue: publish it although cases fail.
    #[serde(default)]
    pub despite_failing_cases: bool,
}

impl CommitOptions {
    /// As of now, with a reason where none is given.
    pub(super) fn import(&self, operator: &Operator, reason: &str) -> import::ChangeContext {
        import::ChangeContext {
            actor: Actor::machine(self.actor.as_deref().unwrap_or("operator")),
            reason: self.reason.clone().unwrap_or_else(|| reason.to_owned()),
            at: operator.clock.now(),
            dry_run: self.dry_run,
            providers: self.expected_providers(),
            despite_failing_cases: self.despite_failing_cases,
        }
    }
}

impl CommitOptions {
    /// Only what is tried may build on what is not there yet.
    fn expected_providers(&self) -> Vec<String> {
        let codes = self.providers.as_deref().filter(|_| self.dry_run).unwrap_or_default();
        codes.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect()
    }
}

/// Does something that may wait for a disk, if the operator asks for it.
pub(super) async fn done<T: Serialize + Send + 'static>(
    http: &HttpRequest,
    operator: &Data<Operator>,
    work: impl FnOnce(&Operator) -> Result<T, AdminError> + Send + 'static,
) -> HttpResponse {
    if !is_operator(http, operator) {
        return unauthorized();
    }
    let asked = operator.clone();
    let working = move || {
        let done = work(&asked)?;
        let newest = asked.store.head().map(|head| head.revision.number).ok();
        Ok((done, newest))
    };
    match web::block(working).await {
        Ok(Ok((done, newest))) => {
            applied(operator, newest).await;
            HttpResponse::Ok().json(done)
        }
        Ok(Err(error)) => refused(error),
        Err(_) => stopping(),
    }
}

/// How long a command waits for the engine beside it: a card or a key takes milliseconds, and a great import its time.
const APPLIED_WAIT: Duration = Duration::from_secs(2);

/// Waits until the engine of this process has come to a revision, so that what a command did holds there when it ends.
async fn applied(operator: &Operator, newest: Option<u64>) {
    if let (Some((engine, _)), Some(newest)) = (&operator.engine, newest) {
        let mut applied = engine.applied();
        // Later it has it all the same: `status` shows how far it is.
        let _ = rt::time::timeout(APPLIED_WAIT, applied.wait_for(|revision| *revision >= newest)).await;
    }
}

pub(super) fn unauthorized() -> HttpResponse {
    let detail = "send the token of `operator.json` as `authorization: Bearer …`";
    problem(StatusCode::UNAUTHORIZED, "unauthorized", detail.to_owned(), Vec::new())
}

pub(super) fn stopping() -> HttpResponse {
    problem(StatusCode::SERVICE_UNAVAILABLE, "stopping", "it is stopping".to_owned(), Vec::new())
}

pub(super) fn misdirected() -> HttpResponse {
    let detail = "expected the header `host` with the address of `operator.json`; another name is not answered for";
    problem(StatusCode::MISDIRECTED_REQUEST, "misdirected", detail.to_owned(), Vec::new())
}

pub(super) fn refused(error: AdminError) -> HttpResponse {
    let detail = match &error {
        // Whose store it is, and what to do about it, the command knows.
        AdminError::Store(StoreError::Failed(cause)) => cause.clone(),
        error => error.to_string(),
    };
    let (status, code, errors) = match error {
        AdminError::Faults(faults) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_file", faults),
        AdminError::Missing(_) => (StatusCode::NOT_FOUND, "missing", Vec::new()),
        AdminError::Exists(_) => (StatusCode::CONFLICT, "exists", Vec::new()),
        AdminError::Full(_) => (StatusCode::CONFLICT, "full", Vec::new()),
        AdminError::Store(StoreError::Changed(_)) => (StatusCode::CONFLICT, "changed", Vec::new()),
        AdminError::Store(StoreError::Interrupted(_)) => (StatusCode::BAD_REQUEST, "interrupted", Vec::new()),
        AdminError::Store(StoreError::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "busy", Vec::new()),
        AdminError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, STORE_FAILED, Vec::new()),
        AdminError::Altered(_) => (StatusCode::SERVICE_UNAVAILABLE, "altered", Vec::new()),
        AdminError::Output(_) => (StatusCode::INTERNAL_SERVER_ERROR, "not_written", Vec::new()),
    };
    problem(status, code, detail, errors)
}

fn problem(status: StatusCode, code: &str, detail: String, errors: Vec<LineFault>) -> HttpResponse {
    let title = status.canonical_reason().unwrap_or_default().to_owned();
    let body = Answered { title, status: status.as_u16(), code: code.to_owned(), detail, errors };
    HttpResponse::build(status).content_type("application/problem+json").json(body)
}

pub(super) async fn no_such_path() -> HttpResponse {
    let detail = "expected an endpoint of the operator; `avis --help` names the commands that use them";
    problem(StatusCode::NOT_FOUND, "no_such_path", detail.to_owned(), Vec::new())
}
