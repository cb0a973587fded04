//! `POST /v1/quote`: what would apply now. Decides and records nothing.

use std::time::Instant;

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::{DecidedLine, Decision, Need, Outcome, Plan, Reasons, Totals};
use serde::Serialize;
use uuid::Uuid;

use crate::http::asking::Caller;
use crate::http::{Problem, Shared, asking};
use crate::metrics::Operation;
use crate::terminal::Scope;

/// The answer to a quote.
#[derive(Serialize)]
struct Answer<'a> {
    request_id: Uuid,
    outcome: Outcome,
    /// How well usage is known: the ledger is here, so it is exact.
    usage: &'static str,
    revision: u64,
    stale: bool,
    gross: i64,
    discount: i64,
    payable: i64,
    lines: &'a [DecidedLine],
    reasons: Reasons,
}

pub(super) async fn quote(http: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    asking::answered(&shared, Operation::Quote, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &Data<Shared>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared, Scope::Sell)?;
    let body = asking::json(http, payload).await?;
    let begun = Instant::now();
    let (caller, request) = asking::request(shared, caller, &body).await?;
    let plan = asking::plan(shared, &caller, request)?;
    let used = used(shared, &plan).await?;
    let answer = decide(&plan, used, caller.known.revision(), shared.is_stale());
    shared.metrics.took(begun.elapsed());
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}

/// What was used, as of the last commit; read on a thread that may wait for a disk.
pub(super) async fn used(shared: &Data<Shared>, plan: &Plan) -> Result<Vec<Totals>, Problem> {
    if plan.needs().is_empty() {
        return Ok(Vec::new());
    }
    let (shared, needs) = (shared.clone(), plan.needs().to_vec());
    let read = web::block(move || shared.ledger.usage(&needs)).await;
    read.map_err(|_| Problem::ledger_unavailable())?.map_err(|error| Problem::of_ledger(&error))
}

/// The bytes of the answer, given what was used and as of which state.
pub fn decide(plan: &Plan, used: Vec<Totals>, revision: u64, stale: bool) -> Vec<u8> {
    let mut used = used.into_iter();
    let sum = |_: &Need| used.next().unwrap_or_default();
    let decision = plan.decide(&plan.usage(sum));
    // These types have no keys that JSON can't write.
    serde_json::to_vec(&Answer::of(plan.request().request_id, &decision, revision, stale)).unwrap_or_default()
}

impl<'a> Answer<'a> {
    fn of(request_id: Uuid, decision: &'a Decision, revision: u64, stale: bool) -> Self {
        Self {
            request_id,
            outcome: decision.outcome,
            usage: "exact",
            revision,
            stale,
            gross: decision.gross,
            discount: decision.discount,
            payable: decision.payable,
            lines: &decision.lines,
            reasons: decision.reasons,
        }
    }
}
