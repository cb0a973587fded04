//! Captures, voids and refunds of an authorization.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::Fingerprint;
use avis_core::authorization::{OperationBody, OperationKind};
use avis_store::Task;

use crate::http::admission::Caller;
use crate::http::{AppState, Problem, admission, read, recording};
use crate::metrics::Operation;

pub(super) async fn capture(
    http: HttpRequest,
    id: Path<String>,
    body: Payload,
    shared: Data<AppState>,
) -> HttpResponse {
    let answer = asked(&http, &id, body, &shared, OperationKind::Capture).await;
    admission::answered(&shared, Operation::Capture, answer)
}

pub(super) async fn void(http: HttpRequest, id: Path<String>, body: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, &id, body, &shared, OperationKind::Void).await;
    admission::answered(&shared, Operation::Void, answer)
}

pub(super) async fn refund(http: HttpRequest, id: Path<String>, body: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, &id, body, &shared, OperationKind::Refund).await;
    admission::answered(&shared, Operation::Refund, answer)
}

async fn asked(
    http: &HttpRequest,
    id: &str,
    payload: Payload,
    shared: &AppState,
    kind: OperationKind,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let authorization = read::id(id)?;
    let json = admission::json(http, payload).await?;
    let (names_lines, has_reason) = (kind != OperationKind::Void, kind != OperationKind::Capture);
    let body = OperationBody::parse(&json, names_lines, has_reason).map_err(Problem::invalid)?;
    let fingerprint = Fingerprint::of_operation(kind, authorization, &body, shared.engine.secret());
    let key = recording::key(&caller.terminal, body.request_id, fingerprint);
    let terminal = caller.terminal.code.as_str().into();
    recording::record(shared, &caller, Task::Operate { key, terminal, authorization, kind, body }).await
}
