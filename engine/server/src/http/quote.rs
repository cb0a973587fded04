//! `POST /v1/quote`: what would apply now. Decides and records nothing.

use std::time::{Duration, Instant};

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use avis_core::{DecidedLine, Decision, Need, Outcome, Plan, Reason, Reasons, Totals};
use avis_store::AwayDecision;
use serde::Serialize;
use uuid::Uuid;

use crate::http::admission::Caller;
use crate::http::{AppState, Code, Problem, admission};
use crate::metrics::Operation;
use crate::usage_cache::UsageConfidence;

/// The answer to a quote.
#[derive(Serialize)]
struct Answer<'a> {
    request_id: Uuid,
    outcome: Outcome,
    /// How well usage is known.
    usage: UsageConfidence,
    revision: u64,
    stale: bool,
    gross: i64,
    discount: i64,
    payable: i64,
    lines: &'a [DecidedLine],
    reasons: Reasons,
    main_reason: Option<Reason>,
}

pub(super) async fn quote(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    admission::answered(&shared, Operation::Quote, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &Data<AppState>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let body = admission::json(http, payload).await?;
    let begun = Instant::now();
    let (caller, request) = admission::request(shared, caller, &body).await?;
    let plan = admission::plan(shared, &caller, request)?;
    let (revision, stale) = (caller.known.revision(), shared.is_stale());
    let (plan, away) = decided_away(shared, plan).await?;
    let answer = match away {
        Some((decision, usage)) => bytes(&plan, &decision, (usage, revision, true)),
        None => {
            let (used, exactness) = used(shared, &plan).await;
            decide(&plan, used, exactness, revision, stale)
        }
    };
    shared.metrics.took(begun.elapsed());
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}

/// As a sale of this moment would be decided, where that is without the ledger.
async fn decided_away(
    shared: &Data<AppState>,
    plan: Plan,
) -> Result<(Plan, Option<(Decision, UsageConfidence)>), Problem> {
    if shared.cluster.as_ref().is_none_or(|cluster| cluster.stand_in.standing().away_since.is_none()) {
        return Ok((plan, None));
    }
    let asked = shared.clone();
    // The journal is on a disk, and whoever writes it has its turn.
    let deciding = web::block(move || {
        let away = asked.ledger.decide_away(&plan);
        (plan, away)
    });
    let (plan, away) = deciding.await.map_err(|_| Code::LedgerUnavailable)?;
    let away = away.and_then(Result::ok).map(|AwayDecision { decision, was_told }| {
        let usage = match (plan.needs().is_empty(), was_told) {
            (true, _) => UsageConfidence::Exact,
            (false, true) => UsageConfidence::AsOf,
            (false, false) => UsageConfidence::Unknown,
        };
        (decision, usage)
    });
    Ok((plan, away))
}

/// How long a quote waits for the ledger: far longer than it needs, and not so long that a person notices.
const LEDGER_WAIT: Duration = Duration::from_millis(300);

/// What was used, from memory where that is exact, else read on a thread that may wait. A quote never fails for want of it: then
/// it says that it knows it less well.
pub(super) async fn used(shared: &Data<AppState>, plan: &Plan) -> (Vec<Totals>, UsageConfidence) {
    let needs = plan.needs();
    if needs.is_empty() {
        return (Vec::new(), UsageConfidence::Exact);
    }
    if let Some(used) = shared.ledger.usage_in_memory(needs) {
        return (used, UsageConfidence::Exact);
    }
    if shared.usage_cache.may_ask() {
        let (asked, own) = (shared.clone(), needs.to_vec());
        let reading = web::block(move || asked.ledger.usage(&own));
        if let Ok(Ok(Ok(used))) = rt::time::timeout(LEDGER_WAIT, reading).await {
            shared.usage_cache.keep(needs, &used);
            return (used, UsageConfidence::Exact);
        }
        shared.usage_cache.rest();
    }
    shared.usage_cache.without_ledger(needs)
}

/// The bytes of the answer, given what was used and as of which state.
pub fn decide(plan: &Plan, used: Vec<Totals>, usage: UsageConfidence, revision: u64, stale: bool) -> Vec<u8> {
    let mut used = used.into_iter();
    let sum = |_: &Need| used.next().unwrap_or_default();
    bytes(plan, &plan.decide(&plan.usage(sum)), (usage, revision, stale))
}

fn bytes(plan: &Plan, decision: &Decision, as_of: (UsageConfidence, u64, bool)) -> Vec<u8> {
    // These types have no keys that JSON can't write.
    serde_json::to_vec(&Answer::of(plan.request().request_id, decision, as_of)).unwrap_or_default()
}

impl<'a> Answer<'a> {
    fn of(request_id: Uuid, decision: &'a Decision, (usage, revision, stale): (UsageConfidence, u64, bool)) -> Self {
        Self {
            request_id,
            outcome: decision.outcome,
            usage,
            revision,
            stale,
            gross: decision.gross,
            discount: decision.discount,
            payable: decision.payable,
            lines: &decision.lines,
            reasons: decision.reasons,
            main_reason: decision.main_reason,
        }
    }
}
