//! `POST /v1/reversals`: undoes a request whose answer never came.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::Fingerprint;
use avis_core::authorization::ReversalBody;
use avis_store::{Refused, Task};

use crate::http::admission::Caller;
use crate::http::{AppState, Problem, admission, recording};
use crate::metrics::Operation;

pub(super) async fn reverse(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    admission::answered(&shared, Operation::Reverse, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &AppState) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let json = admission::json(http, payload).await?;
    let body = ReversalBody::parse(&json).map_err(Problem::invalid)?;
    if body.request_id == body.original_request_id {
        // It names itself, and a reversal can't be reversed.
        return Err(Problem::refused(Refused::NotReversible));
    }
    let fingerprint = Fingerprint::of_reversal(&body, shared.engine.secret());
    let key = recording::key(&caller.terminal, body.request_id, fingerprint);
    let terminal = caller.terminal.code.as_str().into();
    recording::record(shared, &caller, Task::Reverse { key, terminal, body }).await
}
