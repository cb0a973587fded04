//! `POST /v1/authorizations`: decides and records, in one step with every limit.

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::{Fingerprint, Request};
use avis_store::Task;

use crate::http::admission::Caller;
use crate::http::{AppState, Code, Problem, admission, recording};
use crate::metrics::Operation;
use crate::terminal::Terminal;

pub(super) async fn authorize(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    admission::answered(&shared, Operation::Authorize, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &Data<AppState>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let body = admission::json(http, payload).await?;
    let (caller, asked) = admission::request(shared, caller, &body).await?;
    check_time(shared, &caller.terminal, &asked.request).await?;
    let fingerprint = Fingerprint::of_loyalty_request(&asked, shared.engine.secret());
    let key = recording::key(&caller.terminal, asked.request.request_id, fingerprint);
    let planned = admission::plan(shared, &caller, asked)?;
    let new = recording::new(shared, &caller, key, planned);
    recording::record(shared, &caller, Task::Authorize(new)).await
}

/// A sale takes place about now, but for training; a repeat of one that was answered may come at any time.
async fn check_time(shared: &Data<AppState>, terminal: &Terminal, request: &Request) -> Result<(), Problem> {
    if terminal.trains() {
        return Ok(());
    }
    let (now, at) = (shared.clock.now(), request.occurred_at);
    let is_past = at.duration_until(now) > shared.selling.past;
    let is_future = now.duration_until(at) > shared.selling.future;
    if !is_past && !is_future {
        return Ok(());
    }
    let (asked, provider, id) = (shared.clone(), terminal.provider.clone(), request.request_id);
    let known = web::block(move || asked.ledger.request(&provider, id)).await;
    let known = known.map_err(|_| Code::LedgerUnavailable)?.map_err(|_| Code::LedgerUnavailable)?;
    if known.is_some() { Ok(()) } else { Err(Problem::not_about_now(&shared.selling, is_past)) }
}
