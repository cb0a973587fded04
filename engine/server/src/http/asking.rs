//! Who asks and what, settled in this order before anything is decided: the credential, its scope, the body.

use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use avis_core::limits::REQUEST_BYTES_MAX;
use avis_core::{IdentifierVerdict, Plan, Request};

use crate::credentials::{Scope, Terminal};
use crate::engine::{Engine, LOADED_REVISION};
use crate::http::{Problem, Shared};
use crate::metrics::Operation;

/// The terminal whose credential this is, if it is for such use.
pub(super) fn terminal<'a>(http: &HttpRequest, engine: &'a Engine, scope: Scope) -> Result<&'a Terminal, Problem> {
    let terminal = known(http, engine).ok_or_else(Problem::unauthorized)?;
    if terminal.may(scope) { Ok(terminal) } else { Err(Problem::out_of_scope(scope)) }
}

fn known<'a>(http: &HttpRequest, engine: &'a Engine) -> Option<&'a Terminal> {
    let header = http.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { engine.credentials.find(key.trim()) } else { None }
}

/// How long a body may take to arrive: a till on a bad line sends a few kilobytes well within it.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The whole body of JSON, given up as soon as it is too large or too slow.
pub(super) async fn json(http: &HttpRequest, payload: Payload) -> Result<Bytes, Problem> {
    if !is_json(http) {
        return Err(Problem::not_json());
    }
    match rt::time::timeout(BODY_TIME, payload.to_bytes_limited(REQUEST_BYTES_MAX)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(Problem::unreadable()),
        Ok(Err(_)) => Err(Problem::too_large(REQUEST_BYTES_MAX)),
        Err(_) => Err(Problem::too_slow(BODY_TIME)),
    }
}

fn is_json(http: &HttpRequest) -> bool {
    let content_type = http.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

/// A request that the terminal may send, on data that is new enough.
pub(super) fn request(terminal: &Terminal, body: &[u8]) -> Result<Request, Problem> {
    let request = Request::parse(body).map_err(Problem::invalid)?;
    if let Some(fault) = terminal.overstep(&request) {
        return Err(Problem::forbidden(fault));
    }
    if request.min_revision.is_some_and(|least| least > LOADED_REVISION) {
        return Err(Problem::stale(LOADED_REVISION));
    }
    Ok(request)
}

/// What can apply, unless the terminal tries identifiers.
pub(super) fn plan(shared: &Shared, terminal: &Terminal, request: Request) -> Result<Plan, Problem> {
    let plan = shared.engine.plan(&terminal.provider, request).map_err(Problem::invalid)?;
    note_unknown(shared, terminal, &plan).map_err(Problem::guessing)?;
    Ok(plan)
}

/// Counts the unknown identifiers of a request; `Err` with what is left of the minute if they are too many.
pub(super) fn note_unknown(shared: &Shared, terminal: &Terminal, plan: &Plan) -> Result<(), Duration> {
    let verdicts = &plan.person().identifiers;
    let unknown = verdicts.iter().filter(|verdict| **verdict == IdentifierVerdict::Unknown).count();
    shared.guessing.note(&terminal.code, u32::try_from(unknown).unwrap_or(u32::MAX), Instant::now())
}

/// The answer, counted by what became of it.
pub(super) fn answered(shared: &Shared, operation: Operation, answer: Result<HttpResponse, Problem>) -> HttpResponse {
    let response = answer.unwrap_or_else(Problem::into_response);
    shared.metrics.answered(operation, response.status());
    response
}
