//! `POST /v1/advices`: what a terminal sold without a connection, kept as it was granted.

use std::time::Instant;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::Fingerprint;
use avis_core::authorization::Advice;
use avis_store::{NewAuthorization, Pending, Task, Verdict};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::credentials::{Scope, Terminal};
use crate::engine::LOADED_REVISION;
use crate::http::{Problem, Shared, asking, recording};
use crate::metrics::Operation;

/// The answers to all records, in their order.
#[derive(Serialize)]
struct Answers {
    records: Vec<Answer>,
}

/// The answer to one record, as if it had been sent alone.
#[derive(Serialize)]
struct Answer {
    status: u16,
    body: Box<RawValue>,
}

pub(super) async fn advise(http: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    asking::answered(&shared, Operation::Advise, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &Shared) -> Result<HttpResponse, Problem> {
    let terminal = asking::terminal(http, &shared.engine, Scope::Sell)?;
    // A day's sales come whole, however many cards in them are unknown; then the terminal waits.
    shared.guessing.check(&terminal.code, Instant::now()).map_err(Problem::guessing)?;
    let json = asking::json(http, payload).await?;
    let advices = Advice::parse_all(&json).map_err(Problem::invalid)?;
    // All are handed over before the first answer is waited for: they share commits, in their order.
    let submitted: Vec<Result<Pending, Problem>> = advices
        .into_iter()
        .map(|advice| advice.map_err(Problem::invalid).and_then(|advice| submit(shared, terminal, advice)))
        .collect();
    let mut records = Vec::with_capacity(submitted.len());
    for submitted in submitted {
        records.push(match submitted {
            Ok(pending) => Answer::of(recording::verdict(pending).await),
            Err(problem) => Answer::of(Err(problem)),
        });
    }
    Ok(HttpResponse::Ok().json(Answers { records }))
}

fn submit(shared: &Shared, terminal: &Terminal, advice: Advice) -> Result<Pending, Problem> {
    let Advice { request, granted, device_time, device_sequence } = advice;
    if let Some(fault) = terminal.overstep(&request) {
        return Err(Problem::forbidden(fault));
    }
    if shared.clock.now().duration_until(request.occurred_at) > shared.selling.future {
        return Err(Problem::not_about_now(&shared.selling, false));
    }
    let fingerprint = Fingerprint::of_request(&request, shared.engine.secret());
    let key = recording::key(terminal, request.request_id, fingerprint);
    let plan = shared.engine.plan(&terminal.provider, request).map_err(Problem::invalid)?;
    let _ = asking::note_unknown(shared, terminal, &plan);
    let new = NewAuthorization {
        key,
        plan,
        terminal: terminal.code.as_str().into(),
        revision: LOADED_REVISION,
        stale: false,
        hold: shared.selling.hold,
    };
    let task = Task::Advise { new: Box::new(new), granted, device_time, device_sequence };
    shared.ledger.submit(task).map_err(|error| Problem::of_ledger(&error))
}

impl Answer {
    fn of(verdict: Result<Verdict, Problem>) -> Self {
        let answered = verdict.and_then(|verdict| match verdict {
            Verdict::Answered { body, .. } => Ok(body),
            Verdict::Refused(refused) => Err(Problem::refused(refused)),
        });
        match answered {
            Ok(body) => Self { status: 200, body: raw(body) },
            Err(problem) => Self { status: problem.status(), body: raw(problem.json()) },
        }
    }
}

/// Bytes that were written as JSON.
fn raw(json: Vec<u8>) -> Box<RawValue> {
    String::from_utf8(json).ok().and_then(|text| RawValue::from_string(text).ok()).unwrap_or_default()
}
