//! `POST /v1/quote`: what would apply now. Decides and records nothing.

use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use avis_core::limits::REQUEST_BYTES_MAX;
use avis_core::{DecidedLine, Decision, Outcome, Reasons, Request, Totals};
use serde::Serialize;
use uuid::Uuid;

use crate::credentials::Terminal;
use crate::engine::{Engine, LOADED_REVISION};
use crate::http::{Problem, Shared};

/// The answer to a quote.
#[derive(Serialize)]
struct Answer<'a> {
    request_id: Uuid,
    outcome: Outcome,
    /// How well usage is known: without a ledger not at all, so no limit is promised.
    usage: &'static str,
    revision: u64,
    stale: bool,
    gross: i64,
    discount: i64,
    payable: i64,
    lines: &'a [DecidedLine],
    reasons: Reasons,
}

impl<'a> Answer<'a> {
    fn of(request_id: Uuid, decision: &'a Decision) -> Self {
        Self {
            request_id,
            outcome: decision.outcome,
            usage: "unknown",
            revision: LOADED_REVISION,
            stale: false,
            gross: decision.gross,
            discount: decision.discount,
            payable: decision.payable,
            lines: &decision.lines,
            reasons: decision.reasons,
        }
    }
}

pub(super) async fn quote(http: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let response = match asked(&http, payload, &shared).await {
        Ok(answer) => HttpResponse::Ok().content_type("application/json").body(answer),
        Err(problem) => problem.into_response(),
    };
    shared.metrics.quoted(response.status());
    response
}

/// Who asks is settled before anything of the body is read.
async fn asked(http: &HttpRequest, payload: Payload, shared: &Shared) -> Result<Vec<u8>, Problem> {
    let engine = &shared.engine;
    let terminal = terminal(http, engine).ok_or_else(Problem::unauthorized)?;
    if !is_json(http) {
        return Err(Problem::not_json());
    }
    let body = body(payload).await?;
    let begun = Instant::now();
    let answer = answer(engine, terminal, &body);
    shared.metrics.took(begun.elapsed());
    answer
}

/// The bytes of the answer to a body.
///
/// # Errors
/// A body that is no request, one that oversteps what the terminal may, or one that asks for newer data than is here.
pub fn answer(engine: &Engine, terminal: &Terminal, body: &[u8]) -> Result<Vec<u8>, Problem> {
    let request = Request::parse(body).map_err(Problem::invalid)?;
    if let Some(fault) = terminal.overstep(&request) {
        return Err(Problem::forbidden(fault));
    }
    if request.min_revision.is_some_and(|least| least > LOADED_REVISION) {
        return Err(Problem::stale(LOADED_REVISION));
    }
    let request_id = request.request_id;
    let plan = engine.plan(&terminal.provider, request).map_err(Problem::invalid)?;
    let decision = plan.decide(&plan.usage(|_| Totals::default()));
    // These types have no keys that JSON can't write.
    Ok(serde_json::to_vec(&Answer::of(request_id, &decision)).unwrap_or_default())
}

fn terminal<'a>(http: &HttpRequest, engine: &'a Engine) -> Option<&'a Terminal> {
    let header = http.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { engine.credentials.find(key.trim()) } else { None }
}

fn is_json(http: &HttpRequest) -> bool {
    let content_type = http.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

/// How long a body may take to arrive: a till on a bad line sends a few kilobytes well within it.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The whole body, given up as soon as it is too large or too slow.
async fn body(payload: Payload) -> Result<Bytes, Problem> {
    match rt::time::timeout(BODY_TIME, payload.to_bytes_limited(REQUEST_BYTES_MAX)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(Problem::unreadable()),
        Ok(Err(_)) => Err(Problem::too_large(REQUEST_BYTES_MAX)),
        Err(_) => Err(Problem::too_slow(BODY_TIME)),
    }
}
