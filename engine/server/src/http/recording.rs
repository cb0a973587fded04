//! Hands tasks to the ledger and tells its verdicts.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use avis_core::Fingerprint;
use avis_store::{Pending, RequestKey, Task, Verdict};
use uuid::Uuid;

use crate::credentials::Terminal;
use crate::http::{Problem, Shared};

/// Says of a repeat that it is one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Under which a terminal's request is answered once.
pub(super) fn key(terminal: &Terminal, request_id: Uuid, fingerprint: Fingerprint) -> RequestKey {
    RequestKey { provider: terminal.provider.as_str().into(), request_id, fingerprint }
}

/// The verdict of the ledger, when it is durable.
pub(super) async fn verdict(pending: Pending) -> Result<Verdict, Problem> {
    let verdict = pending.await.map_err(|_| Problem::ledger_unavailable())?;
    verdict.map_err(|error| Problem::of_ledger(&error))
}

/// Records, and answers when it is durable.
pub(super) async fn record(shared: &Shared, task: Task) -> Result<HttpResponse, Problem> {
    let pending = shared.ledger.submit(task).map_err(|error| Problem::of_ledger(&error))?;
    match verdict(pending).await? {
        Verdict::Answered { body, replayed } => {
            let mut response = HttpResponse::Ok();
            if replayed {
                response.insert_header((REPLAYED, HeaderValue::from_static("true")));
            }
            Ok(response.content_type("application/json").body(body))
        }
        Verdict::Refused(refused) => Err(Problem::refused(refused)),
    }
}
