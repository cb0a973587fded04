//! What went wrong, as RFC 9457 problem details.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use avis_core::authorization::{Refusal, State};
use avis_core::{Fault, Faults};
use avis_store::{LedgerError, Refused};
use serde::Serialize;

use crate::http::Selling;
use crate::terminal::Scope;

/// A refusal: nothing happened. Never carries a value that was sent.
#[derive(Debug, Serialize)]
pub struct Problem {
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    /// Where the first fault is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// Every fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// Where the authorization stands that does not allow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// What `retry-after` says where another engine or a moment may help.
const RETRY_AFTER_S: u32 = 1;

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let (status, detail) = (status.as_u16(), detail.into());
        Self { title, status, code, detail, pointer: None, errors: Vec::new(), state: None, retry_after_s: None }
    }

    /// A body that is not a request.
    pub fn invalid(faults: Faults) -> Self {
        let count = faults.list.len() + faults.unlisted;
        let first = faults.list.first();
        let detail = match (count, first) {
            (1, Some(first)) => first.detail.clone(),
            _ => format!("{count} fields are not as expected"),
        };
        let pointer = first.map(|fault| fault.pointer.clone());
        let problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", "The request is not valid", detail);
        Self { pointer, errors: faults.list, ..problem }
    }

    pub(super) fn not_json() -> Self {
        let detail = "send the request as `content-type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "The body is not JSON", detail)
    }

    pub(super) fn too_large(most: usize) -> Self {
        let detail = format!("expected a body of at most {most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", detail)
    }

    pub(super) fn unreadable() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body could not be read", "the body ended early")
    }

    pub(super) fn too_slow(most: Duration) -> Self {
        let detail = format!("expected the whole body within {} seconds", most.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "The body came too slowly", detail)
    }

    pub(super) fn unauthorized() -> Self {
        let detail = "send the terminal's key as `authorization: Bearer …`";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "The terminal is not known", detail)
    }

    pub(super) fn forbidden(fault: Fault) -> Self {
        let problem = Self::new(StatusCode::FORBIDDEN, "not_allowed", "The terminal may not do this", fault.detail);
        Self { pointer: Some(fault.pointer), ..problem }
    }

    pub(super) fn stale(revision: u64) -> Self {
        let detail = format!("this engine is at revision {revision}, before `min_revision`");
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "stale_data", "The data is not new enough", detail);
        Self { pointer: Some("/min_revision".into()), retry_after_s: Some(RETRY_AFTER_S), ..problem }
    }

    pub(super) fn store_unavailable() -> Self {
        let detail = "what is asked for is not in memory, and the store does not answer";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let problem = Self::new(status, "store_unavailable", "The store does not answer", detail);
        Self { retry_after_s: Some(RETRY_AFTER_S), ..problem }
    }

    pub(super) fn no_rules() -> Self {
        let detail = "no rules are published here yet";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "There are no rules yet", detail);
        Self { retry_after_s: Some(RETRY_AFTER_S), ..problem }
    }

    pub(super) fn out_of_scope(scope: Scope) -> Self {
        let detail = format!("expected a credential of the scope `{}`", scope.word());
        Self::new(StatusCode::FORBIDDEN, "out_of_scope", "The credential is not for this", detail)
    }

    pub(super) fn guessing(rest: Duration) -> Self {
        let detail = "this terminal presented too many unknown identifiers in a minute";
        let problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_unknown", "Too many unknown identifiers", detail);
        Self { retry_after_s: Some(u32::try_from(rest.as_secs()).unwrap_or(u32::MAX).max(1)), ..problem }
    }

    pub(super) fn not_about_now(selling: &Selling, is_past: bool) -> Self {
        let detail = if is_past {
            format!("expected a moment of the last {} seconds", selling.past.as_secs())
        } else {
            format!("expected a moment at most {} seconds ahead", selling.future.as_secs())
        };
        Self::invalid(Faults::at("/occurred_at", detail))
    }

    pub(super) fn no_such_record() -> Self {
        let detail = "expected the id of a record of this provider";
        Self::new(StatusCode::NOT_FOUND, "no_such_record", "There is no such record", detail)
    }

    pub(super) fn ledger_unavailable() -> Self {
        let detail = "nothing was recorded; send the same request again";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let problem = Self::new(status, "ledger_unavailable", "The ledger does not answer", detail);
        Self { retry_after_s: Some(RETRY_AFTER_S), ..problem }
    }

    pub(super) fn of_ledger(error: &LedgerError) -> Self {
        match error {
            LedgerError::Overloaded => {
                let detail = "too many requests wait; nothing was recorded, send the same request again";
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too much at once", detail);
                Self { retry_after_s: Some(RETRY_AFTER_S), ..problem }
            }
            LedgerError::Stopped | LedgerError::Failed(_) | LedgerError::OutOfReach(_) => Self::ledger_unavailable(),
        }
    }

    /// What the ledger refuses.
    pub(super) fn refused(refused: Refused) -> Self {
        let detail = refused.to_string();
        let conflict = |code, title, pointer: Option<&str>| Self {
            pointer: pointer.map(str::to_owned),
            ..Self::new(StatusCode::CONFLICT, code, title, detail.clone())
        };
        match refused {
            Refused::Granted(faults) => Self::invalid(faults),
            Refused::NoSuchAuthorization => Self::no_such_record(),
            Refused::RequestIdReused => {
                conflict("request_id_reused", "The id was used for another request", Some("/request_id"))
            }
            Refused::NotReversible => {
                conflict("not_reversible", "This can't be reversed", Some("/original_request_id"))
            }
            Refused::Operation(Refusal::NotInState(state)) => Self {
                state: Some(state),
                ..conflict("not_in_state", "The authorization does not allow this now", None)
            },
            Refused::Operation(Refusal::UnknownLine { place }) => {
                Self::invalid(Faults::at(format!("/lines/{place}/line_id"), detail))
            }
            Refused::Operation(Refusal::TooManyUnits { place, .. }) => {
                Self::invalid(Faults::at(format!("/lines/{place}/units"), detail))
            }
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn json(&self) -> Vec<u8> {
        // These types have no keys that JSON can't write.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The answer that carries it.
    pub(super) fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.content_type("application/problem+json").body(self.json())
    }
}

/// Every path with its method, for people who guess.
const PATHS: [&str; 16] = [
    "POST /v1/quote",
    "POST /v1/explain",
    "POST /v1/authorizations",
    "GET /v1/authorizations/{id}",
    "GET /v1/authorizations/{id}/explain",
    "POST /v1/authorizations/{id}/capture",
    "POST /v1/authorizations/{id}/void",
    "POST /v1/authorizations/{id}/refunds",
    "POST /v1/reversals",
    "POST /v1/advices",
    "GET /v1/requests/{request_id}",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /docs",
];

/// Every path with its method, as in `POST /v1/quote`.
pub fn paths() -> &'static [&'static str] {
    &PATHS
}

pub(super) async fn no_such_path() -> HttpResponse {
    let paths: Vec<_> = PATHS.iter().map(|path| format!("`{path}`")).collect();
    let detail = format!("expected one of {}", paths.join(", "));
    Problem::new(StatusCode::NOT_FOUND, "no_such_path", "There is nothing here", detail).into_response()
}

pub(super) fn wrong_method(allowed: &'static str) -> HttpResponse {
    let detail = format!("expected the method `{allowed}`");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "Wrong method", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    response
}
