//! `POST /v1/quote`: what would apply now. Decides and records nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use avis_core::loyalty::{Inquiry, Known, Settlement};
use avis_core::{Decision, DecisionAnswer, Need, Plan, Totals};
use avis_store::AwayDecision;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::engine::Planned;
use crate::http::admission::Caller;
use crate::http::{AppState, ClusterParts, Code, Problem, admission, json};
use crate::metrics::Operation;
use crate::terminal::Terminal;
use crate::usage_cache::UsageConfidence;

/// What would apply now. Nothing is recorded, no limit is promised.
#[derive(Serialize, ToSchema)]
#[schema(as = Quote)]
pub(super) struct Answer<'a> {
    /// As in the request.
    request_id: Uuid,
    usage: UsageConfidence,
    /// Of the data that was read.
    #[schema(minimum = 0)]
    revision: u64,
    /// Whether newer data is known to exist.
    stale: bool,
    #[serde(flatten)]
    #[schema(inline)]
    decision: DecisionAnswer<'a>,
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
    let planned = admission::plan(shared, &caller, request)?;
    let (revision, stale) = (caller.known.revision(), shared.is_stale());
    let (planned, away) = decided_away(shared, &caller.terminal, planned).await?;
    let answer = match away {
        Some((mut decision, usage)) => {
            let settlement = planned.plan.settle_points(&mut decision);
            bytes(&planned.plan, (&decision, settlement.as_ref()), (usage, revision, true))
        }
        None => {
            let (plan, used, exactness) = known(shared, &caller.terminal, planned).await;
            decide(&plan, used, exactness, revision, stale)
        }
    };
    shared.metrics.took(begun.elapsed());
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}

/// As a sale of this moment would be decided, where that is without the ledger.
async fn decided_away(
    shared: &Data<AppState>,
    terminal: &Terminal,
    planned: Planned,
) -> Result<(Planned, Option<(Decision, UsageConfidence)>), Problem> {
    let is_there = |cluster: &ClusterParts| cluster.stand_in.standing().away_since.is_none();
    if terminal.trains() || shared.cluster.as_ref().is_none_or(is_there) {
        return Ok((planned, None));
    }
    let (asked, now) = (shared.clone(), shared.clock.now());
    let Planned { mut plan, inquiry, unknown_coupons } = planned;
    if let Some(inquiry) = &inquiry {
        plan.know(Known::away(inquiry, now));
    }
    // The journal is on a disk, and whoever writes it has its turn.
    let deciding = web::block(move || {
        let away = asked.ledger.decide_away(&plan);
        (plan, away)
    });
    let (plan, away) = deciding.await.map_err(|_| Code::LedgerUnavailable)?;
    let away = away.and_then(Result::ok).map(|AwayDecision { decision, was_told }| {
        let usage = match (plan.needs().is_empty(), was_told) {
            // What is in accounts is not known there.
            (true, _) if inquiry.is_some() => UsageConfidence::AsOf,
            (true, _) => UsageConfidence::Exact,
            (false, true) => UsageConfidence::AsOf,
            (false, false) => UsageConfidence::Unknown,
        };
        (decision, usage)
    });
    Ok((Planned { plan, inquiry, unknown_coupons }, away))
}

/// What is known of points and usage. A quote of which usage is unknown has no points.
pub(super) async fn known(
    shared: &Data<AppState>,
    terminal: &Arc<Terminal>,
    planned: Planned,
) -> (Box<Plan>, Vec<Totals>, UsageConfidence) {
    let Planned { mut plan, inquiry, .. } = planned;
    let Some(inquiry) = inquiry else {
        let (used, usage) = used(shared, terminal, &plan).await;
        return (plan, used, usage);
    };
    if let Some(known) = points(shared, terminal, &inquiry).await {
        plan.know(known);
        let (used, usage) = used(shared, terminal, &plan).await;
        if usage != UsageConfidence::Unknown {
            return (plan, used, usage);
        }
    }
    plan.know(Known::lost(&inquiry));
    let (used, _) = used(shared, terminal, &plan).await;
    (plan, used, UsageConfidence::Unknown)
}

/// What the ledger knows of accounts and coupons, read on a thread that may wait; none if it does not say soon.
async fn points(shared: &Data<AppState>, terminal: &Arc<Terminal>, inquiry: &Inquiry) -> Option<Known> {
    if !shared.usage_cache.may_ask() {
        return None;
    }
    let (asked, terminal) = (shared.clone(), terminal.clone());
    let (inquiry, now) = (inquiry.clone(), shared.clock.now());
    let reading = web::block(move || asked.ledger_of(&terminal)?.known(&inquiry, now));
    match rt::time::timeout(LEDGER_WAIT, reading).await {
        Ok(Ok(Ok(known))) => Some(known),
        _ => {
            shared.usage_cache.rest();
            None
        }
    }
}

/// How long a quote waits for the ledger: far longer than it needs, and not so long that a person notices.
const LEDGER_WAIT: Duration = Duration::from_millis(300);

/// What was used, from memory where that is exact, else read on a thread that may wait. A quote never fails for want of it: then
/// it says that it knows it less well.
async fn used(shared: &Data<AppState>, terminal: &Arc<Terminal>, plan: &Plan) -> (Vec<Totals>, UsageConfidence) {
    let needs = plan.needs();
    if needs.is_empty() {
        return (Vec::new(), UsageConfidence::Exact);
    }
    if terminal.trains() {
        return trained(shared, terminal, needs).await;
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

/// What was used in training, of which nothing is kept beside its ledger.
async fn trained(shared: &Data<AppState>, terminal: &Arc<Terminal>, needs: &[Need]) -> (Vec<Totals>, UsageConfidence) {
    let (asked, terminal, own) = (shared.clone(), terminal.clone(), needs.to_vec());
    match web::block(move || asked.ledger_of(&terminal)?.usage(&own)).await {
        Ok(Ok(used)) => (used, UsageConfidence::Exact),
        _ => (vec![Totals::default(); needs.len()], UsageConfidence::Unknown),
    }
}

/// The bytes of the answer, given what was used and as of which state.
pub fn decide(plan: &Plan, used: Vec<Totals>, usage: UsageConfidence, revision: u64, stale: bool) -> Vec<u8> {
    let mut used = used.into_iter();
    let sum = |_: &Need| used.next().unwrap_or_default();
    let (decision, settlement) = plan.decide_loyal(&plan.usage(sum));
    bytes(plan, (&decision, settlement.as_ref()), (usage, revision, stale))
}

fn bytes(
    plan: &Plan,
    (decision, settlement): (&Decision, Option<&Settlement>),
    (usage, revision, stale): (UsageConfidence, u64, bool),
) -> Vec<u8> {
    let lines = decision.lines.len();
    let decision = DecisionAnswer::new(decision, settlement);
    let answer = Answer { request_id: plan.request().request_id, usage, revision, stale, decision };
    let mut bytes = Vec::with_capacity(ROOM * (1 + lines));
    // An answer has nothing that its writer does not take.
    json::write(&answer, &mut bytes).map(|()| bytes).unwrap_or_default()
}

/// Bytes that most answers take for each line, and as many for what is said of all: enough that they need not grow.
const ROOM: usize = 384;
