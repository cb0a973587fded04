//! `POST /v1/advices`: what a terminal sold without a connection, kept as it was granted.

use std::sync::Arc;
use std::time::Instant;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::Fingerprint;
use avis_core::offline::{Advice, Granted};
use avis_store::{AuthorizationAnswer, Pending, ReversedBefore, Task, Verdict};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::admission::Caller;
use crate::http::{AppState, Code, Problem, admission, recording};
use crate::metrics::Operation;

/// The answers to all records, in their order.
#[derive(Serialize, ToSchema)]
#[schema(as = AdviceAnswers)]
pub(super) struct Answers {
    records: Vec<Answer>,
}

/// The answer to one record, as if it had been sent alone.
#[derive(Serialize, ToSchema)]
#[schema(as = AdviceAnswer)]
struct Answer {
    /// 200, or the status of the refusal.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    #[schema(value_type = Body)]
    body: Box<RawValue>,
    /// There of a repeat that was undone since: it stands no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    standing: Option<Standing>,
    /// There if it says that something was granted by a version that the catalogue does not have: the provider bears that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    unknown: Vec<Unknown>,
}

/// With 200 the authorization; else why the record was refused.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = AdviceBody)]
#[allow(dead_code, reason = "it says which answers a body may be; each is written where it is made")]
enum Body {
    Authorization(Box<AuthorizationAnswer<'static>>),
    ReversedBefore(ReversedBefore),
    Problem(Box<Problem>),
}

/// How what was answered before stands now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Standing {
    Reversed,
}

/// A discount that was granted by a version that nobody knows.
#[derive(Clone, Serialize, ToSchema)]
struct Unknown {
    /// On which line of the request.
    line_id: Box<str>,
    /// By which benefit's code.
    benefit: Arc<str>,
    /// By which version.
    #[schema(minimum = 1)]
    version: i64,
}

/// A record on its way: its request, its verdict, and what of it is known to nobody.
struct Submitted {
    request_id: Uuid,
    device_sequence: u64,
    pending: Pending,
    unknown: Vec<Unknown>,
}

pub(super) async fn advise(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, payload, &shared).await;
    admission::answered(&shared, Operation::Advise, answer)
}

async fn asked(http: &HttpRequest, payload: Payload, shared: &AppState) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    // A day's sales come whole, however many cards in them are unknown; then the terminal waits.
    shared.identifier_throttle.check(&caller.terminal.code, Instant::now()).map_err(Problem::guessing)?;
    let json = admission::json(http, payload).await?;
    let advices = Advice::parse_all(&json).map_err(Problem::invalid)?;
    // All are handed over before the first answer is waited for: they share commits, in their order.
    let submitted: Vec<Result<Submitted, Problem>> = advices
        .into_iter()
        .map(|advice| advice.map_err(Problem::invalid).and_then(|advice| submit(shared, &caller, advice)))
        .collect();
    // One deadline for all: a disk that stalls is not waited for once for each.
    let until = Instant::now() + recording::VERDICT_WAIT;
    let (mut records, mut came) = (Vec::with_capacity(submitted.len()), Vec::new());
    for submitted in submitted {
        records.push(match submitted {
            Ok(Submitted { request_id, device_sequence, pending, unknown }) => {
                let verdict = recording::verdict(pending, until).await;
                match &verdict {
                    Ok(Verdict::Answered { .. }) => came.push(device_sequence),
                    Ok(Verdict::Refused(refused)) => {
                        recording::note_reuse(shared, &caller.terminal, request_id, refused);
                    }
                    Err(_) => {}
                }
                Answer { unknown, ..Answer::of(verdict) }
            }
            Err(problem) => Answer::of(Err(problem)),
        });
    }
    // What was refused is still at the terminal alone.
    shared.calls.note_uploaded(&caller.terminal, shared.clock.now(), came);
    Ok(HttpResponse::Ok().json(Answers { records }))
}

fn submit(shared: &AppState, caller: &Caller, advice: Advice) -> Result<Submitted, Problem> {
    let Advice { request: asked, granted, device_time, device_sequence } = advice;
    let (terminal, request) = (&caller.terminal, &asked.request);
    let request_id = request.request_id;
    if !asked.redeem.is_empty() {
        return Err(Code::NotOffline.into());
    }
    if let Some(fault) = terminal.overstep(request) {
        return Err(Problem::forbidden(fault));
    }
    if shared.clock.now().duration_until(request.occurred_at) > shared.selling.future {
        return Err(Problem::not_about_now(&shared.selling, false));
    }
    let fingerprint = Fingerprint::of_loyalty_request(&asked, shared.engine.secret());
    let key = recording::key(terminal, request_id, fingerprint);
    let rules = caller.rules()?;
    let unknown =
        granted.iter().filter(|given| !rules.has_version(&given.benefit, given.version)).map(Unknown::of).collect();
    let planned = shared.engine.plan(rules, &terminal.provider, asked).map_err(Problem::invalid)?;
    let _ = admission::note_unknown(shared, terminal, &planned);
    let new = recording::new(shared, caller, key, planned);
    let task = Task::Advise { new, granted, device_time, device_sequence, told: None };
    let ledger = shared.ledger_of(terminal).map_err(|error| Problem::of_recording(&error))?;
    let pending = ledger.submit(task).map_err(|error| Problem::of_recording(&error))?;
    Ok(Submitted { request_id, device_sequence, pending, unknown })
}

impl Unknown {
    fn of(given: &Granted) -> Self {
        Self { line_id: given.line_id.clone(), benefit: given.benefit.clone(), version: given.version }
    }
}

impl Answer {
    fn of(verdict: Result<Verdict, Problem>) -> Self {
        let answered = verdict.and_then(|verdict| match verdict {
            Verdict::Answered { body, reversed, .. } => Ok((body, reversed.then_some(Standing::Reversed))),
            Verdict::Refused(refused) => Err(Problem::refused(refused)),
        });
        match answered {
            Ok((body, standing)) => Self { status: 200, body: raw(body), standing, unknown: Vec::new() },
            Err(problem) => {
                Self { status: problem.status(), body: raw(problem.json()), standing: None, unknown: Vec::new() }
            }
        }
    }
}

/// Bytes that were written as JSON.
fn raw(json: Vec<u8>) -> Box<RawValue> {
    String::from_utf8(json).ok().and_then(|text| RawValue::from_string(text).ok()).unwrap_or_default()
}
