//! Why a decision is as it is, for credentials of that scope: it tells groups and values that were read.

use actix_web::web::{self, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::{Decision, Need, Trace, explain};
use serde::Serialize;

use crate::credentials::Scope;
use crate::http::{Problem, Shared, asking, quote, read};
use crate::metrics::Operation;

/// A decision with its story.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    decision: Decision,
    trace: Trace,
}

impl Explained {
    fn answer((decision, trace): (Decision, Trace)) -> HttpResponse {
        HttpResponse::Ok().json(Self { decision, trace })
    }
}

/// `POST /v1/explain`: what would apply now, and why.
pub(super) async fn request(http: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    asking::answered(&shared, Operation::Explain, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &Data<Shared>) -> Result<HttpResponse, Problem> {
    let terminal = asking::terminal(http, &shared.engine, Scope::Explain)?;
    let body = asking::json(http, payload).await?;
    let plan = asking::plan(shared, terminal, asking::request(terminal, &body)?)?;
    let mut used = quote::used(shared, &plan).await?.into_iter();
    let (request, person) = (plan.request().clone(), plan.person().clone());
    let sum = |_: &Need| used.next().unwrap_or_default();
    let explained = explain(shared.engine.rules(), &terminal.provider, person, request, sum);
    explained.map(Explained::answer).map_err(Problem::invalid)
}

/// `GET /v1/authorizations/{id}/explain`: why a record was decided so, from what it read then.
pub(super) async fn authorization(http: HttpRequest, id: Path<String>, shared: Data<Shared>) -> HttpResponse {
    let answer = recorded(&http, &id, &shared).await;
    asking::answered(&shared, Operation::Explain, answer)
}

async fn recorded(http: &HttpRequest, text: &str, shared: &Data<Shared>) -> Result<HttpResponse, Problem> {
    let provider = asking::terminal(http, &shared.engine, Scope::Explain)?.provider.clone();
    let (id, rules) = (read::id(text)?, shared.engine.rules());
    let asked = shared.clone();
    let found = web::block(move || asked.ledger.reading(&provider, id)).await;
    let found = found.map_err(|_| Problem::ledger_unavailable())?.map_err(|error| Problem::of_ledger(&error))?;
    let (reading, _) = found.ok_or_else(Problem::no_such_record)?;
    reading.decide_again(rules).map(Explained::answer).map_err(Problem::invalid)
}
