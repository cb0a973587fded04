//! Why a decision is as it is, for credentials of that scope: it tells groups and values that were read.

use std::sync::Arc;

use actix_web::http::header::ContentType;
use actix_web::web::{self, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::loyalty::Settlement;
use avis_core::telling::{Language, WhyLine, sentence, why};
use avis_core::{Decision, DecisionAnswer, Faults, Need, RuleSet, Trace, explain_loyal};
use avis_store::{RowHasher, RulesRead, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::follower::rules_of;
use crate::http::admission::Caller;
use crate::http::{AppState, Code, Problem, admission, quote, read};
use crate::metrics::Operation;

/// A decision with its story.
#[derive(Serialize, ToSchema)]
pub(super) struct Explained<'a> {
    /// In one sentence, by language: who pays how much, by which benefits, and who bears them.
    explanation: Explanation,
    #[serde(flatten)]
    #[schema(inline)]
    decision: DecisionAnswer<'a>,
    /// What became of each benefit on each line that it covers, in the order of the decision; behind them what is not in force then.
    why: Vec<WhyLine>,
    trace: &'a Trace,
}

/// A sentence in Latvian and in English.
#[derive(Serialize, ToSchema)]
struct Explanation {
    en: String,
    lv: String,
}

/// What was decided, what points make of it, and why.
type Story = (Decision, Option<Settlement>, Trace);

/// A decision told in every particular is long work beside a quote: it is done where no till waits for it.
async fn told(decide: impl FnOnce() -> Result<Story, Faults> + Send + 'static) -> Result<HttpResponse, Problem> {
    let body = web::block(move || decide().map(|story| body(&story)).map_err(Problem::invalid)).await;
    // What is told in strings and numbers can always be written.
    let body = body.map_err(|_| Code::StoreUnavailable)??.map_err(|_| Code::StoreUnavailable)?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body))
}

fn body((decision, settlement, trace): &Story) -> serde_json::Result<Vec<u8>> {
    let told = |language: Language| sentence(decision, trace, language);
    let explanation = Explanation { en: told(Language::En), lv: told(Language::Lv) };
    let decision = DecisionAnswer::new(decision, settlement.as_ref());
    serde_json::to_vec(&Explained { explanation, decision, why: why(trace), trace })
}

/// `POST /v1/explain`: what would apply now, and why.
pub(super) async fn request(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    admission::answered(&shared, Operation::Explain, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &Data<AppState>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let body = admission::json(http, payload).await?;
    let (caller, request) = admission::request(shared, caller, &body).await?;
    let planned = admission::plan(shared, &caller, request)?;
    let (plan, used, _) = quote::known(shared, &caller.terminal, planned).await;
    let (rules, provider) = (caller.rules()?, caller.terminal.provider.clone());
    told(move || {
        let mut used = used.into_iter();
        let (request, person) = (plan.request().clone(), plan.person().clone());
        let sum = |_: &Need| used.next().unwrap_or_default();
        explain_loyal(rules, &provider, person, request, plan.known(), sum)
    })
    .await
}

/// `GET /v1/authorizations/{id}/explain`: why a record was decided so, from what it read then.
pub(super) async fn authorization(http: HttpRequest, id: Path<String>, shared: Data<AppState>) -> HttpResponse {
    let answer = recorded(&http, &id, &shared).await;
    admission::answered(&shared, Operation::Explain, answer)
}

/// The rules that a record was decided by.
async fn rules_of_then(shared: &Data<AppState>, caller: &Caller, read: RulesRead) -> Result<Arc<RuleSet>, Problem> {
    let registry = shared.registry.clone().filter(|_| read.digest != caller.known.rules_read().digest);
    let Some(registry) = registry else { return caller.rules() };
    let rows = web::block(move || registry.rules_as_of(read.revision)).await.map_err(|_| Code::StoreUnavailable)?;
    let rows = rows.map_err(|error| match error {
        StoreError::Ahead => Code::RulesReplaced,
        _ => Code::StoreUnavailable,
    })?;
    if RowHasher::new(shared.engine.secret()).sum(&rows) != read.digest {
        return Err(Code::RulesReplaced.into());
    }
    rules_of(&rows).map(Arc::new).ok_or_else(|| Code::NotReady.into())
}

async fn recorded(http: &HttpRequest, text: &str, shared: &Data<AppState>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let (id, terminal) = (read::id(text)?, caller.terminal.clone());
    let asked = shared.clone();
    let found = web::block(move || asked.ledger_of(&terminal)?.reading(&terminal.provider, id)).await;
    let found = found.map_err(|_| Code::LedgerUnavailable)?.map_err(|_| Code::LedgerUnavailable)?;
    let (reading, read) = found.ok_or(Code::NoSuchRecord)?;
    if reading.is_erased() {
        return Err(Problem::new(Code::NoSuchRecord, "what was read was erased with the person"));
    }
    let rules = rules_of_then(shared, &caller, read).await?;
    told(move || reading.decide_again(rules)).await
}
