//! Hands tasks to the ledger and tells its verdicts.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::rt;
use avis_core::Fingerprint;
use avis_store::{IdempotencyKey, NewAuthorization, Pending, Refused, Task, Verdict};
use uuid::Uuid;

use crate::engine::Planned;
use crate::http::admission::{self, Caller};
use crate::http::{AppState, Code, Problem};
use crate::security::SecurityEventKind;
use crate::terminal::Terminal;

/// Says of a repeat that it is one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Says of a repeat, whose bytes are those of then, that it stands no more.
const STANDING: HeaderName = HeaderName::from_static("avis-standing");
/// How it stands.
pub(super) const REVERSED: &str = "reversed";

/// Under which a terminal's request is answered once.
pub(super) fn key(terminal: &Terminal, request_id: Uuid, fingerprint: Fingerprint) -> IdempotencyKey {
    IdempotencyKey { provider: terminal.provider.as_str().into(), request_id, fingerprint }
}

/// What a caller wants authorized, and as of which state.
pub(super) fn new(shared: &AppState, caller: &Caller, key: IdempotencyKey, planned: Planned) -> Box<NewAuthorization> {
    Box::new(NewAuthorization {
        key,
        plan: planned.plan,
        inquiry: planned.inquiry,
        terminal: caller.terminal.code.as_str().into(),
        rules: caller.known.rules_read(),
        stale: shared.is_stale(),
        hold: shared.selling.hold,
    })
}

/// How long a caller waits for a verdict: no disk that still works takes as long.
pub(super) const VERDICT_WAIT: Duration = Duration::from_secs(30);

/// The verdict of the ledger, when it is durable; nobody knows it where there is none in time.
pub(super) async fn verdict(pending: Pending, until: Instant) -> Result<Verdict, Problem> {
    let rest = until.saturating_duration_since(Instant::now());
    let Ok(Ok(verdict)) = rt::time::timeout(rest, pending).await else { return Err(Code::OutcomeUnknown.into()) };
    verdict.map_err(|error| Problem::of_recording(&error))
}

/// Records, and answers when it is durable.
pub(super) async fn record(shared: &AppState, caller: &Caller, task: Task) -> Result<HttpResponse, Problem> {
    let request_id = task.key().request_id;
    caller.entry.request_id(request_id);
    let ledger = shared.ledger_of(&caller.terminal).map_err(|error| Problem::of_recording(&error))?;
    let pending = ledger.submit(task).map_err(|error| Problem::of_recording(&error))?;
    match verdict(pending, Instant::now() + VERDICT_WAIT).await? {
        Verdict::Answered { body, replayed, reversed, .. } => {
            let mut response = HttpResponse::Ok();
            if replayed {
                response.insert_header((REPLAYED, HeaderValue::from_static("true")));
            }
            if reversed {
                response.insert_header((STANDING, HeaderValue::from_static(REVERSED)));
            }
            Ok(response.content_type("application/json").body(body))
        }
        Verdict::Refused(refused) => {
            note_reuse(shared, &caller.terminal, request_id, &refused);
            Err(Problem::refused(refused))
        }
    }
}

/// An id that is used again for something else is a fault of the terminal, or somebody who tries.
pub(super) fn note_reuse(shared: &AppState, terminal: &Terminal, request_id: Uuid, refused: &Refused) {
    if *refused == Refused::RequestIdReused {
        admission::record_event(shared, SecurityEventKind::RequestIdReused, terminal, Some(request_id.to_string()));
    }
}
